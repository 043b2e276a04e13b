//! The interface's own description.

use crate::access::Who;
use crate::route::Route;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/openapi.json", Who::Anyone, document)
            .says("This description, OpenAPI 3.1")
            .answers_media("application/json"),
    ]
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
