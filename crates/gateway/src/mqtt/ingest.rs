//! 入库: what a message says, kept. The same for clients of our broker and for brokers outside.

use super::broker::Broker;
use super::config::Config;
use crate::credentials::Identity;
use crate::hub::Hub;
use crate::intake::{Arrival, Refused};
use crate::throttle::Throttle;
use field::id::StationCode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::Registry;
use wire::mqtt::{NAME, Packet, Properties, Publish, QoS, Told, TopicMap, Version};
use wire::sparkplug::{self, Kind};
use wire::{Report, ReportReading};

/// What became of a message.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Everything in it is durable, or was no telemetry; `false`: it must not be acknowledged.
    pub durable: bool,
    /// The stations it spoke of.
    pub stations: Vec<StationCode>,
    /// It was no telemetry of a known station that its sender may speak for.
    pub bad: bool,
    /// It may not be passed on.
    pub forbidden: bool,
    /// What nodes are to be told.
    pub down: Vec<Publish>,
}

/// Who sends.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// The stations proved.
    pub identity: Identity,
    /// A broker we chose to connect to: it is believed.
    pub trusted: bool,
}

/// What turns messages into readings.
#[derive(Debug)]
pub(crate) struct Ingest {
    pub hub: Hub,
    pub config: Config,
    pub broker: Broker,
    host: Mutex<sparkplug::Host>,
    /// Lines about clients that were not let in.
    pub turned_away: Throttle,
}

impl Ingest {
    pub(crate) fn new(config: Config, hub: Hub) -> Arc<Self> {
        let names = config.sparkplug.clone().unwrap_or_default().names;
        let host = Mutex::new(sparkplug::Host::new(names));
        Arc::new(Self { hub, config, broker: Broker::default(), host, turned_away: Throttle::default() })
    }

    /// Whether somebody may speak for a station.
    pub(crate) fn may(&self, sender: &Sender, registry: &Registry, station: &StationCode) -> bool {
        let required = self.config.require_credentials;
        sender.trusted || sender.identity.may_speak_for(registry, station, NAME, required)
    }

    /// Takes a message. When it returns `durable`, the message may be acknowledged.
    pub(crate) async fn take(&self, publish: &Publish, sender: &Sender, arrival: Arrival) -> Taken {
        if self.config.sparkplug.is_some()
            && let Some(topic) = sparkplug::Topic::parse(&publish.topic)
        {
            return self.take_sparkplug(&topic, publish, sender, arrival).await;
        }
        let told =
            self.config.maps.iter().find_map(|map| map.read(&publish.topic, &publish.payload, arrival.at));
        let told = match told {
            Some(told) => told,
            None if self.config.maps.is_empty() => match self.plain(publish, arrival) {
                Some(told) => told,
                None => return Taken { durable: true, ..Taken::default() },
            },
            None => return Taken { durable: true, ..Taken::default() },
        };
        self.take_told(told, publish, sender, arrival).await
    }

    /// Without any mapping: a message about a station, or with numbers in it, is telemetry; commands
    /// and their answers are not.
    fn plain(&self, publish: &Publish, arrival: Arrival) -> Option<Told> {
        let mut levels = publish.topic.split('/');
        let station = levels.nth(1)?;
        if matches!(levels.next(), Some("answer" | "down")) {
            return None;
        }
        let told = TopicMap::plain().read(&publish.topic, &publish.payload, arrival.at)?;
        (!told.readings.is_empty() || self.hub.intake.known(station).is_ok()).then_some(told)
    }

    async fn take_told(&self, told: Told, publish: &Publish, sender: &Sender, arrival: Arrival) -> Taken {
        let mut taken = Taken { durable: true, ..Taken::default() };
        if let Some(fault) = told.faults.first() {
            taken.bad = told.readings.is_empty();
            let station = told.readings.first().map(|r| r.station.clone());
            self.refuse(publish, station, Refused::new(fault.code, fault.message.clone()), arrival).await;
        }
        let named = told.readings.iter().filter(|reading| !reading.unit.is_empty());
        let named = named.map(|r| (r.station.as_str(), r.element.as_str(), r.unit.as_str()));
        self.hub.intake.adopt_units(named).await;
        let registry = self.hub.intake.registry();
        // A payload without a time of its own is told apart from the same one a minute later.
        let untimed = told.readings.iter().any(|r| r.observed_at == arrival.at);
        let mut stations: BTreeMap<String, Vec<ReportReading>> = BTreeMap::new();
        for reading in told.readings {
            let value = match converted(&registry, &reading) {
                Ok(value) => value,
                Err(refused) => {
                    self.refuse(publish, Some(reading.station), refused, arrival).await;
                    continue;
                }
            };
            let measured = ReportReading::measured(reading.element, value, reading.observed_at);
            stations.entry(reading.station).or_default().push(measured);
        }
        for (station, readings) in stations {
            let report = Report { station: Some(station), readings, ..Report::default() };
            self.keep(&mut taken, report, publish, untimed, sender, arrival, NAME).await;
        }
        taken
    }

    async fn take_sparkplug(
        &self,
        topic: &sparkplug::Topic,
        publish: &Publish,
        sender: &Sender,
        arrival: Arrival,
    ) -> Taken {
        let mut taken = Taken { durable: true, ..Taken::default() };
        if matches!(topic.kind, Kind::NodeCommand | Kind::DeviceCommand) {
            return taken;
        }
        let heard = {
            let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
            host.take(topic, &publish.payload, arrival.at)
        };
        // An edge node tells a gap by itself: it is asked again, nobody needs to look at it.
        if let Some(fault) = heard.faults.iter().find(|f| f.fatal) {
            taken.bad = true;
            let station = topic.device.clone().or_else(|| Some(topic.node.clone()));
            self.refuse(publish, station, Refused::new(fault.code, fault.message.clone()), arrival).await;
        }
        if let Some(why) = heard.rebirth {
            metrics::counter!("sparkplug_rebirths_asked_total", "why" => why).increment(1);
            let payload = sparkplug::rebirth(arrival.at);
            let topic = topic.of_kind(Kind::NodeCommand).to_string();
            taken.down.push(Publish { topic, payload, ..Publish::default() });
        }
        for report in heard.reports.into_iter().filter(|report| !report.readings.is_empty()) {
            self.keep(&mut taken, report, publish, false, sender, arrival, sparkplug::NAME).await;
        }
        taken
    }

    #[expect(clippy::too_many_arguments, reason = "one message of one station, and everything it came with")]
    async fn keep(
        &self,
        taken: &mut Taken,
        report: Report,
        publish: &Publish,
        untimed: bool,
        sender: &Sender,
        arrival: Arrival,
        protocol: &'static str,
    ) {
        let text = report.station.clone().unwrap_or_default();
        let station = match self.hub.intake.known(&text) {
            Ok(station) if self.may(sender, &self.hub.intake.registry(), &station) => station,
            Ok(station) => {
                let why = format!("the client did not prove that it may speak for station `{station}`");
                (taken.bad, taken.forbidden) = (true, true);
                self.refuse(publish, Some(text), Refused::new("not_proved", why), arrival).await;
                return;
            }
            Err(refused) => {
                taken.bad = true;
                self.refuse(publish, Some(text), refused, arrival).await;
                return;
            }
        };
        let raw = raw(publish, untimed.then_some(arrival));
        match self.hub.intake.keep(&station, protocol, raw, &report, arrival).await {
            Ok(_) => taken.stations.push(station),
            Err(_) => taken.durable = false,
        }
    }

    async fn refuse(&self, publish: &Publish, station: Option<String>, refused: Refused, arrival: Arrival) {
        let piece = self.hub.intake.refuse(NAME, station, raw(publish, None), refused, arrival);
        self.hub.quarantine.add(piece).await;
    }
}

/// A value in its point's unit; as it is, where the sender named no unit or there is no such point.
fn converted(registry: &Registry, reading: &wire::json_push::JsonReading) -> Result<Option<f64>, Refused> {
    let Some(value) = reading.value.filter(|_| !reading.unit.is_empty()) else { return Ok(reading.value) };
    let station = StationCode::new(reading.station.as_str()).ok();
    let point = station.and_then(|station| registry.point_for_element(&station, &reading.element).cloned());
    let Some(point) = point else { return Ok(Some(value)) };
    match field::unit::conversion(&reading.unit, point.unit()) {
        Ok(conversion) => Ok(Some(conversion.apply(value))),
        Err(fault) => Err(Refused::new("bad_unit", format!("element `{}`: {fault}", reading.element))),
    }
}

/// The message as its PUBLISH packet: what was kept can be read again, topic and all. A payload
/// without a time gets the moment of its arrival as a user property.
fn raw(publish: &Publish, arrived: Option<Arrival>) -> Vec<u8> {
    let properties = match arrived {
        Some(arrival) => Properties::default().with_user("received_at", arrival.at.to_string()),
        None => Properties::default(),
    };
    let plain = Publish { qos: QoS::AtMostOnce, dup: false, id: 0, properties, ..publish.clone() };
    Packet::Publish(plain).to_bytes(Version::V5)
}
