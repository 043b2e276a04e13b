//! 隔离区: frames that could not be taken.

use crate::access::{Caller, STAFF};
use crate::app::App;
use crate::extract::{Ask, Of, next_cursor, page_size};
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::packet::{QuarantineAsk, QuarantineView};
use axum::Json;
use axum::extract::State;
use store::Actor;
use store::tables::QuarantineFilter;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/quarantine", STAFF, list)
            .says("Frames that could not be taken, newest first, with the reason")
            .asks::<QuarantineAsk>()
            .answers::<List<QuarantineView>>(),
        Route::get("/quarantine/{id}", STAFF, one).says("One frame").answers::<QuarantineView>(),
        Route::post("/quarantine/{id}/dismiss", STAFF, dismiss)
            .says("Says that somebody has looked at it; twice does no harm")
            .answers::<QuarantineView>(),
    ]
}

async fn list(
    State(app): State<App>,
    Ask(ask): Ask<QuarantineAsk>,
) -> Result<Json<List<QuarantineView>>, Problem> {
    let limit = page_size(ask.limit);
    let filter = QuarantineFilter { open: Some(ask.open.unwrap_or(true)), before_id: ask.cursor, limit };
    let found = app.store.tables.quarantine(&filter).await?;
    let next = next_cursor(&found, limit, |q| q.id);
    let registry = app.store.tables.registry();
    let items = found.into_iter().map(|q| QuarantineView::of(&registry, q)).collect();
    Ok(Json(List { items, next }))
}

async fn one(State(app): State<App>, Of(id): Of<i64>) -> Result<Json<QuarantineView>, Problem> {
    let found =
        app.store.tables.quarantined(id).await?.ok_or_else(|| Problem::not_found("quarantine", id))?;
    Ok(Json(QuarantineView::of(&app.store.tables.registry(), found)))
}

async fn dismiss(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
) -> Result<Json<QuarantineView>, Problem> {
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    if tx.quarantine_dismiss(id, caller.person).await? {
        tx.commit().await?;
    }
    one(State(app), Of(id)).await
}
