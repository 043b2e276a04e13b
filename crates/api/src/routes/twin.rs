//! 孪生: the models' boards, scores, and what-if trials.

use crate::access::{STAFF, Who};
use crate::app::{App, WhatIfRefusal};
use crate::extract::Body;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::List;
use crate::views::twin::{
    EngineView, EventScoresView, NetworkView, ScoreView, ScoresView, StationTwinView, StormTwinView,
    StreetsTwinView, SupplyTwinView, WhatIfAsk, WhatIfView,
};
use axum::Json;
use axum::extract::{Path, State};
use serde::de::DeserializeOwned;

/// The models there can be.
const ENGINES: [&str; 2] = ["storm", "supply"];
/// Where the scores of past events are kept.
const SCORES: &str = "twin.scores";
/// The board of the event under way.
const RUNNING: &str = "twin.scores.running";
/// Acts of one trial.
const ACTS_MAX: usize = 20;
/// Past events told of one station.
const EVENTS_OF_STATION: usize = 5;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/twin", Who::SignedIn, engines)
            .says("How the models are, and what is wrong with them")
            .answers::<List<EngineView>>(),
        Route::get("/twin/networks/{engine}", Who::SignedIn, network)
            .says("Where a model's network lies")
            .answers::<NetworkView>(),
        Route::get("/twin/storm", Who::SignedIn, storm)
            .says("The storm sewers now and in two hours")
            .answers::<StormTwinView>(),
        Route::get("/twin/streets", Who::SignedIn, streets)
            .says("Where water stands on the streets, now and at its worst over the horizon")
            .answers::<StreetsTwinView>(),
        Route::get("/twin/supply", Who::SignedIn, supply)
            .says("The supply network now")
            .answers::<SupplyTwinView>(),
        Route::get("/twin/scores", Who::SignedIn, scores)
            .says("How forecasts did beside persistence, event by event")
            .answers::<ScoresView>(),
        Route::get("/twin/stations/{code}", Who::SignedIn, station)
            .says("What the models say of one station")
            .answers::<StationTwinView>(),
        Route::post("/twin/what-if", STAFF, what_if)
            .says("Tries something on the supply network as it is now; nothing is done")
            .takes::<WhatIfAsk>()
            .answers::<WhatIfView>(),
    ]
}

/// What is on a board; 404 where nothing was shown yet.
fn board<T: DeserializeOwned>(app: &App, name: &str) -> Result<T, Problem> {
    let bytes = app.store.models.shown(name).ok_or_else(|| Problem::not_found("model", name))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        tracing::error!(%error, board = name, "a board cannot be read");
        ProblemCode::Internal.into()
    })
}

async fn engines(State(app): State<App>) -> Json<List<EngineView>> {
    let of = |engine: &&str| board(&app, &format!("twin.status.{engine}")).ok();
    Json(List::whole(ENGINES.iter().filter_map(of).collect()))
}

async fn network(State(app): State<App>, Path(engine): Path<String>) -> Result<Json<NetworkView>, Problem> {
    if !ENGINES.contains(&engine.as_str()) {
        return Err(Problem::not_found("model", engine));
    }
    Ok(Json(board(&app, &format!("twin.{engine}.map"))?))
}

async fn storm(State(app): State<App>) -> Result<Json<StormTwinView>, Problem> {
    Ok(Json(board(&app, "twin.storm")?))
}

async fn streets(State(app): State<App>) -> Result<Json<StreetsTwinView>, Problem> {
    // Every map asks for it; a town without models has no water on its streets to show.
    if app.store.models.shown("twin.streets").is_none() {
        return Ok(Json(StreetsTwinView::default()));
    }
    Ok(Json(board(&app, "twin.streets")?))
}

async fn supply(State(app): State<App>) -> Result<Json<SupplyTwinView>, Problem> {
    Ok(Json(board(&app, "twin.supply")?))
}

async fn all_scores(app: &App) -> Result<ScoresView, Problem> {
    #[derive(Default, serde::Deserialize)]
    struct Kept {
        events: Vec<EventScoresView>,
    }
    let kept = app.store.tables.setting(SCORES).await?;
    let kept: Kept = kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    let running = board::<Option<EventScoresView>>(app, RUNNING).ok().flatten();
    Ok(ScoresView { running, events: kept.events })
}

async fn scores(State(app): State<App>) -> Result<Json<ScoresView>, Problem> {
    Ok(Json(all_scores(&app).await?))
}

async fn station(State(app): State<App>, Path(code): Path<String>) -> Result<Json<StationTwinView>, Problem> {
    let storm: Option<StormTwinView> = board(&app, "twin.storm").ok();
    let supply: Option<SupplyTwinView> = board(&app, "twin.supply").ok();
    let minute = storm.as_ref().map(|s| s.minute).or_else(|| supply.as_ref().map(|s| s.minute));
    let step_min = storm.as_ref().map_or(0, |s| s.step_min);
    let outlook = storm.and_then(|s| s.stations.into_iter().find(|o| o.station == code));
    let pressure = supply.and_then(|s| s.stations.into_iter().find(|p| p.station == code));
    let all = all_scores(&app).await?;
    let of = |event: EventScoresView| event.stations.into_iter().find(|s| s.station == code);
    let running: Option<ScoreView> = all.running.and_then(of);
    let is_running = running.is_some();
    let past = all.events.into_iter().filter_map(of).take(EVENTS_OF_STATION);
    let scores = running.into_iter().chain(past).collect();
    Ok(Json(StationTwinView { minute, step_min, outlook, pressure, scores, is_running }))
}

async fn what_if(State(app): State<App>, Body(ask): Body<WhatIfAsk>) -> Result<Json<WhatIfView>, Problem> {
    if ask.acts.is_empty() || ask.acts.len() > ACTS_MAX {
        return Err(Problem::invalid("acts", format!("1..={ACTS_MAX}")));
    }
    (app.what_if)(ask).await.map(Json).map_err(|refusal| match refusal {
        WhatIfRefusal::NotRunning => Problem::not_found("model", "supply"),
        WhatIfRefusal::Unknown { kind, name } => Problem::not_found(kind, name),
        WhatIfRefusal::Invalid { what, why } => Problem::invalid(what, why),
        WhatIfRefusal::Failed(error) => {
            tracing::error!(error, "a trial failed");
            ProblemCode::Internal.into()
        }
    })
}
