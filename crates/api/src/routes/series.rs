//! 过程线: samples for charts, thinned so that no peak disappears.

use crate::access::Who;
use crate::app::App;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::route::Route;
use crate::thin;
use crate::views::series::{SeriesAsk, SeriesList, SeriesSample, SeriesView};
use axum::Json;
use axum::extract::State;
use field::id::PointId;
use field::time::Time;

/// Points of one answer: more lines nobody can read in one chart.
const POINTS_MAX: usize = 20;
/// Samples read of one point: four months of five-minute values.
const READ_MAX: usize = 35_000;
/// Samples given of one point.
const GIVEN_MAX: usize = 20_000;
/// When the caller does not say: twice the pixels of a chart.
const GIVEN: usize = 2_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/series", Who::SignedIn, series)
            .says("Samples of points, thinned to what a chart can show; peaks stay")
            .asks::<SeriesAsk>()
            .answers::<SeriesList>(),
    ]
}

async fn series(State(app): State<App>, Ask(ask): Ask<SeriesAsk>) -> Result<Json<SeriesList>, Problem> {
    let ids: Vec<PointId> = ask
        .points
        .split(',')
        .map(|id| id.trim().parse().map_err(|_| Problem::invalid("points", "numbers separated by commas")))
        .collect::<Result<_, _>>()?;
    if ids.len() > POINTS_MAX {
        return Err(Problem::invalid("points", format!("1 to {POINTS_MAX}")));
    }
    let time = |what, text: &str| text.parse::<Time>().map_err(|error| Problem::invalid(what, error));
    let (from, to) = (time("from", &ask.from)?, time("to", &ask.to)?);
    let max = ask.max.unwrap_or(GIVEN).clamp(4, GIVEN_MAX);
    let mut series = Vec::with_capacity(ids.len());
    for id in ids {
        series.push(one(&app, id, from, to, max).await?);
    }
    Ok(Json(SeriesList { series }))
}

async fn one(app: &App, id: PointId, from: Time, to: Time, max: usize) -> Result<SeriesView, Problem> {
    let registry = app.store.tables.registry();
    let point = registry.point(id).ok_or_else(|| Problem::not_found("point", id))?;
    let found = app.store.samples.range(id, from, to, READ_MAX).await?;
    let (read, thinned) = (found.len(), thin::thinned(found, max));
    Ok(SeriesView {
        point: id.0,
        quantity: point.quantity,
        unit: point.unit().to_owned(),
        station: point.station.to_string(),
        thinned: thinned.len() < read,
        truncated: read == READ_MAX,
        samples: thinned
            .into_iter()
            .map(|(s, packet)| SeriesSample(s.at.ms(), s.value, s.quality as u8, packet.0))
            .collect(),
    })
}
