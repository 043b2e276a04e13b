//! The machine's promises, over random weather: whatever the batches, ticks and restarts, the same
//! transitions; no flapping inside a hysteresis; no panic on any data.

use crate::rules::{clock, good, window};
use alarm::evaluator::{Evaluator, Mark, Transition};
use alarm::plan::Watched;
use alarm::rules::{RULES, RuleKind, Verdict};
use alarm::window::Trail;
use field::id::{BlockId, PacketSeq, PointId, RuleId, StationCode};
use field::place::Position;
use field::rule::RuleSetting;
use field::sample::{Packet, Quality, Reading, Sample, StoredPacket};
use field::severity::Severity;
use field::station::{Point, Quantity, Station, StationKind};
use field::time::{HOUR_MS, MINUTE_MS, Time};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

pub(crate) fn station(n: i64, kind: StationKind) -> Station {
    Station {
        code: StationCode::new(format!("330782{n:04X}")).unwrap(),
        name: "测".into(),
        name_en: "test".into(),
        kind,
        position: Position { lon: 120.07, lat: 29.3 },
        block: BlockId(1),
        report_interval_s: 300,
        ground_m: None,
        crown_m: None,
        maintenance: None,
        synthetic: true,
    }
}

pub(crate) fn point(id: i64, station: &Station, quantity: Quantity) -> Point {
    let elements = vec![];
    Point {
        id: PointId(id),
        station: station.code.clone(),
        quantity,
        elements,
        min: 0.0,
        max: 300.0,
        own_unit: String::new(),
    }
}

/// One of each kind of rule.
pub(crate) fn params(kind: &str) -> Value {
    match kind {
        "level_high" => {
            json!({"thresholds": {"blue": 10, "yellow": 20, "orange": 30, "red": 40}, "hysteresis": 2})
        }
        "level_low" => json!({"thresholds": {"blue": 5, "red": 1}, "hysteresis": 2, "delay_s": 600}),
        "rate_of_rise" => json!({"thresholds": {"yellow": 5, "red": 15}, "hysteresis": 1}),
        "rain_sum" => json!({"window": "day", "thresholds": {"blue": 60, "red": 200}}),
        "stuck" => json!({"hours": 0.5}),
        "jump" => json!({"max_step": 8, "severity": "yellow"}),
        "model_gap" => json!({"tolerance": {"yellow": 3, "orange": 9}, "hysteresis": 1, "delay_s": 300}),
        _ => json!({}),
    }
}

const CITY: i64 = 3;

/// Three stations, each with one point watched by every kind of rule.
fn plan() -> Vec<Watched> {
    let mut plan = vec![];
    for n in 0..CITY {
        let station = station(n, StationKind::Ponding);
        let point = point(n, &station, Quantity::Depth);
        for (i, kind) in (1..).zip(RULES) {
            let setting = RuleSetting {
                id: RuleId(n * 100 + i),
                point: point.id,
                kind: kind.code.into(),
                params: params(kind.code),
                enabled: true,
            };
            plan.push(Watched::read(&setting, &point, &station).unwrap());
        }
    }
    plan
}

/// One report in random weather: `wait` minutes after the one before, with values observed `ago`
/// minutes before (so that they come late, out of order, or twice with another value).
#[derive(Clone, Debug)]
struct Report {
    station: i64,
    wait_s: i64,
    values: Vec<(i64, f64, u8)>,
}

fn report() -> impl Strategy<Value = Report> {
    let wait = prop_oneof![8 => 0..200_i64, 1 => 200..3_000_i64, 1 => Just(20_000)];
    let ago = prop_oneof![6 => Just(0_i64), 2 => 0..60_i64, 1 => 0..900_i64, 1 => -30..0_i64];
    let value = prop_oneof![3 => 0..8_u32, 2 => 8..45_u32, 1 => Just(12_u32)].prop_map(f64::from);
    let quality = prop_oneof![9 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    let values = prop::collection::vec((ago, value, quality), 0..3);
    (0..CITY, wait, values).prop_map(|(station, wait_s, values)| Report { station, wait_s, values })
}

fn log(reports: &[Report]) -> Vec<StoredPacket> {
    let mut now = clock(6, 0);
    let mut log = vec![];
    for (seq, report) in (1..).zip(reports) {
        now = now.plus_ms(report.wait_s * 1_000);
        let minute = Time::from_ms(now.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
        let reading = |&(ago, value, quality): &(i64, f64, u8)| {
            let quality = Quality::from_code(quality);
            let value = (quality != Quality::Missing).then_some(value);
            let at = minute.plus_ms(-ago * MINUTE_MS);
            Reading { point: PointId(report.station), sample: Sample { at, value, quality } }
        };
        let packet = Packet {
            station: station(report.station, StationKind::Ponding).code,
            received_at: now,
            sent_at: None,
            protocol: "test".into(),
            raw: vec![],
            readings: report.values.iter().map(reading).collect(),
        };
        log.push(StoredPacket { seq: PacketSeq(seq), packet });
    }
    log
}

fn sorted(mut found: Vec<Transition>) -> Vec<Transition> {
    found.sort_by_key(|t| (t.rule, t.at, t.packet));
    found
}

/// The log in one go, with one tick at its end.
fn at_once(log: &[StoredPacket], marks: &[Mark], end: Time) -> Vec<Transition> {
    let mut evaluator = Evaluator::default();
    evaluator.watch(&plan());
    marks.iter().for_each(|m| evaluator.wake(m.clone()));
    let mut found = vec![];
    log.iter().for_each(|p| evaluator.apply(p, &mut found));
    evaluator.tick(end, &mut found);
    sorted(found)
}

/// A machine as it is after a crash: rebuilt from the log up to the cursor and from what holds.
fn rebuilt(log: &[StoredPacket], marks: &[Mark], found: &[Transition]) -> Evaluator {
    let mut evaluator = Evaluator::default();
    let reach_ms = evaluator.watch(&plan()).iter().map(|(_, ms)| *ms).max().unwrap() + Trail::AHEAD_MS;
    let begin = log.last().map_or(Time::MIN, |p| p.packet.received_at.plus_ms(-reach_ms));
    marks.iter().for_each(|m| evaluator.wake(m.clone()));
    let older = log.iter().take_while(|p| p.packet.received_at < begin).count();
    for packet in &log[..older] {
        evaluator.heard(&packet.packet.station, packet.packet.received_at);
    }
    log[older..].iter().for_each(|p| evaluator.load(p));
    let mut currents: HashMap<RuleId, Severity> = HashMap::new();
    for transition in found {
        match transition.to {
            Some(severity) => drop(currents.insert(transition.rule, severity)),
            None => drop(currents.remove(&transition.rule)),
        }
    }
    evaluator.set_currents(&currents);
    evaluator
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn ticks_and_restarts_at_any_moment_change_nothing(
        reports in prop::collection::vec(report(), 1..120),
        ticks in prop::collection::vec(any::<bool>(), 120),
        restarts in prop::collection::vec(0..12_u8, 120),
        down in prop::collection::vec(0..120_usize, 0..3),
    ) {
        let log = log(&reports);
        let end = log.last().unwrap().packet.received_at.plus_ms(2 * HOUR_MS);
        let first = log[0].packet.received_at;
        let mut marks = vec![Mark { asleep: first, awake: first, stations: vec![] }];
        // Down between two packets: asleep from the one, awake just before the other.
        let mut down: Vec<usize> = down.into_iter().filter(|i| i + 1 < log.len()).collect();
        down.sort_unstable();
        down.dedup();
        for &i in &down {
            let (asleep, awake) = (log[i].packet.received_at, log[i + 1].packet.received_at);
            marks.push(Mark { asleep, awake, stations: vec![] });
        }

        let mut evaluator = Evaluator::default();
        evaluator.watch(&plan());
        marks.iter().for_each(|m| evaluator.wake(m.clone()));
        let mut found = vec![];
        for (i, packet) in log.iter().enumerate() {
            if ticks[i] {
                // The desk looks at any moment up to the next packet, even just after waking.
                evaluator.tick(packet.packet.received_at.plus_ms(-1), &mut found);
            }
            if restarts[i] == 0 {
                evaluator = rebuilt(&log[..i], &marks, &found);
            }
            evaluator.apply(packet, &mut found);
        }
        evaluator.tick(end, &mut found);
        let (found, expected) = (sorted(found), at_once(&log, &marks, end));
        let differs = found.iter().zip(&expected).find(|(f, e)| f != e);
        prop_assert!(differs.is_none() && found.len() == expected.len(), "{:#?}", differs);
    }

    #[test]
    fn an_alarm_never_flaps_inside_its_hysteresis(
        values in prop::collection::vec(18.0..29.99_f64, 1..200),
    ) {
        let rule = RuleKind::of("level_high").unwrap().rule(&params("level_high")).unwrap();
        let mut trail = Trail::keeping(2 * HOUR_MS);
        let mut current = None;
        let mut changes = 0;
        for (i, value) in (0..).zip(std::iter::once(25.0).chain(values)) {
            trail.insert(&good(clock(12, i), value), clock(12, i));
            let next = match rule.judge(&window(&trail), clock(12, i), current) {
                Verdict::Abnormal(finding) => Some(finding.severity),
                _ => None,
            };
            changes += i32::from(next != current);
            current = next;
        }
        prop_assert_eq!((changes, current), (1, Some(Severity::Yellow)));
    }

    #[test]
    fn no_data_makes_a_rule_panic_and_judging_twice_changes_nothing(
        samples in prop::collection::vec((any::<u32>(), any::<f64>(), 0..4_u8), 0..60),
        current in prop::option::of(0..4_usize),
    ) {
        for kind in RULES {
            let rule = kind.rule(&params(kind.code)).unwrap();
            let mut trail = Trail::keeping(rule.looks_back_ms());
            for &(at, value, quality) in &samples {
                let at = Time::from_ms(i64::from(at) * 1_000);
                let value = (quality != 2).then_some(value);
                trail.insert(&Sample { at, value, quality: Quality::from_code(quality) }, Time::MAX);
            }
            let Some(newest) = trail.newest() else { continue };
            let mut window = window(&trail);
            window.heard = Some(newest.at);
            window.since = Some(newest.at.plus_ms(-HOUR_MS));
            let judge = |current| match rule.judge(&window, newest.at, current) {
                Verdict::Normal(_) => None,
                Verdict::Abnormal(finding) => Some(finding.severity),
                Verdict::Unknown => current,
            };
            let once = judge(current.and_then(|i| Severity::ALL.get(i).copied()));
            prop_assert_eq!(judge(once), once, "{}", kind.code);
        }
    }

    #[test]
    fn what_a_window_holds_does_not_depend_on_the_order_of_arrival(
        mut samples in prop::collection::vec((0..2_000_i64, 0..100_u32), 1..200),
        seed in any::<u64>(),
    ) {
        samples.sort_by_key(|s| s.0);
        samples.dedup_by_key(|s| s.0);
        let insert = |samples: &[(i64, u32)]| {
            let mut trail = Trail::keeping(6 * HOUR_MS);
            for &(minute, value) in samples {
                trail.insert(&good(clock(0, minute), f64::from(value)), Time::MAX);
            }
            trail
        };
        let in_order = insert(&samples);
        let key = |s: &(i64, u32)| (s.0 as u64).wrapping_mul(seed | 1).rotate_left(17);
        samples.sort_by_key(key);
        prop_assert_eq!(insert(&samples), in_order);
    }
}
