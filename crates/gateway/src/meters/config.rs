//! Which concentrators there are, which meters hang behind them, and how often they are asked: data.

use field::id::StationCode;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use wire::{cjt188, dlt645};

/// What the meter pollers are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Where concentrators connect; `None`: none does. Port 0 lets the system choose.
    pub tcp: Option<SocketAddr>,
    /// The concentrators.
    pub dtus: Vec<Dtu>,
}

/// What the meters behind a concentrator speak. One language a line: their frames begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// CJ/T 188.
    Cjt188,
    /// DL/T 645-2007.
    Dlt645,
}

/// 集中器: a concentrator (or serial gateway) with the meters on its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dtu {
    /// Its name in logs.
    pub name: String,
    /// 注册包: the bytes it says first. Empty: the only one that says nothing.
    pub register: Vec<u8>,
    /// 心跳包: bytes it says to keep the line open; they are passed over. Empty: none.
    pub heartbeat: Vec<u8>,
    /// `host:port` of a serial gateway that we connect to; then nothing is registered.
    pub connect: Option<String>,
    /// What its meters speak.
    pub language: Language,
    /// Time between two rounds, of the house's clock.
    pub every: Duration,
    /// A meter must answer within this time. 3 s: 40 bytes at 1200 baud and a slow radio.
    pub timeout: Duration,
    /// Its meters.
    pub meters: Vec<Meter>,
}

/// A meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// 测站 in the registry.
    pub station: StationCode,
    /// Its number; `any` asks whoever listens (one meter on the line).
    pub address: String,
    /// CJ/T 188: 表类型 (10 cold, 11 hot, 12 drinking, 13 reclaimed water).
    pub kind: u8,
    /// CJ/T 188: the vendor turns the data identifier round (`1F90`).
    pub turned: bool,
    /// DL/T 645: the identifiers to ask for, such as `0x0001_0000`.
    pub items: Vec<u32>,
}

impl Meter {
    /// A cold-water meter, or an electricity meter asked for its energy.
    #[must_use]
    pub fn new(station: StationCode, address: impl Into<String>) -> Self {
        Self { station, address: address.into(), kind: 0x10, turned: false, items: vec![0x0001_0000] }
    }

    /// How many questions it is asked in a round.
    pub(crate) fn questions(&self, language: Language) -> usize {
        match language {
            Language::Cjt188 => 1,
            Language::Dlt645 => self.items.len(),
        }
    }

    /// Its CJ/T 188 address on the line.
    pub(crate) fn water(&self) -> Option<cjt188::encode::Address> {
        if self.address == "any" {
            return Some(cjt188::encode::Address { kind: self.kind, bytes: cjt188::ANYONE });
        }
        cjt188::encode::Address::of(self.kind, &self.address)
    }

    /// Its DL/T 645 address on the line.
    pub(crate) fn power(&self) -> Option<[u8; 6]> {
        if self.address == "any" { Some(dlt645::ANYONE) } else { dlt645::encode::address(&self.address) }
    }

    /// Whether a frame that names `address` is its.
    pub(crate) fn is(&self, address: &str) -> bool {
        let plain = |text: &str| text.trim_start_matches('0').to_owned();
        self.address == "any" || plain(&self.address) == plain(address)
    }
}

/// What is wrong with the list of concentrators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetersFault {
    /// Two that cannot be told apart.
    #[error("concentrator `{0}`: another has the same registration packet: each needs its own")]
    SameRegister(String),
    /// An address that no meter has.
    #[error("concentrator `{dtu}`, meter `{address}`: {what}")]
    BadMeter {
        /// Whose.
        dtu: String,
        /// As written.
        address: String,
        /// What is wrong and what is allowed.
        what: &'static str,
    },
    /// More than one line can carry.
    #[error("concentrator `{dtu}`: {have} meters; at most {most} on one line")]
    TooMany {
        /// Whose.
        dtu: String,
        /// How many.
        have: usize,
        /// The limit.
        most: usize,
    },
}

impl Config {
    /// Most meters of one concentrator: what CJ/T 188 concentrators carry at most.
    pub const MAX_METERS: usize = 2_048;

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first [`MetersFault`].
    pub fn check(&self) -> Result<(), MetersFault> {
        let mut registers = BTreeSet::new();
        for dtu in &self.dtus {
            if dtu.connect.is_none() && !registers.insert(&dtu.register) {
                return Err(MetersFault::SameRegister(dtu.name.clone()));
            }
            if dtu.meters.len() > Self::MAX_METERS {
                let (have, most) = (dtu.meters.len(), Self::MAX_METERS);
                return Err(MetersFault::TooMany { dtu: dtu.name.clone(), have, most });
            }
            for meter in &dtu.meters {
                let what = match dtu.language {
                    Language::Cjt188 if meter.water().is_none() => {
                        "an address has 1 to 14 digits, or is `any`"
                    }
                    Language::Dlt645 if meter.power().is_none() => {
                        "an address has 1 to 12 digits, or is `any`"
                    }
                    Language::Dlt645 if meter.items.is_empty() => "it needs at least one data identifier",
                    _ if meter.address == "any" && dtu.meters.len() > 1 => {
                        "`any` is answered by every meter of the line: it can only stand alone"
                    }
                    _ => continue,
                };
                return Err(MetersFault::BadMeter {
                    dtu: dtu.name.clone(),
                    address: meter.address.clone(),
                    what,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dtu(address: &str) -> Dtu {
        Dtu {
            name: "d".to_owned(),
            register: b"D1".to_vec(),
            heartbeat: Vec::new(),
            connect: None,
            language: Language::Cjt188,
            every: Duration::from_secs(900),
            timeout: Duration::from_secs(3),
            meters: vec![Meter::new(StationCode::new("m1").unwrap(), address)],
        }
    }

    #[test]
    fn concentrators_that_cannot_be_told_apart_are_refused() {
        let mut config = Config { tcp: None, dtus: vec![dtu("1"), dtu("2")] };
        assert_eq!(config.check(), Err(MetersFault::SameRegister("d".to_owned())));
        config.dtus[1].connect = Some("10.0.0.9:4001".to_owned());
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn an_address_with_letters_is_refused_by_name() {
        let config = Config { tcp: None, dtus: vec![dtu("12x")] };
        assert!(config.check().unwrap_err().to_string().contains("`12x`"));
        assert!(Meter::new(StationCode::new("m1").unwrap(), "805000001").is("00000805000001"));
    }
}
