//! 复盘: the figures of a storm, every one computed from samples and journal.
//!
//! Nothing here is typed in. What the stations say they sent comes from the simulated town's own
//! ledger; what came through is read back from the store.

use anyhow::Result;
use field::id::{AlarmId, JournalSeq, OrderId, PacketSeq, PointId, StationCode};
use field::sample::Packet;
use field::station::{Quantity, StationKind};
use field::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{Line, Registry, Store, Subject};

/// Lines and packets read at once.
const PAGE: usize = 2_000;

/// One reading as a station sent it, from the town's ledger.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Sent {
    /// Station code.
    pub(crate) station: String,
    /// Element id, hexadecimal.
    pub(crate) element: String,
    /// Its time.
    pub(crate) observed_at: Time,
    /// Its value; none for a missing one.
    pub(crate) value: Option<f64>,
    /// Whether the server confirmed the frame it was in.
    pub(crate) confirmed: bool,
}

/// Half and 95 of 100 stay below these many seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// How many were measured.
    pub(crate) count: usize,
    /// Median, seconds.
    pub(crate) p50: Option<f64>,
    /// 95th percentile, seconds.
    pub(crate) p95: Option<f64>,
}

/// What came in by one protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ByProtocol {
    /// Stations that said something.
    pub(crate) stations: usize,
    /// Values they told.
    pub(crate) readings: usize,
}

/// The figures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// `true`: a simulated town, not a real one.
    pub(crate) synthetic: bool,
    /// From when.
    pub(crate) from: Time,
    /// Until when.
    pub(crate) to: Time,
    /// 在线监测点.
    pub(crate) monitoring_points: usize,
    /// 雨量监测点.
    pub(crate) rain_gauges: usize,
    /// 区块.
    pub(crate) blocks: usize,
    /// What came in by each protocol, the plants, meters and supply stations included that the figures
    /// below leave out.
    pub(crate) by_protocol: BTreeMap<String, ByProtocol>,
    /// Distinct readings that stations sent and that belong to a registered point.
    pub(crate) readings_sent: Option<usize>,
    /// Distinct readings in the store.
    pub(crate) readings_stored: usize,
    /// Readings of plants, meters, reservoirs and platforms in the town's ledger: confirmed, each of them.
    pub(crate) utilities_confirmed: Option<usize>,
    /// Readings sent and confirmed that the store does not hold with their value, those of the utilities
    /// included.
    pub(crate) readings_lost: Option<usize>,
    /// Readings that the store holds twice.
    pub(crate) readings_doubled: usize,
    /// Readings whose frame was not confirmed by the end (still in a station's memory).
    pub(crate) readings_unconfirmed: Option<usize>,
    /// 报警.
    pub(crate) alarms_raised: usize,
    /// Closed among them.
    pub(crate) alarms_closed: usize,
    /// 消息.
    pub(crate) notifications: usize,
    /// Messages that no channel took.
    pub(crate) notifications_lost: usize,
    /// 工单.
    pub(crate) orders_sent: usize,
    /// Closed among them.
    pub(crate) orders_closed: usize,
    /// Orders that nobody of the first to be asked accepted in time.
    pub(crate) orders_escalated: usize,
    /// From an alarm raised to the first message a channel took.
    pub(crate) seconds_to_first_message: Spread,
    /// From an alarm raised to its acknowledgement.
    pub(crate) seconds_to_acknowledge: Spread,
    /// From an order sent to the arrival.
    pub(crate) seconds_to_arrive: Spread,
    /// From an order sent to its closing.
    pub(crate) seconds_to_close: Spread,
    /// 雨量 of each gauge over the time, mm.
    pub(crate) rain_totals: BTreeMap<String, f64>,
    /// Mean of all gauges, mm.
    pub(crate) rain_areal_mean: Option<f64>,
}

/// Computes the figures of all that happened since `from`; rain within `rain` (labels are period
/// ends: the first moment is not included, the last is).
pub(crate) async fn figures(
    store: &Store,
    (from, to): (Time, Time),
    rain: (Time, Time),
    sent: Option<&[Sent]>,
) -> Result<Figures> {
    let registry = store.tables.registry();
    let stored = stored(store, &registry, from).await?;
    let people = people(store, from).await?;
    let rain = rain_totals(&registry, &stored.readings, rain);
    let ledger = sent.map(|sent| compare(&registry, sent, &stored));
    let gauges = registry.stations().values().filter(|s| s.kind == StationKind::Rain).count();
    let utilities = registry.stations().values().filter(|s| is_apart(s.kind)).count();
    let mean = (!rain.is_empty()).then(|| rain.values().sum::<f64>() / rain.len() as f64);
    Ok(Figures {
        synthetic: registry.stations().values().any(|s| s.synthetic),
        from,
        to,
        monitoring_points: registry.stations().len() - gauges - utilities,
        rain_gauges: gauges,
        blocks: registry.blocks().len(),
        by_protocol: stored.by_protocol,
        readings_sent: ledger.as_ref().map(|l| l.sent),
        readings_stored: stored.readings.len(),
        utilities_confirmed: ledger.as_ref().map(|l| l.apart),
        readings_lost: ledger.as_ref().map(|l| l.lost),
        readings_doubled: stored.doubled,
        readings_unconfirmed: ledger.as_ref().map(|l| l.unconfirmed),
        alarms_raised: people.raised.len(),
        alarms_closed: people.alarms_closed.len(),
        notifications: people.asked.len(),
        notifications_lost: people.asked.difference(&people.taken).count(),
        orders_sent: people.orders_sent.len(),
        orders_closed: people.orders_closed.len(),
        orders_escalated: people.escalated.len(),
        seconds_to_first_message: spread(since(&people.raised, &people.first_message)),
        seconds_to_acknowledge: spread(since(&people.raised, &people.acknowledged)),
        seconds_to_arrive: spread(since(&people.orders_sent, &people.arrived)),
        seconds_to_close: spread(since(&people.orders_sent, &people.orders_closed)),
        rain_totals: rain,
        rain_areal_mean: mean.map(|m| (m * 10.0).round() / 10.0),
    })
}

impl Figures {
    /// What was lost, doubled or left open: a count and what it counts; nothing where all went well.
    pub(crate) fn faults(&self) -> Vec<(usize, &'static str)> {
        let all = [
            (self.readings_lost.unwrap_or(0), "readings lost"),
            (self.readings_doubled, "readings doubled"),
            (self.notifications_lost, "notifications lost"),
            (self.alarms_raised.abs_diff(self.alarms_closed), "alarms open"),
            (self.orders_sent.abs_diff(self.orders_closed), "orders open"),
        ];
        all.into_iter().filter(|(count, _)| *count > 0).collect()
    }
}

type Readings = HashMap<(PointId, Time), Option<f64>>;

#[derive(Default)]
struct Stored {
    readings: Readings,
    /// Those of the stations that go on whatever the weather.
    apart: Readings,
    doubled: usize,
    by_protocol: BTreeMap<String, ByProtocol>,
}

/// What came in by each protocol.
#[derive(Default)]
struct Protocols {
    stations: HashMap<String, HashSet<StationCode>>,
    readings: HashMap<String, usize>,
}

impl Protocols {
    fn note(&mut self, packet: &Packet, registry: &Registry) {
        let values = packet.readings.iter().filter(|reading| reading.sample.value.is_some()).count();
        *self.readings.entry(packet.protocol.clone()).or_default() += values;
        let stations = self.stations.entry(packet.protocol.clone()).or_default();
        if registry.station(&packet.station).is_some() {
            stations.insert(packet.station.clone());
            return;
        }
        // A platform pushes for many stations: theirs are the points.
        let points = packet.readings.iter().filter_map(|reading| registry.point(reading.point));
        stations.extend(points.map(|point| point.station.clone()));
    }

    fn told(self) -> BTreeMap<String, ByProtocol> {
        let readings = |protocol: &String| self.readings.get(protocol).copied().unwrap_or(0);
        let of = |(protocol, stations): (&String, &HashSet<StationCode>)| {
            (protocol.clone(), ByProtocol { stations: stations.len(), readings: readings(protocol) })
        };
        self.stations.iter().map(of).collect()
    }
}

/// Plants, meters, reservoirs and the water supply go on whatever the weather: a storm's books are of
/// rain, water and pumps.
const fn is_apart(kind: StationKind) -> bool {
    matches!(kind, StationKind::Plant | StationKind::Meter | StationKind::Supply | StationKind::Reservoir)
}

/// Reads the samples log from end to end: what it holds, and what it holds twice.
async fn stored(store: &Store, registry: &Registry, from: Time) -> Result<Stored> {
    let mut found = Stored::default();
    let (mut after, mut protocols) = (PacketSeq(0), Protocols::default());
    loop {
        let packets = store.samples.packets_after(after, PAGE).await?;
        let Some(last) = packets.last() else {
            return Ok(Stored { by_protocol: protocols.told(), ..found });
        };
        after = last.seq;
        let measured = packets.iter().filter(|p| !p.packet.is_computed() && p.packet.received_at >= from);
        for packet in measured {
            protocols.note(&packet.packet, registry);
            for reading in &packet.packet.readings {
                let (key, value) = ((reading.point, reading.sample.at), reading.sample.value);
                if is_of_a_utility(registry, reading.point) {
                    found.apart.insert(key, value);
                } else if found.readings.insert(key, value) == Some(value) {
                    found.doubled += 1;
                }
            }
        }
    }
}

fn is_of_a_utility(registry: &Registry, point: PointId) -> bool {
    let station = registry.point(point).and_then(|point| registry.station(&point.station));
    station.is_some_and(|station| is_apart(station.kind))
}

struct Ledger {
    sent: usize,
    apart: usize,
    lost: usize,
    unconfirmed: usize,
}

fn compare(registry: &Registry, sent: &[Sent], stored: &Stored) -> Ledger {
    let mut confirmed: HashMap<(PointId, Time), Option<f64>> = HashMap::new();
    let mut all: HashSet<(PointId, Time)> = HashSet::new();
    for reading in sent {
        let Ok(code) = StationCode::new(reading.station.as_str()) else { continue };
        let Some(point) = registry.point_for_element(&code, &reading.element) else { continue };
        let key = (point.id, reading.observed_at);
        all.insert(key);
        if reading.confirmed {
            confirmed.insert(key, reading.value);
        }
    }
    let is_kept = |key: &(PointId, Time), value: &Option<f64>| {
        let kept = stored.readings.get(key).or_else(|| stored.apart.get(key));
        match (kept, value) {
            (Some(Some(kept)), Some(sent)) => (kept - sent).abs() < 1e-9,
            (Some(kept), sent) => kept == sent,
            (None, _) => false,
        }
    };
    let apart = all.iter().filter(|(point, _)| is_of_a_utility(registry, *point)).count();
    Ledger {
        sent: all.len() - apart,
        apart,
        lost: confirmed.iter().filter(|(key, value)| !is_kept(key, value)).count(),
        unconfirmed: all.iter().filter(|key| !confirmed.contains_key(*key)).count(),
    }
}

fn rain_totals(registry: &Registry, stored: &Readings, (from, to): (Time, Time)) -> BTreeMap<String, f64> {
    let mut totals: HashMap<PointId, f64> = HashMap::new();
    for ((point, at), value) in stored {
        if *at > from && *at <= to {
            *totals.entry(*point).or_default() += value.unwrap_or(0.0);
        }
    }
    registry
        .stations()
        .values()
        .filter(|s| s.kind == StationKind::Rain)
        .filter_map(|station| {
            let point = registry.points_of(&station.code).iter().find(|p| p.quantity == Quantity::Rain)?;
            let total = totals.get(&point.id).copied().unwrap_or(0.0);
            Some((station.name.clone(), (total * 10.0).round() / 10.0))
        })
        .collect()
}

#[derive(Default)]
struct People {
    raised: HashMap<AlarmId, Time>,
    acknowledged: HashMap<AlarmId, Time>,
    alarms_closed: HashSet<AlarmId>,
    first_message: HashMap<AlarmId, Time>,
    orders_sent: HashMap<OrderId, Time>,
    arrived: HashMap<OrderId, Time>,
    orders_closed: HashMap<OrderId, Time>,
    escalated: HashSet<OrderId>,
    asked: HashSet<i64>,
    taken: HashSet<i64>,
    alarm_of: HashMap<i64, AlarmId>,
}

async fn people(store: &Store, from: Time) -> Result<People> {
    let mut people = People::default();
    let mut after = JournalSeq(0);
    loop {
        let lines = store.tables.journal_after(after, PAGE).await?;
        let Some(last) = lines.last() else { return Ok(people) };
        after = last.seq;
        for line in lines.iter().filter(|l| l.at >= from) {
            people.note(line);
        }
    }
}

impl People {
    fn note(&mut self, line: &Line) {
        let at = line.at;
        match (line.subject(), line.act.as_str()) {
            (Some(Subject::Alarm(id)), "raise") => drop(self.raised.insert(id, at)),
            (Some(Subject::Alarm(id)), "acknowledge") => drop(self.acknowledged.entry(id).or_insert(at)),
            (Some(Subject::Alarm(id)), "close") => drop(self.alarms_closed.insert(id)),
            (Some(Subject::Order(id)), "send") => drop(self.orders_sent.insert(id, at)),
            (Some(Subject::Order(id)), "arrive") => drop(self.arrived.entry(id).or_insert(at)),
            (Some(Subject::Order(id)), "close") => drop(self.orders_closed.insert(id, at)),
            (Some(Subject::Order(id)), "escalate") => drop(self.escalated.insert(id)),
            (Some(Subject::Message(id)), "message") => {
                self.asked.insert(id.0);
                let alarm = line.body.pointer("/message/alarm").and_then(serde_json::Value::as_i64);
                self.alarm_of.extend(alarm.map(|a| (id.0, AlarmId(a))));
            }
            (Some(Subject::Message(id)), "sent" | "delivered") => {
                self.taken.insert(id.0);
                if let Some(alarm) = self.alarm_of.get(&id.0) {
                    self.first_message.entry(*alarm).or_insert(at);
                }
            }
            _ => {}
        }
    }
}

fn since<K: std::hash::Hash + Eq>(starts: &HashMap<K, Time>, ends: &HashMap<K, Time>) -> Vec<f64> {
    ends.iter().filter_map(|(id, end)| Some(end.since_ms(*starts.get(id)?) as f64 / 1_000.0)).collect()
}

fn spread(mut seconds: Vec<f64>) -> Spread {
    seconds.sort_by(f64::total_cmp);
    let count = seconds.len();
    // Nearest rank: the smallest value that at least p of all do not exceed.
    let rank = |p: f64| seconds.get(((p * count as f64).ceil() as usize).saturating_sub(1)).copied();
    Spread { count, p50: rank(0.5), p95: rank(0.95) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_stay_below_the_median_and_nineteen_of_twenty_below_the_95th() {
        let figures = spread((1..=20).rev().map(f64::from).collect());
        assert_eq!((figures.count, figures.p50, figures.p95), (20, Some(10.0), Some(19.0)));
        assert_eq!(spread(vec![]), Spread::default());
    }
}
