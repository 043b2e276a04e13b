//! 推送: where gateways and platforms push their data. The token of a source opens these doors, not a
//! person's session.

use crate::access::Who;
use crate::app::App;
use crate::extract::Of;
use crate::problem::Problem;
use crate::push::{self, BODY_MAX};
use crate::route::Route;
use axum::extract::{Request, State};
use axum::response::Response;

pub(super) fn routes() -> Vec<Route> {
    let influx = |path: &str| {
        Route::post(path, Who::Source, influx)
            .says("Takes rows in InfluxDB line protocol; 204 when all are durable")
            .takes_bytes(&["text/plain"], BODY_MAX)
            .answers_nothing()
    };
    vec![
        influx("/push/influx"),
        influx("/write").at_root(),
        influx("/api/v2/write").at_root(),
        Route::post("/push/json/{mapping}", Who::Source, json)
            .says("Takes JSON that a mapping reads; 204 when all is durable")
            .takes_bytes(&["application/json"], BODY_MAX)
            .answers_nothing()
            .also::<push::Fault>(),
    ]
}

async fn influx(State(app): State<App>, request: Request) -> Response {
    push::influx(app, request).await
}

async fn json(
    State(app): State<App>,
    Of(mapping): Of<String>,
    request: Request,
) -> Result<Response, Problem> {
    push::json(&app, &mapping, request).await
}
