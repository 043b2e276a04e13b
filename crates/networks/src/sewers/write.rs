//! The network as SWMM's `.inp` (SWMM 5.2 user's manual, appendix D).

use super::{Ask, Curve, Net, NodeKind};
use crate::text::{Text, number};

/// Minutes of a step of the rain in the file.
const RAIN_STEP_MIN: usize = 5;
/// Length of the design storm, min, and the share of it before the peak (Keifer and Chu 1957).
const STORM_MIN: usize = 120;
const BEFORE_PEAK: f64 = 0.4;

/// The whole file.
pub(super) fn write(ask: &Ask, net: &Net) -> String {
    let mut text = Text::default();
    text.line("[TITLE]");
    text.line("Synthetic storm sewer network 合成雨水管网");
    text.line(&format!(
        ";; made from seed {} by the crate `networks`; no real sewer lies like this",
        ask.seed
    ));
    text.line(&format!(
        ";; {} conduits, {} nodes, {} subcatchments, {} gages; coordinates in WGS-84 degrees",
        net.conduits.len(),
        net.nodes.len(),
        net.subs.len(),
        ask.gages.len()
    ));
    if let Some(seed) = ask.wear {
        text.line(&format!(";; worn by seed {seed}: this stands for reality, not for the model of it"));
    }
    options(&mut text, ask);
    rain(&mut text, ask);
    areas(&mut text, net);
    nodes(&mut text, net);
    links(&mut text, net);
    curves(&mut text, net);
    places(&mut text, ask, net);
    text.finish()
}

fn options(text: &mut Text, ask: &Ask) {
    text.section("OPTIONS", "");
    let (days, hours) = (ask.hours / 24, ask.hours % 24);
    for line in [
        "FLOW_UNITS CMS".to_owned(),
        "INFILTRATION HORTON".to_owned(),
        "FLOW_ROUTING DYNWAVE".to_owned(),
        "LINK_OFFSETS DEPTH".to_owned(),
        "MIN_SLOPE 0".to_owned(),
        "ALLOW_PONDING NO".to_owned(),
        "START_DATE 06/01/2021".to_owned(),
        "START_TIME 00:00:00".to_owned(),
        "REPORT_START_DATE 06/01/2021".to_owned(),
        "REPORT_START_TIME 00:00:00".to_owned(),
        format!("END_DATE 06/{:02}/2021", 1 + days.min(29)),
        format!("END_TIME {hours:02}:00:00"),
        "DRY_DAYS 3".to_owned(),
        "REPORT_STEP 00:05:00".to_owned(),
        "WET_STEP 00:01:00".to_owned(),
        // Rain that is set live must be seen within the minute.
        format!("DRY_STEP 00:0{}:00", if ask.rain_peak_mmh > 0.0 { 5 } else { 1 }),
        "ROUTING_STEP 10".to_owned(),
        "VARIABLE_STEP 0.75".to_owned(),
        "MINIMUM_STEP 0.5".to_owned(),
        "LENGTHENING_STEP 0".to_owned(),
        "INERTIAL_DAMPING PARTIAL".to_owned(),
        "NORMAL_FLOW_LIMITED BOTH".to_owned(),
        "FORCE_MAIN_EQUATION H-W".to_owned(),
        "SURCHARGE_METHOD EXTRAN".to_owned(),
        "MIN_SURFAREA 1.2".to_owned(),
        "MAX_TRIALS 8".to_owned(),
        "HEAD_TOLERANCE 0.0015".to_owned(),
        "THREADS 1".to_owned(),
    ] {
        text.line(&line);
    }
    text.section("EVAPORATION", "");
    text.line("CONSTANT 0");
    text.line("DRY_ONLY NO");
}

/// Intensity of the file's storm in each step, mm/h.
fn storm(peak_mmh: f64) -> Vec<f64> {
    let steps = STORM_MIN / RAIN_STEP_MIN;
    (0..steps)
        .map(|n| {
            let share = (n as f64 + 0.5) / steps as f64;
            let from_peak = if share < BEFORE_PEAK {
                (BEFORE_PEAK - share) / BEFORE_PEAK
            } else {
                (share - BEFORE_PEAK) / (1.0 - BEFORE_PEAK)
            };
            peak_mmh / (1.0 + 5.0 * from_peak).powf(1.2)
        })
        .collect()
}

fn rain(text: &mut Text, ask: &Ask) {
    text.section("RAINGAGES", ";gage form interval factor source");
    for gage in &ask.gages {
        text.line(&format!("{} INTENSITY 0:05 1.0 TIMESERIES RAIN", gage.name));
    }
    text.section("TIMESERIES", ";series hour mm/h");
    if ask.rain_peak_mmh > 0.0 {
        for (n, mmh) in storm(ask.rain_peak_mmh).into_iter().enumerate() {
            let minute = n * RAIN_STEP_MIN;
            text.line(&format!("RAIN {}:{:02} {}", minute / 60, minute % 60, number(mmh, 2)));
        }
        text.line(&format!("RAIN {}:{:02} 0", STORM_MIN / 60, STORM_MIN % 60));
    } else {
        text.line("RAIN 0:00 0");
        text.line("RAIN 0:05 0");
    }
}

fn areas(text: &mut Text, net: &Net) {
    text.section("SUBCATCHMENTS", ";name gage outlet area(ha) impervious(%) width(m) slope(%) curb");
    for s in &net.subs {
        text.line(&format!(
            "{} {} {} {} {} {} {} 0",
            s.id,
            s.gage,
            s.outlet,
            number(s.area_ha, 4),
            number(100.0 * s.impervious, 1),
            number(s.width_m, 1),
            number(100.0 * s.slope, 2)
        ));
    }
    text.section("SUBAREAS", ";name n-imperv n-perv s-imperv(mm) s-perv(mm) zero(%) to");
    for s in &net.subs {
        let [paved, green] = s.storage_mm;
        text.line(&format!("{} {} 0.15 {paved} {green} 25 OUTLET", s.id, number(s.roughness, 4)));
    }
    text.section("INFILTRATION", ";name max(mm/h) min(mm/h) decay(1/h) dry(days) limit");
    for s in &net.subs {
        let [max, min] = s.horton_mmh;
        text.line(&format!("{} {} {} 4 7 0", s.id, number(max, 1), number(min, 1)));
    }
}

fn nodes(text: &mut Text, net: &Net) {
    text.section("JUNCTIONS", ";name invert(m) depth(m) start(m) surcharge(m) ponded(m2)");
    for n in net.nodes.iter().filter(|n| n.kind == NodeKind::Junction) {
        text.line(&format!(
            "{} {} {} {} 0 0",
            n.id,
            number(n.invert_m, 3),
            number(n.depth_m, 3),
            number(n.start_m, 3)
        ));
    }
    text.section("OUTFALLS", ";name invert(m) kind gate");
    for n in &net.nodes {
        match n.kind {
            NodeKind::Free => text.line(&format!("{} {} FREE NO", n.id, number(n.invert_m, 3))),
            NodeKind::Normal => text.line(&format!("{} {} NORMAL NO", n.id, number(n.invert_m, 3))),
            NodeKind::Junction | NodeKind::Storage(_) => {}
        }
    }
    text.section("STORAGE", ";name invert(m) depth(m) start(m) shape curve surcharge evaporation");
    for n in &net.nodes {
        if let NodeKind::Storage(curve) = &n.kind {
            text.line(&format!(
                "{} {} {} {} TABULAR {curve} 0 0",
                n.id,
                number(n.invert_m, 3),
                number(n.depth_m, 3),
                number(n.start_m, 3)
            ));
        }
    }
    if !net.inflows.is_empty() {
        text.section("INFLOWS", ";node what series kind units scale baseline(m3/s)");
        for (node, flow) in &net.inflows {
            text.line(&format!("{node} FLOW \"\" FLOW 1.0 1.0 {}", number(*flow, 4)));
        }
    }
}

fn links(text: &mut Text, net: &Net) {
    text.section("CONDUITS", ";name from to length(m) n in(m) out(m) flow(m3/s) limit");
    for c in &net.conduits {
        let [start, end] = c.offsets_m;
        text.line(&format!(
            "{} {} {} {} {} {} {} {} 0",
            c.id,
            c.from,
            c.to,
            number(c.length_m, 2),
            number(c.roughness, 4),
            number(start, 3),
            number(end, 3),
            number(c.flow_m3s, 4)
        ));
    }
    text.section("PUMPS", ";name from to curve status start(m) stop(m)");
    for p in &net.pumps {
        let (start, stop) = (number(p.start_m, 3), number(p.stop_m, 3));
        text.line(&format!("{} {} {} {} OFF {start} {stop}", p.id, p.from, p.to, p.curve));
    }
    text.section("ORIFICES", ";name from to kind offset(m) coefficient gate");
    for o in &net.orifices {
        let gate = if o.flap { "YES" } else { "NO" };
        text.line(&format!("{} {} {} SIDE {} 0.62 {gate} 0", o.id, o.from, o.to, number(o.offset_m, 3)));
    }
    text.section("WEIRS", ";name from to kind crest(m) coefficient gate");
    for w in &net.weirs {
        let gate = if w.flap { "YES" } else { "NO" };
        text.line(&format!(
            "{} {} {} TRANSVERSE {} 1.7 {gate} 0 0 YES",
            w.id,
            w.from,
            w.to,
            number(w.offset_m, 3)
        ));
    }
    text.section("XSECTIONS", ";link shape and sizes(m)");
    for c in &net.conduits {
        text.line(&format!("{} {}", c.id, c.section.words()));
    }
    for o in &net.orifices {
        text.line(&format!("{} RECT_CLOSED {} {} 0 0", o.id, number(o.high_m, 3), number(o.wide_m, 3)));
    }
    for w in &net.weirs {
        text.line(&format!("{} RECT_OPEN {} {} 0 0", w.id, number(w.high_m, 3), number(w.wide_m, 3)));
    }
    text.section("LOSSES", ";link in out mean gate");
    for c in net.conduits.iter().filter(|c| c.flap) {
        text.line(&format!("{} 0 0 0 YES", c.id));
    }
}

fn curves(text: &mut Text, net: &Net) {
    text.section("CURVES", ";name kind x y");
    for Curve { id, kind, points } in &net.curves {
        for (n, (x, y)) in points.iter().enumerate() {
            let kind = if n == 0 { kind } else { "" };
            text.line(&format!("{id} {kind} {} {}", number(*x, 4), number(*y, 4)));
        }
    }
    text.section("REPORT", "");
    for line in ["INPUT NO", "CONTROLS NO", "SUBCATCHMENTS NONE", "NODES ALL", "LINKS ALL"] {
        text.line(line);
    }
}

fn places(text: &mut Text, ask: &Ask, net: &Net) {
    text.section("MAP", "");
    text.line("UNITS Degrees");
    text.section("COORDINATES", ";node longitude latitude");
    for n in &net.nodes {
        let (lon, lat) = ask.origin.degrees(n.at);
        text.line(&format!("{} {lon:.6} {lat:.6}", n.id));
    }
    text.section("POLYGONS", ";subcatchment longitude latitude: corners of a square of the same area");
    for s in &net.subs {
        let half = (s.area_ha.sqrt() * 50.0).min(2_000.0);
        for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
            let (lon, lat) = ask.origin.degrees(s.at.shifted(x * half, y * half));
            text.line(&format!("{} {lon:.6} {lat:.6}", s.id));
        }
    }
    text.section("SYMBOLS", ";gage longitude latitude");
    for g in &ask.gages {
        let (lon, lat) = ask.origin.degrees(g.at);
        text.line(&format!("{} {lon:.6} {lat:.6}", g.name));
    }
}
