//! Stations, their points, and what an editor sends back.

use super::person::{self, BlockBrief};
use super::words::{self, Stamp};
use crate::trend::Trends;
use field::id::{PacketSeq, PointId, StationCode};
use field::place::Position;
use field::rule::RuleSetting;
use field::sample::{Quality, Sample};
use field::severity::{Severity, Thresholds};
use field::station::{Point, Quantity, Station, StationKind};
use field::time::{DAY_MS, HOUR_MS, SECOND_MS, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::{Registry, Samples, Seen};
use utoipa::ToSchema;

/// A position in CGCS2000 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PositionView {
    pub(crate) lon: f64,
    pub(crate) lat: f64,
}

/// A station as others name it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct StationBrief {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = words::StationKind)]
    pub(crate) kind: StationKind,
    pub(crate) position: PositionView,
}

/// The newest value of a point.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct LatestView {
    pub(crate) at: Stamp,
    pub(crate) value: Option<f64>,
    #[schema(value_type = words::Quality)]
    pub(crate) quality: Quality,
    /// The packet it came in.
    pub(crate) packet: i64,
}

/// The four thresholds of a point's level rule.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct ThresholdsView {
    pub(crate) blue: Option<f64>,
    pub(crate) yellow: Option<f64>,
    pub(crate) orange: Option<f64>,
    pub(crate) red: Option<f64>,
}

/// A point.
#[derive(Serialize, ToSchema)]
pub(crate) struct PointView {
    pub(crate) id: i64,
    #[schema(value_type = words::Quantity)]
    pub(crate) quantity: Quantity,
    pub(crate) unit: String,
    pub(crate) elements: Vec<String>,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Whether it is what people come for.
    pub(crate) headline: bool,
    pub(crate) latest: Option<LatestView>,
    pub(crate) thresholds: Option<ThresholdsView>,
    /// How much it rose in the last ten minutes, in its unit.
    pub(crate) trend_per_10min: Option<f64>,
}

/// 检修.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct MaintenanceView {
    pub(crate) until: Stamp,
    pub(crate) reason: String,
}

/// A station.
#[derive(Serialize, ToSchema)]
pub(crate) struct StationView {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = words::StationKind)]
    pub(crate) kind: StationKind,
    pub(crate) position: PositionView,
    pub(crate) block: BlockBrief,
    pub(crate) report_interval_s: u32,
    pub(crate) ground_m: Option<f64>,
    pub(crate) crown_m: Option<f64>,
    pub(crate) maintenance: Option<MaintenanceView>,
    pub(crate) synthetic: bool,
    pub(crate) points: Vec<PointView>,
    pub(crate) last_received_at: Option<Stamp>,
    /// Heard within 2.5 report intervals.
    pub(crate) online: bool,
    /// Reports of the last 24 h over those expected, 0 to 1; `null` while that is too short to say.
    pub(crate) online_rate: Option<f64>,
    /// Receiver's clock minus station's, seconds.
    pub(crate) drift_s: Option<f64>,
    /// The protocol in which a command would reach it now; `null`: it is not on line.
    #[schema(required)]
    pub(crate) protocol: Option<String>,
    /// It sends more than its budget and is slowed down until then.
    #[schema(required)]
    pub(crate) throttled_until: Option<Stamp>,
    /// The worst of its open alarms.
    #[schema(value_type = Option<words::Severity>)]
    pub(crate) severity: Option<Severity>,
    /// For `If-Match`.
    pub(crate) etag: String,
}

/// What an editor sends: the whole station as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StationEdit {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = words::StationKind)]
    pub(crate) kind: StationKind,
    pub(crate) position: PositionView,
    /// The block's number; found by the position when left out.
    pub(crate) block: Option<i64>,
    pub(crate) report_interval_s: u32,
    pub(crate) ground_m: Option<f64>,
    pub(crate) crown_m: Option<f64>,
    pub(crate) points: Vec<PointEdit>,
}

/// One point of a [`StationEdit`].
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointEdit {
    /// Left out for a new point; a known point that is not listed is deleted.
    pub(crate) id: Option<i64>,
    #[schema(value_type = words::Quantity)]
    pub(crate) quantity: Quantity,
    pub(crate) elements: Vec<String>,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl From<Position> for PositionView {
    fn from(p: Position) -> Self {
        Self { lon: p.lon, lat: p.lat }
    }
}

impl From<PositionView> for Position {
    fn from(p: PositionView) -> Self {
        Self { lon: p.lon, lat: p.lat }
    }
}

impl From<(Sample, PacketSeq)> for LatestView {
    fn from((sample, packet): (Sample, PacketSeq)) -> Self {
        Self { at: sample.at.into(), value: sample.value, quality: sample.quality, packet: packet.0 }
    }
}

impl From<&Station> for StationBrief {
    fn from(s: &Station) -> Self {
        Self {
            code: s.code.to_string(),
            name: s.name.clone(),
            name_en: s.name_en.clone(),
            kind: s.kind,
            position: s.position.into(),
        }
    }
}

impl From<Thresholds> for ThresholdsView {
    fn from(t: Thresholds) -> Self {
        Self { blue: t.blue, yellow: t.yellow, orange: t.orange, red: t.red }
    }
}

/// The station of that code; one no longer registered keeps its code as a name.
pub(crate) fn brief(registry: &Registry, code: &StationCode) -> StationBrief {
    registry.station(code).map_or_else(
        || StationBrief {
            code: code.to_string(),
            name: code.to_string(),
            name_en: code.to_string(),
            kind: StationKind::Manhole,
            position: PositionView { lon: 0.0, lat: 0.0 },
        },
        |s| StationBrief::from(&**s),
    )
}

/// Reports later than so many intervals mean silence: two lost ones are weather, three are a fault.
const SILENT_AFTER_INTERVALS: f64 = 2.5;

/// Whether a station is heard: its last report is at most 2.5 intervals old. After a playback leapt
/// forward, silence is counted from the leap.
pub(crate) fn is_online(station: &Station, last: Option<Time>, now: Time, leapt_at: Option<Time>) -> bool {
    let Some(last) = last else { return false };
    let since = leapt_at.map_or(last, |leap| leap.max(last));
    let allowed_ms = f64::from(station.report_interval_s) * SILENT_AFTER_INTERVALS * SECOND_MS as f64;
    (now.since_ms(since) as f64) <= allowed_ms
}

/// When a station was heard last: by itself, or, where a platform pushes for it, when the newest of its
/// values was measured. A value dated more than a day ahead says nothing of that.
pub(crate) fn last_contact(
    samples: &Samples,
    registry: &Registry,
    code: &StationCode,
    now: Time,
) -> Option<Time> {
    let measured = |point: &Arc<Point>| {
        let (sample, _) = samples.latest_by(point.id, now)?;
        let tells = sample.quality != Quality::Estimated && sample.at.since_ms(now) <= DAY_MS;
        tells.then_some(sample.at)
    };
    let seen = samples.seen(code).map(|seen| seen.last_received_at);
    seen.or_else(|| registry.points_of(code).iter().filter_map(measured).max())
}

/// Below so many expected reports a rate says nothing.
const RATE_NEEDS: f64 = 3.0;
/// Hours the store remembers reports of.
const RATE_HOURS: i64 = 25;

/// 在线率: reports over those expected, at most 1, in the full hours of the last day since the
/// station was first heard and since the clock last leapt. `None` while that is too short to say.
pub(crate) fn online_rate(station: &Station, seen: &Seen, now: Time, leapt_at: Option<Time>) -> Option<f64> {
    // The store counts by the hour; up to and including an hour is what this answers.
    let until = |hour: Time| seen.packets_last_day(hour);
    let newest = hour_of(seen.last_received_at);
    let counted = until(newest);
    let first = (0..RATE_HOURS).rev().map(|back| newest.plus_ms(-back * HOUR_MS)).find(|h| until(*h) > 0);
    // The hour in which it was first heard is not whole; a station known for longer has none such.
    let first = first.filter(|_| seen.packets <= u64::from(counted)).map(|hour| hour.plus_ms(HOUR_MS));
    let since =
        [Some(now.plus_ms(-DAY_MS)), leapt_at].into_iter().flatten().map(next_hour).chain(first).max()?;
    let expected =
        now.since_ms(since) as f64 / (f64::from(station.report_interval_s.max(1)) * SECOND_MS as f64);
    if expected < RATE_NEEDS {
        return None;
    }
    let came = counted.saturating_sub(until(since.plus_ms(-HOUR_MS)));
    Some((f64::from(came) / expected).min(1.0))
}

fn hour_of(at: Time) -> Time {
    Time::from_ms(at.ms().div_euclid(HOUR_MS) * HOUR_MS)
}

fn next_hour(at: Time) -> Time {
    hour_of(at.plus_ms(HOUR_MS - 1))
}

/// What [`StationView::of`] looks at besides the station.
pub(crate) struct StationSight<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) samples: &'a Samples,
    pub(crate) trends: &'a Trends,
    pub(crate) now: Time,
    pub(crate) leapt_at: Option<Time>,
    pub(crate) reach: &'a crate::app::Lent<StationCode, crate::app::Reach>,
}

impl StationView {
    /// With what was measured last.
    pub(crate) fn of(sight: &StationSight<'_>, s: &Station, severity: Option<Severity>) -> Self {
        let seen = sight.samples.seen(&s.code);
        let last = last_contact(sight.samples, sight.registry, &s.code, sight.now);
        let points = sight.registry.points_of(&s.code);
        let reach = (sight.reach)(s.code.clone());
        Self {
            code: s.code.to_string(),
            name: s.name.clone(),
            name_en: s.name_en.clone(),
            kind: s.kind,
            position: s.position.into(),
            block: person::block_brief(sight.registry, s.block),
            report_interval_s: s.report_interval_s,
            ground_m: s.ground_m,
            crown_m: s.crown_m,
            maintenance: s
                .maintenance
                .as_ref()
                .filter(|m| m.until > sight.now)
                .map(|m| MaintenanceView { until: m.until.into(), reason: m.reason.clone() }),
            synthetic: s.synthetic,
            points: points.iter().map(|p| PointView::of(sight, p)).collect(),
            last_received_at: last.map(Into::into),
            online: is_online(s, last, sight.now, sight.leapt_at),
            online_rate: seen.as_ref().and_then(|seen| online_rate(s, seen, sight.now, sight.leapt_at)),
            drift_s: seen.and_then(|s| s.drift_ms).map(|ms| ms as f64 / SECOND_MS as f64),
            protocol: reach.protocol,
            throttled_until: reach.throttled_until.map(Stamp::from),
            severity,
            etag: station_etag(s, points.iter().map(|p| &**p)),
        }
    }
}

impl PointView {
    fn of(sight: &StationSight<'_>, p: &Point) -> Self {
        Self {
            id: p.id.0,
            quantity: p.quantity,
            unit: p.unit().to_owned(),
            elements: p.elements.clone(),
            min: p.min,
            max: p.max,
            headline: p.quantity.is_headline(),
            latest: sight.samples.latest_by(p.id, sight.now).map(LatestView::from),
            thresholds: thresholds_of(sight.registry, p.id).map(ThresholdsView::from),
            trend_per_10min: sight.trends.per_10min(p.id, sight.now),
        }
    }
}

/// The four thresholds of a point's enabled `level_high` rule.
pub(crate) fn thresholds_of(registry: &Registry, point: PointId) -> Option<Thresholds> {
    registry
        .rules_of(point)
        .iter()
        .filter(|r| r.kind == "level_high" && r.enabled)
        .find_map(|r| thresholds_in(r))
}

fn thresholds_in(rule: &RuleSetting) -> Option<Thresholds> {
    let params = rule.params.get("thresholds").unwrap_or(&rule.params);
    let level = |name: &str| params.get(name).and_then(serde_json::Value::as_f64);
    let found = Thresholds {
        blue: level("blue"),
        yellow: level("yellow"),
        orange: level("orange"),
        red: level("red"),
    };
    (found != Thresholds::default()).then_some(found)
}

/// The etag of a station with its points.
pub(crate) fn station_etag<'a>(station: &Station, points: impl Iterator<Item = &'a Point>) -> String {
    etag(&(station, points.collect::<Vec<_>>()))
}

/// An etag: 16 hexadecimal digits of the value's SHA-256, quoted.
pub(crate) fn etag(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let hash = Sha256::digest(&bytes);
    format!("\"{}\"", crate::session::hex(hash.get(..8).unwrap_or_default()))
}
