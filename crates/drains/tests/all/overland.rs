//! Water over land against physics: analytic answers, rest, and the published benchmark cases.

use drains::overland::{Coupling, Edge, Ground, Inlet, Settings, Surface, ascii_grid, contours, polygons};

const G: f64 = 9.806_65;

fn ground(columns: usize, rows: usize, cell_m: f64, manning: f64, z: impl Fn(f64, f64) -> f64) -> Ground {
    let centre = |i: usize| (i as f64 + 0.5) * cell_m;
    let heights: Vec<f64> = (0..rows)
        .flat_map(|r| (0..columns).map(move |c| (c, r)))
        .map(|(c, r)| z(centre(c), centre(r)))
        .collect();
    Ground::new(columns, rows, cell_m, &heights, manning).unwrap()
}

fn settings() -> Settings {
    Settings { threads: 2, ..Settings::default() }
}

/// The balance is kept to 1e-9 of all the water there was, and rounding made none of it.
fn balanced(ground: &Ground, surface: &Surface) {
    let ledger = surface.ledger();
    let error = (surface.volume_m3(ground) - ledger.expected_m3()).abs() / ledger.handled_m3();
    assert!(error < 1e-9, "balance off by {error:e} of {} m³", ledger.handled_m3());
    assert!(ledger.rounding_m3 < 1e-9 * ledger.handled_m3(), "rounding made {} m³", ledger.rounding_m3);
}

/// A wave that runs over a flat plane with one velocity: depths by an answer that is given, against
/// the surface's, whose first cell is held at the given depth. Mean and greatest error, m, the
/// greatest behind the last 100 m of the front.
fn wave(manning: f64, speed: f64, depth: impl Fn(f64) -> f64) -> (f64, f64) {
    let (cell, end) = (10.0, 3600.0);
    let ground = ground(300, 1, cell, manning, |_, _| 0.0);
    let mut surface = Surface::new(&ground, settings());
    let mut t = 0.0;
    while t < end {
        t += 2.0;
        let level_m = depth(speed * t - 0.5 * cell);
        surface.set_edge(&ground, 0, 0, Some(Edge::Level { level_m }));
        surface.run_until(&ground, t);
    }
    balanced(&ground, &surface);
    let (mut square, mut worst) = (0.0, 0.0f64);
    for c in 0..300 {
        let behind = speed * end - (c as f64 + 0.5) * cell;
        let error = surface.depth_m(&ground, c, 0) - depth(behind);
        square += error * error;
        if behind > 100.0 {
            worst = worst.max(error.abs());
        }
    }
    (f64::sqrt(square / 300.0), worst)
}

/// Hunter, Horritt, Bates, Wilson & Werner (2005), Adv. Water Resour. 28, 975–991: with one velocity u
/// the full equations have h^(7/3) = 7/3 n² u² (u t − x). Slow water, so that what the local inertial
/// form leaves out (of the order of the Froude number squared) is small.
#[test]
fn a_wave_over_a_flat_plane_is_hunters() {
    let (n, u) = (0.06, 0.3);
    let (rms, worst) = wave(n, u, |s| (7.0 / 3.0 * n * n * u * u * s.max(0.0)).powf(3.0 / 7.0));
    println!("wave over a plane, Hunter: RMS {rms:.4} m, worst {worst:.4} m");
    assert!(rms < 0.01 && worst < 0.02, "{rms} {worst}");
}

/// The same wave of the local inertial equation itself, where −u² ∂h/∂x is not balanced:
/// 3/7 h^(7/3) − 3/4 u²/g h^(4/3) = n² u² (u t − x). Fast water, as in the papers.
#[test]
fn a_fast_wave_over_a_flat_plane_is_that_of_its_equation() {
    let (n, u) = (0.03, 0.635);
    let depth = |s: f64| {
        let want = n * n * u * u * s;
        if want <= 0.0 {
            return 0.0;
        }
        let (mut low, mut high) = (u * u / G, 10.0);
        for _ in 0..80 {
            let h: f64 = 0.5 * (low + high);
            let got = 3.0 / 7.0 * h.powf(7.0 / 3.0) - 0.75 * u * u / G * h.powf(4.0 / 3.0);
            if got < want { low = h } else { high = h }
        }
        0.5 * (low + high)
    };
    let (rms, worst) = wave(n, u, depth);
    println!("wave over a plane, local inertia: RMS {rms:.4} m, worst {worst:.4} m");
    assert!(rms < 0.02 && worst < 0.02, "{rms} {worst}");
}

/// Uniform flow down a slope has Manning's depth, (q n / √S)^(3/5).
#[test]
fn steady_flow_down_a_slope_has_mannings_depth() {
    let (n, slope, flow) = (0.025, 0.002, 0.4);
    let ground = ground(100, 3, 10.0, n, |x, _| 5.0 - slope * x);
    let mut surface = Surface::new(&ground, settings());
    for row in 0..3 {
        surface.set_edge(&ground, 0, row, Some(Edge::Inflow { flow_m3s: flow * 10.0 }));
        surface.set_edge(&ground, 99, row, Some(Edge::Free { slope }));
    }
    surface.run_until(&ground, 7200.0);
    let want = (flow * n / f64::sqrt(slope)).powf(0.6);
    for column in 5..60 {
        let depth = surface.depth_m(&ground, column, 1);
        assert!((depth / want - 1.0).abs() < 0.005, "column {column}: {depth} instead of {want}");
        let [east, north] = surface.velocity_m_s(&ground, column, 1);
        assert!((east - flow / want).abs() < 0.01 && north.abs() < 1e-6, "{east} {north}");
    }
    balanced(&ground, &surface);
}

#[test]
fn a_lake_at_rest_over_rough_ground_stays_at_rest() {
    let rough = |x: f64, y: f64| 1.2 * (x / 17.0).sin() * (y / 23.0).cos() + 0.3 * (x * y / 90.0).sin();
    let ground = ground(60, 50, 5.0, 0.05, rough);
    let mut surface = Surface::new(&ground, settings());
    for row in 0..50 {
        for column in 0..60 {
            let z = ground.height_m(column, row).unwrap();
            surface.set_depth(&ground, column, row, (0.6 - z).max(0.0));
        }
    }
    let before = surface.volume_m3(&ground);
    surface.run_until(&ground, 3600.0);
    for row in 0..50 {
        for column in 0..60 {
            if let Some(level) = surface.level_m(&ground, column, row) {
                assert!((level - 0.6).abs() < 1e-12, "{column} {row}: {level}");
            }
            let [east, north] = surface.velocity_m_s(&ground, column, row);
            assert!(east.abs() + north.abs() < 1e-9);
        }
    }
    assert!((surface.volume_m3(&ground) / before - 1.0).abs() < 1e-12);
}

/// Environment Agency benchmark, test 1 (Néelz & Pender 2013, SC120002): a rising and falling level
/// floods a pond behind a sill at 10.25 m. The report gives the profile as a figure; this one has its
/// domain, sill, depths and levels.
#[test]
fn a_pond_behind_a_sill_keeps_water_to_the_sill() {
    let profile = [(0.0, 9.7), (100.0, 9.7), (300.0, 10.25), (450.0, 9.8), (550.0, 9.8), (700.0, 10.6)];
    let height = |x: f64| {
        let k = profile.windows(2).find(|w| x <= w[1].0).unwrap();
        k[0].1 + (k[1].1 - k[0].1) * (x - k[0].0) / (k[1].0 - k[0].0)
    };
    // One cell of the raster lies just on the sill, so that its height is the sill's.
    let ground = ground(70, 10, 10.0, 0.03, |x, _| if (x - 300.0).abs() < 6.0 { 10.25 } else { height(x) });
    let mut surface = Surface::new(&ground, settings());
    let level = |hours: f64| match hours {
        h if h < 1.0 => 9.7 + 0.65 * h,
        h if h < 11.0 => 10.35,
        h if h < 12.0 => 10.35 - 0.65 * (h - 11.0),
        _ => 9.7,
    };
    let mut at_high = 0.0;
    for minute in 1..=20 * 60 {
        let hours = f64::from(minute) / 60.0;
        for row in 0..10 {
            surface.set_edge(&ground, 0, row, Some(Edge::Level { level_m: level(hours) }));
        }
        surface.run_until(&ground, hours * 3600.0);
        if minute == 11 * 60 {
            at_high = surface.level_m(&ground, 60, 5).unwrap();
        }
    }
    let (p1, p2) = (surface.level_m(&ground, 40, 5).unwrap(), surface.level_m(&ground, 60, 5).unwrap_or(0.0));
    println!("test 1: at high water {at_high:.4} m, at the end {p1:.4} and {p2:.4} m (sill 10.25 m)");
    assert!((at_high - 10.35).abs() < 0.001, "{at_high}");
    assert!((p1 - 10.25).abs() < 0.01, "{p1}");
    balanced(&ground, &surface);
}

/// Where water poured slowly onto ground stands in the end: depressions fill to their lowest sill and
/// spill to the next (priority flood from the deepest points, worked out without any hydraulics).
fn spill_levels(ground: &Ground) -> Vec<f64> {
    let (columns, rows) = ground.size();
    let z = |i: usize| ground.height_m(i % columns, i / columns).unwrap();
    // Level at which water at a cell spills out of the raster's lowest corner.
    let mut level: Vec<f64> = vec![f64::INFINITY; columns * rows];
    let outlet = (0..columns * rows).min_by(|a, b| z(*a).total_cmp(&z(*b))).unwrap();
    level[outlet] = z(outlet);
    let mut open = std::collections::BTreeSet::from([(z(outlet).to_bits(), outlet)]);
    while let Some((_, i)) = open.pop_first() {
        let (c, r) = (i % columns, i / columns);
        let mut near = Vec::new();
        if c > 0 {
            near.push(i - 1);
        }
        if c + 1 < columns {
            near.push(i + 1);
        }
        if r > 0 {
            near.push(i - columns);
        }
        if r + 1 < rows {
            near.push(i + columns);
        }
        for k in near {
            if level[k].is_infinite() {
                level[k] = level[i].max(z(k));
                open.insert((level[k].to_bits(), k));
            }
        }
    }
    level
}

/// Environment Agency benchmark, test 2: a flood of about 85 minutes fills some of 4 × 4
/// depressions on a plane that
/// falls 1:1500 to the south and 1:3000 to the east, each about 0.5 m deep below its lowest sill.
#[test]
fn depressions_of_a_floodplain_fill_no_higher_than_they_spill() {
    let (side, pi) = (2000.0, std::f64::consts::PI);
    let ground = ground(100, 100, 20.0, 0.03, |x, y| {
        let waves = 0.2 * (1.0 - (2.0 * pi * x / 500.0).cos()) * (1.0 - (2.0 * pi * y / 500.0).cos());
        10.0 - waves - (side - y) / 1500.0 - x / 3000.0
    });
    let mut surface = Surface::new(&ground, settings());
    let flow = |minutes: f64| match minutes {
        m if m < 10.0 => 2.0 * m,
        m if m < 60.0 => 20.0,
        m if m < 85.0 => 20.0 * (85.0 - m) / 25.0,
        _ => 0.0,
    };
    for minute in 1..=85 {
        let q = flow(f64::from(minute) - 0.5) / 5.0;
        for row in 95..100 {
            surface.set_edge(&ground, 0, row, Some(Edge::Inflow { flow_m3s: q }));
        }
        surface.run_until(&ground, 60.0 * f64::from(minute));
    }
    surface.run_until(&ground, 48.0 * 3600.0);
    balanced(&ground, &surface);
    let spill = spill_levels(&ground);
    let mut levels = Vec::new();
    for basin_row in 0..4 {
        for basin_column in 0..4 {
            let (c, r) = (basin_column * 25 + 12, basin_row * 25 + 12);
            let level = surface.level_m(&ground, c, r).filter(|_| surface.depth_m(&ground, c, r) > 0.02);
            if let Some(level) = level {
                // After two days water a few centimetres deep still runs over the sills.
                assert!(
                    level < spill[r * 100 + c] + 0.05,
                    "basin {basin_column} {basin_row}: {level} spills"
                );
                // The water of a depression is level.
                let beside = surface.level_m(&ground, c + 3, r).unwrap();
                assert!((level - beside).abs() < 0.002, "{level} {beside}");
                levels.push((basin_column, basin_row, level));
            }
        }
    }
    println!("test 2: water in {} depressions: {levels:?}", levels.len());
    // The first, in the north-west, is full to its sill and has spilt on.
    let first = levels.iter().find(|l| (l.0, l.1) == (0, 3)).unwrap();
    assert!((first.2 - spill[87 * 100 + 12]).abs() < 0.05, "{} {}", first.2, spill[87 * 100 + 12]);
    assert!((5..16).contains(&levels.len()), "{}", levels.len());
    // The far corner stays dry, as in all models of the report.
    assert!(!levels.iter().any(|l| (l.0, l.1) == (3, 0)));
}

/// The full shallow-water equations in one radial dimension (finite volumes, HLL fluxes, r-weighted),
/// as an independent answer for water that spreads over a flat plane from a point on a wall.
fn radial(flow_m3s: impl Fn(f64) -> f64, manning: f64, end_s: f64, cell_m: f64, cells: usize) -> Vec<f64> {
    let (mut h, mut hu) = (vec![0.0f64; cells], vec![0.0f64; cells]);
    let pi = std::f64::consts::PI;
    let mut t = 0.0;
    while t < end_s {
        let speed =
            (0..cells).map(|i| if h[i] > 1e-6 { (hu[i] / h[i]).abs() + (G * h[i]).sqrt() } else { 0.0 });
        let dt = (0.4 * cell_m / speed.fold(0.1f64, f64::max)).min(0.5).min(end_s - t);
        let mut flux = vec![(0.0, 0.0); cells + 1];
        for i in 1..cells {
            let (l, r) = ((h[i - 1], hu[i - 1]), (h[i], hu[i]));
            let u = |s: (f64, f64)| if s.0 > 1e-6 { s.1 / s.0 } else { 0.0 };
            let (ul, ur, cl, cr) = (u(l), u(r), (G * l.0).sqrt(), (G * r.0).sqrt());
            let (sl, sr) = ((ul - cl).min(ur - cr).min(0.0), (ul + cl).max(ur + cr).max(0.0));
            let f = |s: (f64, f64), u: f64| (s.1, s.1 * u + 0.5 * G * s.0 * s.0);
            let (fl, fr) = (f(l, ul), f(r, ur));
            let d = sr - sl;
            let hll = |a: f64, b: f64, x: f64, y: f64| {
                if d > 0.0 { (sr * a - sl * b + sl * sr * (y - x)) / d } else { 0.0 }
            };
            flux[i] = (hll(fl.0, fr.0, l.0, r.0), hll(fl.1, fr.1, l.1, r.1));
        }
        for i in 0..cells {
            let (r0, r1) = (i as f64 * cell_m, (i as f64 + 1.0) * cell_m);
            let volume = 0.5 * (r1 * r1 - r0 * r0);
            let source = if i == 0 { flow_m3s(t) / pi / volume } else { 0.0 };
            let pressure = 0.5 * G * h[i] * h[i] * (r1 - r0);
            let dh = (r0 * flux[i].0 - r1 * flux[i + 1].0) / volume + source;
            let dq = (r0 * flux[i].1 - r1 * flux[i + 1].1 + pressure) / volume;
            h[i] = (h[i] + dt * dh).max(0.0);
            hu[i] += dt * dq;
            if h[i] > 1e-6 {
                let q = hu[i].abs();
                hu[i] /= 1.0 + dt * G * manning * manning * q / h[i].powf(7.0 / 3.0);
            } else {
                hu[i] = 0.0;
            }
        }
        t += dt;
    }
    h
}

/// Environment Agency benchmark, test 4: water spreads over a flat floodplain from a breach of 20 m in
/// the middle of its western side, up to 20 m³/s in 6 hours.
#[test]
fn a_breach_floods_a_flat_floodplain_as_fast_as_the_full_equations_say() {
    let ground = ground(100, 200, 10.0, 0.05, |_, _| 0.0);
    let mut surface = Surface::new(&ground, settings());
    let flow = |t: f64| match t / 60.0 {
        m if m < 60.0 => 20.0 * m / 60.0,
        m if m < 180.0 => 20.0,
        m if m < 360.0 => 20.0 * (360.0 - m) / 180.0,
        _ => 0.0,
    };
    let end = 3.0 * 3600.0;
    for minute in 0..180 {
        let q = flow(60.0 * (f64::from(minute) + 0.5)) / 2.0;
        surface.set_edge(&ground, 0, 99, Some(Edge::Inflow { flow_m3s: q }));
        surface.set_edge(&ground, 0, 100, Some(Edge::Inflow { flow_m3s: q }));
        surface.run_until(&ground, 60.0 * f64::from(minute + 1));
    }
    assert!((surface.time_s() - end).abs() < 1e-6);
    balanced(&ground, &surface);
    let want = radial(flow, 0.05, end, 10.0, 100);
    for x in [100.0, 200.0, 300.0, 400.0] {
        let column = (x / 10.0) as usize;
        let got = surface.depth_m(&ground, column, 100);
        let full = want[column];
        println!("test 4, {x} m from the breach after 3 h: {got:.3} m, full equations {full:.3} m");
        assert!((got - full).abs() < 0.05 * full.max(0.2), "{x} m: {got} {full}");
    }
    // It spreads in circles: as deep at 45° as straight ahead at the same distance.
    let ahead = surface.depth_m(&ground, 42, 100);
    let aside = surface.depth_m(&ground, 29, 130);
    assert!((ahead - aside).abs() < 0.02, "{ahead} {aside}");
}

#[test]
fn the_same_bits_come_out_whatever_the_number_of_threads() {
    let bumps = |x: f64, y: f64| (x / 31.0).sin() + (y / 41.0).cos() + 0.002 * x;
    let ground = ground(500, 400, 4.0, 0.03, bumps);
    let run = |threads: usize| {
        let mut surface = Surface::new(&ground, Settings { threads, ..Settings::default() });
        surface.set_rain(90.0);
        surface.set_edge(&ground, 250, 200, Some(Edge::Inflow { flow_m3s: 6.0 }));
        surface.run_until(&ground, 120.0);
        surface
    };
    let (one, three) = (run(1), run(3));
    for row in 0..400 {
        for column in 0..500 {
            let bits = |s: &Surface| s.depth_m(&ground, column, row).to_bits();
            assert_eq!(bits(&one), bits(&three), "column {column}, row {row}");
        }
    }
    assert_eq!(one.steps(), three.steps());
    balanced(&ground, &one);
}

#[test]
fn a_surface_goes_on_from_its_stored_form() {
    let ground = ground(40, 30, 5.0, 0.03, |x, y| (x / 9.0).sin() * (y / 7.0).cos());
    let mut surface = Surface::new(&ground, settings());
    surface.set_rain(60.0);
    surface.run_until(&ground, 300.0);
    let text = serde_json::to_vec(&surface).unwrap();
    let mut again: Surface = serde_json::from_slice(&text).unwrap();
    surface.run_until(&ground, 600.0);
    again.run_until(&ground, 600.0);
    assert_eq!(surface.volume_m3(&ground).to_bits(), again.volume_m3(&ground).to_bits());
}

#[test]
fn no_water_enters_a_building() {
    let mut ground = ground(30, 30, 2.0, 0.02, |_, _| 1.0);
    ground.build((10..20).flat_map(|c| (10..20).map(move |r| (c, r))));
    let mut surface = Surface::new(&ground, settings());
    surface.set_rain(120.0);
    surface.set_edge(&ground, 5, 5, Some(Edge::Inflow { flow_m3s: 1.0 }));
    surface.run_until(&ground, 600.0);
    assert_eq!(surface.depth_m(&ground, 15, 15), 0.0);
    assert!(surface.depth_m(&ground, 25, 25) > 0.01);
    balanced(&ground, &surface);
    let rings = contours(&ground, 0.01, |c, r| surface.depth_m(&ground, c, r));
    assert_eq!(rings.iter().filter(|r| r.hole).count(), 1, "the building is a hole in the flood");
    let wet: f64 = rings.iter().map(|r| if r.hole { -r.area_m2 } else { r.area_m2 }).sum();
    assert!((wet / (900.0 * 4.0 - 400.0) - 1.0).abs() < 0.05, "{wet} m²");
}

#[test]
fn contours_of_a_cone_are_circles() {
    let ground = ground(80, 80, 1.0, 0.03, |_, _| 0.0);
    let cone = |c: usize, r: usize| 20.0 - f64::hypot(c as f64 - 39.5, r as f64 - 39.5);
    let rings = contours(&ground, 5.0, cone);
    assert_eq!(rings.len(), 1);
    let area = std::f64::consts::PI * 15.0 * 15.0;
    assert!((rings[0].area_m2 / area - 1.0).abs() < 0.01 && !rings[0].hole, "{}", rings[0].area_m2);
}

#[test]
fn a_hole_belongs_to_the_smallest_ring_around_it() {
    // A lake with an island with a pond, and another lake with a hole apart.
    let ground = ground(60, 30, 1.0, 0.03, |_, _| 0.0);
    let square =
        |c: usize, r: usize, at: usize, half: usize| c.abs_diff(at) <= half && r.abs_diff(15) <= half;
    let field = |c: usize, r: usize| {
        let first =
            square(c, r, 15, 12) && (!square(c, r, 15, 8) || square(c, r, 15, 4)) && !square(c, r, 15, 1);
        let second = square(c, r, 45, 8) && !square(c, r, 45, 3);
        f64::from(u8::from(first || second))
    };
    let mut found: Vec<(usize, usize)> = polygons(contours(&ground, 0.5, field))
        .iter()
        .map(|rings| (rings[0].area_m2.round() as usize, rings.len() - 1))
        .collect();
    found.sort_unstable();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|(_, holes)| *holes == 1), "{found:?}");
}

#[test]
fn a_raster_is_read_and_written_as_an_ascii_grid() {
    let text =
        "ncols 3\nnrows 2\nxllcorner 100\nyllcorner 200\ncellsize 5\nNODATA_value -9999\n1 2 3\n4 -9999 6\n";
    let ground = Ground::from_ascii(text, 0.03).unwrap();
    assert_eq!(ground.size(), (3, 2));
    assert_eq!(ground.height_m(0, 1), Some(1.0));
    assert_eq!(ground.height_m(1, 0), None);
    assert_eq!(ground.cell_at(112.0, 204.0), Some((2, 0)));
    let again = Ground::from_ascii(&ascii_grid(&ground, |c, r| ground.height_m(c, r)), 0.03).unwrap();
    assert_eq!(again, ground);
    let cut = Ground::from_ascii("ncols 3\nnrows 2\ncellsize 5\n1 2 3\n4 5\n", 0.03).unwrap_err();
    assert!(cut.to_string().contains("5 heights for 3 × 2 cells"), "{cut}");
    let odd = Ground::from_ascii("ncols 1\nnrows 1\ncellsize 5\nseven\n", 0.03).unwrap_err();
    assert_eq!(odd.to_string(), "line 4 of the ASCII grid: `seven` is no number");
}

const SEWER: &str = "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\nSTART_DATE 01/01/2024\nEND_DATE 01/01/2024\nEND_TIME 03:00\nROUTING_STEP 2\nREPORT_STEP 00:01:00\n\
[JUNCTIONS]\nA 8 2 0 0 0\nB 7.8 2.2 0 0 0\n[OUTFALLS]\nO 7.5 FREE NO\n\
[CONDUITS]\nc1 A B 100 0.013 0 0 0 0\nc2 B O 100 0.013 0 0 0 0\n[XSECTIONS]\nc1 CIRCULAR 0.5 0 0 0 1\nc2 CIRCULAR 0.8 0 0 0 1\n";

fn sewer() -> (drains::Model, Ground) {
    let model = drains::Model::read(SEWER, &|_| None).unwrap();
    (model, ground(30, 10, 10.0, 0.02, |_, _| 10.0))
}

#[test]
fn a_surcharged_manhole_floods_its_street_and_the_street_drains_back() {
    let (model, ground) = sewer();
    let inlets = vec![
        Inlet { node: 0, column: 5, row: 5, rim_m: 12.0, open_m2: 0.5 },
        Inlet { node: 1, column: 15, row: 5, rim_m: 12.0, open_m2: 0.5 },
    ];
    let mut coupling = Coupling::new(&model, &ground, inlets, 5.0).unwrap();
    let mut state = drains::State::new(&model, drains::Numerics::Fast);
    let mut surface = Surface::new(&ground, settings());
    state.set_inflow(&model, 0, 1.2);
    coupling.run(&model, &mut state, &ground, &mut surface, 1200.0);
    let flooded = surface.ledger().from_sewers_m3;
    assert!(flooded > 100.0, "{flooded} m³ came out of a pipe that holds a third of the inflow");
    assert!(surface.depth_m(&ground, 5, 5) > 0.02);
    assert!(surface.ledger().to_sewers_m3 > 1.0, "the lower inlet takes some in");
    balanced(&ground, &surface);
    let standing = surface.volume_m3(&ground);
    state.set_inflow(&model, 0, 0.0);
    coupling.run(&model, &mut state, &ground, &mut surface, 7200.0);
    assert!(surface.volume_m3(&ground) < 0.4 * standing, "{} of {standing} m³", surface.volume_m3(&ground));
    balanced(&ground, &surface);
    // What the sewer says flooded is what the street got; what it says came in from outside is what
    // was put in and what the street gave.
    let flow = state.summary(&model);
    println!("coupled: {flooded:.1} m³ flooded, {:.1} m³ drained", surface.ledger().to_sewers_m3);
    let error = flow.flow_error_percent.abs();
    assert!(error < 1.0, "{error} %");
}

#[test]
fn an_inlet_in_a_wall_or_at_an_outfall_is_refused_by_name() {
    let (model, ground) = sewer();
    let at = |node, column| vec![Inlet { node, column, row: 5, rim_m: 1.0, open_m2: 0.1 }];
    let outside = Coupling::new(&model, &ground, at(0, 30), 5.0).unwrap_err();
    assert!(outside.to_string().contains("column 30, row 5"), "{outside}");
    let outfall = Coupling::new(&model, &ground, at(2, 3), 5.0).unwrap_err();
    assert!(outfall.to_string().contains("name a manhole"), "{outfall}");
}
