//! The table `[meters]`: concentrators with their meters.

use anyhow::{Context, Result, bail};
use field::id::StationCode;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;

/// Meters behind concentrators.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Meters {
    /// Where concentrators connect; without it none does.
    pub(crate) tcp: Option<SocketAddr>,
    /// The concentrators.
    #[serde(rename = "dtu")]
    pub(crate) dtus: Vec<MetersDtu>,
}

/// A concentrator, or a serial gateway that is called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetersDtu {
    /// Its name in logs.
    pub(crate) name: String,
    /// Registration packet: text, or `hex:` and digits.
    #[serde(default)]
    pub(crate) register: String,
    /// Heartbeat packet, likewise.
    #[serde(default)]
    pub(crate) heartbeat: String,
    /// `host:port` of a serial gateway that is called.
    pub(crate) connect: Option<String>,
    /// `cjt188` or `dlt645`.
    pub(crate) protocol: String,
    /// Seconds between two rounds.
    #[serde(default = "quarter")]
    pub(crate) every_s: u64,
    /// Milliseconds in which a meter must answer.
    #[serde(default = "three_seconds")]
    pub(crate) timeout_ms: u64,
    /// Its meters.
    #[serde(rename = "meter", default)]
    pub(crate) meters: Vec<MetersMeter>,
}

/// A meter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetersMeter {
    /// Its number, or `any`.
    pub(crate) address: String,
    /// Its station in the registry; without it, its number.
    pub(crate) station: Option<String>,
    /// CJ/T 188: kind of meter in hexadecimal, such as `10`.
    pub(crate) kind: Option<String>,
    /// CJ/T 188: the vendor turns the data identifier round.
    #[serde(default)]
    pub(crate) turned: bool,
    /// DL/T 645: data identifiers in hexadecimal, such as `00010000`.
    pub(crate) items: Option<Vec<String>>,
}

const fn quarter() -> u64 {
    900
}

const fn three_seconds() -> u64 {
    3_000
}

impl Meters {
    /// As the gateway takes it.
    pub(crate) fn read(&self) -> Result<gateway::meters::Config> {
        let dtus = self.dtus.iter().map(MetersDtu::read).collect::<Result<_>>()?;
        let config = gateway::meters::Config { tcp: self.tcp, dtus };
        config.check()?;
        Ok(config)
    }
}

impl MetersDtu {
    fn read(&self) -> Result<gateway::meters::Dtu> {
        let name = &self.name;
        let language = match self.protocol.as_str() {
            "cjt188" => gateway::meters::Language::Cjt188,
            "dlt645" => gateway::meters::Language::Dlt645,
            other => bail!("concentrator `{name}`: protocol `{other}` is neither cjt188 nor dlt645"),
        };
        if self.every_s == 0 || self.timeout_ms == 0 {
            bail!("concentrator `{name}`: every_s and timeout_ms must be at least 1");
        }
        let bytes = |text: &str| bytes(text).with_context(|| format!("concentrator `{name}`: `{text}`"));
        let meter = |m: &MetersMeter| {
            m.read().with_context(|| format!("concentrator `{name}`, meter `{}`", m.address))
        };
        Ok(gateway::meters::Dtu {
            name: name.clone(),
            register: bytes(&self.register)?,
            heartbeat: bytes(&self.heartbeat)?,
            connect: self.connect.clone(),
            language,
            every: Duration::from_secs(self.every_s),
            timeout: Duration::from_millis(self.timeout_ms),
            meters: self.meters.iter().map(meter).collect::<Result<_>>()?,
        })
    }
}

impl MetersMeter {
    fn read(&self) -> Result<gateway::meters::Meter> {
        let station = StationCode::new(self.station.as_deref().unwrap_or(&self.address))?;
        let mut meter = gateway::meters::Meter::new(station, self.address.clone());
        meter.turned = self.turned;
        if let Some(kind) = &self.kind {
            meter.kind = u8::from_str_radix(kind, 16).context("kind: write two hexadecimal digits")?;
        }
        if let Some(items) = &self.items {
            let item = |text: &String| {
                u32::from_str_radix(text, 16).context("items: write eight hexadecimal digits")
            };
            meter.items = items.iter().map(item).collect::<Result<_>>()?;
        }
        Ok(meter)
    }
}

/// Text as it is, or the bytes of `hex:` and digits.
fn bytes(text: &str) -> Result<Vec<u8>> {
    let Some(digits) = text.strip_prefix("hex:") else { return Ok(text.as_bytes().to_vec()) };
    let digits: String = digits.split_whitespace().collect();
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        bail!("two hexadecimal digits make a byte");
    }
    let pair = |at: usize| {
        let pair = digits.get(at..at + 2).unwrap_or_default();
        u8::from_str_radix(pair, 16).context("two hexadecimal digits make a byte")
    };
    (0..digits.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concentrator_is_read_with_its_meters() {
        let text = "tcp = \"127.0.0.1:0\"\n[[dtu]]\nname = \"d\"\nregister = \"hex:01 02\"\nprotocol = \"cjt188\"\n[[dtu.meter]]\naddress = \"33078200000001\"\n";
        let config = toml::from_str::<Meters>(text).unwrap().read().unwrap();
        assert_eq!(config.dtus[0].register, [1, 2]);
        assert_eq!(config.dtus[0].meters[0].station.as_str(), "33078200000001");
    }

    #[test]
    fn a_wrong_address_is_said_with_its_place() {
        let text = "[[dtu]]\nname = \"d\"\nprotocol = \"cjt188\"\n[[dtu.meter]]\naddress = \"33x\"\n";
        let error = format!("{:#}", toml::from_str::<Meters>(text).unwrap().read().unwrap_err());
        assert!(error.contains("`33x`"), "{error}");
    }
}
