//! The dynamic wave against analytic answers, SI units, both numerics. Tolerances are stated at each.

use drains::{Model, Numerics, State};

const G: f64 = 32.2 * 0.3048;

const BOTH: [Numerics; 2] = [Numerics::Exact, Numerics::Fast];

fn options(hours: f64, step: f64, damping: &str) -> String {
    let end = (hours * 3600.0) as i64;
    format!(
        "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\nLINK_OFFSETS DEPTH\nSTART_DATE 06/01/2024\n\
         END_DATE 06/{:02}/2024\nEND_TIME {:02}:{:02}:{:02}\nROUTING_STEP {step}\nVARIABLE_STEP 0.5\n\
         MINIMUM_STEP 0.1\nINERTIAL_DAMPING {damping}\nMAX_TRIALS 20\nHEAD_TOLERANCE 0.0003\nMIN_SURFAREA 0.1\n\
         WET_STEP 00:05:00\nREPORT_STEP 00:05:00\n",
        1 + end / 86400,
        end / 3600 % 24,
        end / 60 % 60,
        end % 60
    )
}

/// A rectangular channel of equal reaches; `depth` gives each node's initial depth.
struct Channel {
    width: f64,
    slope: f64,
    n: f64,
    reach: f64,
    reaches: usize,
}

impl Channel {
    fn text(&self, hours: f64, step: f64, end: &str, inflow: f64, depth: impl Fn(f64) -> f64) -> String {
        // Fast water needs its inertia damped to rest.
        let mut t = options(hours, step, if self.slope > 0.01 { "PARTIAL" } else { "NONE" });
        let invert = |i: usize| 100.0 - self.slope * self.reach * i as f64;
        t += "[JUNCTIONS]\n";
        for i in 0..self.reaches {
            t += &format!("N{i} {} 20 {} 0 0\n", invert(i), depth(i as f64 * self.reach));
        }
        t += &format!("[OUTFALLS]\nN{} {} {end}\n[CONDUITS]\n", self.reaches, invert(self.reaches));
        for i in 0..self.reaches {
            t += &format!("C{i} N{i} N{} {} {} 0 0\n", i + 1, self.reach, self.n);
        }
        t += "[XSECTIONS]\n";
        for i in 0..self.reaches {
            t += &format!("C{i} RECT_OPEN 20 {} 0 0\n", self.width);
        }
        t + &format!("[INFLOWS]\nN0 FLOW \"\" FLOW 1 1 {inflow}\n")
    }

    /// Depth of uniform flow.
    fn normal(&self, q: f64) -> f64 {
        bisect(0.01, 15.0, |y| self.friction(q, y) - self.slope)
    }

    fn critical(&self, q: f64) -> f64 {
        (q * q / (self.width * self.width) / G).cbrt()
    }

    /// Slope of friction by Manning.
    fn friction(&self, q: f64, y: f64) -> f64 {
        let (a, p) = (self.width * y, self.width + 2.0 * y);
        (q * self.n / a).powi(2) / (a / p).powf(4.0 / 3.0)
    }

    /// Depths at the nodes of a gradually varied profile that ends at depth `y`, by Runge and Kutta
    /// upstream from the end.
    fn profile(&self, q: f64, y: f64) -> Vec<f64> {
        let dydx = |y: f64| {
            let froude2 = (q / self.width).powi(2) / (G * y.powi(3));
            (self.slope - self.friction(q, y)) / (1.0 - froude2)
        };
        let (mut y, parts) = (y, 50);
        let mut all = vec![y];
        for _ in 0..self.reaches {
            for _ in 0..parts {
                let h = -self.reach / f64::from(parts);
                let k1 = dydx(y);
                let k2 = dydx(y + h / 2.0 * k1);
                let k3 = dydx(y + h / 2.0 * k2);
                let k4 = dydx(y + h * k3);
                y += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            }
            all.push(y);
        }
        all.reverse();
        all
    }
}

fn bisect(mut lo: f64, mut hi: f64, f: impl Fn(f64) -> f64) -> f64 {
    let rising = f(hi) > f(lo);
    for _ in 0..80 {
        let mid = 0.5 * (lo + hi);
        if (f(mid) > 0.0) == rising { hi = mid } else { lo = mid }
    }
    0.5 * (lo + hi)
}

fn ran(text: &str, seconds: f64, numerics: Numerics) -> (Model, State) {
    let model = Model::read(text, &|_| None).unwrap();
    let mut state = State::new(&model, numerics);
    state.run_until(&model, seconds);
    (model, state)
}

fn depths(model: &Model, state: &State) -> Vec<f64> {
    (0..model.node_names().len()).map(|i| state.node(model, i).unwrap().depth).collect()
}

fn worst(ours: &[f64], theirs: &[f64]) -> f64 {
    ours.iter().zip(theirs).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
}

const MILD: Channel = Channel { width: 10.0, slope: 0.001, n: 0.03, reach: 50.0, reaches: 40 };
const STEEP: Channel = Channel { width: 10.0, slope: 0.02, n: 0.02, reach: 20.0, reaches: 40 };

/// Worst relative difference of depth along a steady profile that ends at `stage` times the depth given.
fn profile(channel: &Channel, q: f64, end: f64, numerics: Numerics) -> f64 {
    let stage = 100.0 - channel.slope * channel.reach * channel.reaches as f64 + end;
    let start = channel.normal(q);
    let text = channel.text(12.0, 5.0, &format!("FIXED {stage}"), q, |_| start);
    let (model, state) = ran(&text, 12.0 * 3600.0, numerics);
    worst(&depths(&model, &state), &channel.profile(q, end))
}

#[test]
fn a_backwater_of_type_m1_is_met() {
    for numerics in BOTH {
        let off = profile(&MILD, 20.0, 2.5, numerics);
        println!("M1 {numerics:?}: {off:.5}");
        assert!(off < 0.002, "{off}");
    }
}

#[test]
fn a_drawdown_of_type_m2_is_met() {
    let end = 1.2 * MILD.critical(20.0);
    for numerics in BOTH {
        let off = profile(&MILD, 20.0, end, numerics);
        println!("M2 {numerics:?}: {off:.5}");
        assert!(off < 0.01, "{off}");
    }
}

#[test]
fn a_pool_below_steep_water_is_of_type_s1() {
    let q = 20.0;
    let stage = 100.0 - 0.02 * 20.0 * 40.0 + 6.0;
    for numerics in BOTH {
        let text = STEEP.text(6.0, 2.0, &format!("FIXED {stage}"), q, |_| 0.5);
        let (model, state) = ran(&text, 6.0 * 3600.0, numerics);
        let (ours, theirs) = (depths(&model, &state), STEEP.profile(q, 6.0));
        // Behind the jump, where the pool is deeper than four times the critical depth: the jump itself is smeared.
        let pool: Vec<usize> = (0..ours.len()).filter(|i| theirs[*i] > 4.0 * STEEP.critical(q)).collect();
        let off = pool.iter().map(|i| (ours[*i] / theirs[*i] - 1.0).abs()).fold(0.0, f64::max);
        println!(
            "S1 {numerics:?}: {off:.5} over {} nodes; upstream {} normal {}",
            pool.len(),
            ours[5],
            STEEP.normal(q)
        );
        assert!(pool.len() > 6 && off < 0.05, "{off}");
    }
}

#[test]
fn steep_water_runs_at_its_normal_depth() {
    let q = 20.0;
    for numerics in BOTH {
        let text = STEEP.text(3.0, 2.0, "FREE", q, |_| 0.5);
        let (model, state) = ran(&text, 3.0 * 3600.0, numerics);
        let ours = depths(&model, &state);
        let off = worst(&ours[10..38], &vec![STEEP.normal(q); 28]);
        println!("S2 {numerics:?}: {off:.5}");
        assert!(off < 0.01, "{off}");
    }
}

/// Depth `x` m from a dam of `h1` that broke `t` s ago onto `h2` of still water (Stoker; Ritter for 0).
fn dam_break(h1: f64, h2: f64, x: f64, t: f64) -> f64 {
    let c1 = (G * h1).sqrt();
    if h2 == 0.0 {
        let u = x / t;
        return if u < -c1 {
            h1
        } else if u > 2.0 * c1 {
            0.0
        } else {
            (2.0 * c1 - u).powi(2) / (9.0 * G)
        };
    }
    let c2 = (G * h2).sqrt();
    let middle = |s: f64| {
        let root = (1.0 + 8.0 * s * s / (c2 * c2)).sqrt();
        let h = h2 / 2.0 * (root - 1.0);
        let u = s - c2 * c2 / (4.0 * s) * (1.0 + root);
        (h, u)
    };
    let s = bisect(1.001 * c2, 10.0 * c1, |s| {
        let (h, u) = middle(s);
        u + 2.0 * (G * h).sqrt() - 2.0 * c1
    });
    let (h, u) = middle(s);
    let at = x / t;
    if at < -c1 {
        h1
    } else if at < u - (G * h).sqrt() {
        (2.0 * c1 - at).powi(2) / (9.0 * G)
    } else if at < s {
        h
    } else {
        h2
    }
}

/// Root mean square difference over the dam's height, and the share of water gained or lost.
fn broken_dam(h1: f64, h2: f64, numerics: Numerics) -> (f64, f64) {
    let channel = Channel { width: 10.0, slope: 0.0, n: 0.0005, reach: 10.0, reaches: 200 };
    let text =
        channel.text(0.1, 0.25, &format!("FIXED {}", 100.0 + h2), 0.0, |x| if x < 1000.0 { h1 } else { h2 });
    let t = 60.0;
    let (model, state) = ran(&text, t, numerics);
    let ours = depths(&model, &state);
    let mut sum = 0.0;
    for (i, y) in ours.iter().enumerate() {
        let x = i as f64 * channel.reach - 995.0;
        sum += (y - dam_break(h1, h2, x, t)).powi(2);
    }
    ((sum / ours.len() as f64).sqrt() / h1, state.flow_totals(&model).error())
}

#[test]
fn a_dam_that_breaks_onto_water_is_stokers() {
    for numerics in BOTH {
        let (off, error) = broken_dam(4.0, 2.0, numerics);
        println!("Stoker {numerics:?}: {off:.4}, continuity {error:.3} %");
        assert!(off < 0.03 && error.abs() < 1.0, "{off} {error}");
    }
}

#[test]
fn a_dam_that_breaks_onto_dry_ground_is_ritters() {
    for numerics in BOTH {
        let (off, error) = broken_dam(4.0, 0.0, numerics);
        println!("Ritter {numerics:?}: {off:.4}, continuity {error:.3} %");
        assert!(off < 0.10 && error.abs() < 1.0, "{off} {error}");
    }
}

#[test]
fn a_level_pipe_fills_as_its_volume_says() {
    let mut text = options(2.0, 2.0, "NONE");
    text += "[JUNCTIONS]\nA 10 5 0 0 0\nB 10 5 0 0 0\nC 10 5 0 0 0\n[OUTFALLS]\nO 12 FREE\n[CONDUITS]\nP A B 50 0.01 0 0\n\
             Q B C 50 0.01 0 0\nR C O 10 0.01 3 1\n[XSECTIONS]\nP CIRCULAR 1 0 0 0\nQ CIRCULAR 1 0 0 0\nR CIRCULAR 1 0 0 0\n\
             [INFLOWS]\nA FLOW \"\" FLOW 1 1 0.02\n";
    for numerics in BOTH {
        for seconds in [600.0, 1800.0, 3000.0] {
            let (model, state) = ran(&text, seconds, numerics);
            let area = 0.02 * seconds / 100.0;
            // Area of a circle of 1 m filled to `y`.
            let filled = |y: f64| {
                let half = (1.0 - 2.0 * y).acos();
                0.25 * (half - half.sin() * half.cos())
            };
            let y = bisect(0.001, 0.999, |y| filled(y) - area);
            let off = worst(&depths(&model, &state)[..3], &[y; 3]);
            println!("filling {numerics:?} {seconds}: {off:.4}");
            assert!(off < 0.02, "{seconds} s: {off}");
        }
    }
}

/// A pond of 1 ha with 3 m of water, an opening at its side 1 m up, and a free fall behind it.
fn pond(area: f64, opening: &str, section: &str) -> String {
    let mut text = options(6.0, 1.0, "NONE");
    text += &format!(
        "[STORAGE]\nP 100 5 3 FUNCTIONAL 0 0 {area} 0 0\n[OUTFALLS]\nO 90 FREE\n{opening}\n[XSECTIONS]\n{section}\n"
    );
    text
}

#[test]
fn weirs_and_orifices_give_their_formulas() {
    for numerics in BOTH {
        let check = |opening: &str, section: &str, want: f64| {
            let (model, state) = ran(&pond(1.0e8, opening, section), 30.0, numerics);
            let flow = state.link(&model, 0).unwrap().flow;
            assert!((flow / want - 1.0).abs() < 1e-3, "{opening}: {flow} is not {want}");
        };
        check("[WEIRS]\nW P O TRANSVERSE 2 1.84 NO", "W RECT_OPEN 2 5 0 0", 1.84 * 5.0);
        check("[WEIRS]\nW P O V-NOTCH 2 1.38 NO", "W TRIANGULAR 1.5 3 0 0", 1.38 * (3.0 / 2.0 / 1.5));
        let area = std::f64::consts::PI * 0.25 * 0.25;
        check(
            "[ORIFICES]\nR P O SIDE 1 0.65 NO",
            "R CIRCULAR 0.5 0 0 0",
            0.65 * area * (2.0 * G * 1.75).sqrt(),
        );
        check(
            "[ORIFICES]\nR P O BOTTOM 0 0.6 NO",
            "R RECT_CLOSED 0.4 0.5 0 0",
            0.6 * 0.2 * (2.0 * G * 3.0).sqrt(),
        );
    }
}

#[test]
fn a_tank_runs_out_as_torricelli_says() {
    let (cd, opening, area) = (0.6, 0.2, 500.0);
    for numerics in BOTH {
        let text = pond(area, "[ORIFICES]\nR P O BOTTOM 0 0.6 NO", "R RECT_CLOSED 0.4 0.5 0 0");
        for minutes in [10.0, 20.0, 30.0] {
            let t = minutes * 60.0;
            let (model, state) = ran(&text, t, numerics);
            let root = 3.0_f64.sqrt() - cd * opening * (2.0 * G).sqrt() / (2.0 * area) * t;
            let off = state.node(&model, 0).unwrap().depth / (root * root) - 1.0;
            println!("Torricelli {numerics:?} {minutes}: {off:.5}");
            assert!(off.abs() < 0.002, "{minutes} min: {off}");
        }
    }
}
