//! 对外共享: OGC SensorThings API 1.1: the read side, and observations that others send.

use crate::access::Who;
use crate::app::App;
use crate::problem::{Problem, ProblemCode};
use crate::push::{self, BODY_MAX};
use crate::route::Route;
use crate::sensorthings::{Answer, ROOT, World, answer};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

const MEDIA: &str = "application/json";

pub(super) fn routes() -> Vec<Route> {
    let resource = format!("{ROOT}/{{*resource}}");
    vec![
        Route::get(ROOT, Who::Reader, root)
            .at_root()
            .says("OGC SensorThings API 1.1, read side: the entity sets and what the service can")
            .answers_foreign(false),
        Route::get(&resource, Who::Reader, resource_of)
            .at_root()
            .says("An entity, a collection or a property of SensorThings, by its resource path")
            .answers_foreign(true),
        Route::post(&resource, Who::Source, create)
            .at_root()
            .says("Takes an Observation of a Datastream, at `Observations` or `Datastreams(id)/Observations`; 201 when it is durable")
            .takes_bytes(&["application/json"], BODY_MAX)
            .answers_made(),
    ]
}

async fn root(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    asked(app, &headers, String::new(), String::new()).await
}

async fn resource_of(
    State(app): State<App>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    asked(app, &headers, path, query.unwrap_or_default()).await
}

async fn create(
    State(app): State<App>,
    Path(path): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let service = format!("{}{ROOT}", origin(&app, request.headers()));
    push::observation(&app, &path, &service, request).await
}

/// Answers on a thread that may block: samples are read from disk.
async fn asked(app: App, headers: &HeaderMap, path: String, query: String) -> Result<Response, Problem> {
    let base = format!("{}{ROOT}", origin(&app, headers));
    let (registry, samples) = (app.store.tables.registry(), app.store.samples.clone());
    let world_at = app.now();
    let work = move || answer(&World::new(registry, samples, base, world_at), &path, &query);
    let answered = tokio::task::spawn_blocking(work).await.map_err(|_| ProblemCode::Internal)??;
    Ok(match answered {
        Answer::Json(body) => ([(header::CONTENT_TYPE, MEDIA)], body.to_string()).into_response(),
        Answer::Text(text) => text.into_response(),
    })
}

/// Where the caller finds us: the public address, or the host he named.
fn origin(app: &App, headers: &HeaderMap) -> String {
    app.public_origin().map_or_else(
        || {
            let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
            format!("http://{host}")
        },
        str::to_owned,
    )
}
