//! 绑定: which object of the models is which station, as the twin's `bindings.json`, version 1
//! (docs/twin.md).

use crate::town::Town;
use crate::town::stations::datum;
use crate::town::supply::Measured;
use field::station::StationKind;
use networks::sewers::Sewers;
use serde_json::{Value, json};

/// The whole file.
pub(super) fn bindings(town: &Town, storm: &Sewers) -> Value {
    json!({ "v": 1, "storm": storm_bindings(town, storm), "supply": supply_bindings(town) })
}

/// The file of the ground around a station on a road.
pub(super) fn street_file(code: &str) -> String {
    format!("street-{code}.asc")
}

fn storm_bindings(town: &Town, storm: &Sewers) -> Value {
    let origin = [super::sewers::ORIGIN.lon, super::sewers::ORIGIN.lat];
    let gages: Vec<Value> =
        town.gauges().map(|g| json!({ "gage": g.code.as_str(), "station": g.code.as_str() })).collect();
    let mut levels: Vec<Value> = Vec::new();
    let (mut pumps, mut streets): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for spot in &storm.spots {
        let found = town.online().enumerate().find(|(_, s)| s.code.as_str() == spot.code);
        let Some((n, station)) = found else { continue };
        let is_road = station.kind == StationKind::Ponding;
        let zero_m = match station.kind {
            StationKind::Ponding => spot.invert_m + spot.ground_m,
            // A pump station's level counts from its own datum.
            StationKind::Pump => {
                spot.invert_m - datum(n).ground_m.unwrap_or(0.0) + super::sewers::FOREBAY_TO_GROUND_M
            }
            _ => spot.invert_m,
        };
        levels
            .push(json!({ "node": spot.node, "station": spot.code, "zero_m": mm(zero_m), "floor": is_road }));
        if spot.street.is_some() {
            let ground_m = mm(spot.invert_m + spot.ground_m);
            let (node, code, ground) = (&spot.node, &spot.code, street_file(&spot.code));
            streets.push(json!({
                "node": node, "station": code, "ground": ground, "origin": origin, "ground_m": ground_m,
            }));
        }
        if !spot.pumps.is_empty() {
            pumps.push(json!({ "links": spot.pumps, "station": spot.code }));
        }
    }
    // Rivers stand in the stations' own datum.
    levels.extend(storm.gauges.iter().map(|g| json!({ "node": g.node, "station": g.code, "zero_m": 0.0 })));
    json!({ "gages": gages, "levels": levels, "pumps": pumps, "streets": streets })
}

fn supply_bindings(town: &Town) -> Value {
    let (mut heads, mut pumps, mut valves) = (vec![], vec![], vec![]);
    let (mut zones, mut pressures) = (vec![], vec![]);
    for place in &town.supply.places {
        let station = &place.code;
        match &place.measured {
            Measured::Works { outlet, pumps: links, clear_well, .. } => {
                heads.push(json!({ "node": clear_well, "station": station }));
                pumps.push(json!({ "links": links, "station": station }));
                pressures.push(json!({ "node": outlet, "station": station }));
            }
            Measured::Booster { outlet, pumps: links } => {
                pumps.push(json!({ "links": links, "station": station }));
                pressures.push(json!({ "node": outlet, "station": station }));
            }
            Measured::Tank { tank } => heads.push(json!({ "node": tank, "station": station })),
            Measured::Zone { zone, inlet, valves: links, .. } => {
                if !links.is_empty() {
                    valves.push(json!({ "links": links, "station": station }));
                }
                zones.push(json!({ "zone": zone, "inflows": [{ "station": station }] }));
                pressures.push(json!({ "node": inlet, "station": station }));
            }
            Measured::Logger { node } => pressures.push(json!({ "node": node, "station": station })),
        }
    }
    json!({ "heads": heads, "pumps": pumps, "valves": valves, "zones": zones, "pressures": pressures })
}

/// The file writes heights to the millimetre, as the model does.
fn mm(metres: f64) -> f64 {
    (metres * 1_000.0).round() / 1_000.0
}
