//! 厂商字典: what the FF elements of a vendor mean, as data.
//!
//! The standard leaves FF and one more byte to the user (SL 651-2014 annex C): the same number means one
//! thing on one maker's stations and another on the next one's. A dictionary is a file that says whose
//! stations it speaks of and what each number is; without one such an element keeps its number, without a
//! name or a unit.
//!
//! ```toml
//! name = "soil-station"
//! stations = ["00303A*", "0030746200"]
//!
//! [[element]]
//! id = "FF91"
//! mnemonic = "ST10"
//! title = "10 cm 土温"
//! unit = "°C"
//! coding = "signed"
//! decimals = 1
//! ```

use super::elements::ElementKind;
use super::value::{Bcd, read_bcd};
use serde::Deserialize;
use std::sync::{OnceLock, PoisonError, RwLock};

/// Most dictionaries at once: a province has some dozen makers.
const MOST: usize = 256;
/// Longest name, mnemonic or unit.
const MAX_NAME: usize = 64;

/// What a dictionary cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DictionaryError {
    /// The text is no TOML of this shape.
    #[error("{0}")]
    Text(String),
    /// An element is wrong.
    #[error("element `{id}` of dictionary `{name}`: {why}")]
    Element {
        /// The dictionary.
        name: String,
        /// As the file writes it.
        id: String,
        /// What is wrong and what would be right.
        why: &'static str,
    },
    /// Something else is wrong.
    #[error("dictionary `{name}`: {why}")]
    Dictionary {
        /// The dictionary.
        name: String,
        /// What is wrong and what would be right.
        why: &'static str,
    },
}

/// How the digits of an element are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Coding {
    /// As the standard writes numbers.
    #[default]
    Bcd,
    /// A whole number, high byte first; all ones: missing.
    Unsigned,
    /// The same in two's complement; the most negative number: missing.
    Signed,
}

/// An element of a vendor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension {
    /// Name and unit.
    pub(crate) kind: &'static ElementKind,
    coding: Coding,
    decimals: Option<u8>,
}

impl Extension {
    /// The number in an element's data; `decimals` is what its definition byte says.
    pub(crate) fn read(&self, bytes: &[u8], decimals: u8) -> Bcd {
        let decimals = self.decimals.unwrap_or(decimals);
        let ones = bytes.iter().all(|byte| *byte == 0xFF);
        let number = match self.coding {
            Coding::Bcd => return read_bcd(bytes, decimals),
            Coding::Unsigned if ones => return Bcd::Missing,
            // Eight bytes at most: what an element has beyond them is no number.
            _ if bytes.is_empty() || bytes.len() > 8 => return Bcd::Bad,
            Coding::Unsigned => bytes.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte)) as f64,
            Coding::Signed => {
                let first = bytes.first().copied().unwrap_or_default();
                let rest = bytes.get(1..).unwrap_or_default();
                if first == 0x80 && rest.iter().all(|byte| *byte == 0) {
                    return Bcd::Missing;
                }
                rest.iter().fold(i64::from(first.cast_signed()), |n, byte| n << 8 | i64::from(*byte)) as f64
            }
        };
        Bcd::Number(number / 10_f64.powi(decimals.into()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: String,
    #[serde(default, rename = "title")]
    _title: String,
    stations: Vec<String>,
    #[serde(rename = "element", default)]
    elements: Vec<TextElement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextElement {
    id: String,
    mnemonic: String,
    #[serde(default, rename = "title")]
    _title: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    coding: Coding,
    decimals: Option<u8>,
}

/// One maker's elements.
#[derive(Debug)]
struct Dictionary {
    name: String,
    stations: Vec<String>,
    elements: Vec<Extension>,
}

impl Dictionary {
    /// How exactly it names the station: the length of the pattern that fits.
    fn fits(&self, station: &str) -> Option<usize> {
        let fits = |pattern: &&String| match pattern.strip_suffix('*') {
            Some(start) => station.starts_with(start),
            None => station == *pattern,
        };
        self.stations.iter().filter(fits).map(String::len).max()
    }
}

fn known() -> &'static RwLock<Vec<Dictionary>> {
    static KNOWN: OnceLock<RwLock<Vec<Dictionary>>> = OnceLock::new();
    KNOWN.get_or_init(RwLock::default)
}

/// Reads a dictionary and uses it from now on, instead of one of the same name. Meant for the start of a
/// process: its words stay in memory until the end. Gives its name.
///
/// # Errors
/// [`DictionaryError`], for the person who wrote the file.
pub fn install(text: &str) -> Result<String, DictionaryError> {
    let text: Text = toml::from_str(text).map_err(|error| DictionaryError::Text(error.to_string()))?;
    let wrong = |why| Err(DictionaryError::Dictionary { name: text.name.clone(), why });
    if text.stations.is_empty()
        || text.stations.iter().any(|pattern| pattern.trim_end_matches('*').is_empty())
    {
        return wrong("`stations` names whose it is, such as \"0012345678\" or \"0012*\"");
    }
    if text.name.is_empty() || text.name.len() > MAX_NAME {
        return wrong("`name` has 1 to 64 bytes");
    }
    let elements = text.elements.iter().map(|element| extension(&text.name, element));
    let elements = elements.collect::<Result<Vec<_>, _>>()?;
    let mut known = known().write().unwrap_or_else(PoisonError::into_inner);
    known.retain(|dictionary| dictionary.name != text.name);
    if known.len() >= MOST {
        return wrong("there are 256 dictionaries already");
    }
    known.push(Dictionary { name: text.name.clone(), stations: text.stations, elements });
    Ok(text.name)
}

fn extension(name: &str, text: &TextElement) -> Result<Extension, DictionaryError> {
    let wrong = |why| Err(DictionaryError::Element { name: name.to_owned(), id: text.id.clone(), why });
    let digits = text.id.strip_prefix("FF").filter(|digits| digits.len() == 2);
    let Some(id) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
        return wrong("`id` is FF and two hexadecimal digits in capitals, such as FF09");
    };
    if text.mnemonic.is_empty() || text.mnemonic.len() > MAX_NAME || text.unit.len() > MAX_NAME {
        return wrong("`mnemonic` has 1 to 64 bytes, `unit` at most 64");
    }
    if text.decimals.is_some_and(|decimals| decimals > 9) {
        return wrong("`decimals` is 0 to 9");
    }
    let (mnemonic, unit) = (text.mnemonic.clone().leak(), text.unit.clone().leak());
    let kind = ElementKind { id, mnemonic, unit, digits: 0, decimals: text.decimals.unwrap_or_default() };
    Ok(Extension { kind: Box::leak(Box::new(kind)), coding: text.coding, decimals: text.decimals })
}

/// What FF and this byte mean on a station; the dictionary that names it most exactly counts.
pub(crate) fn extension_of(station: Option<&str>, id: u8) -> Option<Extension> {
    let station = station?;
    let known = known().read().unwrap_or_else(PoisonError::into_inner);
    let fitting = known.iter().filter_map(|dictionary| Some((dictionary.fits(station)?, dictionary)));
    let (_, dictionary) = fitting.max_by_key(|(exact, _)| *exact)?;
    dictionary.elements.iter().find(|element| element.kind.id == id).copied()
}
