//! Follows the server's playback, as a signed-in person would see it on the screen.

use crate::hands::{Playing, Setter, Shown};
use crate::storm::STORMS;
use crate::town::Login;
use field::time::Time;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::time::{Duration, Instant};

/// A look that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// Looks in vain before the clock is stopped: one may be lost on the way.
const VAIN_LOOKS: u32 = 2;
/// Longest pause between looks in vain.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What the server shows of its playback; the rest of the view is not needed.
#[derive(Debug, Deserialize)]
struct PlaybackView {
    now: Time,
    speed: f64,
    paused: bool,
    storm: Option<String>,
    storm_began_at: Option<Time>,
    people: bool,
    dispatcher: bool,
    leapt_at: Option<Time>,
}

/// Follows for as long as it is polled. `base` is the server's, such as `http://127.0.0.1:8651`.
pub(crate) async fn follow(client: Client, base: String, login: Login, every: Duration, mut setter: Setter) {
    let mut in_vain = 0;
    loop {
        match look(&client, &base).await {
            Some(Ok(shown)) => {
                in_vain = 0;
                setter.follow(&shown);
            }
            Some(Err(StatusCode::UNAUTHORIZED)) if sign_in(&client, &base, &login).await => continue,
            Some(Err(_)) | None => {
                in_vain += 1;
                if in_vain >= VAIN_LOOKS {
                    setter.hold();
                }
            }
        }
        tokio::time::sleep((every * in_vain.max(1)).min(LONGEST_PAUSE.max(every))).await;
    }
}

/// One look; `None` when the server could not be reached or understood.
async fn look(client: &Client, base: &str) -> Option<Result<Shown, StatusCode>> {
    let asked = Instant::now();
    let url = format!("{base}/api/v1/demo/playback");
    let answer = client.get(url).timeout(PATIENCE).send().await.ok()?;
    if !answer.status().is_success() {
        return Some(Err(answer.status()));
    }
    let view: PlaybackView = answer.json().await.ok()?;
    Some(Ok(shown(view, asked.elapsed())))
}

/// What was true on the way is half the way old.
fn shown(view: PlaybackView, round_trip: Duration) -> Shown {
    let speed = if view.paused { 0.0 } else { view.speed };
    let storm = view.storm.and_then(|id| STORMS.iter().position(|s| s.id == id));
    let playing = storm.zip(view.storm_began_at).map(|(storm, began_at)| Playing { storm, began_at });
    Shown {
        now: view.now.plus_ms((round_trip.as_secs_f64() / 2.0 * speed * 1_000.0) as i64),
        speed,
        playing,
        leapt_at: view.leapt_at,
        people: view.people,
        dispatcher: view.dispatcher,
    }
}

async fn sign_in(client: &Client, base: &str, login: &Login) -> bool {
    let words = json!({ "login": login.login, "password": login.password });
    let url = format!("{base}/api/v1/session");
    let answer = client.post(url).timeout(PATIENCE).json(&words).send().await;
    let signed_in = answer.as_ref().is_ok_and(|a| a.status().is_success());
    if !signed_in {
        tracing::warn!(login = login.login, "the town's clock cannot sign in; it tries again");
    }
    signed_in
}
