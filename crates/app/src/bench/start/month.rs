//! Thirty days of the demo, put into a data directory in bulk.

use anyhow::{Context, Result};
use city::Town;
use field::alarm::{AlarmAct, Evidence};
use field::clock::Clock;
use field::id::{JournalSeq, PersonId, RuleId};
use field::order::OrderAct;
use field::person::ChannelKind;
use field::sample::{Packet, Quality, Reading, Sample};
use field::severity::Severity;
use field::station::{Point, Quantity, Station};
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::Path;
use store::playback::SystemClock;
use store::tables::{NewAlarm, NewMessage, NewOrder};
use store::{Actor, Options, Store, lives};
use tokio::task::JoinSet;
use wire::sl651::encode::{Address, Element, Group, Report};
use wire::sl651::{function, station_kind};

const DAYS: i64 = 30;
const SLOT_MS: i64 = 5 * MINUTE_MS;
/// Packets handed to the store at once: one group commit each.
const AT_ONCE: usize = 4_096;
/// Alarms with order and message, a day: a rainy month.
const ALARMS_A_DAY: i64 = 40;
/// Beside the directory: what is in it.
const NOTE: &str = "month.json";
/// After so long the month lies too far back to be "the last thirty days".
const STALE_MS: i64 = DAY_MS;

/// What was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Made {
    until: Time,
    packets: u64,
    readings: u64,
    alarms: i64,
    journal_lines: i64,
}

/// Makes the directory unless a young one is there.
pub(super) async fn ensure(data: &Path) -> Result<Made> {
    let note = data.with_file_name(NOTE);
    let now = SystemClock::default().now();
    let known = std::fs::read_to_string(&note).ok().and_then(|text| serde_json::from_str::<Made>(&text).ok());
    if let Some(made) = known.filter(|made| data.is_dir() && now.since_ms(made.until) < STALE_MS) {
        return Ok(made);
    }
    if data.is_dir() {
        std::fs::remove_dir_all(data).with_context(|| format!("removing `{}`", data.display()))?;
    }
    let made = make(data, Time::from_ms(now.ms().div_euclid(HOUR_MS) * HOUR_MS)).await?;
    std::fs::write(&note, serde_json::to_string_pretty(&made)?)?;
    Ok(made)
}

async fn make(data: &Path, until: Time) -> Result<Made> {
    let store = Store::open(Options::new(data)).await?;
    let town = Town::generate(crate::bench::ground::SEED)?;
    let from = until.plus_ms(-DAYS * DAY_MS);
    crate::demo::seed::ensure(&store, &town, from).await?;
    packets(&store, from, until).await?;
    let alarms = alarms(&store, from).await?;
    let mut tx = store.tables.begin(Actor::Desk("alarm"), until).await?;
    // The desks had done their work; the rest they write themselves.
    tx.cursor_put("alarm", store.samples.head().0).await?;
    tx.cursor_put("dispatch", store.tables.journal_head().0).await?;
    let JournalSeq(journal_lines) = tx.commit().await?;
    let stats = store.samples.stats();
    store.close().await;
    Ok(Made { until, packets: stats.packets, readings: stats.readings, alarms, journal_lines })
}

async fn packets(store: &Store, from: Time, until: Time) -> Result<()> {
    let registry = store.tables.registry();
    let mut at = from.plus_ms(SLOT_MS);
    let mut waiting = JoinSet::new();
    while at <= until {
        for (n, station) in (0..).zip(registry.stations().values()) {
            let points = registry.points_of(&station.code);
            waiting.spawn(append(store.clone(), timed(station, points, n, at)?));
            if at.ms() % HOUR_MS == 0 {
                waiting.spawn(append(store.clone(), hourly(station, points, n, at)?));
            }
        }
        if waiting.len() >= AT_ONCE {
            while let Some(ended) = waiting.join_next().await {
                ended??;
            }
        }
        at = at.plus_ms(SLOT_MS);
    }
    while let Some(ended) = waiting.join_next().await {
        ended??;
    }
    Ok(())
}

async fn append(store: Store, packet: Packet) -> Result<()> {
    store.samples.append(packet).await?;
    Ok(())
}

/// A value as a quantity of the demo has it, moving slowly.
fn value(quantity: Quantity, n: i64, at: Time) -> f64 {
    let slot = at.ms() / SLOT_MS;
    let wave = ((slot + n * 37) % 288) as f64 / 288.0;
    match quantity {
        Quantity::Rain => (((slot / 12 + n) % 40 == 0) as i64 * (slot % 5)) as f64 / 10.0,
        Quantity::RainTotal => ((slot % 90_000) as f64 / 10.0).floor(),
        Quantity::Level => (6_000.0 + 40.0 * wave).round() / 100.0,
        Quantity::Depth => (8.0 * wave).round() / 100.0,
        Quantity::Voltage => (1_240.0 + 40.0 * wave).round() / 100.0,
        // Nothing of the month rests on the others.
        _ => (slot + n) as f64 % 3.0,
    }
}

fn timed(station: &Station, points: &[std::sync::Arc<Point>], n: i64, at: Time) -> Result<Packet> {
    let mut elements = vec![];
    let mut readings = vec![];
    for point in points {
        let value = value(point.quantity, n, at);
        let id = point.elements.first().and_then(|id| u8::from_str_radix(id, 16).ok());
        elements.extend(id.and_then(|id| Element::of(id, Some(value)).ok()));
        readings.push(reading(point, at, value));
    }
    packet(station, function::TIMED, at, vec![Group { observed_at: at, elements }], readings)
}

/// Twelve values whose moments are known already from the timed reports.
fn hourly(station: &Station, points: &[std::sync::Arc<Point>], n: i64, at: Time) -> Result<Packet> {
    let first = at.plus_ms(-11 * SLOT_MS);
    let Some(point) = points.iter().find(|p| p.quantity.is_headline()) else {
        return packet(station, function::HOURLY, at, vec![], vec![]);
    };
    let moments = (0..12).map(|slot| first.plus_ms(slot * SLOT_MS));
    let readings: Vec<Reading> =
        moments.map(|moment| reading(point, moment, value(point.quantity, n, moment))).collect();
    let mut values = [None; 12];
    for (place, reading) in values.iter_mut().zip(&readings) {
        *place = reading.sample.value;
    }
    let series = if point.quantity == Quantity::Rain {
        Element::five_minute_rain(values)
    } else {
        Element::five_minute_level(values)
    };
    packet(
        station,
        function::HOURLY,
        at,
        vec![Group { observed_at: first, elements: vec![series] }],
        readings,
    )
}

fn reading(point: &Point, at: Time, value: f64) -> Reading {
    Reading { point: point.id, sample: Sample { at, value: Some(value), quality: Quality::Good } }
}

fn packet(
    station: &Station,
    function: u8,
    at: Time,
    groups: Vec<Group>,
    readings: Vec<Reading>,
) -> Result<Packet> {
    let report = Report {
        centre: 1,
        station: Address::of(&station.code)?,
        password: 0x1234,
        function,
        serial: u16::try_from((at.ms() / SLOT_MS) % 65_535 + 1)?,
        sent_at: at,
        kind: station_kind::RAIN,
        groups,
        more_follows: false,
    };
    Ok(Packet {
        station: station.code.clone(),
        received_at: at.plus_ms(400),
        sent_at: Some(at),
        protocol: wire::sl651::NAME.to_owned(),
        raw: report.to_bytes()?,
        readings,
    })
}

/// Alarms from raised to closed, each with its order and a message on two channels.
async fn alarms(store: &Store, from: Time) -> Result<i64> {
    let registry = store.tables.registry();
    let watched: Vec<(RuleId, &Point)> = registry
        .points()
        .values()
        .filter_map(|point| {
            let rule = registry.rules_of(point.id).iter().find(|rule| rule.kind == "level_high")?;
            Some((rule.id, point.as_ref()))
        })
        .collect();
    let all = DAYS * ALARMS_A_DAY;
    for (k, (rule, point)) in (0..all).zip(watched.iter().cycle()) {
        let at = from.plus_ms(k * DAYS * DAY_MS / all);
        one_alarm(store, *rule, point, k, at).await?;
    }
    Ok(if watched.is_empty() { 0 } else { all })
}

async fn one_alarm(store: &Store, rule: RuleId, point: &Point, k: i64, at: Time) -> Result<()> {
    let registry = store.tables.registry();
    let station = registry.station(&point.station).context("a point without its station")?;
    let person = registry.on_duty(station.block, at).map_or(PersonId(1), |person| person.id);
    let minutes = |n: i64| at.plus_ms(n * MINUTE_MS);
    let sample = |n| reading(point, minutes(n), 0.2 + n as f64 / 100.0).sample;
    let evidence =
        Evidence { value: 0.2, threshold: 0.15, samples: (-10..=0).step_by(5).map(sample).collect() };
    let mut tx = store.tables.begin(Actor::Desk("alarm"), at).await?;
    let alarm = tx
        .alarm_insert(NewAlarm {
            rule,
            kind: "level_high".to_owned(),
            point: point.id,
            station: point.station.clone(),
            block: station.block,
            severity: Severity::Blue,
            evidence,
            suppressed: false,
            at,
        })
        .await?
        .now
        .id;
    let order = tx
        .order_insert(NewOrder {
            station: point.station.clone(),
            spot: station.position,
            block: station.block,
            alarms: vec![alarm],
            severity: Severity::Blue,
            assignee: person,
            escalation: 0,
        })
        .await?
        .now
        .id;
    tx.message_insert(NewMessage {
        key: format!("month:{k}"),
        person,
        severity: Severity::Blue,
        alarm: Some(alarm),
        order: Some(order),
        template: "alarm_raised".to_owned(),
        params: json!({ "station": station.name, "synthetic": true }),
        // Not to be sent any more: what was sent a month ago has no delivery that waits.
        deliver: Vec::<(ChannelKind, Time)>::new(),
    })
    .await?;
    tx.commit().await?;
    let tables = &store.tables;
    let who = || Actor::Person(person);
    // Accepting acknowledges the alarm.
    for (n, act) in [(1, OrderAct::Accept { by: person }), (3, OrderAct::Depart { by: person })] {
        lives::order_act(tables, order, act, who(), minutes(n), None).await?;
    }
    lives::alarm_act(tables, alarm, AlarmAct::Return, Actor::Desk("alarm"), minutes(15), None).await?;
    let close = OrderAct::Close { by: person, alarm_active: false, reason: Some("normal again".to_owned()) };
    lives::order_act(tables, order, close, who(), minutes(20), None).await?;
    Ok(())
}
