//! For whoever runs it: `/health` and `/metrics`. Neither tells anything about people or places.

use crate::access::Who;
use crate::app::App;
use crate::health;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::overview::HealthView;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/health", Who::Anyone, check)
            .at_root()
            .says("200 when every part works, 503 and which part does not")
            .answers::<HealthView>(),
        Route::get("/metrics", Who::Anyone, metrics)
            .at_root()
            .says("Figures in Prometheus' text format")
            .answers_media("text/plain"),
    ]
}

async fn check(State(app): State<App>) -> impl IntoResponse {
    let view = health::check(&app).await;
    let status = if view.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(view))
}

async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let handle = app.metrics.as_ref().ok_or_else(|| Problem::not_found("metrics", ""))?;
    health::gauges(&app);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()))
}
