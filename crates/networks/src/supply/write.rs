//! The network as EPANET's `.inp` (EPANET 2.2 manual, appendix C).

use super::mains::Mains;
use super::{Ask, Net, works};
use crate::text::{Text, number};

/// Factors of each hour over the mean: households, trade (GB 50013's course of a city, by hand).
const HOME: [f64; 24] = [
    0.42, 0.34, 0.30, 0.30, 0.38, 0.70, 1.25, 1.60, 1.55, 1.30, 1.12, 1.10, 1.15, 1.05, 0.95, 0.95, 1.05,
    1.25, 1.50, 1.58, 1.42, 1.20, 0.90, 0.64,
];
const TRADE: [f64; 24] = [
    0.30, 0.25, 0.25, 0.25, 0.30, 0.45, 0.80, 1.20, 1.50, 1.65, 1.65, 1.60, 1.50, 1.55, 1.60, 1.60, 1.55,
    1.40, 1.20, 1.00, 0.85, 0.70, 0.50, 0.35,
];
/// Price of power over the mean in each hour: valley, flat, peak.
const TARIFF: [f64; 24] = [
    0.48, 0.48, 0.48, 0.48, 0.48, 0.48, 0.48, 0.48, 1.15, 1.40, 1.40, 0.48, 0.48, 1.15, 1.40, 1.40, 1.15,
    1.15, 1.15, 1.40, 1.40, 1.15, 0.48, 0.48,
];

/// The whole file.
pub(super) fn write(ask: &Ask, net: &Net, mains: &Mains, built: &works::Built) -> String {
    let mut text = Text::default();
    text.line("[TITLE]");
    text.line("Synthetic water supply network 合成供水管网");
    text.line(&format!("; made from seed {} by the crate `networks`; no real pipe lies like this", ask.seed));
    text.line(&format!(
        "; {} zones, {} junctions, {} pipes, mean demand {:.0} L/s; coordinates in WGS-84 degrees",
        ask.zones.len(),
        net.junctions.len(),
        net.pipes.len(),
        mains.demand_lps
    ));
    for (n, zone) in ask.zones.iter().enumerate() {
        text.line(&format!("; Z{:02} {}", n + 1, zone.name));
    }
    nodes(&mut text, net, mains, built);
    links(&mut text, net);
    text.section("PATTERNS", "id factors of each hour");
    for (id, factors) in [("HOME", HOME), ("TRADE", TRADE), ("LEAK", [1.0; 24]), ("TARIFF", TARIFF)] {
        for row in factors.chunks(6) {
            let row: Vec<String> = row.iter().map(|f| number(*f, 3)).collect();
            text.line(&format!("{id} {}", row.join(" ")));
        }
    }
    text.section("CURVES", "id L/s m");
    for (id, points) in &net.curves {
        for (flow, head) in points {
            text.line(&format!("{id} {} {}", number(*flow, 2), number(*head, 2)));
        }
    }
    text.section("CONTROLS", "");
    net.controls.iter().for_each(|control| text.line(control));
    text.section("ENERGY", "");
    for line in ["Global Efficiency 78", "Global Price 0.66", "Global Pattern TARIFF", "Demand Charge 0"] {
        text.line(line);
    }
    options(&mut text, ask);
    places(&mut text, ask, net, mains, built);
    text.line("\n[END]");
    text.finish()
}

fn nodes(text: &mut Text, net: &Net, mains: &Mains, built: &works::Built) {
    text.section("JUNCTIONS", "id elevation(m)");
    for j in &net.junctions {
        text.line(&format!("{} {}", j.id, number(j.height_m, 2)));
    }
    text.section("RESERVOIRS", "id head(m)");
    for (id, _, head) in &built.reservoirs {
        text.line(&format!("{id} {}", number(*head, 2)));
    }
    text.section("TANKS", "id bottom(m) level level-min level-max diameter volume-min");
    for t in &mains.tanks {
        let levels = format!("4 0.4 {}", super::mains::TANK_DEPTH_M);
        text.line(&format!("{} {} {levels} {} 0", t.tank.id, number(t.bottom_m, 2), number(t.diameter_m, 1)));
    }
    for well in &built.wells {
        let levels = format!("3.2 0.3 {}", works::WELL_DEPTH_M);
        text.line(&format!(
            "{} {} {levels} {} 0",
            well.id,
            number(well.bottom_m, 2),
            number(well.diameter_m, 1)
        ));
    }
    text.section("DEMANDS", "junction L/s pattern ;category");
    for j in &net.junctions {
        for (demand, (pattern, category)) in
            j.demand_lps.iter().zip([("HOME", "households"), ("TRADE", "trade"), ("LEAK", "leakage")])
        {
            if *demand > 0.0 {
                text.line(&format!("{} {} {pattern} ;{category}", j.id, number(*demand, 4)));
            }
        }
    }
}

fn links(text: &mut Text, net: &Net) {
    text.section("PIPES", "id from to length(m) diameter(mm) C minor status");
    for p in &net.pipes {
        text.line(&format!(
            "{} {} {} {} {} {} 0 {}",
            p.id,
            p.from,
            p.to,
            number(p.length_m, 1),
            number(p.diameter_mm, 0),
            number(p.roughness, 0),
            if p.closed { "Closed" } else { "Open" }
        ));
    }
    text.section("PUMPS", "id from to parameters");
    for p in &net.pumps {
        text.line(&format!("{} {} {} HEAD {}", p.id, p.from, p.to, p.curve));
    }
    text.section("VALVES", "id from to diameter(mm) kind setting minor");
    for v in &net.valves {
        text.line(&format!(
            "{} {} {} {} {} {} 0",
            v.id,
            v.from,
            v.to,
            number(v.diameter_mm, 0),
            v.kind,
            number(v.setting, 2)
        ));
    }
    text.section("STATUS", "id status");
    for pump in net.pumps.iter().filter(|p| !p.runs) {
        text.line(&format!("{} Closed", pump.id));
    }
}

fn options(text: &mut Text, ask: &Ask) {
    text.section("TIMES", "");
    for line in [
        format!("Duration {}:00", ask.hours),
        "Hydraulic Timestep 0:15".to_owned(),
        "Quality Timestep 0:05".to_owned(),
        "Pattern Timestep 1:00".to_owned(),
        "Report Timestep 0:15".to_owned(),
        "Start ClockTime 0:00".to_owned(),
        "Statistic None".to_owned(),
    ] {
        text.line(&line);
    }
    text.section("OPTIONS", "");
    for line in [
        "Units LPS",
        "Headloss H-W",
        "Quality None",
        "Trials 100",
        "Accuracy 0.001",
        "Unbalanced Continue 10",
        "Emitter Exponent 0.5",
        "Demand Multiplier 1.0",
    ] {
        text.line(line);
    }
    text.section("REPORT", "");
    text.line("Status No");
    text.line("Summary No");
}

fn places(text: &mut Text, ask: &Ask, net: &Net, mains: &Mains, built: &works::Built) {
    text.section("TAGS", "object id tag");
    for j in &net.junctions {
        text.line(&format!("NODE {} {}", j.id, j.tag));
    }
    for p in net.pipes.iter().filter(|p| p.valve) {
        text.line(&format!("LINK {} valve", p.id));
    }
    text.section("COORDINATES", "node longitude latitude");
    let junctions = net.junctions.iter().map(|j| (&j.id, j.at));
    let reservoirs = built.reservoirs.iter().map(|(id, at, _)| (id, *at));
    let tanks = mains.tanks.iter().map(|t| (&t.tank.id, t.at));
    let wells = built.wells.iter().map(|w| (&w.id, w.at));
    for (id, at) in junctions.chain(reservoirs).chain(tanks).chain(wells) {
        let (lon, lat) = ask.origin.degrees(at);
        text.line(&format!("{id} {lon:.6} {lat:.6}"));
    }
}
