//! The desk over a real store: lives of alarms, silence, maintenance, shelves, edits, restarts.

use crate::rules::clock;
use crate::town::{PERSON, Town, code, rule};
use alarm::Desk;
use field::alarm::{AlarmAct, AlarmState, Shelf};
use field::clock::Clock;
use field::id::PacketSeq;
use field::severity::Severity::{Blue, Orange, Red, Yellow};
use field::station::{Maintenance, Quantity};
use field::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Time};
use serde_json::{Value, json};
use store::{Actor, lives};

fn ponding() -> Value {
    json!({"thresholds": {"blue": 0.15, "yellow": 0.27, "orange": 0.40, "red": 0.50}, "hysteresis": 0.03})
}

async fn act(town: &Town, alarm: usize, act: AlarmAct) {
    let id = town.alarms().await[alarm].id;
    let (tables, now) = (&town.store.tables, town.clock.now());
    lives::alarm_act(tables, id, act, Actor::Person(PERSON), now, None).await.unwrap();
}

#[tokio::test]
async fn a_frame_that_raises_is_an_alarm_with_its_proof_and_its_journal_line() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, rules) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    let mut desk = town.desk().await;
    town.hears(1, point, &[(clock(12, 0), Some(0.05))]).await;
    desk.turn().await.unwrap();
    assert!(town.alarms().await.is_empty());

    town.clock.advance_to(clock(12, 5).plus_ms(700));
    town.hears(1, point, &[(clock(12, 5), Some(0.42))]).await;
    town.clock.advance_to(clock(12, 5).plus_ms(900));
    desk.turn().await.unwrap();
    let alarms = town.alarms().await;
    assert_eq!(alarms.len(), 1);
    let alarm = &alarms[0];
    assert_eq!((alarm.rule, alarm.kind.as_str(), alarm.severity), (rules[0], "level_high", Orange));
    assert_eq!((alarm.state, alarm.raised_at), (AlarmState::Raised, clock(12, 5).plus_ms(700)));
    assert_eq!((alarm.evidence.value, alarm.evidence.threshold), (0.42, 0.40));
    let proof: Vec<_> = alarm.evidence.samples.iter().map(|s| s.value).collect();
    assert_eq!(proof, [Some(0.05), Some(0.42)]);
    let lines = town.alarm_lines().await;
    assert_eq!((lines[0].0.act.as_str(), lines[0].0.actor.as_str()), ("raise", "desk:alarm"));
    assert_eq!(lines[0].1, *alarm);
}

#[tokio::test]
async fn an_alarm_worsens_returns_recurs_and_after_closing_a_new_one_is_raised() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, _) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    let mut desk = town.desk().await;
    let mut minute = 0;
    let mut levels = async |town: &mut Town, desk: &mut alarm::Desk, values: &[f64]| {
        for value in values {
            minute += 5;
            town.clock.advance_to(clock(12, minute));
            town.hears(1, point, &[(clock(12, minute), Some(*value))]).await;
            desk.turn().await.unwrap();
        }
    };
    levels(&mut town, &mut desk, &[0.16]).await;
    act(&town, 0, AlarmAct::Acknowledge { by: PERSON }).await;
    levels(&mut town, &mut desk, &[0.55, 0.55]).await;
    let alarm = town.alarms().await.remove(0);
    assert_eq!((alarm.state, alarm.severity), (AlarmState::Raised, Red));
    levels(&mut town, &mut desk, &[0.01]).await;
    assert_eq!(town.alarms().await[0].state, AlarmState::ReturnedUnacknowledged);
    levels(&mut town, &mut desk, &[0.30]).await;
    assert_eq!(town.alarms().await[0].state, AlarmState::Raised);
    act(&town, 0, AlarmAct::Acknowledge { by: PERSON }).await;
    levels(&mut town, &mut desk, &[0.01]).await;
    act(&town, 0, AlarmAct::Close).await;
    levels(&mut town, &mut desk, &[0.02, 0.28]).await;
    let alarms = town.alarms().await;
    let states: Vec<_> = alarms.iter().map(|a| (a.state, a.severity)).collect();
    assert_eq!(states, [(AlarmState::Closed, Yellow), (AlarmState::Raised, Yellow)]);
    let acts: Vec<String> = town.alarm_lines().await.into_iter().map(|(line, _)| line.act).collect();
    let expected =
        ["raise", "acknowledge", "judge", "return", "judge", "acknowledge", "return", "close", "raise"];
    assert_eq!(acts, expected);
}

#[tokio::test]
async fn a_silent_gauge_raises_after_three_missed_reports_at_the_exact_minute() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, _) = town.station(1, Quantity::Rain, &[("silent", json!({}))]).await;
    let mut desk = town.desk().await;
    town.clock.advance_to(clock(12, 2).plus_ms(20_000));
    town.hears(1, point, &[(clock(12, 0), Some(0.0))]).await;
    desk.turn().await.unwrap();
    town.clock.advance_to(clock(12, 17).plus_ms(59_000));
    desk.turn().await.unwrap();
    assert!(town.alarms().await.is_empty());
    // The desk looks late: the moment is the same.
    town.clock.advance_to(clock(12, 25).plus_ms(3_456));
    desk.turn().await.unwrap();
    let alarm = town.alarms().await.remove(0);
    assert_eq!((alarm.raised_at, alarm.severity, alarm.kind.as_str()), (clock(12, 18), Blue, "silent"));
    town.clock.advance_to(clock(12, 31));
    town.hears(1, point, &[]).await;
    desk.turn().await.unwrap();
    let alarm = town.alarms().await.remove(0);
    assert_eq!((alarm.state, alarm.returned_at), (AlarmState::ReturnedUnacknowledged, Some(clock(12, 31))));
}

#[tokio::test]
async fn a_platform_that_was_down_does_not_blame_the_stations() {
    let mut town = Town::at(clock(8, 0)).await;
    let mut points = vec![];
    for n in 0..5 {
        points.push(town.station(n, Quantity::Rain, &[("silent", json!({}))]).await.0);
    }
    let mut desk = town.desk().await;
    for (n, point) in (0..).zip(&points) {
        town.hears(n, *point, &[(clock(8, 0), Some(0.0))]).await;
    }
    desk.turn().await.unwrap();
    drop(desk);
    town.clock.advance_to(clock(12, 0));
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    for minute in [5, 10, 14] {
        town.clock.advance_to(clock(12, minute));
        for (n, point) in (0..4).zip(&points) {
            town.hears(n, *point, &[]).await;
        }
        desk.turn().await.unwrap();
        assert!(town.alarms().await.is_empty(), "12:{minute:02}");
    }
    town.clock.advance_to(clock(12, 16));
    desk.turn().await.unwrap();
    let alarms = town.alarms().await;
    assert_eq!(alarms.len(), 1, "the one that is still silent");
    assert_eq!((&alarms[0].station, alarms[0].raised_at), (&code(4), clock(12, 15)));
}

#[tokio::test]
async fn a_leap_of_the_playback_does_not_blame_the_stations() {
    let mut town = Town::at(clock(8, 0)).await;
    let (point, _) = town.station(1, Quantity::Rain, &[("silent", json!({}))]).await;
    let mut desk = town.desk().await;
    town.hears(1, point, &[]).await;
    desk.turn().await.unwrap();
    town.clock.leap_to(clock(32, 0));
    desk.turn().await.unwrap();
    town.clock.advance_to(clock(32, 10));
    desk.turn().await.unwrap();
    assert!(town.alarms().await.is_empty());
    // A restart after the leap knows of it.
    let mut desk = town.desk().await;
    town.clock.advance_to(clock(32, 30));
    desk.turn().await.unwrap();
    assert_eq!(town.alarms().await[0].raised_at, clock(32, 25));
}

#[tokio::test]
async fn a_newly_registered_station_is_given_its_time() {
    let town = Town::at(clock(8, 0)).await;
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    town.clock.advance_to(clock(12, 0));
    desk.turn().await.unwrap();
    town.station(1, Quantity::Rain, &[("silent", json!({}))]).await;
    desk.turn().await.unwrap();
    town.clock.advance_to(clock(12, 14));
    desk.turn().await.unwrap();
    assert!(town.alarms().await.is_empty());
    town.clock.advance_to(clock(12, 15).plus_ms(2_000));
    desk.turn().await.unwrap();
    assert_eq!(town.alarms().await[0].raised_at, clock(12, 15));
}

#[tokio::test]
async fn alarms_are_quiet_under_maintenance_and_call_again_when_it_is_over() {
    let mut town = Town::at(clock(12, 0)).await;
    let rules = [("level_high", ponding()), ("jump", json!({"max_step": 0.1}))];
    let (point, _) = town.station(1, Quantity::Depth, &rules).await;
    let mut desk = town.desk().await;
    town.hears(1, point, &[(clock(12, 0), Some(0.20))]).await;
    desk.turn().await.unwrap();
    let mut station = (**town.store.tables.registry().station(&code(1)).unwrap()).clone();
    station.maintenance = Some(Maintenance { until: clock(13, 0), reason: "清洗探头".into() });
    town.put_station(&station).await;
    desk.turn().await.unwrap();
    assert!(town.alarms().await[0].suppressed);
    town.clock.advance_to(clock(12, 10));
    town.hears(1, point, &[(clock(12, 10), Some(0.60))]).await;
    desk.turn().await.unwrap();
    let alarms = town.alarms().await;
    assert_eq!(alarms.iter().map(|a| a.suppressed).collect::<Vec<_>>(), [true, true]);
    assert_eq!(alarms[0].severity, Red, "judged all the same");
    town.clock.advance_to(clock(13, 1));
    desk.turn().await.unwrap();
    assert!(town.alarms().await.iter().all(field::alarm::Alarm::is_calling));
    // Over a restart, too.
    station.maintenance = Some(Maintenance { until: clock(14, 0), reason: "again".into() });
    town.put_station(&station).await;
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    assert!(town.alarms().await.iter().all(|a| a.suppressed));
}

#[tokio::test]
async fn a_shelved_alarm_comes_back_by_itself() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, _) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    let mut desk = town.desk().await;
    town.hears(1, point, &[(clock(12, 0), Some(0.20))]).await;
    desk.turn().await.unwrap();
    for (shelved, restart) in [(0, false), (60, true)] {
        let until = clock(12, shelved + 30);
        act(&town, 0, AlarmAct::Shelve(Shelf { by: PERSON, reason: "洗车".into(), until })).await;
        if restart {
            desk = town.desk().await;
        }
        desk.turn().await.unwrap();
        town.clock.advance_to(until.plus_ms(-SECOND_MS));
        desk.turn().await.unwrap();
        assert!(town.alarms().await[0].shelf.is_some());
        town.clock.advance_to(until.plus_ms(MINUTE_MS));
        desk.turn().await.unwrap();
        assert!(town.alarms().await[0].shelf.is_none());
        town.clock.advance_to(clock(12, shelved + 60));
    }
}

#[tokio::test]
async fn an_edited_rule_is_judged_at_once_and_one_switched_off_lets_its_alarm_return() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, rules) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    let mut desk = town.desk().await;
    town.hears(1, point, &[(clock(12, 0), Some(0.12))]).await;
    desk.turn().await.unwrap();
    assert!(town.alarms().await.is_empty());
    let mut setting = rule(rules[0].0, point, "level_high", json!({"thresholds": {"red": 0.10}}));
    town.put_rule(&setting).await;
    desk.turn().await.unwrap();
    assert_eq!(town.alarms().await[0].severity, Red);
    setting.enabled = false;
    town.put_rule(&setting).await;
    desk.turn().await.unwrap();
    assert_eq!(town.alarms().await[0].state, AlarmState::ReturnedUnacknowledged);
    // A rule nobody can read harms nothing.
    town.put_rule(&rule(0, point, "no_such_kind", json!({}))).await;
    town.put_rule(&rule(0, point, "level_high", json!({"thresholds": "high"}))).await;
    desk.turn().await.unwrap();
}

#[tokio::test]
async fn a_point_without_rules_gets_the_default_ones_once() {
    let mut town = Town::at(clock(12, 0)).await;
    let (early, _) = town.station(1, Quantity::Depth, &[]).await;
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    let (late, _) = town.station(2, Quantity::Rain, &[]).await;
    let (status, _) = town.station(3, Quantity::Rain, &[("rain_signal", json!({}))]).await;
    desk.turn().await.unwrap();
    let kinds = |point| {
        let registry = town.store.tables.registry();
        registry.rules_of(point).iter().map(|r| r.kind.clone()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(early), ["level_high", "rate_of_rise", "jump", "stuck", "silent"]);
    assert_eq!(kinds(late), ["rain_signal", "silent"]);
    assert_eq!(kinds(status), ["rain_signal"], "somebody has chosen its rules");
    let mut off = (*town.store.tables.registry().rules_of(late)[0]).clone();
    off.enabled = false;
    town.put_rule(&off).await;
    let before = town.store.tables.registry().rules().len();
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    assert_eq!(town.store.tables.registry().rules().len(), before);
    town.hears(1, early, &[(clock(12, 0), Some(0.30))]).await;
    desk.turn().await.unwrap();
    assert_eq!(town.alarms().await[0].severity, Yellow);
}

#[tokio::test]
async fn a_rule_added_later_looks_back_over_what_was_stored_before() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, _) = town.station(1, Quantity::Rain, &[("silent", json!({}))]).await;
    let mut desk = town.desk().await;
    for minute in (5..=55).step_by(5) {
        town.clock.advance_to(clock(12, minute));
        town.hears(1, point, &[(clock(12, minute), Some(3.0))]).await;
        desk.turn().await.unwrap();
    }
    town.put_rule(&rule(0, point, "rain_sum", json!({"window": "1h", "thresholds": {"red": 30}}))).await;
    desk.turn().await.unwrap();
    let alarm = town.alarms().await.remove(0);
    assert_eq!((alarm.severity, alarm.evidence.value, alarm.evidence.samples.len()), (Red, 33.0, 11));
}

#[tokio::test]
async fn with_nothing_to_do_nothing_is_written() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, _) =
        town.station(1, Quantity::Depth, &[("level_high", ponding()), ("silent", json!({}))]).await;
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    let head = town.store.tables.journal_head();
    for minute in 1..30 {
        town.clock.advance_to(clock(12, minute));
        town.hears(1, point, &[(clock(12, minute), Some(0.01))]).await;
        desk.turn().await.unwrap();
        desk.turn().await.unwrap();
    }
    assert_eq!(town.store.tables.journal_head(), head);
    assert_eq!(town.store.tables.cursor("alarm").await.unwrap(), 0);
}

#[tokio::test]
async fn the_running_desk_wakes_for_a_packet_and_stops_when_told() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, _) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut journal = town.store.tables.journal_watch();
    let desk = tokio::spawn(alarm::run(town.store.clone(), town.clock.clone(), stopped));
    let person = async {
        let seq = town.hears(1, point, &[(clock(12, 0), Some(0.42))]).await;
        while town.alarms().await.is_empty() {
            journal.changed().await.unwrap();
        }
        stop.send(true).unwrap();
        seq
    };
    let (ended, seq) = tokio::join!(desk, person);
    ended.unwrap().unwrap();
    assert_eq!(town.store.tables.cursor("alarm").await.unwrap(), seq.0);
    assert!(seq > PacketSeq(0));
}

#[tokio::test]
async fn a_replay_with_other_parameters_answers_what_would_have_been() {
    let mut town = Town::at(clock(12, 0)).await;
    let (point, rules) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    for (minute, depth) in [(0, 0.05), (5, 0.30), (10, 0.05), (15, 0.05)] {
        town.clock.advance_to(clock(12, minute));
        town.hears(1, point, &[(clock(12, minute), Some(depth))]).await;
    }
    let found = async |params: Value, from: Time, to: Time| {
        let setting = rule(rules[0].0, point, "level_high", params);
        alarm::replay(&town.store, &setting, from, to).await
    };
    let levels =
        |found: Vec<alarm::Transition>| found.iter().map(|t| (t.at, t.to, t.value)).collect::<Vec<_>>();
    let day = (clock(0, 0), clock(24, 0));
    let as_set = levels(found(ponding(), day.0, day.1).await.unwrap());
    let (up, down) = ((clock(12, 5), Some(Yellow), Some(0.30)), (clock(12, 10), None, Some(0.05)));
    assert_eq!(as_set, [up, down]);
    let higher = json!({"thresholds": {"blue": 0.31}});
    assert!(found(higher, day.0, day.1).await.unwrap().is_empty());
    // What holds when the stretch begins is known from before.
    assert_eq!(levels(found(ponding(), clock(12, 7), day.1).await.unwrap()), [down]);
    assert!(found(json!({}), day.0, day.1).await.is_err());
    assert!(found(ponding(), day.0, day.0).await.is_err());
    assert!(found(ponding(), day.0, day.0.plus_ms(32 * 24 * HOUR_MS)).await.is_err());
    assert!(town.alarms().await.is_empty(), "nothing live was touched");
}

#[tokio::test]
async fn a_store_closed_under_the_desk_is_an_error_and_no_panic() {
    let town = Town::at(clock(12, 0)).await;
    town.station(1, Quantity::Depth, &[("silent", json!({}))]).await;
    let mut desk = town.desk().await;
    desk.turn().await.unwrap();
    town.store.clone().close().await;
    town.clock.advance_to(clock(13, 0));
    assert!(desk.turn().await.is_err());
    assert!(Desk::awake(town.store.clone(), town.clock.clone()).await.is_err());
}

#[tokio::test]
async fn pushed_rows_raise_the_alarms_of_their_own_stations_and_history_raises_none() {
    let town = Town::at(clock(12, 0)).await;
    let (low, _) = town.station(1, Quantity::Depth, &[("level_high", ponding())]).await;
    let (high, _) = town.station(2, Quantity::Depth, &[("level_high", ponding())]).await;
    let mut desk = town.desk().await;
    let source = field::id::StationCode::new("telegraf").unwrap();
    let push = async |at: Time, values: [f64; 2]| {
        let mut rows = store::Rows::new(source.clone(), "influx", town.clock.now());
        for (point, value) in [low, high].into_iter().zip(values) {
            rows.push(point, at, value, field::sample::Quality::Good);
        }
        town.store.samples.append_rows(rows).await.unwrap();
    };
    push(clock(12, 0).plus_ms(-5 * 24 * HOUR_MS), [0.9, 0.9]).await;
    desk.turn().await.unwrap();
    assert!(town.alarms().await.is_empty());
    push(clock(12, 0), [0.05, 0.42]).await;
    desk.turn().await.unwrap();
    let alarms = town.alarms().await;
    assert_eq!(alarms.len(), 1);
    assert_eq!((&alarms[0].station, alarms[0].severity), (&code(2), Orange));
    // A desk that starts again knows the window, whether the batch is a log's or merged by now.
    town.store.samples.settle().await.unwrap();
    let mut again = town.desk().await;
    town.clock.advance_to(clock(12, 5));
    push(clock(12, 5), [0.05, 0.01]).await;
    again.turn().await.unwrap();
    assert_eq!(town.alarms().await[0].state, AlarmState::ReturnedUnacknowledged);
}
