//! A storm day with sick stations through the live desk, cut and killed at random: what is in the
//! journal is what a replay of every rule finds.

use crate::machine::params;
use crate::rules::clock;
use crate::town::Town;
use field::alarm::AlarmState;
use field::clock::Clock;
use field::id::{PointId, RuleId};
use field::severity::Severity;
use field::station::Quantity;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use serde_json::{Value, json};

/// A small deterministic source of chance (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }
}

/// One packet to be sent: when, by whom, and what it says.
#[derive(Clone, Debug)]
struct Frame {
    at: Time,
    station: usize,
    samples: Vec<(Time, Option<f64>)>,
}

const HOURS: i64 = 14;

/// Rain that comes and goes, and depth that follows, in whole hundredths.
fn value(quantity: Quantity, minute: i64, dice: &mut Dice) -> f64 {
    let hour = minute as f64 / 60.0;
    let heavy = (-((hour - 5.0) / 1.5).powi(2)).exp() + 0.5 * (-((hour - 10.0) / 1.0).powi(2)).exp();
    let wobble = dice.roll(10) as f64 / 100.0;
    match quantity {
        Quantity::Rain => ((heavy * 60.0).round() + (wobble * 100.0).floor()) / 10.0,
        _ => (heavy * 4_000.0).round() / 100.0 + wobble,
    }
}

fn frames(stations: &[Quantity], dice: &mut Dice) -> Vec<Frame> {
    let mut frames = vec![];
    for (station, quantity) in stations.iter().enumerate() {
        let (mut stuck, mut silent) = (None, 0);
        let mut backlog: Vec<(Time, Option<f64>)> = vec![];
        for minute in (0..HOURS * 60).step_by(5) {
            let observed = clock(0, minute);
            let mut level = value(*quantity, minute, dice);
            // The menu: a stuck probe, a spike, a missing value, silence with a backlog, late frames.
            if dice.one_in(80) {
                stuck = if stuck.is_some() { None } else { Some(level) };
            }
            level = stuck.unwrap_or(level);
            if dice.one_in(60) {
                level += 25.0;
            }
            let sample = (observed, (!dice.one_in(50)).then_some(level));
            if dice.one_in(70) {
                silent = 12;
            }
            if silent > 0 {
                silent -= 1;
                backlog.push(sample);
                continue;
            }
            let jitter = |dice: &mut Dice, most| i64::try_from(dice.roll(most)).unwrap();
            let late_ms = if dice.one_in(15) { jitter(dice, 900_000) } else { 0 };
            let at = observed.plus_ms(500 + jitter(dice, 20_000) + late_ms);
            let mut samples = std::mem::take(&mut backlog);
            samples.push(sample);
            if dice.one_in(20) {
                frames.push(Frame { at: at.plus_ms(3_000), station, samples: samples.clone() });
            }
            if dice.one_in(40) {
                let corrected = (observed, Some(value(*quantity, minute, dice)));
                frames.push(Frame { at: at.plus_ms(400_000), station, samples: vec![corrected] });
            }
            frames.push(Frame { at, station, samples });
        }
    }
    frames.sort_by_key(|f| (f.at, f.station));
    frames
}

fn rules(quantity: Quantity) -> Vec<(&'static str, Value)> {
    match quantity {
        Quantity::Rain => vec![
            ("rain_signal", json!({})),
            ("rain_sum", json!({"window": "1h", "thresholds": {"blue": 10, "orange": 30, "red": 60}})),
            ("silent", json!({})),
        ],
        _ => ["level_high", "level_low", "rate_of_rise", "stuck", "jump", "silent"]
            .map(|kind| (kind, params(kind)))
            .to_vec(),
    }
}

/// What the journal says happened to a rule's alarms.
async fn lived(town: &Town) -> Vec<(RuleId, Time, Option<Severity>, f64)> {
    let mut lived = vec![];
    for (line, alarm) in town.alarm_lines().await {
        let holds = matches!(alarm.state, AlarmState::Raised);
        // A return leaves the former proof in place.
        let value = if holds { alarm.evidence.value } else { 0.0 };
        assert!(["raise", "judge", "return"].contains(&line.act.as_str()), "{line:?}");
        lived.push((alarm.rule, alarm.changed_at, holds.then_some(alarm.severity), value));
    }
    lived.sort_by_key(|l| (l.0, l.1));
    lived
}

async fn check(seed: u64) {
    let mut dice = Dice(seed);
    let stations = [Quantity::Depth, Quantity::Rain, Quantity::Depth];
    let mut town = Town::at(clock(0, 0)).await;
    let (mut points, mut all_rules): (Vec<PointId>, Vec<RuleId>) = (vec![], vec![]);
    for (n, quantity) in (0..).zip(stations) {
        let (point, rules) = town.station(n, quantity, &rules(quantity)).await;
        points.push(point);
        all_rules.extend(rules);
    }
    let mut desk = town.desk().await;
    for frame in frames(&stations, &mut dice) {
        // The desk looks now and then while time passes.
        while dice.one_in(3) && town.clock.now().plus_ms(2 * MINUTE_MS) < frame.at {
            town.clock.advance_to(town.clock.now().plus_ms(MINUTE_MS));
            desk.turn().await.unwrap();
        }
        town.clock.advance_to(frame.at);
        if dice.one_in(25) {
            // Killed, and started again, with packets not yet judged in the log or without.
            desk = town.desk().await;
        }
        town.hears(i64::try_from(frame.station).unwrap(), points[frame.station], &frame.samples).await;
        if dice.one_in(3) {
            desk.turn().await.unwrap();
        }
    }
    town.clock.advance_to(town.clock.now().plus_ms(HOUR_MS));
    desk.turn().await.unwrap();

    let mut replayed = vec![];
    let (from, to) = (clock(0, 0), town.clock.now());
    for rule in all_rules {
        let setting = town.store.tables.registry().rule(rule).unwrap().clone();
        for t in alarm::replay(&town.store, &setting, from, to).await.unwrap() {
            let value = if t.to.is_some() { t.value.unwrap() } else { 0.0 };
            replayed.push((t.rule, t.at, t.to, value));
        }
    }
    replayed.sort_by_key(|l| (l.0, l.1));
    let lived = lived(&town).await;
    let differs = lived.iter().zip(&replayed).find(|(l, r)| l != r);
    assert_eq!(differs, None, "seed {seed}");
    assert_eq!(lived.len(), replayed.len(), "seed {seed}");
    assert!(lived.len() > 40, "seed {seed}: a storm day has more than {} transitions", lived.len());
}

#[tokio::test]
async fn the_journal_of_a_storm_day_is_what_a_replay_finds_whatever_was_cut_or_killed() {
    for seed in [20_210_630, 20_190_621, 109, 1, 2, 3] {
        check(seed).await;
    }
}
