//! 读数查询: many points at once, as JSON, CSV or Arrow; for screens, reports and other programs.

use crate::access::Who;
use crate::app::App;
use crate::extract::Ask;
use crate::problem::{Problem, ProblemCode};
use crate::query::{self, Bucket, Columns, Figures, HOLD_MS, Step, columns, lttb, thin, windows};
use crate::route::Route;
use crate::table::{
    ARROW, CSV, WindowsText, arrow_buckets, arrow_samples, csv_buckets, csv_heading, csv_rows,
};
use crate::views::samples::{LatestAsk, LatestOfMany, SamplesAsk, SamplesSeries, SamplesView};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use field::id::PointId;
use field::sample::Sample;
use field::station::Quantity;
use field::time::{DAY_MS, Time};
use store::Registry;

/// Points of one answer with samples.
const POINTS_MAX: usize = 2_000;
/// Points of one answer with the latest alone.
const LATEST_MAX: usize = 500_000;
/// Samples read for one answer: at 17 bytes about 340 MB, thinned before they leave.
const READ_MAX: i64 = 20_000_000;
/// Windows of one answer out of the kept roll-ups.
const WINDOWS_MAX: i64 = 2_000_000;
/// Most samples a point after thinning.
const TARGET_MAX: usize = 100_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/samples", Who::Reader, samples)
            .says("Samples of many points: all of them, thinned without losing a peak, or by windows")
            .asks::<SamplesAsk>()
            .answers_in::<SamplesView>(&[CSV, ARROW]),
        Route::get("/samples/latest", Who::Reader, latest)
            .says("The latest sample of many points")
            .asks::<LatestAsk>()
            .answers_in::<LatestOfMany>(&[CSV, ARROW]),
    ]
}

/// What the answer shall be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Arrow,
}

impl Format {
    fn of(asked: Option<&str>, headers: &HeaderMap) -> Result<Self, Problem> {
        let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        match asked {
            Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some("arrow") => Ok(Self::Arrow),
            Some(_) => Err(Problem::invalid("format", "json, csv or arrow")),
            None if accept.contains(ARROW) => Ok(Self::Arrow),
            None if accept.contains(CSV) => Ok(Self::Csv),
            None => Ok(Self::Json),
        }
    }
}

async fn samples(
    State(app): State<App>,
    headers: HeaderMap,
    Ask(ask): Ask<SamplesAsk>,
) -> Result<Response, Problem> {
    let format = Format::of(ask.format.as_deref(), &headers)?;
    let (from, to) = query::stretch(&ask.from, &ask.to)?;
    let registry = app.store.tables.registry();
    let ids = query::points_of(&registry, ask.points.as_deref(), ask.stations.as_deref(), POINTS_MAX)?;
    if ids.is_empty() {
        return Err(Problem::invalid("points", "name points or stations"));
    }
    if let Some(window) = &ask.window {
        let step = Step::from_code(window)
            .ok_or_else(|| Problem::invalid("window", "1m, 5m, 1h, day, hydrological_day"))?;
        let figures = Figures::of(ask.figures.as_deref())?;
        let wanted = Windows { step, stretch: (from, to), rollover: ask.rollover, figures };
        return by_windows(&app, &registry, &ids, &wanted, format).await;
    }
    let thinner = match ask.method.as_deref() {
        None | Some("minmax") => thin,
        Some("lttb") => lttb,
        Some(_) => return Err(Problem::invalid("method", "minmax or lttb")),
    };
    let target = ask.target.map(|target| target.clamp(4, TARGET_MAX));
    let mut series = Vec::with_capacity(ids.len());
    let mut read = 0_i64;
    // A few at a time, so that only what is given is in memory.
    for some in ids.chunks(POINTS_AT_ONCE) {
        for (id, all) in some.iter().zip(columns(&app.store, some, from, to).await?) {
            read += i64::try_from(all.len()).unwrap_or(i64::MAX);
            let (had, kept) = (all.len(), target.map(|target| thinner(&all, target)));
            let kept = kept.unwrap_or(all);
            series.push((*id, had > kept.len(), kept));
        }
        if read > READ_MAX {
            return Err(Problem::invalid("to", format!("at most {READ_MAX} samples at once: ask for less")));
        }
    }
    written(&registry, series, format)
}

/// Points whose samples are in memory at the same time before thinning.
const POINTS_AT_ONCE: usize = 64;

type Series = (PointId, bool, Columns);

fn written(registry: &Registry, series: Vec<Series>, format: Format) -> Result<Response, Problem> {
    match format {
        Format::Json => {
            let one = |(point, thinned, columns): Series| SamplesSeries {
                point: point.0,
                qualities: columns.qualities.iter().map(|q| *q as u8).collect(),
                times: columns.times,
                values: columns.values,
                thinned,
            };
            json(&SamplesView { series: series.into_iter().map(one).collect(), windows: vec![] })
        }
        Format::Csv => {
            let mut body = vec![];
            csv_heading(&mut body).map_err(failed)?;
            for (id, _, columns) in &series {
                if let Some(point) = registry.point(*id) {
                    csv_rows(&mut body, point, columns).map_err(failed)?;
                }
            }
            Ok(media("text/csv; charset=utf-8", body))
        }
        Format::Arrow => {
            let series: Vec<_> = series.into_iter().map(|(point, _, columns)| (point.0, columns)).collect();
            Ok(media(ARROW, arrow_samples(&series).map_err(failed)?))
        }
    }
}

/// What windows are asked for.
struct Windows {
    step: Step,
    stretch: (Time, Time),
    rollover: Option<f64>,
    figures: Figures,
}

impl Windows {
    /// Refuses what would be too much at once.
    fn check(&self, points: usize) -> Result<(), Problem> {
        let (from, to) = self.stretch;
        let points = i64::try_from(points).unwrap_or(i64::MAX);
        let days = (to.since_ms(from) / DAY_MS).max(1).saturating_mul(points);
        let windows = (to.since_ms(from) / self.step.length_ms()).max(1).saturating_mul(points);
        let fits = if self.figures.are_kept() {
            windows <= WINDOWS_MAX && days <= READ_MAX
        } else {
            days <= READ_MAX / 1_440
        };
        if fits { Ok(()) } else { Err(Problem::invalid("to", "fewer points or a shorter time")) }
    }

    /// What these points come to, each handed to `each` in their order: from the kept roll-ups where those
    /// know everything that is asked for, else out of the rows.
    async fn each<T: Send + 'static>(
        &self,
        app: &App,
        registry: &Registry,
        ids: &[PointId],
        mut made: T,
        mut each: impl FnMut(&mut T, PointId, &[Bucket]) + Send + 'static,
    ) -> Result<T, Problem> {
        self.check(ids.len())?;
        let of_rows = |id: &PointId| !self.figures.are_kept() || at_end(registry, id);
        if ids.iter().any(of_rows) {
            for some in ids.chunks(POINTS_AT_ONCE) {
                let (reckoned, kept): (Vec<_>, Vec<_>) = some.iter().copied().partition(of_rows);
                let mut reckoned = self.reckoned(app, registry, &reckoned).await?.into_iter();
                let mut kept = self.kept(app, &kept).await?.into_iter();
                for id in some {
                    let all = if of_rows(id) { reckoned.next() } else { kept.next() };
                    each(&mut made, *id, &all.unwrap_or_default());
                }
            }
            return Ok(made);
        }
        let mut buckets = vec![];
        let one = move |made: &mut T, id: PointId, kept: &[store::Bucket]| {
            buckets.clear();
            buckets.extend(kept.iter().map(query::from_kept));
            each(made, id, &buckets);
        };
        let step = query::kept_step(self.step);
        Ok(app.store.samples.rollups_each(ids, self.stretch, step, made, one).await?)
    }

    /// Out of the kept roll-ups.
    async fn kept(&self, app: &App, ids: &[PointId]) -> Result<Vec<Vec<Bucket>>, Problem> {
        let ((from, to), step) = (self.stretch, query::kept_step(self.step));
        let kept = app.store.samples.rollups(ids, from, to, step).await?;
        Ok(kept.iter().map(|all| all.iter().map(query::from_kept).collect()).collect())
    }

    /// Out of the rows.
    async fn reckoned(
        &self,
        app: &App,
        registry: &Registry,
        ids: &[PointId],
    ) -> Result<Vec<Vec<Bucket>>, Problem> {
        let (from, to) = self.stretch;
        // What held before the first window counts in it; rain at the very end belongs to the last.
        let read = columns(&app.store, ids, from.plus_ms(-HOLD_MS), to.plus_ms(1)).await?;
        let stretch = (from.ms(), to.ms());
        let of = ids.iter().zip(read);
        let window = |(id, all)| {
            let mut found = windows(&all, self.step, stretch, at_end(registry, id), self.rollover);
            // A window of which rows may have been let go would say too little.
            let since = registry.point(*id).and_then(|point| app.retention.rows_from(point, app.now()));
            found.retain(|bucket| since.is_none_or(|since| bucket.start >= since.ms()));
            found
        };
        Ok(of.map(window).collect())
    }
}

/// Rain belongs to the window it ends: only its rows tell.
fn at_end(registry: &Registry, id: &PointId) -> bool {
    registry.point(*id).is_some_and(|point| point.quantity == Quantity::Rain)
}

async fn by_windows(
    app: &App,
    registry: &Registry,
    ids: &[PointId],
    wanted: &Windows,
    format: Format,
) -> Result<Response, Problem> {
    if format == Format::Json {
        let text = WindowsText::new(wanted.figures, ids.len());
        let text = wanted.each(app, registry, ids, text, WindowsText::put).await?;
        return Ok(media("application/json", text.finish().map_err(failed)?));
    }
    let series = Vec::with_capacity(ids.len());
    let put = |series: &mut Vec<_>, id: PointId, all: &[Bucket]| series.push((id.0, all.to_vec()));
    let series = wanted.each(app, registry, ids, series, put).await?;
    if format == Format::Arrow {
        return Ok(media(ARROW, arrow_buckets(&series).map_err(failed)?));
    }
    let mut body = vec![];
    csv_buckets(&mut body, &series).map_err(failed)?;
    Ok(media("text/csv; charset=utf-8", body))
}

async fn latest(
    State(app): State<App>,
    headers: HeaderMap,
    Ask(ask): Ask<LatestAsk>,
) -> Result<Response, Problem> {
    let format = Format::of(ask.format.as_deref(), &headers)?;
    let registry = app.store.tables.registry();
    let all = ask.points.is_none() && ask.stations.is_none();
    let ids = if all {
        registry.points().keys().copied().take(LATEST_MAX).collect()
    } else {
        query::points_of(&registry, ask.points.as_deref(), ask.stations.as_deref(), LATEST_MAX)?
    };
    let found: Vec<(PointId, Sample)> = latest_of(&app, &ids).await;
    if format == Format::Json {
        let mut view = LatestOfMany::default();
        for (point, sample) in &found {
            view.points.push(point.0);
            view.times.push(sample.at.ms());
            view.values.push(sample.value.unwrap_or(f64::NAN));
            view.qualities.push(sample.quality as u8);
        }
        return json(&view);
    }
    let series = found.into_iter().map(|(point, sample)| {
        let mut columns = Columns::default();
        columns.push(sample.at.ms(), sample.value.unwrap_or(f64::NAN), sample.quality);
        (point, false, columns)
    });
    written(&registry, series.collect(), format)
}

async fn latest_of(app: &App, ids: &[PointId]) -> Vec<(PointId, Sample)> {
    let latest = app.store.samples.latest_of_by(ids, app.now()).await;
    ids.iter().zip(latest).filter_map(|(id, found)| found.map(|(sample, _)| (*id, sample))).collect()
}

fn json(view: &impl serde::Serialize) -> Result<Response, Problem> {
    Ok(media("application/json", serde_json::to_vec(view).map_err(failed)?))
}

fn media(media: &'static str, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, media)], body).into_response()
}

fn failed(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "an answer could not be written");
    ProblemCode::Internal.into()
}
