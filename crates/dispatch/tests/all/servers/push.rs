//! A push service and its browsers: checks the VAPID token, opens the sealed payload, says 410 for
//! a browser that is gone and 429 when asked too often.

use super::State;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;
use web_push_native::jwt_simple::algorithms::{ECDSAP256PublicKeyLike as _, ES256PublicKey};
use web_push_native::jwt_simple::claims::NoCustomClaims;
use web_push_native::{Auth, decrypt, p256};

/// A browser that subscribed.
#[derive(Clone)]
pub(crate) struct Browser {
    secret: p256::SecretKey,
    auth: [u8; 16],
    pub(crate) gone: bool,
    /// Requests it still answers with 429.
    pub(crate) busy: usize,
}

impl Browser {
    pub(crate) fn new(seed: u8) -> Self {
        let secret = p256::SecretKey::from_slice(&[seed; 32]).unwrap();
        Self { secret, auth: [seed; 16], gone: false, busy: 0 }
    }

    /// `p256dh` and `auth` as a browser gives them.
    pub(crate) fn keys(&self) -> (String, String) {
        let public = self.secret.public_key().to_sec1_bytes();
        (URL_SAFE_NO_PAD.encode(public), URL_SAFE_NO_PAD.encode(self.auth))
    }
}

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new().route("/push/{browser}", post(push))
}

async fn push(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = state.lock();
    inner.count("web_push");
    let Some(browser) = inner.browsers.get_mut(&name) else { return StatusCode::NOT_FOUND.into_response() };
    if browser.gone {
        return StatusCode::GONE.into_response();
    }
    if browser.busy > 0 {
        browser.busy -= 1;
        return (StatusCode::TOO_MANY_REQUESTS, [("Retry-After", "30")]).into_response();
    }
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if header("TTL").is_empty() || header("Content-Encoding") != "aes128gcm" {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let authorization = header("Authorization");
    let (token, key) = authorization.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    let key = ES256PublicKey::from_bytes(&URL_SAFE_NO_PAD.decode(key).unwrap()).unwrap();
    if key.verify_token::<NoCustomClaims>(token, None).is_err() {
        return StatusCode::FORBIDDEN.into_response();
    }
    if body.len() > 4_096 {
        inner.refused.push(format!("web_push: {} bytes", body.len()));
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let browser = &inner.browsers[&name];
    let plain = decrypt(body.to_vec(), &browser.secret, &Auth::from(browser.auth)).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&plain).unwrap();
    inner.take("web_push", &name, payload["body"].as_str().unwrap());
    inner.payloads.push(payload);
    StatusCode::CREATED.into_response()
}
