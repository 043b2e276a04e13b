//! Configuration: one TOML file, every key known, every fault said with its place and remedy.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Port of the SL 651 listener where none is configured.
pub(crate) const SL651_PORT: u16 = 5100;
/// Port of the web interface where none is configured.
pub(crate) const HTTP_PORT: u16 = 8651;

/// Everything `zhizhen serve` can be told.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where people and phones connect.
    pub(crate) http: Http,
    /// Where stations connect.
    pub(crate) sl651: Sl651,
    /// Where HJ 212 plants connect; without the table, nowhere.
    pub(crate) hj212: Option<Hj212>,
    /// Where SL/T 427 stations connect; without the table, nowhere.
    pub(crate) sl427: Option<Sl427>,
    /// Meters behind concentrators.
    pub(crate) meters: Option<Meters>,
    /// MQTT: our broker, and brokers outside; without the table, neither.
    pub(crate) mqtt: Option<Mqtt>,
    /// Devices that are asked in Modbus.
    pub(crate) modbus: Modbus,
    /// OPC UA servers that are subscribed to.
    pub(crate) opcua: Opcua,
    /// Where things are kept.
    pub(crate) store: StoreConfig,
    /// How long what is kept.
    pub(crate) retention: store::retention::Retention,
    /// Who may push data over HTTP.
    pub(crate) push: Push,
    /// How people are reached.
    pub(crate) dispatch: dispatch::Config,
    /// What is written about the server's own doings.
    pub(crate) log: Log,
}

/// Where people and phones connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// Address and port to listen on.
    pub(crate) listen: SocketAddr,
    /// The address people type, when a proxy with TLS stands in front; links in messages begin with it.
    pub(crate) public_url: Option<String>,
}

/// Where stations connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sl651 {
    /// Address and port for TCP.
    pub(crate) tcp: SocketAddr,
    /// Address and port for UDP.
    pub(crate) udp: SocketAddr,
    /// Folder of vendors' dictionaries of FF elements, one TOML file each.
    pub(crate) dictionaries: Option<PathBuf>,
}

impl Sl651 {
    /// Reads the dictionaries; from then on frames are decoded with them.
    pub(crate) fn install(&self) -> Result<()> {
        for path in self.dictionaries.as_deref().map(toml_files).transpose()?.unwrap_or_default() {
            let read = || format!("SL 651 dictionary `{}`", path.display());
            let text = std::fs::read_to_string(&path).with_context(read)?;
            wire::sl651::vendor::install(&text).with_context(read)?;
        }
        Ok(())
    }
}

mod meters;
mod mqtt;
mod opcua;
mod plants;

pub(crate) use meters::{Meters, MetersDtu, MetersMeter};
pub(crate) use mqtt::Mqtt;
pub(crate) use opcua::Opcua;
pub(crate) use plants::{Hj212, Sl427};

/// Devices that are asked in Modbus.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Modbus {
    /// Folder of the site's own register maps, one TOML file each; the bundled ones need none.
    pub(crate) maps: Option<PathBuf>,
    /// The connections with their devices.
    #[serde(rename = "connection")]
    pub(crate) connections: Vec<gateway::modbus::Connection>,
}

impl Modbus {
    /// With its maps read; `None` when nothing is to be asked.
    pub(crate) fn read(&self) -> Result<Option<gateway::modbus::Config>> {
        if self.connections.is_empty() {
            return Ok(None);
        }
        let mut maps = Vec::new();
        for path in self.maps.as_deref().map(toml_files).transpose()?.unwrap_or_default() {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("register map `{}` cannot be read", path.display()))?;
            maps.push(text);
        }
        Ok(Some(gateway::modbus::Config { maps, connections: self.connections.clone() }))
    }
}

/// Where things are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreConfig {
    /// Data directory: samples, photos, and the SQLite file unless `url` is given.
    pub(crate) dir: Option<PathBuf>,
    /// `postgres://…` for tables and journal.
    pub(crate) url: Option<String>,
}

/// Who may push data over HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Push {
    /// Folder of JSON mappings: `NAME.toml` is `POST /api/v1/push/json/NAME`.
    pub(crate) mappings: Option<PathBuf>,
    /// The sources, each with its token.
    pub(crate) source: Vec<api::PushSource>,
    /// Mappings that come with the program, by name; the folder's win over them.
    #[serde(skip)]
    pub(crate) bundled: Vec<(&'static str, &'static str)>,
}

impl Push {
    /// Checked, with its mappings read.
    pub(crate) fn read(&self) -> Result<api::PushConfig> {
        for source in &self.source {
            if source.token.is_short() {
                bail!(
                    "push source `{}`: its token is shorter than 16 signs; `openssl rand -hex 24` makes a good one",
                    source.name
                );
            }
        }
        let mut mappings = std::collections::BTreeMap::new();
        for (name, text) in &self.bundled {
            let mapping = toml::from_str(text).with_context(|| format!("bundled JSON mapping `{name}`"))?;
            mappings.insert((*name).to_owned(), mapping);
        }
        for path in self.mappings.as_deref().map(toml_files).transpose()?.unwrap_or_default() {
            let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            mappings.insert(name, json_mapping(&path)?);
        }
        Ok(api::PushConfig { sources: self.source.clone(), mappings })
    }
}

/// The JSON mapping in a file.
pub(crate) fn json_mapping(path: &Path) -> Result<wire::json_push::Mapping> {
    mapping_file("JSON mapping", path, "docs/protocols/json.md")
}

/// What a mapping's TOML file says; `page` tells how it is written.
fn mapping_file<T: serde::de::DeserializeOwned>(kind: &str, path: &Path, page: &str) -> Result<T> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{kind} `{shown}` cannot be read"))?;
    toml::from_str(&text)
        .map_err(|why| anyhow::anyhow!("{kind} `{shown}`: {why}{page} says how it is written"))
}

/// The TOML files of a folder, by name.
fn toml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed =
        std::fs::read_dir(folder).with_context(|| format!("folder `{}` cannot be read", folder.display()))?;
    let mut files: Vec<PathBuf> = listed
        .flatten()
        .map(|entry| entry.path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    Ok(files)
}

/// What is written about the server's own doings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// `json` for machines, `text` for people.
    pub(crate) format: LogFormat,
    /// Least level, or a filter such as `info,gateway=debug`.
    pub(crate) level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For a person at a terminal.
    Text,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], HTTP_PORT)), public_url: None }
    }
}

impl Default for Sl651 {
    fn default() -> Self {
        let any = SocketAddr::from(([0, 0, 0, 0], SL651_PORT));
        Self { tcp: any, udp: any, dictionaries: None }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: "info".into() }
    }
}

impl Config {
    /// Reads a file, or the defaults when none is named.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("configuration `{}` cannot be read; name an existing file with --config", path.display())
        })?;
        toml::from_str(&text).map_err(|why| {
            anyhow::anyhow!("configuration `{}`: {why}docs/configuration.md lists every key", path.display())
        })
    }

    /// The data directory: configured, or under the platform's data folder.
    pub(crate) fn data_dir(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.store.dir {
            return Ok(dir.clone());
        }
        let base = platform_data_dir();
        let Some(base) = base else {
            bail!("no data folder is known for this user; name one with --data DIR")
        };
        Ok(base.join("zhizhen"))
    }
}

/// Linux: `$XDG_DATA_HOME` or `~/.local/share`; macOS: `~/Library/Application Support`; Windows: `%APPDATA%`.
fn platform_data_dir() -> Option<PathBuf> {
    let env = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        env("APPDATA")
    } else if cfg!(target_os = "macos") {
        env("HOME").map(|h| h.join("Library/Application Support"))
    } else {
        env("XDG_DATA_HOME").or_else(|| env("HOME").map(|h| h.join(".local/share")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("zhizhen.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(Some(&path))
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = read("[http]\nlisten = \"127.0.0.1:1\"\nlisen = 3\n").unwrap_err().to_string();
        assert!(
            error.contains("lisen") && error.contains("line 3") && error.contains("zhizhen.toml"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_file_is_named_with_a_remedy() {
        let error = format!("{:#}", Config::read(Some(Path::new("/nowhere/z.toml"))).unwrap_err());
        assert!(error.contains("/nowhere/z.toml") && error.contains("--config"), "{error}");
    }

    #[test]
    fn an_impossible_address_is_refused() {
        let error = read("[sl651]\ntcp = \"0.0.0.0:99999\"\n").unwrap_err().to_string();
        assert!(error.contains("tcp"), "{error}");
    }

    #[test]
    fn the_example_in_the_manual_is_read() {
        let example = include_str!("../../../docs/zhizhen.example.toml");
        read(example).unwrap();
    }
}
