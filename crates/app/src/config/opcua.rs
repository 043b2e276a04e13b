//! The table `[opcua]`: servers that are subscribed to.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// OPC UA servers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Opcua {
    /// Folder of the site's own node maps, one TOML file each; the bundled ones need none.
    pub(crate) maps: Option<PathBuf>,
    /// The servers.
    #[serde(rename = "server")]
    pub(crate) servers: Vec<gateway::opcua::Server>,
}

impl Opcua {
    /// With its maps read; `None` when nobody is to be subscribed to. Certificates lie under `data`.
    pub(crate) fn read(&self, data: &Path) -> Result<Option<gateway::opcua::Config>> {
        if self.servers.is_empty() {
            return Ok(None);
        }
        let mut maps = Vec::new();
        for path in self.maps.as_deref().map(super::toml_files).transpose()?.unwrap_or_default() {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("node map `{}` cannot be read", path.display()))?;
            maps.push(text);
        }
        let servers = self.servers.clone();
        Ok(Some(gateway::opcua::Config { pki: data.join("opcua"), maps, servers }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_with_its_stations_and_its_password_is_never_shown() {
        let text = "[[server]]\nurl = \"opc.tcp://x:1\"\npolicy = \"Basic256Sha256\"\nmode = \"sign_and_encrypt\"\nuser = \"u\"\npassword = \"geheim\"\n[[server.station]]\ncode = \"3307820017\"\nmap = \"pump-station\"\n";
        let config = toml::from_str::<Opcua>(text).unwrap().read(Path::new("/data")).unwrap().unwrap();
        assert_eq!(config.servers[0].stations[0].code, "3307820017");
        assert_eq!(config.pki, Path::new("/data").join("opcua"));
        assert!(!format!("{config:?}").contains("geheim"));
        assert!(Opcua::default().read(Path::new("/data")).unwrap().is_none());
    }
}
