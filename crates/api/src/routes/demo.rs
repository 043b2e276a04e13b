//! 演示: whom to sign in as, and the playback.

use crate::access::{STAFF, Who};
use crate::app::{App, Demo};
use crate::extract::Body;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::List;
use crate::views::demo::{DemoLogin, PlaybackAsk, PlaybackView};
use axum::Json;
use axum::extract::State;
use serde_json::Value;
use store::playback::SPEEDS;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/demo/logins", Who::Anyone, logins)
            .says("Whom the demo lets sign in; 404 outside the demo")
            .answers::<List<DemoLogin>>(),
        Route::get("/demo/playback", Who::SignedIn, playback).says("The playback").answers::<PlaybackView>(),
        Route::post("/demo/playback", STAFF, change)
            .says("Starts a storm, sets the speed, pauses")
            .takes::<PlaybackAsk>()
            .answers::<PlaybackView>(),
        Route::get("/demo/report", Who::SignedIn, report)
            .says("After-action figures, computed from samples and journal")
            .answers::<Value>(),
    ]
}

fn demo(app: &App) -> Result<&Demo, Problem> {
    app.demo.as_ref().ok_or_else(|| Problem::not_found("demo", ""))
}

async fn logins(State(app): State<App>) -> Result<Json<List<DemoLogin>>, Problem> {
    Ok(Json(List::whole(demo(&app)?.logins.clone())))
}

async fn playback(State(app): State<App>) -> Result<Json<PlaybackView>, Problem> {
    let storms = demo(&app)?.storms.clone();
    Ok(Json(PlaybackView { clock: app.clock_view(), storms }))
}

async fn change(State(app): State<App>, Body(ask): Body<PlaybackAsk>) -> Result<Json<PlaybackView>, Problem> {
    let demo = demo(&app)?;
    if let Some(speed) = ask.speed
        && !SPEEDS.contains(&speed)
    {
        return Err(Problem::invalid("speed", format!("{} to {}", SPEEDS.start(), SPEEDS.end())));
    }
    let storm = ask.storm.as_deref().map(|id| storm_of(demo, id)).transpose()?;
    if let Some(speed) = ask.speed {
        demo.playback.set_speed(speed);
    }
    if let Some(people) = ask.people {
        demo.playback.set_people(people);
    }
    if let Some(dispatcher) = ask.dispatcher {
        demo.playback.set_dispatcher(dispatcher);
    }
    match storm {
        Some(Some(storm)) => {
            demo.playback.play_storm_kept(&app.store.tables, &storm.id, storm.starts_at).await?;
        }
        Some(None) => demo.playback.stop_storm(),
        None => (),
    }
    if let Some(paused) = ask.paused {
        demo.playback.pause(paused);
    }
    demo.playback.save(&app.store.tables).await?;
    playback(State(app.clone())).await
}

fn storm_of<'a>(demo: &'a Demo, id: &str) -> Result<Option<&'a crate::views::demo::StormView>, Problem> {
    if id.is_empty() {
        return Ok(None);
    }
    demo.storms.iter().find(|s| s.id == id).map(Some).ok_or_else(|| Problem::not_found("storm", id))
}

async fn report(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let figures = (demo(&app)?.report)(()).await;
    figures.map(Json).map_err(|error| {
        tracing::error!(error, "after-action figures failed");
        ProblemCode::Internal.into()
    })
}
