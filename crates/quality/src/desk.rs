//! 质控台: the live desk. Tails the samples log, checks, writes what it finds into the same log.
//!
//! Idempotent: a finding is written before the cursor moves past the packet it is about, and the
//! store does not keep the same finding twice.

use crate::checks::{CHECKS, Doubt, View};
use crate::estimate;
use crate::trails::Trails;
use field::clock::Clock;
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample, StoredPacket};
use field::station::{Point, Quantity, StationKind};
use field::time::{DAY_MS, HOUR_MS, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Actor, Registry, Store, StoreError};
use tokio::sync::watch;

/// The desk's name, and of its cursor in the log.
const DESK: &str = "quality";
/// The cursor of the estimates: milliseconds since 1970.
const ESTIMATED: &str = "quality_estimates";
/// Packets read at once.
const BATCH: usize = 512;
/// Batches after which the shutdown is looked at even while more packets wait.
const BATCHES_PER_TURN: usize = 32;
/// Packets without a finding before the cursor is written: what is checked again after a crash.
const CURSOR_EVERY: i64 = 2_000;
/// Gauges around a point that are looked at.
const AROUND: usize = 4;
/// Points beside a point that are looked at.
const SIBLINGS: usize = 16;
/// Gauges further away see another rain, metres.
const AROUND_M: f64 = 15_000.0;
/// A report may come so late before its place is estimated.
const WAIT_MS: i64 = HOUR_MS;
/// Places further back are not estimated after an outage.
const BACK_MS: i64 = DAY_MS;
/// Longest sleep between looks.
const SLEEP: Duration = Duration::from_millis(500);
/// Wait after the store refused.
const RETRY: Duration = Duration::from_secs(2);

/// A gauge near a point.
type Gauge = (PointId, f64);

/// The desk.
#[derive(Debug)]
pub struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    trails: Trails,
    /// The rain gauges around each point that was looked at, of this version of the registry.
    around: BTreeMap<PointId, Vec<Gauge>>,
    version: u64,
    /// Checked up to here.
    done: PacketSeq,
    /// The cursor in the store.
    written: PacketSeq,
    estimated: Time,
}

/// Runs the desk until `shutdown` turns true. What the store refuses is tried again.
///
/// # Errors
/// [`StoreError::Closed`] when the store was closed under it.
pub async fn run(
    store: Store,
    clock: Arc<dyn Clock>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let mut desk = Desk::open(store, clock).await?;
    let mut packets = desk.store.samples.watch();
    while !*shutdown.borrow() {
        packets.mark_unchanged();
        let rest = match desk.part().await {
            Ok(true) => SLEEP,
            Ok(false) => continue,
            Err(error @ StoreError::Closed { .. }) => return Err(error),
            Err(error) => {
                tracing::error!(%error, "quality desk cannot read or write the store; trying again");
                desk = Desk::open(desk.store, desk.clock).await?;
                RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = packets.changed(), if rest == SLEEP => {}
            told = shutdown.changed() => if told.is_err() { break },
        }
    }
    desk.keep_cursor().await
}

impl Desk {
    /// A desk that goes on where the last one stopped.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(store: Store, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let done = PacketSeq(store.tables.cursor(DESK).await?);
        let estimated = Time::from_ms(store.tables.cursor(ESTIMATED).await?);
        Ok(Self {
            trails: Trails::default(),
            around: BTreeMap::new(),
            version: store.tables.registry().version(),
            done,
            written: done,
            estimated,
            store,
            clock,
        })
    }

    /// Checks everything that came in, and estimates what is due. When it returns, the findings are
    /// in the log.
    ///
    /// # Errors
    /// What the store says; open the desk anew then.
    pub async fn turn(&mut self) -> Result<(), StoreError> {
        while !self.part().await? {}
        Ok(())
    }

    /// A part of a turn; whether it was the last.
    async fn part(&mut self) -> Result<bool, StoreError> {
        self.follow_registry();
        for _ in 0..BATCHES_PER_TURN {
            let batches = self.store.samples.batches_after(self.done, BATCH).await?;
            for batch in &batches {
                let registry = self.store.tables.registry();
                for packet in batch.by_station(&registry) {
                    self.check(&registry, &packet).await?;
                }
                self.done = batch.seq();
            }
            if self.done.0 - self.written.0 >= CURSOR_EVERY {
                self.keep_cursor().await?;
            }
            if batches.is_empty() || self.done >= self.store.samples.head() {
                self.estimate().await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn follow_registry(&mut self) {
        let version = self.store.tables.registry().version();
        if version != self.version {
            self.around.clear();
            self.version = version;
        }
    }

    async fn keep_cursor(&mut self) -> Result<(), StoreError> {
        if self.done == self.written {
            return Ok(());
        }
        let mut tx = self.store.tables.begin(Actor::Desk(DESK), self.clock.now()).await?;
        tx.cursor_put(DESK, self.done.0).await?;
        tx.commit().await?;
        self.written = self.done;
        Ok(())
    }

    async fn check(&mut self, registry: &Registry, stored: &StoredPacket) -> Result<(), StoreError> {
        let packet = &stored.packet;
        if packet.protocol == Packet::TWIN {
            // What models say is no reading to be doubted.
            return Ok(());
        }
        let mut newest = vec![];
        for reading in &packet.readings {
            self.trails.fill(&self.store.samples, reading.point, reading.sample.at).await?;
            if self.trails.insert(reading.point, reading.sample) && !packet.is_computed() {
                newest.push(reading.point);
            }
        }
        let (mut readings, mut findings) = (vec![], vec![]);
        newest.dedup();
        for point in newest.iter().filter_map(|id| registry.point(*id)) {
            if let Some((code, doubt)) = self.judge(registry, point).await?
                && let Some(doubted) = self.doubted(point.id, doubt.at)
            {
                readings.push(doubted);
                findings.push(finding(code, point, &doubt));
                metrics::counter!("quality_doubts_total", "check" => code).increment(1);
            }
        }
        for reading in &readings {
            self.trails.insert(reading.point, reading.sample);
        }
        self.write(&packet.station, readings, findings).await
    }

    /// The first check that doubts the newest reading of a point.
    async fn judge(
        &mut self,
        registry: &Registry,
        point: &Arc<Point>,
    ) -> Result<Option<(&'static str, Doubt)>, StoreError> {
        let checks = CHECKS.iter().filter(|c| c.is_for(point.quantity));
        let around = self.gauges_around(registry, point);
        let Some(at) = self.trails.of(point.id).last().map(|s| s.at) else { return Ok(None) };
        let siblings = siblings(registry, point);
        for id in around.iter().map(|(id, _)| *id).chain(siblings.iter().map(|(_, id)| *id)) {
            self.trails.fill(&self.store.samples, id, at).await?;
        }
        let rain: Vec<&[Sample]> = around.iter().map(|(id, _)| self.trails.of(*id)).collect();
        let beside: Vec<(Quantity, &[Sample])> =
            siblings.iter().map(|(quantity, id)| (*quantity, self.trails.of(*id))).collect();
        let view = View { point, trail: self.trails.of(point.id), siblings: &beside, rain_around: &rain };
        Ok(checks.into_iter().find_map(|check| (check.judge)(&view).map(|doubt| (check.code, doubt))))
    }

    /// The reading as it is, with its quality turned to doubtful.
    fn doubted(&self, point: PointId, at: Time) -> Option<Reading> {
        let sample = self.trails.of(point).iter().rev().find(|s| s.at == at)?;
        (sample.quality == Quality::Good)
            .then_some(Reading { point, sample: Sample { quality: Quality::Suspect, ..*sample } })
    }

    fn gauges_around(&mut self, registry: &Registry, point: &Point) -> Vec<Gauge> {
        if let Some(known) = self.around.get(&point.id) {
            return known.clone();
        }
        let gauges = registry.station(&point.station).map_or_else(Vec::new, |station| {
            let near = registry.nearest(StationKind::Rain, station.position, AROUND + 1);
            near.into_iter()
                .filter(|(gauge, distance)| gauge.code != point.station && *distance <= AROUND_M)
                .filter_map(|(gauge, distance)| Some((rain_point(registry, &gauge.code)?.id, distance)))
                .take(AROUND)
                .collect()
        });
        self.around.insert(point.id, gauges.clone());
        gauges
    }

    /// Writes estimates for the slots whose reports had time enough to come.
    async fn estimate(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now().ms();
        let upto = (now - WAIT_MS).div_euclid(estimate::SLOT_MS) * estimate::SLOT_MS;
        let from = self.estimated.ms().max(upto - BACK_MS);
        if upto <= from {
            return Ok(());
        }
        let registry = self.store.tables.registry();
        let gauges = registry.stations().values().filter(|s| s.kind == StationKind::Rain);
        for station in gauges.map(|s| s.code.clone()).collect::<Vec<_>>() {
            self.estimate_gauge(&registry, &station, from, upto).await?;
        }
        let mut tx = self.store.tables.begin(Actor::Desk(DESK), self.clock.now()).await?;
        tx.cursor_put(DESK, self.done.0).await?;
        tx.cursor_put(ESTIMATED, upto).await?;
        tx.commit().await?;
        (self.written, self.estimated) = (self.done, Time::from_ms(upto));
        Ok(())
    }

    async fn estimate_gauge(
        &mut self,
        registry: &Registry,
        station: &StationCode,
        from: i64,
        upto: i64,
    ) -> Result<(), StoreError> {
        let Some(point) = rain_point(registry, station).cloned() else { return Ok(()) };
        let around = self.gauges_around(registry, &point);
        for id in around.iter().map(|(id, _)| *id).chain([point.id]) {
            self.trails.fill(&self.store.samples, id, Time::from_ms(upto + 1)).await?;
        }
        // A gauge that was never heard, or not for long, has no place to be filled.
        let Some(first) = self.trails.of(point.id).first().map(|s| s.at.ms()) else { return Ok(()) };
        let gauges: Vec<(f64, &[Sample])> =
            around.iter().map(|(id, distance)| (*distance, self.trails.of(*id))).collect();
        let begin = from.max(first) / estimate::SLOT_MS * estimate::SLOT_MS + estimate::SLOT_MS;
        let estimates: Vec<Sample> = (begin..=upto)
            .step_by(estimate::SLOT_MS as usize)
            .map(Time::from_ms)
            .filter(|at| !is_measured(self.trails.of(point.id), *at))
            .filter_map(|at| estimate::rain(at, &gauges))
            .collect();
        let readings = estimates.iter().map(|s| Reading { point: point.id, sample: *s }).collect();
        for sample in &estimates {
            self.trails.insert(point.id, *sample);
        }
        metrics::counter!("quality_estimates_total").increment(estimates.len() as u64);
        let findings = estimates
            .iter()
            .map(|s| json!({ "check": "estimate", "point": point.id, "at": s.at, "found": s.value }));
        let findings = findings.collect();
        self.write(station, readings, findings).await
    }

    async fn write(
        &self,
        station: &StationCode,
        readings: Vec<Reading>,
        findings: Vec<Value>,
    ) -> Result<(), StoreError> {
        if readings.is_empty() {
            return Ok(());
        }
        let packet = Packet {
            station: station.clone(),
            received_at: self.clock.now(),
            sent_at: None,
            protocol: Packet::QUALITY.to_owned(),
            raw: json!({ "v": 1, "findings": findings }).to_string().into_bytes(),
            readings,
        };
        self.store.samples.append(packet).await.map(drop)
    }
}

/// The points beside a point that some check of it looks at: a push source's station may have
/// thousands that none does.
fn siblings(registry: &Registry, point: &Point) -> Vec<(Quantity, PointId)> {
    let looked_at = |quantity: Quantity| {
        CHECKS.iter().any(|check| check.is_for(point.quantity) && check.beside.contains(&quantity))
    };
    if !CHECKS.iter().any(|check| check.is_for(point.quantity) && !check.beside.is_empty()) {
        return vec![];
    }
    let beside = registry.points_of(&point.station).iter();
    let beside = beside.filter(|p| p.id != point.id && looked_at(p.quantity));
    beside.map(|p| (p.quantity, p.id)).take(SIBLINGS).collect()
}

fn finding(code: &str, point: &Point, doubt: &Doubt) -> Value {
    json!({ "check": code, "point": point.id, "at": doubt.at, "found": doubt.found, "limit": doubt.limit })
}

fn rain_point<'a>(registry: &'a Registry, station: &StationCode) -> Option<&'a Arc<Point>> {
    registry.points_of(station).iter().find(|p| p.quantity == Quantity::Rain)
}

fn is_measured(trail: &[Sample], at: Time) -> bool {
    trail.binary_search_by_key(&at, |s| s.at).is_ok_and(|i| trail.get(i).is_some_and(|s| s.value.is_some()))
}
