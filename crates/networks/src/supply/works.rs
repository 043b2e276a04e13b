//! 水厂: raw water by gravity through a flow valve into the clear-water tank, and high-lift pumps into
//! the mains.

use super::mains::{Mains, WORKS_PEAK};
use super::size::diameter_mm;
use super::{Ask, Net, Pipe, Pump, Valve, Works};
use crate::ground::At;

/// Everything the works add to the file.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub works: Vec<Works>,
    pub reservoirs: Vec<(String, At, f64)>,
    pub wells: Vec<Well>,
}

/// A clear-water tank.
#[derive(Debug)]
pub(super) struct Well {
    pub id: String,
    pub at: At,
    pub bottom_m: f64,
    pub diameter_m: f64,
}

/// Pumps on duty at a works; one more stands by.
const DUTY: usize = 3;
/// Water in a full clear-water tank, m, and the share of a day's flow that it holds.
pub(super) const WELL_DEPTH_M: f64 = 5.0;
const WELL_SHARE: f64 = 0.15;
/// Raw water let in over the works' mean flow, when the tank is low and when it is high.
const RAW: [f64; 2] = [1.35, 0.40];
/// The reservoirs' water above the works, m.
const RAW_HEAD_M: f64 = 28.0;

/// Builds both works.
pub(super) fn build(net: &mut Net, ask: &Ask, mains: &Mains) -> Built {
    let mut built = Built::default();
    let total: f64 = mains.outlets.iter().map(|o| o.flow_lps).sum();
    for (n, outlet) in mains.outlets.iter().enumerate() {
        let w = format!("W{}", n + 1);
        // A works without zones of its own still takes a part.
        let mean = outlet.flow_lps.max(0.15 * total);
        let lead = if ask.works.first() == Some(&outlet.at) { -1.0 } else { 1.0 };
        let (well, raw) = (format!("{w}-CLEAR"), format!("{w}-RAW"));
        let well_bottom = outlet.height_m - 1.0;
        let at = outlet.at.shifted(lead * 120.0, 0.0);
        built.reservoirs.push((
            format!("R{}", n + 1),
            at.shifted(lead * 1_400.0, 300.0),
            outlet.height_m + RAW_HEAD_M,
        ));
        built.wells.push(Well {
            id: well.clone(),
            at,
            bottom_m: well_bottom,
            diameter_m: (WELL_SHARE * mean * 86.4 / WELL_DEPTH_M * 4.0 / std::f64::consts::PI).sqrt(),
        });
        raw_water(net, n + 1, &w, (mean, outlet.height_m), at);
        let lift = mains.design_head_m + outlet.loss_m * WORKS_PEAK.powf(1.852) + 2.0 - (well_bottom + 3.0);
        let each = WORKS_PEAK * mean / DUTY as f64;
        net.curves
            .push((format!("{w}-CURVE"), [(0.0, 1.28 * lift), (each, lift), (1.7 * each, 0.58 * lift)]));
        let head = format!("{w}-HEAD");
        net.junction(&head, outlet.at.shifted(lead * 40.0, 0.0), outlet.height_m, "works");
        let pumps: Vec<String> = (1..=DUTY + 1).map(|p| format!("{w}-PUMP{p}")).collect();
        for (p, id) in pumps.iter().enumerate() {
            net.pumps.push(Pump {
                id: id.clone(),
                from: well.clone(),
                to: head.clone(),
                curve: format!("{w}-CURVE"),
                runs: p < 2,
            });
        }
        pump_controls(&pumps, mains.tanks.get(outlet.tank).map_or("T1", |t| &t.tank.id), &mut net.controls);
        let meter = format!("{w}-METER");
        net.pipes.push(Pipe {
            id: meter.clone(),
            from: head,
            to: outlet.id.clone(),
            length_m: 80.0,
            diameter_mm: diameter_mm(1.6 * mean, 0.002),
            roughness: 128.0,
            valve: true,
            closed: false,
        });
        built.works.push(Works { outlet: outlet.id.clone(), meter, pumps, clear_well: well, raw_valve: raw });
    }
    built
}

/// The way from the reservoir to the clear-water tank.
fn raw_water(net: &mut Net, n: usize, w: &str, (mean, height_m): (f64, f64), well: At) {
    let [intake, raw, filter] = ["INTAKE", "RAW", "FILTER"].map(|part| format!("{w}-{part}"));
    net.junction(&intake, well.shifted(0.0, 60.0), height_m, "works");
    net.pipes.push(Pipe {
        id: format!("{w}-RAWMAIN"),
        from: format!("R{n}"),
        to: intake.clone(),
        length_m: 1_450.0,
        diameter_mm: diameter_mm(1.4 * mean, 0.004),
        roughness: 120.0,
        valve: true,
        closed: false,
    });
    net.valves.push(Valve {
        id: raw.clone(),
        from: intake,
        to: filter.clone(),
        diameter_mm: diameter_mm(1.4 * mean, 0.004),
        kind: "FCV",
        setting: mean,
    });
    // EPANET lets no flow valve stand at a tank.
    net.junction(&filter, well.shifted(0.0, 30.0), height_m - 1.0, "works");
    net.pipes.push(Pipe {
        id: format!("{w}-FILTERED"),
        from: filter,
        to: format!("{w}-CLEAR"),
        length_m: 30.0,
        diameter_mm: diameter_mm(1.4 * mean, 0.004),
        roughness: 125.0,
        valve: true,
        closed: false,
    });
    let [low, high] = RAW.map(|share| share * mean);
    net.controls.push(format!("LINK {raw} {low:.1} IF NODE {w}-CLEAR BELOW 2.8"));
    net.controls.push(format!("LINK {raw} {high:.1} IF NODE {w}-CLEAR ABOVE 4.2"));
}

/// The first pump always runs, the second and third by a tank's level.
fn pump_controls(pumps: &[String], tank: &str, controls: &mut Vec<String>) {
    for (pump, (on, off)) in pumps.iter().skip(1).zip([(4.4, 5.4), (3.0, 4.4)]) {
        controls.push(format!("LINK {pump} OPEN IF NODE {tank} BELOW {on}"));
        controls.push(format!("LINK {pump} CLOSED IF NODE {tank} ABOVE {off}"));
    }
}
