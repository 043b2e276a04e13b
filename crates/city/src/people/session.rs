//! 会话: one person's browser: signs in, asks, and says a step again until it is answered.

use super::acts::{Acts, Answered};
use super::views::Acted;
use crate::town::Login;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Wait after the server could not be reached.
const AWAY: Duration = Duration::from_millis(150);
/// Longest wait between two tries.
const LONGEST_AWAY: Duration = Duration::from_secs(2);
/// A request that takes longer is given up and made again.
const PATIENCE: Duration = Duration::from_secs(20);

/// One person's browser.
pub(super) struct Browser {
    base: String,
    login: Login,
    client: Client,
    signed_in: bool,
    acts: Arc<Acts>,
    steps: u64,
}

/// The server understood and said no; saying it again would not help.
#[derive(Debug)]
pub(super) struct Refused;

impl Browser {
    /// Opens it; nothing is sent yet. `None` when the machine cannot open browsers.
    pub(super) fn open(base: &str, login: Login, acts: Arc<Acts>) -> Option<Self> {
        let client = Client::builder().cookie_store(true).timeout(PATIENCE).build().ok()?;
        Some(Self { base: base.to_owned(), login, client, signed_in: false, acts, steps: 0 })
    }

    /// Reads a view.
    pub(super) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Refused> {
        let url = format!("{}/api/v1{path}", self.base);
        self.read(|client| client.request(Method::GET, &url)).await
    }

    /// Sends bytes and reads what became of them.
    pub(super) async fn put<T: DeserializeOwned>(
        &mut self,
        path: &str,
        kind: &str,
        bytes: &[u8],
    ) -> Result<T, Refused> {
        let url = format!("{}/api/v1{path}", self.base);
        self.read(|client| client.post(&url).header("content-type", kind).body(bytes.to_vec())).await
    }

    /// Takes a step, under one key however often it has to be said, and notes the answer.
    pub(super) async fn act(&mut self, path: &str, body: Value) -> Result<(), Refused> {
        self.steps += 1;
        let key = format!("{}-{}-{}", self.login.login, path.replace('/', "-"), self.steps);
        let url = format!("{}/api/v1{path}", self.base);
        let acted: Acted =
            self.read(|client| client.post(&url).header("idempotency-key", &key).json(&body)).await?;
        let Acted { line } = acted;
        self.acts.note(Answered { subject: line.subject, act: line.act, seq: line.seq, key });
        Ok(())
    }

    /// Says it until it is answered: away, overloaded and signed out are no answers.
    async fn read<T: DeserializeOwned>(
        &mut self,
        ask: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<T, Refused> {
        let mut wait = AWAY;
        loop {
            if !self.signed_in {
                self.sign_in().await;
            }
            match ask(&self.client).send().await {
                Ok(answer) if answer.status().is_success() => {
                    // An answer torn off by the server's end is no answer.
                    if let Ok(view) = answer.json::<T>().await {
                        return Ok(view);
                    }
                }
                Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => self.signed_in = false,
                Ok(answer) if is_final(&answer) => {
                    tracing::debug!(login = self.login.login, status = %answer.status(), "a step was refused");
                    return Err(Refused);
                }
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_AWAY);
        }
    }

    async fn sign_in(&mut self) {
        let url = format!("{}/api/v1/session", self.base);
        let words = json!({ "login": self.login.login, "password": self.login.password });
        let mut wait = AWAY;
        while !self.signed_in {
            let answer = self.client.post(&url).json(&words).send().await;
            self.signed_in = answer.is_ok_and(|a| a.status().is_success());
            if !self.signed_in {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_AWAY);
            }
        }
    }
}

/// Whether saying it again would bring the same answer.
fn is_final(answer: &Response) -> bool {
    let status = answer.status();
    status.is_client_error()
        && !matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::UNAUTHORIZED
        )
}
