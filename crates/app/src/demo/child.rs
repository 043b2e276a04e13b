//! The simulated town as a process of its own: started, told where the server is, ended with it.

use crate::after_action::Sent;
use crate::assembly::Listening;
use anyhow::{Context, Result, bail};
use field::time::Time;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// Where the town's own servers listen; its first line on standard output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CityAddresses {
    /// Its control port.
    pub(crate) control: SocketAddr,
    /// Base URL of the HTTP channel servers.
    pub(crate) channels: String,
    /// The mail server.
    pub(crate) smtp: SocketAddr,
    /// The pump stations' PLCs.
    pub(crate) modbus: SocketAddr,
    /// The water supply's PLCs.
    pub(crate) supply: SocketAddr,
    /// The raw water pumps' SCADA.
    pub(crate) opcua: SocketAddr,
}

/// Where the server listens; the one line the town reads.
#[derive(Debug, Serialize)]
struct ServerAddresses {
    http: String,
    sl651: SocketAddr,
    hj212: Option<SocketAddr>,
    meters: Option<SocketAddr>,
    mqtt: Option<SocketAddr>,
    sl427: Option<SocketAddr>,
}

/// What the town says of itself, as far as it is read here.
#[derive(Debug, Deserialize)]
struct Status {
    now: Time,
}

/// Tries to see the town's clock follow: half a minute in all.
const FOLLOW_TRIES: u32 = 300;
/// Wait between two of them.
const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// How far behind the server's paused clock the town's may be when it follows. It may be ahead: after a
/// kill the server takes up at the newest moment it kept.
const CLOSE_MS: i64 = 5_000;

/// The town, running. It ends when this is dropped: its standard input closes, and it is killed.
#[derive(Debug)]
pub(crate) struct City {
    /// Where it listens.
    pub(crate) addresses: CityAddresses,
    process: Option<(Child, ChildStdin)>,
}

impl City {
    /// Starts the process and waits until it listens.
    pub(crate) async fn start(settings: &city::Config) -> Result<Self> {
        let program = std::env::current_exe().context("finding this program's own file")?;
        let mut child = Command::new(program)
            .args(["city", "--settings", &serde_json::to_string(settings)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the simulated town")?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the simulated town has no standard input or output");
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await.context("waiting for the simulated town")?;
        let addresses = serde_json::from_str(&line)
            .with_context(|| format!("the simulated town said `{}` instead of its addresses", line.trim()))?;
        Ok(Self { addresses, process: Some((child, input)) })
    }

    /// Uses a town that somebody else started and told where this server is.
    pub(crate) fn attached(addresses: CityAddresses) -> Self {
        Self { addresses, process: None }
    }

    /// Tells the town where the server is; it begins to live.
    pub(crate) async fn connect(&mut self, server: &Listening) -> Result<()> {
        let Some((_, input)) = &mut self.process else { return Ok(()) };
        let Listening { http, sl651, hj212, meters, mqtt, sl427 } = *server;
        let addresses = ServerAddresses { http: format!("http://{http}"), sl651, hj212, meters, mqtt, sl427 };
        let line = serde_json::to_string(&addresses)?;
        input.write_all(format!("{line}\n").as_bytes()).await.context("talking to the simulated town")?;
        Ok(())
    }

    /// Waits until the town's clock follows the server's, so that no station is late at the first minute.
    pub(crate) async fn follows(&self, now: Time) -> Result<()> {
        let url = format!("http://{}/status", self.addresses.control);
        for _ in 0..FOLLOW_TRIES {
            if let Ok(answer) = reqwest::get(&url).await
                && let Ok(status) = answer.json::<Status>().await
                && status.now.since_ms(now) > -CLOSE_MS
            {
                return Ok(());
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
        bail!("the simulated town does not follow the demo's clock; its log lines say why")
    }

    /// The readings the stations sent, all of them, or only those not confirmed yet.
    pub(crate) async fn ledger(&self, only_unconfirmed: bool) -> Result<Vec<Sent>> {
        if only_unconfirmed {
            return self.list("/ledger?confirmed=false").await;
        }
        let mut all: Vec<Sent> = Vec::new();
        loop {
            let page: Vec<Sent> = self.list(&format!("/ledger?after={}", all.len())).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// One of the town's own lists, as JSON values, one a line.
    pub(crate) async fn list<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let url = format!("http://{}{path}", self.addresses.control);
        let text = reqwest::get(&url).await?.error_for_status()?.text().await?;
        text.lines()
            .map(|line| serde_json::from_str(line).with_context(|| format!("{url}: `{line}`")))
            .collect()
    }
}
