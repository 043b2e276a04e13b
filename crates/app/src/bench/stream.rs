//! An open screen: signed in, listening to the event stream, remembering when each event came.

use anyhow::{Context, Result, bail};
use city::Town;
use city::town::DEMO_PASSWORD;
use field::person::Role;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// One event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// When its last byte was read.
    pub(crate) at: Instant,
    /// Its name.
    pub(crate) name: String,
    /// Its data.
    pub(crate) data: Value,
}

/// The screen; it ends with the process or its server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Screen {
    events: Arc<Mutex<Vec<Event>>>,
}

impl Screen {
    /// Signs a dispatcher of the town in and opens the stream; when it returns, events come.
    pub(crate) async fn open(http: SocketAddr, town: &Town) -> Result<Self> {
        let login = town.logins.iter().find(|login| login.role == Role::Dispatcher);
        let login = login.context("the town has no dispatcher")?;
        let client = reqwest::Client::builder().cookie_store(true).build()?;
        let base = format!("http://{http}/api/v1");
        let who = json!({ "login": login.login, "password": DEMO_PASSWORD });
        client.post(format!("{base}/session")).json(&who).send().await?.error_for_status()?;
        let mut answer = client.get(format!("{base}/stream")).send().await?.error_for_status()?;
        let screen = Self::default();
        let mut reader = Reader { screen: screen.clone(), ..Reader::default() };
        // The first event is the clock: from then on nothing is missed.
        while screen.events().is_empty() {
            let Some(bytes) = answer.chunk().await? else { bail!("the stream ended at once") };
            reader.read(&bytes);
        }
        tokio::spawn(async move {
            while let Ok(Some(bytes)) = answer.chunk().await {
                reader.read(&bytes);
            }
        });
        Ok(screen)
    }

    /// Everything that came so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Cuts the stream into events (WHATWG HTML §9.2.6).
#[derive(Debug, Default)]
struct Reader {
    screen: Screen,
    rest: Vec<u8>,
    name: String,
    data: String,
}

impl Reader {
    fn read(&mut self, bytes: &[u8]) {
        let at = Instant::now();
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end(), at);
        }
    }

    fn line(&mut self, line: &str, at: Instant) {
        if let Some(name) = line.strip_prefix("event:") {
            name.trim().clone_into(&mut self.name);
        } else if let Some(data) = line.strip_prefix("data:") {
            self.data.push_str(data.trim_start());
        } else if line.is_empty() && !self.data.is_empty() {
            let data = serde_json::from_str(&std::mem::take(&mut self.data)).unwrap_or_default();
            let event = Event { at, name: std::mem::take(&mut self.name), data };
            self.screen.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        }
    }
}
