//! The channel servers by themselves, on any clock: for benchmarks and tests without a town.

use super::inbox::{Arrived, Inbox, Post};
use super::{routes, serve_mail};
use crate::city::{listen, serve};
use crate::config::ChannelSecrets;
use crate::error::CityError;
use field::clock::Clock;
use field::person::Person;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Channel servers that stand until they are dropped.
#[derive(Debug)]
pub struct Standing {
    base: String,
    smtp: SocketAddr,
    inbox: Arc<Inbox>,
    _tasks: JoinSet<()>,
}

impl Standing {
    /// Starts them on free ports of the loopback. Only these people have phones and mailboxes.
    ///
    /// # Errors
    /// [`CityError::Bind`] when no port is free.
    pub async fn start(
        persons: Vec<Person>,
        secrets: &ChannelSecrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CityError> {
        // Nobody listens to the phones: each buzz is dropped.
        let (buzz, _) = mpsc::channel(1);
        let inbox = Arc::new(Inbox::new(persons, clock, buzz));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (http_port, http) = listen("the channel servers", any).await?;
        let (smtp_port, smtp) = listen("the mail server", any).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(http_port, routes(inbox.clone(), secrets.clone())));
        tasks.spawn(serve_mail(smtp_port, inbox.clone()));
        Ok(Self { base: format!("http://{http}"), smtp, inbox, _tasks: tasks })
    }

    /// Base URL of the HTTP channel servers.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The mail server.
    #[must_use]
    pub const fn smtp(&self) -> SocketAddr {
        self.smtp
    }

    /// Messages taken, behind the first `after`; a text that stands for several counts each.
    #[must_use]
    pub fn arrived(&self, after: u64) -> Vec<Arrived> {
        self.inbox.arrived(after)
    }

    /// How many texts were taken, refused and dropped.
    #[must_use]
    pub fn post(&self) -> Post {
        self.inbox.post()
    }
}
