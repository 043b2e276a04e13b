//! One storm through the twin's own desk: a store, a clock that is moved, reports, turns.

use anyhow::{Context, Result};
use city::Town;
use city::models::Models;
use city::storm::Rainfall;
use city::water::{Course, Sewers, reading_m};
use field::clock::TestClock;
use field::id::{PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample};
use field::station::{Computed, Quantity, Station, StationKind};
use field::time::{MINUTE_MS, Time};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use store::{Options, Store};
use tempfile::TempDir;
use twin::{Desk, ENGINES, Score, Trials};

/// Stations report so often; pump stations are asked each minute.
const REPORT_MIN: i64 = 5;
/// The engine of the storm sewers.
const ENGINE: &str = "storm";
/// Values of one series that are read back at most.
const VALUES_MAX: usize = 20_000;

/// A storm to be played.
pub(super) struct Play {
    name: String,
    town: Town,
    rain: Rainfall,
    begins: Time,
    store: Store,
    clock: Arc<TestClock>,
    packets: u64,
    /// The store's files; gone with it.
    _folder: TempDir,
}

/// What came of a storm.
#[derive(Debug, Serialize)]
pub(super) struct Played {
    pub(super) name: String,
    pub(super) town: u64,
    pub(super) minutes: i64,
    turns: usize,
    /// Of the machine's time, ms.
    mean_turn_ms: f64,
    longest_turn_ms: f64,
    /// What the board said after the last turn: levels bound and silent, gauges likewise.
    board: serde_json::Value,
    /// Events that were scored when they were over.
    events: usize,
    pub(super) stations: Vec<StationPlayed>,
}

/// How one station was simulated and foretold.
#[derive(Debug, Serialize)]
pub(super) struct StationPlayed {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Minutes of which the corrected run said something.
    simulated: usize,
    /// Root mean square error of the corrected run, and of the model alone under the same rain, m.
    pub(super) simulated_rmse_m: f64,
    pub(super) alone_rmse_m: f64,
    /// Forecasts that lie in the store, by lead time.
    stored: BTreeMap<u16, usize>,
    /// The twin's own scores, event by event.
    pub(super) scores: Vec<Score>,
}

impl Play {
    pub(super) async fn new(name: String, town: Town, rain: Rainfall) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(Options::new(folder.path())).await?;
        let begins = Time::from_beijing(2021, 6, 30, 6, 0, 0).context("a date")?;
        crate::demo::seed::ensure(&store, &town, begins).await?;
        for (file, bytes) in Models::of(&town).files() {
            store.models.put(file, bytes).await?;
        }
        let clock = Arc::new(TestClock::at(begins));
        Ok(Self { name, town, rain, begins, store, clock, packets: 0, _folder: folder })
    }

    /// Plays so many minutes with a turn of the twin every so many.
    pub(super) async fn through(mut self, minutes: i64, every_min: u32) -> Result<Played> {
        let whole = usize::try_from(minutes).context("a storm that goes backwards")?;
        let course = Sewers::of(&self.town)?.course(&self.rain, whole);
        let kind = ENGINES.iter().find(|kind| kind.code == ENGINE).context("the twin has no storm sewers")?;
        let mut desk = Desk::new(self.store.clone(), self.clock.clone(), kind, Trials::default());
        let (mut turns, mut sum_ms, mut longest_ms) = (0, 0.0, 0.0_f64);
        for minute in 1..=minutes {
            self.report(&course, minute).await?;
            self.clock.advance_ms(MINUTE_MS);
            if minute % i64::from(every_min) != 0 {
                continue;
            }
            // A minute is computed when the next one is over: its reports are in.
            let began = Instant::now();
            desk.turn().await?;
            let took_ms = began.elapsed().as_secs_f64() * 1_000.0;
            (turns, sum_ms, longest_ms) = (turns + 1, sum_ms + took_ms, longest_ms.max(took_ms));
        }
        let alone = self.alone(minutes)?;
        let scores = self.store.tables.setting(twin::board::SCORES).await?.unwrap_or_default();
        let scores: twin::board::Scores = serde_json::from_value(scores).unwrap_or_default();
        let board = self.store.models.shown(twin::board::STORM);
        let board: serde_json::Value =
            board.map(|b| serde_json::from_slice(&b)).transpose()?.unwrap_or_default();
        let mut stations = Vec::new();
        for (online, station) in self.town.online().enumerate() {
            let of_alone = alone.get(online).map_or(&[][..], Vec::as_slice);
            stations.push(self.station((online, station), &course, of_alone, &scores).await?);
        }
        let played = Played {
            name: self.name.clone(),
            town: self.town.seed,
            minutes,
            turns,
            mean_turn_ms: sum_ms / turns.max(1) as f64,
            longest_turn_ms: longest_ms,
            board: serde_json::json!({ "levels": board.get("levels"), "gages": board.get("gages") }),
            events: scores.events.len(),
            stations,
        };
        self.store.close().await;
        Ok(played)
    }

    /// What the stations report of a minute.
    async fn report(&mut self, course: &Course, minute: i64) -> Result<()> {
        let at = self.begins.plus_ms(minute * MINUTE_MS);
        let is_mark = minute % REPORT_MIN == 0;
        let mut readings = Vec::new();
        let mut add = |point: Option<PointId>, value: Option<f64>| {
            if let (Some(point), Some(value)) = (point, value) {
                readings.push(Reading {
                    point,
                    sample: Sample { at, value: Some(value), quality: Quality::Good },
                });
            }
        };
        let now = usize::try_from(minute).unwrap_or(0);
        for (online, station) in self.town.online().enumerate() {
            let is_pump = station.kind == StationKind::Pump;
            if is_mark || is_pump {
                let level = course.level_m(online, now);
                add(self.level(station), level.map(|m| reading_m(&self.town, online, at, m)));
            }
            if is_pump {
                add(
                    self.point(&station.code, Quantity::PumpsRunning),
                    course.running(online, now).map(f64::from),
                );
            }
        }
        for (gauge, station) in self.town.gauges().enumerate().filter(|_| is_mark) {
            let tenths = |minute| self.rain.counter_tenths(gauge, minute);
            let fell = tenths(minute) - tenths(minute - REPORT_MIN);
            add(self.point(&station.code, Quantity::Rain), Some(f64::from(fell) / 10.0));
        }
        if readings.is_empty() {
            return Ok(());
        }
        self.packets += 1;
        let station = self.town.stations.first().context("a town without stations")?.code.clone();
        let raw = self.packets.to_be_bytes().to_vec();
        let packet =
            Packet { station, received_at: at, sent_at: None, protocol: "bench".into(), raw, readings };
        self.store.samples.append(packet).await?;
        Ok(())
    }

    fn point(&self, station: &StationCode, quantity: Quantity) -> Option<PointId> {
        let registry = self.store.tables.registry();
        registry.points_of(station).iter().find(|point| point.quantity == quantity).map(|point| point.id)
    }

    fn level(&self, station: &Station) -> Option<PointId> {
        self.point(&station.code, Quantity::Level).or_else(|| self.point(&station.code, Quantity::Depth))
    }

    /// The twin's model alone, without any correction, under the same rain: the online points' readings,
    /// minute by minute.
    fn alone(&self, minutes: i64) -> Result<Vec<Vec<f64>>> {
        let models = Models::of(&self.town);
        let model = drains::Model::read(&models.storm, &|_| None)?;
        let mut state = drains::State::new(&model, drains::Numerics::Fast);
        let levels = bound_levels(&self.town, &models.bindings, &model);
        let mut series = vec![Vec::new(); levels.len()];
        for minute in 0..minutes {
            for gauge in 0..self.rain.gauges() {
                state.set_rain(gauge, Some(self.rain.intensity_mmh(gauge, minute)));
            }
            state.run_until(&model, (minute + 1) as f64 * 60.0);
            for (level, series) in levels.iter().zip(&mut series) {
                let head =
                    level.as_ref().and_then(|l| state.node(&model, l.node)).map_or(f64::NAN, |n| n.head);
                series.push(level.as_ref().map_or(f64::NAN, |l| l.reading_m(head)));
            }
        }
        Ok(series)
    }

    async fn station(
        &self,
        (online, station): (usize, &Station),
        course: &Course,
        alone: &[f64],
        scores: &twin::board::Scores,
    ) -> Result<StationPlayed> {
        let registry = self.store.tables.registry();
        let (mut simulated, mut stored) = (Vec::new(), BTreeMap::new());
        for point in registry.computed_of(&station.code) {
            let samples = self.store.samples.range(point.id, Time::MIN, Time::MAX, VALUES_MAX).await?;
            match point.computed() {
                Some((Computed::Simulated, _)) => simulated = samples,
                Some((Computed::Forecast(lead), _)) => {
                    stored.insert(lead, samples.len());
                }
                _ => {}
            }
        }
        let truth = |minute: usize| course.level_m(online, minute);
        let of_twin = simulated.iter().filter_map(|(sample, _)| {
            let minute = usize::try_from(sample.at.since_ms(self.begins) / MINUTE_MS).ok()?;
            Some(sample.value? - truth(minute)?)
        });
        let of_alone = alone.iter().enumerate().filter_map(|(n, value)| Some(value - truth(n + 1)?));
        let of_events = scores.events.iter().flat_map(|event| &event.stations);
        Ok(StationPlayed {
            code: station.code.to_string(),
            name: station.name.clone(),
            kind: station.kind.code(),
            simulated: simulated.len(),
            simulated_rmse_m: root_mean_square(of_twin),
            alone_rmse_m: root_mean_square(of_alone),
            stored,
            scores: of_events.filter(|score| score.station == station.code).cloned().collect(),
        })
    }
}

/// A level as `bindings.json` has it.
struct BoundLevel {
    node: usize,
    zero_m: f64,
    is_floor: bool,
}

impl BoundLevel {
    fn reading_m(&self, head_m: f64) -> f64 {
        let raw = head_m - self.zero_m;
        if self.is_floor { raw.max(0.0) } else { raw }
    }
}

/// The online points' levels in a model, in their order.
fn bound_levels(town: &Town, bindings: &serde_json::Value, model: &drains::Model) -> Vec<Option<BoundLevel>> {
    let levels = bindings.pointer("/storm/levels").and_then(|l| l.as_array()).map_or(&[][..], Vec::as_slice);
    let of = |station: &Station| {
        let level = levels.iter().find(|l| l.get("station").is_some_and(|s| s == station.code.as_str()))?;
        let name = level.get("node")?.as_str()?;
        Some(BoundLevel {
            node: model.node_names().iter().position(|node| node == name)?,
            zero_m: level.get("zero_m")?.as_f64()?,
            is_floor: level.get("floor").and_then(serde_json::Value::as_bool).unwrap_or(false),
        })
    };
    town.online().map(of).collect()
}

fn root_mean_square(errors: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = errors.fold((0.0, 0_u32), |(sum, n), error| (sum + error * error, n + 1));
    (sum / f64::from(n.max(1))).sqrt()
}
