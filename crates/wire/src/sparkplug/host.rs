//! The host application's view of its edge nodes (Sparkplug 3.0 §5, §6).

use super::proto::{Metric, Payload, datatype};
use super::{BD_SEQ, Kind, Topic, number};
use crate::fault::Fault;
use crate::{Report, ReportReading};
use field::sample::Quality;
use field::time::{SECOND_MS, Time};
use prost::Message as _;
use std::collections::{BTreeMap, HashMap};

/// Most edge nodes of one host.
const MAX_NODES: usize = 10_000;
/// Most devices of one node.
const MAX_DEVICES: usize = 1_000;
/// Most metrics of one node with its devices.
const MAX_METRICS: usize = 20_000;
/// Most metrics of one message: as many readings as a packet holds.
const MAX_METRICS_A_MESSAGE: usize = 4_096;
/// A node is asked for a rebirth at most once in this time: it needs some to answer.
const REBIRTH_PAUSE_MS: i64 = 10 * SECOND_MS;

/// Which station a node or device is: a pattern over `{group}`, `{node}` and `{device}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Of a node's own metrics.
    pub node: String,
    /// Of a device's.
    pub device: String,
}

impl Default for Names {
    fn default() -> Self {
        Self { node: "{node}".to_owned(), device: "{device}".to_owned() }
    }
}

impl Names {
    /// The station a topic speaks of.
    #[must_use]
    pub fn station(&self, topic: &Topic) -> String {
        let pattern = if topic.device.is_some() { &self.device } else { &self.node };
        let device = topic.device.as_deref().unwrap_or_default();
        pattern.replace("{group}", &topic.group).replace("{node}", &topic.node).replace("{device}", device)
    }
}

/// What a message came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// What it says of which station; a death says of every metric that it has no value any more.
    pub reports: Vec<Report>,
    /// The node must be asked for a rebirth, because of this.
    pub rebirth: Option<&'static str>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Every edge node that was heard.
#[derive(Debug, Default)]
pub struct Host {
    names: Names,
    nodes: HashMap<(String, String), Node>,
}

#[derive(Debug, Default)]
struct Node {
    online: bool,
    bd_seq: Option<u64>,
    /// The newest message's number.
    seq: u8,
    /// Whose metric an alias is, `None` for the node itself; its name and type.
    aliases: HashMap<u64, (Option<String>, String, u32)>,
    /// Metrics of the node and its devices, with their types.
    metrics: BTreeMap<Option<String>, Part>,
    rebirth_asked_at: Option<Time>,
}

/// The node itself, or one device.
#[derive(Debug, Default)]
struct Part {
    online: bool,
    types: BTreeMap<String, u32>,
}

impl Host {
    /// A host that has heard nobody.
    #[must_use]
    pub fn new(names: Names) -> Self {
        Self { names, nodes: HashMap::new() }
    }

    /// Whether a node, or a device of it, is online.
    #[must_use]
    pub fn is_online(&self, group: &str, node: &str, device: Option<&str>) -> bool {
        let node = self.nodes.get(&(group.to_owned(), node.to_owned())).filter(|node| node.online);
        node.is_some_and(|node| node.metrics.get(&device.map(str::to_owned)).is_some_and(|part| part.online))
    }

    /// Takes a message that arrived at `at`.
    pub fn take(&mut self, topic: &Topic, payload: &[u8], at: Time) -> Taken {
        let mut taken = Taken::default();
        let payload = match Payload::decode(payload) {
            Ok(payload) if payload.metrics.len() <= MAX_METRICS_A_MESSAGE => payload,
            Ok(payload) => {
                let message = format!("{} metrics; at most {MAX_METRICS_A_MESSAGE}", payload.metrics.len());
                taken.faults.push(Fault::fatal("too_many_metrics", message));
                return taken;
            }
            Err(error) => {
                taken
                    .faults
                    .push(Fault::fatal("no_sparkplug", format!("the payload is no Sparkplug B: {error}")));
                return taken;
            }
        };
        let key = (topic.group.clone(), topic.node.clone());
        if !self.nodes.contains_key(&key) && self.nodes.len() >= MAX_NODES {
            taken.faults.push(Fault::fatal("too_many_nodes", format!("more than {MAX_NODES} edge nodes")));
            return taken;
        }
        let node = self.nodes.entry(key).or_default();
        match topic.kind {
            Kind::NodeBirth => node.birth(&payload, &mut taken),
            Kind::NodeDeath => node.death(topic, &self.names, &payload, at, &mut taken),
            Kind::DeviceBirth => node.device_birth(topic, &payload, &mut taken),
            Kind::DeviceDeath => node.device_death(topic, &self.names, &payload, at, &mut taken),
            Kind::NodeData | Kind::DeviceData => node.data(topic, &payload, &mut taken),
            // What hosts send each other's nodes is not ours to read.
            Kind::NodeCommand | Kind::DeviceCommand => return taken,
        }
        let data = !matches!(topic.kind, Kind::NodeDeath | Kind::DeviceDeath);
        if data && !taken.faults.iter().any(|fault| fault.fatal) {
            let report = node.report(topic, &self.names, &payload, at, &mut taken.faults);
            taken.reports.push(report);
        }
        node.debounce(at, &mut taken);
        taken
    }
}

impl Node {
    fn birth(&mut self, payload: &Payload, taken: &mut Taken) {
        // §6.4.18: the first message of a session is number 0 and tells the session's number.
        if payload.seq.is_none_or(|seq| seq > 255) {
            taken.faults.push(Fault::fatal("no_seq", "NBIRTH without a sequence number 0 to 255"));
            return;
        }
        self.bd_seq = bd_seq(payload);
        if self.bd_seq.is_none() {
            taken.faults.push(Fault::minor("no_bdseq", "NBIRTH without the metric bdSeq"));
        }
        self.seq = u8::try_from(payload.seq.unwrap_or_default()).unwrap_or_default();
        self.online = true;
        self.rebirth_asked_at = None;
        self.aliases.clear();
        self.metrics.clear();
        self.learn(None, payload, taken);
    }

    fn device_birth(&mut self, topic: &Topic, payload: &Payload, taken: &mut Taken) {
        self.follow(payload, taken);
        if !self.online {
            taken.rebirth = Some("device_before_node");
        }
        if self.metrics.len() > MAX_DEVICES && !self.metrics.contains_key(&topic.device) {
            let message = format!("more than {MAX_DEVICES} devices at one edge node");
            taken.faults.push(Fault::fatal("too_many_devices", message));
            return;
        }
        self.aliases.retain(|_, (device, _, _)| *device != topic.device);
        self.learn(topic.device.clone(), payload, taken);
    }

    /// Keeps names, aliases and types of a birth.
    fn learn(&mut self, device: Option<String>, payload: &Payload, taken: &mut Taken) {
        let mut part = Part { online: true, types: BTreeMap::new() };
        for metric in &payload.metrics {
            let Some(name) = metric.name.clone().filter(|name| !name.is_empty()) else {
                taken.faults.push(Fault::minor("no_name", "a birth names every metric; one has no name"));
                continue;
            };
            let Some(kind) = metric.datatype.filter(|kind| (1..=datatype::LAST).contains(kind)) else {
                taken.faults.push(Fault::minor("no_datatype", format!("metric `{name}` has no data type")));
                continue;
            };
            if self.aliases.len() + part.types.len() >= MAX_METRICS {
                let message = format!("more than {MAX_METRICS} metrics at one edge node");
                taken.faults.push(Fault::minor("too_many_metrics", message));
                break;
            }
            if let Some(alias) = metric.alias {
                let own = (device.clone(), name.clone(), kind);
                if let Some((_, other, _)) = self.aliases.insert(alias, own).filter(|(_, n, _)| *n != name) {
                    let message = format!("alias {alias} stands for `{other}` and for `{name}`");
                    taken.faults.push(Fault::minor("double_alias", message));
                }
            }
            part.types.insert(name, kind);
        }
        self.metrics.insert(device, part);
    }

    fn data(&mut self, topic: &Topic, payload: &Payload, taken: &mut Taken) {
        self.follow(payload, taken);
        if !self.online {
            taken.rebirth = Some("data_before_birth");
        } else if !self.metrics.get(&topic.device).is_some_and(|part| part.online) {
            taken.rebirth = Some("device_not_born");
        }
    }

    /// §6.4.18: every message of a session has the next number, 255 is followed by 0.
    fn follow(&mut self, payload: &Payload, taken: &mut Taken) {
        let next = self.seq.wrapping_add(1);
        match payload.seq.and_then(|seq| u8::try_from(seq).ok()) {
            Some(seq) => {
                if self.online && seq != next {
                    taken.rebirth = Some("sequence_gap");
                    taken
                        .faults
                        .push(Fault::minor("sequence_gap", format!("number {seq} instead of {next}")));
                }
                self.seq = seq;
            }
            None => {
                taken.rebirth = Some("no_seq");
                taken.faults.push(Fault::minor("no_seq", "the message has no sequence number 0 to 255"));
            }
        }
    }

    fn death(&mut self, topic: &Topic, names: &Names, payload: &Payload, at: Time, taken: &mut Taken) {
        // The will of a session that ended long ago may come after the birth of the next one.
        if !self.online || bd_seq(payload) != self.bd_seq {
            taken.faults.push(Fault::minor("old_death", "NDEATH of another session than the one born last"));
            return;
        }
        self.online = false;
        let at = time(payload.timestamp).unwrap_or(at);
        for (device, part) in &mut self.metrics {
            if std::mem::take(&mut part.online) {
                let of = Topic { device: device.clone(), ..topic.clone() };
                taken.reports.push(part.stale(names.station(&of), at));
            }
        }
    }

    fn device_death(&mut self, topic: &Topic, names: &Names, payload: &Payload, at: Time, taken: &mut Taken) {
        self.follow(payload, taken);
        if let Some(part) = self.metrics.get_mut(&topic.device).filter(|part| part.online) {
            part.online = false;
            taken.reports.push(part.stale(names.station(topic), time(payload.timestamp).unwrap_or(at)));
        }
    }

    fn report(
        &self,
        topic: &Topic,
        names: &Names,
        payload: &Payload,
        at: Time,
        faults: &mut Vec<Fault>,
    ) -> Report {
        let sent_at = time(payload.timestamp);
        let mut report = Report { station: Some(names.station(topic)), sent_at, ..Report::default() };
        for metric in &payload.metrics {
            let (name, kind) = match self.name_of(topic, metric) {
                Ok(known) => known,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            if is_control(&name) {
                continue;
            }
            let observed_at = time(metric.timestamp).or(sent_at).unwrap_or(at);
            report.readings.extend(reading(metric, name, kind, observed_at));
        }
        report
    }

    fn name_of(&self, topic: &Topic, metric: &Metric) -> Result<(String, u32), Fault> {
        let born =
            |name: &str| self.metrics.get(&topic.device).and_then(|part| part.types.get(name)).copied();
        match (&metric.name, metric.alias) {
            (Some(name), _) if !name.is_empty() => {
                let kind = metric.datatype.or_else(|| born(name)).unwrap_or_default();
                Ok((name.clone(), kind))
            }
            (_, Some(alias)) => match self.aliases.get(&alias) {
                Some((device, name, kind)) if *device == topic.device => Ok((name.clone(), *kind)),
                _ => {
                    Err(Fault::minor("unknown_alias", format!("no birth told what alias {alias} stands for")))
                }
            },
            _ => Err(Fault::minor("no_name", "a metric has neither name nor alias")),
        }
    }

    /// An unknown alias asks for a rebirth too; nobody is asked twice at once.
    fn debounce(&mut self, at: Time, taken: &mut Taken) {
        if taken.faults.iter().any(|fault| fault.code == "unknown_alias") {
            taken.rebirth = taken.rebirth.or(Some("unknown_alias"));
        }
        if taken.rebirth.is_some() {
            let recent = |asked: Time| (0..REBIRTH_PAUSE_MS).contains(&at.since_ms(asked));
            if self.rebirth_asked_at.is_some_and(recent) {
                taken.rebirth = None;
            } else {
                self.rebirth_asked_at = Some(at);
            }
        }
    }
}

impl Part {
    /// Every metric without a value, from now on.
    fn stale(&self, station: String, at: Time) -> Report {
        let numeric = |kind: u32| matches!(kind, datatype::INT8..=datatype::BOOLEAN);
        let names = self.types.iter().filter(|(name, kind)| numeric(**kind) && !is_control(name));
        let readings = names.map(|(name, _)| ReportReading::measured(name.clone(), None, at)).collect();
        Report { station: Some(station), sent_at: Some(at), readings, ..Report::default() }
    }
}

fn is_control(name: &str) -> bool {
    name == BD_SEQ || name.starts_with("Node Control/") || name.starts_with("Device Control/")
}

fn reading(metric: &Metric, element: String, kind: u32, observed_at: Time) -> Option<ReportReading> {
    if metric.is_null == Some(true) {
        return Some(ReportReading::measured(element, None, observed_at));
    }
    if kind == datatype::DATE_TIME {
        return None;
    }
    let value = number(metric.value.as_ref()?, kind)?;
    let value = Some(value).filter(|value| value.is_finite());
    let mut reading = ReportReading::measured(element, value, observed_at);
    if reading.quality == Quality::Good && !is_good(metric) {
        reading.quality = Quality::Suspect;
    }
    Some(reading)
}

/// §6.4.14: the property `Quality` is 192 (good), 0 (bad) or 500 (stale); without it, good.
pub(super) fn is_good(metric: &Metric) -> bool {
    let Some(set) = &metric.properties else { return true };
    let place = set.keys.iter().position(|key| key.eq_ignore_ascii_case("quality"));
    let quality = place.and_then(|n| set.values.get(n)).and_then(|value| value.int_value);
    quality.is_none_or(|quality| quality == 192)
}

fn bd_seq(payload: &Payload) -> Option<u64> {
    let metric = payload.metrics.iter().find(|metric| metric.name.as_deref() == Some(BD_SEQ))?;
    let number = number(metric.value.as_ref()?, datatype::UINT64)?;
    (0.0..=u32::MAX as f64).contains(&number).then_some(number as u64)
}

fn time(ms: Option<u64>) -> Option<Time> {
    let ms = i64::try_from(ms?).ok()?;
    (Time::MIN.ms()..=Time::MAX.ms()).contains(&ms).then(|| Time::from_ms(ms))
}
