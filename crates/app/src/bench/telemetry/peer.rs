//! The servers: ours, VictoriaMetrics, InfluxDB; each a process on a folder of its own.

use super::super::ground;
use super::super::machine::value_of;
use super::until;
use anyhow::{Context, Result};
use field::id::StationCode;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// The token our server knows the sender by.
pub(crate) const TOKEN: &str = "bench-token-0123456789";
/// Ours merges when nothing was sealed for a minute.
const OURS_QUIET: Duration = Duration::from_secs(75);
/// InfluxDB's compactions are over when its folder has not changed for so long.
const QUIET: Duration = Duration::from_secs(20);

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Victoria,
    Influx,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::Victoria, Self::Influx];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "zhizhen",
            Self::Victoria => "victoria-metrics",
            Self::Influx => "influxdb",
        }
    }

    /// How to get it, when it is not here.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let (program, how) = match self {
            Self::Ours => return None,
            Self::Victoria => ("victoria-metrics", "apt-get install victoria-metrics"),
            Self::Influx => ("influxd", "apt-get install influxdb"),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let here = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
        (!here).then_some(how)
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) kind: Kind,
    pub(crate) addr: SocketAddr,
    pub(crate) http: reqwest::Client,
    dir: PathBuf,
    child: Child,
}

impl Peer {
    /// Starts it on an empty folder and waits until it answers.
    /// `keep_raw`: ours keeps the bytes of what is pushed too.
    pub(crate) async fn start(kind: Kind, dir: &Path, keep_raw: bool) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let addr = free_port()?;
        if kind == Kind::Ours {
            ground::seed_push(&dir.join("data"), &station()?).await?;
        }
        write_config(kind, dir, addr, keep_raw)?;
        let child = spawn(kind, dir, addr)?;
        let peer = Self { kind, addr, http: reqwest::Client::new(), dir: dir.to_path_buf(), child };
        peer.ready().await?;
        if kind == Kind::Influx {
            let asked = [("q", "CREATE DATABASE bench".to_owned())];
            peer.http.post(peer.asked("/query", &asked)).send().await?.error_for_status()?;
        }
        Ok(peer)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// An address with query parameters.
    pub(crate) fn asked(&self, path: &str, parameters: &[(&str, String)]) -> String {
        let safe = |b: u8| b.is_ascii_alphanumeric() || b"-_.,*".contains(&b);
        let code = |b: u8| if safe(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", value.bytes().map(code).collect::<String>()))
            .collect();
        format!("{}?{}", self.url(path), pairs.join("&"))
    }

    /// The points that were made for pushed series in our server: name and number.
    pub(crate) async fn our_points(&self) -> Result<Vec<(String, i64)>> {
        let options = store::Options { read_only: true, ..store::Options::new(self.dir.join("data")) };
        let store = store::Store::open(options).await?;
        let registry = store.tables.registry();
        let pushed = |point: &std::sync::Arc<field::station::Point>| {
            let name = point.elements.first().filter(|name| name.starts_with("water,"))?;
            Some((name.clone(), point.id.0))
        };
        let points = registry.points_of(&station()?).iter().filter_map(pushed).collect();
        store.close().await;
        Ok(points)
    }

    /// Where line protocol is taken.
    pub(crate) const fn write_path(&self) -> &'static str {
        match self.kind {
            Kind::Ours | Kind::Victoria => "/write",
            Kind::Influx => "/write?db=bench",
        }
    }

    async fn ready(&self) -> Result<Duration> {
        let path = if self.kind == Kind::Influx { "/ping" } else { "/health" };
        until(self.kind.name(), || async {
            self.http.get(self.url(path)).send().await.is_ok_and(|a| a.status().is_success())
        })
        .await
    }

    /// Most memory it ever held, MiB.
    pub(crate) fn peak_memory_mib(&self) -> f64 {
        let text = value_of(&format!("/proc/{}/status", self.child.id().unwrap_or(0)), "VmHWM");
        text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1_024.0
    }

    /// Processor time it has used, seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        super::super::server::cpu_s(&format!("/proc/{}/stat", self.child.id().unwrap_or(0)))
    }

    /// Lets it write and merge what it holds, as its own interface offers.
    pub(crate) async fn settle(&self) -> Result<()> {
        if self.kind == Kind::Victoria {
            for path in ["/internal/force_flush", "/internal/force_merge"] {
                self.http.get(self.url(path)).send().await?.error_for_status()?;
            }
        }
        let quiet = if self.kind == Kind::Ours { OURS_QUIET } else { QUIET };
        let (mut size, mut since) = (0, Instant::now());
        while since.elapsed() < quiet {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = weight(&self.dir)?;
            if now != size {
                (size, since) = (now, Instant::now());
            }
        }
        Ok(())
    }

    /// SIGKILL, start again, and how long until it answers.
    pub(crate) async fn restart_after_kill(&mut self) -> Result<Duration> {
        self.child.kill().await?;
        let begun = Instant::now();
        self.child = spawn(self.kind, &self.dir, self.addr)?;
        self.ready().await?;
        Ok(begun.elapsed())
    }

    /// Ends it in order and weighs its measured data on disk, bytes.
    pub(crate) async fn stop_and_weigh(mut self) -> Result<u64> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        }
        self.child.wait().await?;
        match self.kind {
            Kind::Ours => {
                let data = self.dir.join("data");
                settled(&data).await?;
                weight(&data.join("samples"))
            }
            Kind::Victoria => weight(&self.dir.join("data")),
            Kind::Influx => Ok(weight(&self.dir.join("data"))? + weight(&self.dir.join("wal"))?),
        }
    }
}

/// Merges everything down in a store nobody uses.
async fn settled(data: &Path) -> Result<()> {
    let store = store::Store::open(store::Options::new(data)).await?;
    store.samples.settle().await?;
    store.close().await;
    Ok(())
}

/// The station that takes what is pushed.
fn station() -> Result<StationCode> {
    city::load::code(0).context("the load's first station")
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn write_config(kind: Kind, dir: &Path, addr: SocketAddr, keep_raw: bool) -> Result<()> {
    let text = match kind {
        Kind::Victoria => return Ok(()),
        Kind::Ours => {
            let station = station()?;
            format!(
                "[log]\nformat = \"text\"\nlevel = \"warn\"\n[sl651]\ntcp = \"127.0.0.1:0\"\nudp = \"127.0.0.1:0\"\n\
                 [[push.source]]\nname = \"bench\"\ntoken = \"{TOKEN}\"\nstation = \"{station}\"\ncreate = true\nread = true\nkeep_raw = {keep_raw}\n"
            )
        }
        Kind::Influx => {
            let dir = std::fs::canonicalize(dir)?;
            let dir = dir.display();
            format!(
                "reporting-disabled = true\nbind-address = \"127.0.0.1:0\"\n[meta]\ndir = \"{dir}/meta\"\n\
                 [data]\ndir = \"{dir}/data\"\nwal-dir = \"{dir}/wal\"\nwal-fsync-delay = \"0s\"\n\
                 compact-full-write-cold-duration = \"10s\"\ncache-snapshot-write-cold-duration = \"5s\"\n\
                 max-series-per-database = 0\nmax-values-per-tag = 0\nquery-log-enabled = false\n\
                 [http]\nbind-address = \"{addr}\"\nlog-enabled = false\nflux-enabled = false\n[monitor]\nstore-enabled = false\n\
                 [logging]\nlevel = \"error\"\n"
            )
        }
    };
    Ok(std::fs::write(dir.join("server.toml"), text)?)
}

fn spawn(kind: Kind, dir: &Path, addr: SocketAddr) -> Result<Child> {
    let config = dir.join("server.toml");
    let mut command = match kind {
        Kind::Ours => {
            let mut command =
                Command::new(std::env::current_exe().context("finding this program's own file")?);
            command.arg("serve").arg("--config").arg(config).arg("--data").arg(dir.join("data"));
            command.args(["--http", &addr.to_string()]);
            command
        }
        Kind::Victoria => {
            let mut command = Command::new("victoria-metrics");
            command.arg(format!("-httpListenAddr={addr}")).arg(format!("-storageDataPath={}", dir.display()));
            command.args([
                "-retentionPeriod=100y",
                "-search.maxUniqueTimeseries=1000000",
                "-loggerLevel=ERROR",
            ]);
            command
        }
        Kind::Influx => {
            let mut command = Command::new("influxd");
            command.arg("-config").arg(config);
            command
        }
    };
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    quiet.spawn().with_context(|| format!("starting {}", kind.name()))
}

/// Bytes of all files in a folder.
fn weight(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading `{}`", folder.display()))? {
        // Files come and go while a server merges.
        let Ok(entry) = entry else { continue };
        let Ok(meta) = entry.metadata() else { continue };
        sum += if meta.is_dir() { weight(&entry.path()).unwrap_or(0) } else { meta.len() };
    }
    Ok(sum)
}
