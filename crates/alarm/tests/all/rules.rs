//! Rules as data: one `check` per table row — a rule, its samples, and the severity after each.

use crate::machine::{point, station};
use alarm::rules::{RuleKind, Verdict};
use alarm::window::{Trail, Window};
use field::sample::{Quality, Sample};
use field::severity::Severity::{self, Blue, Orange, Red, Yellow};
use field::station::{Quantity, Station, StationKind};
use field::time::{HOUR_MS, MINUTE_MS, Time};
use serde_json::{Value, json};

pub(crate) fn clock(hour: i64, minute: i64) -> Time {
    Time::from_beijing(2021, 6, 30, 0, 0, 0).unwrap().plus_ms(hour * HOUR_MS + minute * MINUTE_MS)
}

pub(crate) fn good(at: Time, value: f64) -> Sample {
    Sample { at, value: Some(value), quality: Quality::Good }
}

pub(crate) fn window(trail: &Trail) -> Window<'_> {
    Window {
        trail,
        from: Time::MIN,
        heard: None,
        since: None,
        interval_ms: 5 * MINUTE_MS,
        fresh_ms: 30 * MINUTE_MS,
        min: -1.0,
        max: 300.0,
    }
}

fn severity_of(verdict: Verdict, current: Option<Severity>) -> Option<Severity> {
    match verdict {
        Verdict::Normal(_) => None,
        Verdict::Abnormal(finding) => Some(finding.severity),
        Verdict::Unknown => current,
    }
}

/// Feeds samples one by one and compares the severity after each. Judging the same window again
/// must change nothing, and a rebuilt trail must answer the same.
fn check_samples(kind: &str, params: Value, samples: &[(Sample, Option<Severity>)]) {
    let rule = RuleKind::of(kind).unwrap().rule(&params).unwrap();
    let mut trail = Trail::keeping(rule.looks_back_ms() + 30 * MINUTE_MS);
    let mut current = None;
    for (i, (sample, expected)) in samples.iter().enumerate() {
        trail.insert(sample, sample.at.max(trail.newest().map_or(Time::MIN, |s| s.at)));
        let at = trail.newest().unwrap().at;
        current = severity_of(rule.judge(&window(&trail), at, current), current);
        assert_eq!(current, *expected, "{kind} {params}: after sample {i} {sample:?}");
        let again = severity_of(rule.judge(&window(&trail), at, current), current);
        assert_eq!(again, current, "{kind} {params}: judged again after sample {i}");
    }
}

/// `(minutes after 12:00, value, severity then)`.
fn check(kind: &str, params: Value, samples: &[(i64, f64, Option<Severity>)]) {
    let samples: Vec<_> =
        samples.iter().map(|&(minute, value, then)| (good(clock(12, minute), value), then)).collect();
    check_samples(kind, params, &samples);
}

fn ponding() -> Value {
    json!({"thresholds": {"blue": 0.15, "yellow": 0.27, "orange": 0.40, "red": 0.50}, "hysteresis": 0.03})
}

#[test]
fn a_level_climbs_through_the_four_colours_and_comes_back_behind_the_hysteresis() {
    check(
        "level_high",
        ponding(),
        &[
            (0, 0.02, None),
            (5, 0.15, Some(Blue)),
            (10, 0.27, Some(Yellow)),
            (15, 0.26, Some(Yellow)),
            (20, 0.24, Some(Yellow)),
            (25, 0.23, Some(Blue)),
            (30, 0.55, Some(Red)),
            (35, 0.47, Some(Red)),
            (40, 0.46, Some(Orange)),
            (45, 0.12, Some(Blue)),
            (50, 0.11, None),
            (55, 0.14, None),
        ],
    );
}

#[test]
fn a_level_with_a_delay_must_hold_for_the_delay() {
    let mut params = ponding();
    params["delay_s"] = json!(600);
    check(
        "level_high",
        params,
        &[
            (0, 0.30, None),
            (5, 0.30, None),
            (8, 0.20, None), // fell below yellow: blue has held for 8 minutes only
            (10, 0.30, Some(Blue)),
            (15, 0.30, Some(Blue)),
            (20, 0.45, Some(Yellow)),
            (21, 0.10, None),
            (22, 0.60, None),
        ],
    );
}

#[test]
fn a_low_level_is_the_mirror_of_a_high_one() {
    check(
        "level_low",
        json!({"thresholds": {"blue": 11.0, "red": 10.0}, "hysteresis": 0.3}),
        &[
            (0, 12.6, None),
            (5, 11.0, Some(Blue)),
            (10, 11.3, Some(Blue)),
            (15, 11.31, None),
            (20, 9.9, Some(Red)),
            (25, 10.31, Some(Blue)),
        ],
    );
}

#[test]
fn suspect_and_missing_values_are_never_judged_as_levels() {
    let with = |minute, value: Option<f64>, quality| Sample { at: clock(12, minute), value, quality };
    check_samples(
        "level_high",
        ponding(),
        &[
            (with(0, Some(9.0), Quality::Suspect), None),
            (with(5, None, Quality::Missing), None),
            (with(10, Some(0.41), Quality::Good), Some(Orange)),
            (with(15, Some(0.0), Quality::Suspect), Some(Orange)),
            (with(20, Some(0.28), Quality::Manual), Some(Yellow)),
            // The probe says nothing for so long that its last word is stale: nothing changes.
            (with(80, None, Quality::Missing), Some(Yellow)),
            (with(85, Some(0.0), Quality::Good), None),
        ],
    );
}

#[test]
fn a_late_old_sample_does_not_raise_on_old_water() {
    check(
        "level_high",
        ponding(),
        &[
            (30, 0.05, None),
            (10, 0.60, None),
            (20, 0.60, None),
            (35, 0.16, Some(Blue)),
            (25, 0.0, Some(Blue)),
        ],
    );
}

#[test]
fn the_rate_of_rise_is_scaled_to_ten_minutes() {
    let params =
        json!({"thresholds": {"yellow": 0.10, "orange": 0.20}, "window_min": 10, "hysteresis": 0.02});
    check(
        "rate_of_rise",
        params,
        &[
            (0, 0.02, None), // alone: unknown
            (5, 0.07, Some(Yellow)),
            (10, 0.12, Some(Yellow)),
            (15, 0.30, Some(Orange)),
            (20, 0.39, Some(Orange)),
            (25, 0.395, Some(Yellow)), // 0.095 in ten minutes: within the hysteresis
            (30, 0.40, None),
            (90, 0.90, None), // after a gap: unknown
            (91, 0.99, None), // one minute is no rise
            (95, 0.92, None),
        ],
    );
}

#[test]
fn the_four_rainstorm_signals_are_one_alarm_that_worsens_and_eases() {
    // 12 h 50 mm blue, 6 h 50 yellow, 3 h 50 orange, 3 h 100 red.
    let params = json!({"hysteresis_mm": 0});
    let mut rows = vec![];
    // 4 mm an hour for twelve hours: 48 mm; the thirteenth hour keeps it at 48.
    for hour in 1..=12 {
        rows.push((good(clock(hour, 0), 4.0), None));
    }
    rows.push((good(clock(12, 5), 2.0), Some(Blue))); // 50.0 in 12 h (12:05 back to 00:05)
    rows.push((good(clock(12, 10), 28.0), Some(Yellow))); // 6 h: 24 + 30 = 54 (3 h: 42)
    rows.push((good(clock(12, 15), 8.0), Some(Orange))); // 3 h: 12 + 38 = 50
    rows.push((good(clock(12, 20), 50.0), Some(Red))); // 3 h: 100
    rows.push((good(clock(13, 5), 0.0), Some(Orange))); // the four of 10:00 have gone: 96
    rows.push((good(clock(15, 5), 0.0), Some(Orange))); // 88 within 3 h: 12:10 … 12:20 still in it
    rows.push((good(clock(15, 20), 0.0), Some(Yellow))); // the 50 of 12:20 have just gone
    rows.push((good(clock(18, 20), 0.0), Some(Blue)));
    rows.push((good(clock(24, 20), 0.0), None));
    check_samples("rain_signal", params, &rows);
}

#[test]
fn a_rain_signal_eases_only_behind_its_hysteresis() {
    let row = |minute, mm, then| (good(clock(12, minute), mm), then);
    check_samples(
        "rain_signal",
        json!({}),
        &[
            row(0, 3.0, None),
            row(5, 47.0, Some(Orange)),
            row(180, 0.0, Some(Orange)), // 47 in 3 h? no: 48 is the limit, and 12:00 has gone
        ]
        .map(|r| if r.0.at == clock(15, 0) { (r.0, Some(Yellow)) } else { r }),
    );
    check_samples(
        "rain_signal",
        json!({}),
        &[
            row(0, 2.0, None),
            row(5, 48.0, Some(Orange)),
            row(180, 0.0, Some(Orange)),
            row(185, 0.0, Some(Yellow)),
        ],
    );
}

#[test]
fn rain_sums_are_exact_and_include_late_values() {
    let params = json!({"window": "1h", "thresholds": {"yellow": 20, "orange": 30}, "hysteresis_mm": 0});
    let mut rows: Vec<(i64, f64, Option<Severity>)> = (1..=11).map(|i| (5 * i, 0.1, None)).collect();
    rows.push((60, 18.8, None)); // 19.9
    rows.push((60, 18.9, Some(Yellow))); // corrected: 20.0 exactly
    rows.push((57, 10.0, Some(Orange))); // late
    rows.push((-10, 50.0, Some(Orange))); // too old to count
    rows.push((120, 0.0, None)); // the hour ends at 13:00: it has all gone
    check("rain_sum", params, &rows);
}

#[test]
fn the_hydrological_day_ends_with_the_period_that_ends_at_eight() {
    let params = json!({"window": "day", "thresholds": {"blue": 25}, "hysteresis_mm": 0});
    let row = |hour, minute, mm, then| (good(clock(hour, minute), mm), then);
    check_samples(
        "rain_sum",
        params,
        &[
            row(7, 55, 20.0, None),
            row(8, 0, 5.0, Some(Blue)), // fell before 08:00
            row(8, 5, 24.9, None),      // a new day
            row(8, 10, 0.1, Some(Blue)),
            row(31, 55, 0.0, Some(Blue)),
            row(32, 0, 0.0, Some(Blue)),
            row(32, 5, 0.0, None),
        ],
    );
}

#[test]
fn a_gap_between_measured_and_model_raises_on_either_side_once_it_has_held() {
    let params = json!({"tolerance": {"yellow": 0.05, "orange": 0.10}, "hysteresis": 0.01, "delay_s": 600});
    check(
        "model_gap",
        params.clone(),
        &[
            (0, -0.06, None),
            (5, -0.06, None),
            (10, -0.07, Some(Yellow)),
            (15, -0.045, Some(Yellow)), // within the hysteresis
            (20, -0.03, None),
            (25, -0.12, None),
            (30, 0.12, None), // the other side: another gap
            (35, 0.12, None),
            (40, 0.12, Some(Orange)),
            (45, 0.0, None),
        ],
    );
    check("model_gap", params, &[(0, 0.01, None), (5, -0.049, None), (10, 0.049, None)]);
}

#[test]
fn a_value_that_never_changes_is_stuck_but_a_dry_road_is_not() {
    let params = json!({"hours": 1, "tolerance": 0.0, "above": 0.05});
    let mut rows: Vec<(i64, f64, Option<Severity>)> = vec![(0, 0.13, None)];
    rows.extend((1..=12).map(|i| (5 * i, 0.12, None)));
    rows.push((65, 0.12, Some(Blue)));
    rows.push((70, 0.12, Some(Blue)));
    rows.push((200, 0.12, Some(Blue))); // after a gap nobody can tell
    rows.push((205, 0.121, None));
    check("stuck", params.clone(), &rows);
    let dry: Vec<_> = (0..=40).map(|i| (5 * i, 0.05, None)).collect();
    check("stuck", params, &dry);
}

#[test]
fn a_jump_is_raised_at_once_and_ends_after_enough_plausible_values() {
    check(
        "jump",
        json!({"max_step": 0.5, "good": 3, "severity": "yellow"}),
        &[
            (0, 0.10, None),
            (5, 0.60, None),
            (10, 2.90, Some(Yellow)),
            (15, 0.70, Some(Yellow)), // back is a jump too
            (20, 0.70, Some(Yellow)),
            (25, 0.71, Some(Yellow)),
            (30, 0.72, None),
            (50, 2.70, None), // 2.0 m in 20 minutes is 0.5 m in five
            (150, 9.0, None), // not compared over more than an hour
        ],
    );
    let suspect = Sample { at: clock(12, 5), value: Some(999.0), quality: Quality::Suspect };
    check_samples(
        "jump",
        json!({}),
        &[
            (good(clock(12, 0), 0.1), None),
            (suspect, Some(Blue)),
            (good(clock(12, 10), 0.2), Some(Blue)),
            (good(clock(12, 15), 0.2), Some(Blue)),
            (good(clock(12, 20), 0.2), None),
        ],
    );
}

#[test]
fn a_silent_station_is_due_at_the_whole_minute_after_three_missed_reports() {
    let rule = RuleKind::of("silent").unwrap().rule(&json!({})).unwrap();
    let trail = Trail::default();
    let abnormal = |since, heard, at| {
        let window = Window { heard, since: Some(since), ..window(&trail) };
        matches!(rule.judge(&window, at, None), Verdict::Abnormal(_))
    };
    for (since, due) in [
        (clock(14, 2).plus_ms(20_000), clock(14, 18)),
        (clock(14, 2), clock(14, 17)),
        (clock(14, 2).plus_ms(1), clock(14, 18)),
    ] {
        assert_eq!(rule.due(since, 5 * MINUTE_MS), Some(due));
        assert!(!abnormal(since, Some(since), due.plus_ms(-1)), "{since}");
        assert!(abnormal(since, Some(since), due), "{since}");
        // Never heard: counted from when it was first listened to.
        assert!(!abnormal(since, None, due.plus_ms(-1)), "{since}");
        assert!(abnormal(since, None, due), "{since}");
    }
}

#[test]
fn a_silence_from_before_the_platform_woke_neither_ends_nor_begins() {
    let rule = RuleKind::of("silent").unwrap().rule(&json!({})).unwrap();
    let trail = Trail::default();
    let window = Window { heard: Some(clock(9, 58)), since: Some(clock(14, 0)), ..window(&trail) };
    assert_eq!(rule.judge(&window, clock(14, 5), Some(Blue)), Verdict::Unknown);
    assert_eq!(rule.judge(&window, clock(14, 5), None), Verdict::Normal(None));
}

#[test]
fn every_kind_says_which_parameter_does_not_fit() {
    for (kind, params, param) in [
        ("level_high", json!({}), "thresholds"),
        ("level_high", json!({"thresholds": {}}), "thresholds"),
        ("level_high", json!({"thresholds": {"blue": 0.3, "yellow": 0.2}}), "thresholds"),
        ("level_low", json!({"thresholds": {"blue": 1, "yellow": 2}}), "thresholds"),
        ("level_high", json!({"thresholds": {"green": 1}}), "thresholds"),
        ("level_high", json!({"thresholds": {"blue": "x"}}), "thresholds"),
        ("level_high", json!({"thresholds": {"blue": 1}, "hysteresis": -1}), "hysteresis"),
        ("level_high", json!({"thresholds": {"blue": 1}, "delay_s": "long"}), "delay_s"),
        ("rain_sum", json!({"window": "2h", "thresholds": {"blue": 10}}), "window"),
        ("rain_signal", json!({"red_3h_mm": 1e9}), "red_3h_mm"),
        ("silent", json!({"severity": "purple"}), "severity"),
        ("stuck", json!({"hour": 3}), "hour"),
        ("model_gap", json!({"tolerance": {"blue": -1}}), "tolerance"),
        ("jump", json!([]), ""),
    ] {
        let bad = RuleKind::of(kind).unwrap().check_params(&params).unwrap_err();
        assert_eq!((bad.kind.as_str(), bad.param.as_str()), (kind, param), "{params}: {bad}");
    }
}

#[test]
fn every_kind_describes_its_form_and_accepts_its_own_defaults() {
    for described in alarm::rules::rule_kinds() {
        let kind = RuleKind::of(described["code"].as_str().unwrap()).unwrap();
        let mut params = json!({});
        for field in described["params"].as_array().unwrap() {
            for part in ["name", "kind", "unit", "default"] {
                assert!(!field[part].is_null(), "{}: {part} of {field}", kind.code);
            }
            let name = field["name"].as_str().unwrap();
            params[name] = field["default"].clone();
            if field["kind"] == "thresholds" {
                params[name] = json!({"red": 1.0});
            }
        }
        kind.check_params(&params).unwrap();
    }
}

#[test]
fn default_thresholds_come_from_the_crown_and_the_ground() {
    let levels = |kind, crown_m, ground_m| {
        let station = Station { crown_m, ground_m, ..station(1, kind) };
        let quantity = if kind == StationKind::Rain { Quantity::Rain } else { Quantity::Level };
        let rules = alarm::defaults(&station, &point(1, &station, quantity), true);
        for rule in &rules {
            RuleKind::of(rule.kind).unwrap().check_params(&rule.params).unwrap();
        }
        assert_eq!(rules.iter().filter(|r| r.kind == "silent").count(), 1);
        let level = rules.iter().find(|r| r.kind == "level_high");
        level
            .map(|r| ["blue", "yellow", "orange", "red"].map(|s| r.params["thresholds"][s].as_f64().unwrap()))
    };
    use StationKind::{Manhole, Ponding, Pump, Rain, Reservoir, River};
    for (kind, crown, ground, expected) in [
        (Ponding, None, None, Some([0.15, 0.27, 0.40, 0.50])),
        (Manhole, Some(1.2), Some(2.4), Some([1.2, 1.6, 2.0, 2.3])),
        (Manhole, None, Some(2.0), Some([1.0, 1.4, 1.7, 1.9])),
        (Manhole, Some(1.0), None, Some([1.0, 1.3, 1.6, 1.9])),
        (Manhole, None, None, None),
        (River, Some(58.2), None, Some([56.7, 57.2, 57.7, 58.2])),
        (River, None, Some(60.0), None),
        (Pump, None, Some(50.5), Some([49.0, 49.4, 49.7, 50.0])),
        (Reservoir, Some(100.0), None, Some([99.0, 99.5, 99.8, 100.0])),
        (Rain, None, None, None),
    ] {
        assert_eq!(levels(kind, crown, ground), expected, "{kind:?} {crown:?} {ground:?}");
    }
}
