//! 缺省规则: the rules a station gets when nobody has said otherwise.
//!
//! Thresholds come from what the registry knows of the place: 管顶 (crown) and 地面 (ground) of a
//! manhole, 堤顶 (crown) of a river. Where it knows nothing, there is no level rule: a threshold
//! made up would call people for nothing, or not at all. Every parameter can be set afterwards.

use field::id::PointId;
use field::severity::Thresholds;
use field::station::{Point, Quantity, Station, StationKind};
use serde_json::{Value, json};

/// A rule to be registered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRule {
    /// The point it watches.
    pub point: PointId,
    /// Kind of rule.
    pub kind: &'static str,
    /// Its parameters.
    pub params: Value,
}

/// The rules for one point of a station. `is_headline`: whether the station's silence is watched
/// through this point (exactly one point of a station should say so).
#[must_use]
pub fn defaults(station: &Station, point: &Point, is_headline: bool) -> Vec<NewRule> {
    defaults_with(station, point, is_headline, None)
}

/// As [`defaults`], with the thresholds of the level rule given (警戒水位 of a river, for instance).
#[must_use]
pub fn defaults_with(
    station: &Station,
    point: &Point,
    is_headline: bool,
    thresholds: Option<Thresholds>,
) -> Vec<NewRule> {
    let rule = |kind, params| NewRule { point: point.id, kind, params };
    if let Some((series, _)) = point.computed() {
        // Models are not judged by the rules for water; only how far the measured leaves them.
        let judged = series == field::station::Computed::Residual;
        return judged
            .then(|| model_gap(point.quantity))
            .flatten()
            .into_iter()
            .map(|p| rule("model_gap", p))
            .collect();
    }
    let mut rules = vec![];
    if station.kind == StationKind::Supply {
        // What a tank or a tap may do is the network's affair: the twin's residuals are judged instead.
        return rules;
    }
    match (station.kind, point.quantity) {
        (_, Quantity::Rain) => rules.push(rule("rain_signal", json!({}))),
        (_, Quantity::Voltage) => rules.extend(battery(point).map(|params| rule("level_low", params))),
        (kind, Quantity::Depth | Quantity::Level) => {
            let habits = Habits::of(kind);
            let level = thresholds.or_else(|| level_thresholds(station));
            rules.extend(level.map(|t| rule("level_high", level_params(&t, habits.hysteresis))));
            rules.extend(habits.rise.map(|t| rule("rate_of_rise", rise_params(&t, habits.hysteresis))));
            rules.push(rule("jump", json!({ "max_step": habits.max_step, "times": 3 })));
            // A dry road, an empty pipe and a level behind a weir stand still for weeks; water that
            // has climbed to the first threshold does not.
            if let Some(above) = level.and_then(|t| t.blue.or(t.yellow).or(t.orange).or(t.red)) {
                rules.push(rule("stuck", json!({ "hours": 3, "above": above })));
            }
        }
        _ => {}
    }
    if is_headline {
        rules.push(rule("silent", json!({})));
    }
    rules
}

/// How far a measured value may leave the model's. Tolerances are assumed: 5 m of water is what a
/// calibrated network model is off by at worst (WRc 1989 asks for 2 m at most points).
fn model_gap(quantity: Quantity) -> Option<Value> {
    let (yellow, orange, hysteresis) = match quantity {
        Quantity::Pressure => (0.05, 0.10, 0.01),
        Quantity::Level | Quantity::Depth => (0.5, 1.0, 0.1),
        _ => return None,
    };
    Some(json!({
        "tolerance": { "yellow": yellow, "orange": orange }, "hysteresis": hysteresis, "delay_s": 600,
    }))
}

/// What water does at a kind of station.
struct Habits {
    /// Waves and pump strokes, m.
    hysteresis: f64,
    /// A step no water makes in five minutes, m.
    max_step: f64,
    /// A rise worth a call before the level is high, m in ten minutes.
    rise: Option<Thresholds>,
}

impl Habits {
    fn of(kind: StationKind) -> Self {
        let rise = |yellow, orange| {
            Some(Thresholds { yellow: Some(yellow), orange: Some(orange), ..Thresholds::default() })
        };
        match kind {
            StationKind::Ponding => Self { hysteresis: 0.03, max_step: 0.5, rise: rise(0.10, 0.20) },
            // A sewer under pressure rises by metres within minutes: its level says enough.
            StationKind::Manhole => Self { hysteresis: 0.05, max_step: 2.0, rise: None },
            StationKind::River => Self { hysteresis: 0.05, max_step: 1.0, rise: rise(0.30, 0.60) },
            StationKind::Pump => Self { hysteresis: 0.10, max_step: 1.5, rise: None },
            StationKind::Reservoir
            | StationKind::Rain
            | StationKind::Plant
            | StationKind::Meter
            | StationKind::Supply => Self { hysteresis: 0.02, max_step: 0.5, rise: None },
        }
    }
}

/// 道路积水: 0.15 m a kerb; 0.27 m stalls cars; 0.40 m floats them; 0.50 m sweeps people off.
const PONDING: Thresholds =
    Thresholds { blue: Some(0.15), yellow: Some(0.27), orange: Some(0.40), red: Some(0.50) };

/// Level thresholds from the crown and the ground, in the station's own datum.
fn level_thresholds(station: &Station) -> Option<Thresholds> {
    let (crown, ground) = (station.crown_m, station.ground_m);
    match station.kind {
        StationKind::Ponding => Some(PONDING),
        // From the full pipe up to the cover.
        StationKind::Manhole => match (crown, ground) {
            (Some(crown), Some(ground)) if ground - crown >= 0.4 => {
                let between = |part: f64| crown + part * (ground - crown);
                Some(four([crown, between(1.0 / 3.0), between(2.0 / 3.0), ground - 0.10]))
            }
            (_, Some(ground)) => Some(four([ground - 1.0, ground - 0.6, ground - 0.3, ground - 0.1])),
            (Some(crown), None) => Some(four([crown, crown + 0.3, crown + 0.6, crown + 0.9])),
            (None, None) => None,
        },
        // Below the bank; the registry's 警戒水位 goes before it.
        StationKind::River => crown.map(|c| four([c - 1.5, c - 1.0, c - 0.5, c])),
        StationKind::Pump => crown.or(ground.map(|g| g - 0.5)).map(|c| four([c - 1.0, c - 0.6, c - 0.3, c])),
        StationKind::Reservoir => crown.map(|c| four([c - 1.0, c - 0.5, c - 0.2, c])),
        StationKind::Rain | StationKind::Plant | StationKind::Meter | StationKind::Supply => None,
    }
}

/// Thresholds to the centimetre.
fn four([blue, yellow, orange, red]: [f64; 4]) -> Thresholds {
    let cm = |m: f64| Some((m * 100.0).round() / 100.0);
    Thresholds { blue: cm(blue), yellow: cm(yellow), orange: cm(orange), red: cm(red) }
}

/// A 12 V battery, told by the point's range; other supplies have other limits.
fn battery(point: &Point) -> Option<Value> {
    (12.0..=20.0)
        .contains(&point.max)
        .then(|| json!({ "thresholds": { "blue": 11.0, "yellow": 10.5 }, "hysteresis": 0.3 }))
}

fn level_params(thresholds: &Thresholds, hysteresis: f64) -> Value {
    json!({ "thresholds": thresholds, "hysteresis": hysteresis, "delay_s": 0 })
}

fn rise_params(thresholds: &Thresholds, hysteresis: f64) -> Value {
    json!({ "thresholds": thresholds, "window_min": 10, "hysteresis": hysteresis })
}
