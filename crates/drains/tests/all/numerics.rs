//! Fast numerics beside exact ones on every model of the dynamic wave: at every report, at every node whose
//! depth came to rest in both.

use drains::{Model, Numerics, State};

use super::reference::{models, norfolk_model, read};

/// What the fast numerics promise, ft.
const NEAR_FT: f64 = 1.0e-4;
/// How much smaller the share of near depths may be than that of an exact run beside itself.
const SHARE_SLACK: f64 = 0.03;
/// Nodes of a chaotic model that may part where a nudged exact run did not happen to.
const ALONE_MAX: usize = 5;
/// What depths are lowered by at every report (one to three times this), to see how sure the exact numerics are of themselves, ft.
const NUDGE_FT: f64 = 1.0e-6;

/// Where two runs are furthest apart.
#[derive(Default)]
struct Apart {
    feet: f64,
    node: String,
    hours: f64,
}

/// A run with the depths (ft) before and after its last step.
struct Walk<'a> {
    model: &'a Model,
    state: State,
    before: (f64, Vec<f64>),
    now: (f64, Vec<f64>),
}

impl<'a> Walk<'a> {
    fn new(model: &'a Model, numerics: Numerics) -> Self {
        let state = State::new(model, numerics);
        let now = (0.0, depths(model, &state));
        Self { model, state, before: now.clone(), now }
    }

    /// Goes on, in the steps that the model takes, past `until` s.
    fn go(&mut self, until: f64) {
        while self.now.0 < until && self.state.step(self.model, f64::INFINITY) > 0.0 {
            let next = (self.state.elapsed_s(), depths(self.model, &self.state));
            self.before = std::mem::replace(&mut self.now, next);
        }
    }

    /// Depth (ft) of a node at `t` s, between the ends of the last step as in SWMM's results.
    fn depth(&self, i: usize, t: f64) -> f64 {
        let span = self.now.0 - self.before.0;
        let part = if span > 0.0 { ((t - self.before.0) / span).min(1.0) } else { 1.0 };
        self.before.1[i] + part * (self.now.1[i] - self.before.1[i])
    }

    /// Lowers the depths of nodes that are not dry.
    fn nudge(&mut self, feet: f64) {
        for (i, depth) in self.now.1.iter().enumerate() {
            if feet > 0.0 && *depth > 0.01 {
                self.state.set_depth(
                    self.model,
                    i,
                    (depth - feet * (1 + i % 3) as f64) * self.model.units().length,
                );
            }
        }
    }
}

fn depths(model: &Model, state: &State) -> Vec<f64> {
    let depth = |i| state.node(model, i).unwrap().depth / model.units().length;
    (0..model.node_names().len()).map(depth).collect()
}

/// How another run stands beside an exact one, over all reports and the nodes that rest in both.
#[derive(Default)]
struct Beside {
    furthest: Apart,
    /// Pairs of depths that were compared, and those of them nearer than the promise.
    pairs: usize,
    near: usize,
    /// Hours at which the first of them was not.
    parted: Option<f64>,
    /// The greatest difference at each node, ft.
    at: Vec<f64>,
}

impl Beside {
    fn note(&mut self, one: &Walk<'_>, two: &Walk<'_>, until: f64) {
        self.at.resize(one.model.node_names().len(), 0.0);
        for (i, name) in one.model.node_names().iter().enumerate() {
            let rests = |w: &Walk<'_>| w.state.converged(i) == Some(true);
            if !(rests(one) && rests(two)) {
                continue;
            }
            let feet = (one.depth(i, until) - two.depth(i, until)).abs();
            let hours = until / 3600.0;
            self.pairs += 1;
            self.at[i] = self.at[i].max(feet);
            if feet < NEAR_FT {
                self.near += 1;
            } else if self.parted.is_none() {
                self.parted = Some(hours);
            }
            if feet > self.furthest.feet {
                self.furthest = Apart { feet, node: name.clone(), hours };
            }
        }
    }

    /// Share of the pairs within the promise.
    fn share(&self) -> f64 {
        self.near as f64 / self.pairs.max(1) as f64
    }
}

/// An exact run beside others, each nudged at every report by so much.
fn beside(model: &Model, others: &[(Numerics, f64)]) -> Vec<Beside> {
    let mut exact = Walk::new(model, Numerics::Exact);
    let mut walks: Vec<_> =
        others.iter().map(|(n, nudge)| (Walk::new(model, *n), *nudge, Beside::default())).collect();
    let step = model.project().options.report_step as f64;
    let mut until = step;
    while !exact.state.is_done(model) {
        exact.go(until);
        for (walk, nudge, found) in &mut walks {
            walk.go(until);
            found.note(&exact, walk, until);
            walk.nudge(*nudge);
        }
        until += step;
    }
    walks.into_iter().map(|(_, _, found)| found).collect()
}

/// The greatest difference between an exact run and another.
fn furthest(model: &Model, other: Numerics, nudge: f64) -> Apart {
    beside(model, &[(other, nudge)]).remove(0).furthest
}

/// Models of which the exact numerics are not sure themselves: two runs of them part by more than the
/// promise when depths are moved by a millionth of a foot. Why, as far as known.
const UNSURE: [(&str, &str); 3] = [
    (
        "weir_roadway_unstable",
        "the road weir swings at the limit of trials; SWMM makes 63 % more water of it",
    ),
    ("quality_reverse_flow", "still water behind the tide: the sign of nothing decides, as in `EDGE`"),
    ("culvert_codes", "inlets that begin and cease to limit, by turns"),
];
/// What parts by a discontinuity of the scheme though it is sure of itself, and the most it may part, ft.
const EDGE: [(&str, f64, &str); 1] = [(
    "runoff_cascade",
    1.0e-3,
    "level water between a flooded manhole and the next: where a flow turns, SWMM sets it to a thousandth of a \
     cubic foot a second, and here the last digit turns it",
)];

/// The models of the dynamic wave beside which exact and fast numerics are compared.
fn wave_models() -> Vec<(String, Model)> {
    let mut list = Vec::new();
    for entry in std::fs::read_dir(models()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "inp") {
            let model = read(&path);
            if model.project().options.routing == drains::project::Routing::Dynamic {
                list.push((path.file_stem().unwrap().to_string_lossy().into_owned(), model));
            }
        }
    }
    list
}

#[test]
fn fast_depths_are_within_a_ten_thousandth_of_a_foot_where_they_converge() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, model) in wave_models() {
        count += 1;
        let fast = furthest(&model, Numerics::Fast, 0.0);
        if fast.feet < NEAR_FT || EDGE.iter().any(|(n, most, _)| *n == name && fast.feet < *most) {
            continue;
        }
        let itself = furthest(&model, Numerics::Exact, NUDGE_FT);
        if itself.feet < NEAR_FT || !UNSURE.iter().any(|(n, _)| *n == name) {
            let Apart { feet, node, hours } = fast;
            wrong.push(format!("{name}: {feet:e} at {node}, {hours:.2} h; nudged, exact: {:e}", itself.feet));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 100, "only {count} models");
}

/// What the exact numerics are not sure of themselves the fast ones need not be surer of: they may not part
/// sooner, further or more often from an exact run than a second exact run does that is nudged.
fn norfolk(folder: &str, name: &str) {
    let Some(model) = norfolk_model(folder, name) else { return };
    let mut list = beside(&model, &[(Numerics::Fast, 0.0), (Numerics::Exact, NUDGE_FT)]);
    let (itself, fast) = (list.pop().unwrap(), list.pop().unwrap());
    let apart = |b: &Beside| b.at.iter().filter(|feet| **feet >= NEAR_FT).count();
    for (what, b) in [("fast", &fast), ("nudged", &itself)] {
        let Apart { feet, node, hours } = &b.furthest;
        println!(
            "{name}, {what}: {} pairs, {:.3} near, parted at {:?} h, {} of {} nodes apart, {feet:.3} ft at {node}, {hours:.2} h",
            b.pairs,
            b.share(),
            b.parted,
            apart(b),
            b.at.len(),
        );
    }
    assert!(
        fast.share() > itself.share() - SHARE_SLACK,
        "{} is near, {} nudged",
        fast.share(),
        itself.share()
    );
    assert!(fast.parted.unwrap_or(f64::MAX) >= itself.parted.unwrap_or(f64::MAX), "it parts sooner");
    assert!(fast.furthest.feet < 2.0 * itself.furthest.feet.max(NEAR_FT), "{} ft", fast.furthest.feet);
    let alone = (0..fast.at.len()).filter(|i| fast.at[*i] >= NEAR_FT && itself.at[*i] < NEAR_FT);
    let alone: Vec<(&String, f64)> = alone.map(|i| (&model.node_names()[i], fast.at[i])).collect();
    assert!(alone.len() <= ALONE_MAX, "nodes of which the exact numerics are sure: {alone:?}");
}

#[test]
fn the_hague_in_fast_numerics_parts_no_more_than_exact_ones_part_from_themselves() {
    norfolk("hague", "hague_v10");
}

#[test]
fn brambleton_in_fast_numerics_parts_no_more_than_exact_ones_part_from_themselves() {
    norfolk("brambleton", "brambleton");
}
