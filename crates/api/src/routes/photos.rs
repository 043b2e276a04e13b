//! 照片 from the spot.

use crate::access::{CREW, Who};
use crate::app::App;
use crate::extract::{Bytes, Of};
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::{Photos, StoreError};
use utoipa::ToSchema;

/// A photo's key.
#[derive(Serialize, ToSchema)]
pub(crate) struct PhotoKey {
    pub(crate) key: String,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/photos", CREW, put)
            .says("Keeps a photo; the same bytes have the same key")
            .takes_bytes(&["image/jpeg", "image/png", "image/webp"], Photos::MAX_BYTES)
            .answers::<PhotoKey>(),
        Route::get("/photos/{key}", Who::SignedIn, get).says("A photo").answers_media("image/*"),
    ]
}

async fn put(State(app): State<App>, Bytes(bytes): Bytes) -> Result<Json<PhotoKey>, Problem> {
    match app.store.photos.put(bytes).await {
        Ok(key) => Ok(Json(PhotoKey { key })),
        Err(StoreError::Invalid { .. }) => Err(ProblemCode::BadPhoto.into()),
        Err(other) => Err(other.into()),
    }
}

async fn get(State(app): State<App>, Of(key): Of<String>) -> Result<Response, Problem> {
    let bytes = app.store.photos.get(&key).await?.ok_or_else(|| Problem::not_found("photo", &key))?;
    let mime = match key.rsplit('.').next() {
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        _ => "image/jpeg",
    };
    // Named by its own hash: it never changes, but only whoever is signed in may keep it.
    let headers = [
        (CONTENT_TYPE, mime),
        (CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, bytes).into_response())
}
