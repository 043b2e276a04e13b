//! 会话: sign-in sessions kept on the server.
//!
//! The cookie holds 256 random bits; the table holds only their SHA-256, so that a copy of the
//! database signs nobody in. A session ends after [`IDLE_MS`] without use and after [`ABSOLUTE_MS`]
//! in any case, measured by the wall clock, never by a playback's.

use crate::access::Caller;
use crate::app::App;
use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, header};
use field::id::PersonId;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use rand::TryRng;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use store::tables::Session;

/// The cookie's name.
pub(crate) const COOKIE: &str = "zhizhen";
/// A shift: who has not touched the console for so long signs in again.
const IDLE_MS: i64 = 12 * HOUR_MS;
/// A phone of a block owner stays signed in for a week at most.
const ABSOLUTE_MS: i64 = 7 * 24 * HOUR_MS;
/// The table is touched at most so often per session: a console asks many times a second.
const TOUCH_MS: i64 = MINUTE_MS;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// A new session for `person`; answers the cookie's token.
pub(crate) async fn start(app: &App, person: PersonId) -> Result<String, Problem> {
    let token = random_token()?;
    let now = app.wall.now();
    let session = Session {
        token_hash: hash_of(&token),
        person,
        created_at: now,
        seen_at: now,
        expires_at: now.plus_ms(IDLE_MS.min(ABSOLUTE_MS)),
    };
    app.store.tables.session_put(&session).await?;
    Ok(token)
}

/// Who carries these headers; `None` when nobody does or the session has ended.
pub(crate) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let Some(token) = token_in(headers) else { return Ok(None) };
    let token_hash = hash_of(token);
    let Some(session) = app.store.tables.session_get(&token_hash).await? else { return Ok(None) };
    let now = app.wall.now();
    if now >= session.expires_at {
        app.store.tables.session_delete(&token_hash).await?;
        return Ok(None);
    }
    touch(app, &session, now).await?;
    let registry = app.store.tables.registry();
    Ok(registry.person(session.person).map(|p| Caller { person: p.id, role: p.role, token_hash }))
}

/// Ends a session.
pub(crate) async fn end(app: &App, token_hash: &str) -> Result<(), Problem> {
    Ok(app.store.tables.session_delete(token_hash).await?)
}

async fn touch(app: &App, session: &Session, now: Time) -> Result<(), Problem> {
    if now.since_ms(session.seen_at) < TOUCH_MS {
        return Ok(());
    }
    let end = session.created_at.plus_ms(ABSOLUTE_MS);
    let expires_at = now.plus_ms(IDLE_MS).min(end);
    Ok(app.store.tables.session_touch(&session.token_hash, now, expires_at).await?)
}

/// The `Set-Cookie` that gives a browser its token; `None` takes it away.
pub(crate) fn cookie(token: Option<&str>, secure: bool) -> Option<HeaderValue> {
    let mut text = format!("{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/", token.unwrap_or_default());
    let age_s = if token.is_some() { ABSOLUTE_MS / 1_000 } else { 0 };
    let _ = write!(text, "; Max-Age={age_s}");
    if secure {
        text.push_str("; Secure");
    }
    HeaderValue::from_str(&text).ok()
}

fn token_in(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && value.len() == 2 * TOKEN_BYTES)
        .map(|(_, value)| value)
}

fn random_token() -> Result<String, Problem> {
    Ok(hex(&random_bytes::<TOKEN_BYTES>()?))
}

/// Bytes nobody can guess.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0u8; N];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system has no randomness");
        Problem::new(crate::problem::ProblemCode::Internal)
    })?;
    Ok(bytes)
}

fn hash_of(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let token = random_token().unwrap();
        let text = cookie(Some(&token), true).unwrap();
        let text = text.to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Secure"] {
            assert!(text.contains(part), "{text}");
        }
        let carried =
            HeaderMap::from_iter([(header::COOKIE, format!("a=b; zhizhen={token}").parse().unwrap())]);
        assert_eq!(token_in(&carried), Some(token.as_str()));
        assert_ne!(hash_of(&token), token);
    }
}
