//! The server under measurement: a process of its own.

use super::machine::value_of;
use super::sink::Sink;
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a server may take to end after it was asked to.
const ENDING: Duration = Duration::from_secs(120);
/// The kernel's clock ticks a second (`getconf CLK_TCK`; 100 on every Linux that Rust runs on).
const TICKS: f64 = 100.0;

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where people connect.
    pub(crate) http: SocketAddr,
    /// Where stations connect.
    pub(crate) sl651: SocketAddr,
    /// From the start of the process to its line "listening".
    pub(crate) started_in: Duration,
    child: Child,
    pid: u32,
    /// Kept open: a closed pipe would be an error to whatever it prints.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts `zhizhen serve` on a data directory; its messages go to `sink`.
    pub(crate) async fn start(data: &Path, sink: &Sink) -> Result<Self> {
        Self::start_with(data, sink, ([127, 0, 0, 1], 0).into(), "").await
    }

    /// As [`Server::start`], with an address for SL 651 over TCP and UDP and more of a configuration.
    pub(crate) async fn start_with(data: &Path, sink: &Sink, sl651: SocketAddr, more: &str) -> Result<Self> {
        let config = data.with_extension("toml");
        std::fs::write(&config, sink.configuration() + more)
            .with_context(|| format!("writing `{}`", config.display()))?;
        let program = std::env::current_exe().context("finding this program's own file")?;
        let began = Instant::now();
        let mut child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(data)
            .args(["--http", "127.0.0.1:0", "--sl651", &sl651.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the server")?;
        let pid = child.id().context("the server has no process id")?;
        let output = child.stdout.take().context("the server has no standard output")?;
        let mut output = BufReader::new(output).lines();
        let line = output.next_line().await?.unwrap_or_default();
        let started_in = began.elapsed();
        let mut words = line.split_whitespace();
        let http = words.nth(1).and_then(|url| url.strip_prefix("http://")?.parse().ok());
        let sl651 = words.nth(1).and_then(|addr| addr.parse().ok());
        let (Some(http), Some(sl651)) = (http, sl651) else {
            bail!("the server said `{line}` instead of where it listens");
        };
        Ok(Self { http, sl651, started_in, child, pid, _output: output })
    }

    /// Most memory it ever held, MiB.
    pub(crate) fn peak_memory_mib(&self) -> f64 {
        self.memory_of("VmHWM")
    }

    /// Memory it holds now, MiB.
    pub(crate) fn memory_mib(&self) -> f64 {
        self.memory_of("VmRSS")
    }

    fn memory_of(&self, what: &str) -> f64 {
        let text = value_of(&format!("/proc/{}/status", self.pid), what);
        let kib: f64 = text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(f64::NAN);
        kib / 1_024.0
    }

    /// Processor time it has used, seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        cpu_s(&format!("/proc/{}/stat", self.pid))
    }

    /// One of its metrics; `None` while it has not been set.
    pub(crate) async fn metric(&self, name: &str) -> Result<Option<f64>> {
        let text =
            reqwest::get(format!("http://{}/metrics", self.http)).await?.error_for_status()?.text().await?;
        Ok(text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()))
    }

    /// Asks it to end and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        if !told.success() {
            bail!("the server had ended by itself");
        }
        let ended =
            tokio::time::timeout(ENDING, self.child.wait()).await.context("the server does not end")??;
        if !ended.success() {
            bail!("the server ended with {ended}");
        }
        Ok(())
    }
}

/// Processor time this process has used, seconds.
pub(crate) fn own_cpu_s() -> f64 {
    cpu_s("/proc/self/stat")
}

/// Processor time in a process's `stat`, seconds.
pub(crate) fn cpu_s(path: &str) -> f64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // The name in brackets may hold spaces; user and system time are 12 and 13 words behind it.
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}
