//! The body, unpacked where it came packed, never beyond its limit.

use super::{BODY_MAX, UNPACKED_MAX};
use crate::problem::{Problem, ProblemCode};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use serde_json::json;
use std::io::Read as _;

/// The mark of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The whole body, without a byte order mark.
pub(crate) async fn read(request: Request) -> Result<Bytes, Problem> {
    let packed = packing(request.headers())?;
    if length(request.headers()).is_some_and(|length| length > BODY_MAX) {
        return Err(too_large(BODY_MAX));
    }
    let body = axum::body::to_bytes(request.into_body(), BODY_MAX).await.map_err(|error| {
        let text = error.to_string();
        if text.contains("limit") {
            too_large(BODY_MAX)
        } else {
            Problem::with(ProblemCode::BadBody, json!({ "why": text }))
        }
    })?;
    let plain = if packed { unpacked(&body)? } else { body };
    // Editors and scripts put it in front of UTF-8; it is no part of a series' name, and no JSON.
    Ok(if plain.starts_with(BYTE_ORDER_MARK) { plain.slice(BYTE_ORDER_MARK.len()..) } else { plain })
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn packing(headers: &HeaderMap) -> Result<bool, Problem> {
    match headers.get(header::CONTENT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("identity") {
        "identity" | "" => Ok(false),
        "gzip" => Ok(true),
        other => {
            let why = format!("content-encoding `{other}`: send gzip or nothing");
            Err(Problem::with(ProblemCode::BadBody, json!({ "why": why })))
        }
    }
}

fn unpacked(body: &[u8]) -> Result<Bytes, Problem> {
    let mut plain = Vec::with_capacity(body.len().saturating_mul(4).min(UNPACKED_MAX));
    let most = UNPACKED_MAX as u64 + 1;
    flate2::read::MultiGzDecoder::new(body).take(most).read_to_end(&mut plain).map_err(|error| {
        Problem::with(ProblemCode::BadBody, json!({ "why": format!("not gzip: {error}") }))
    })?;
    if plain.len() > UNPACKED_MAX { Err(too_large(UNPACKED_MAX)) } else { Ok(plain.into()) }
}

fn too_large(max: usize) -> Problem {
    Problem::with(ProblemCode::TooLarge, json!({ "max_bytes": max }))
}
