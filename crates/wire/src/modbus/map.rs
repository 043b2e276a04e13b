//! 点表: what the registers of a kind of device mean, as data.
//!
//! ```toml
//! name = "pump-station"
//! word_order = "CDAB"
//! gap = 8
//!
//! [[element]]
//! id = "flow"
//! table = "holding"
//! address = 12
//! type = "f32"
//! scale = 0.000277778
//! unit = "m3/s"
//! ```
//! Addresses are those of the protocol, counted from 0: the 40013 of a vendor's sheet is address 12.

use super::pdu::{Request, Table};
use super::plan::Image;
use super::value::{self, Kind, WordOrder};
use super::{MAX_BITS, MAX_REGISTERS};
use field::time::Time;
use serde::Deserialize;

/// Most elements of one map: a page of a vendor's sheet is fifty, a large PLC has some hundreds.
const MAX_ELEMENTS: usize = 2_000;
/// Longest name or element id: they stand in every stored poll.
const MAX_NAME: usize = 64;

/// 测点表 of one kind of device.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// What devices are configured with.
    pub name: String,
    /// For people: maker and model.
    #[serde(default)]
    pub title: String,
    /// Word order of every element that names none.
    #[serde(default)]
    pub word_order: WordOrder,
    /// Unwanted addresses that may be read along to save a request.
    #[serde(default = "default_gap")]
    pub gap: u16,
    /// Most registers the device gives at once.
    #[serde(default = "default_registers")]
    pub max_registers: u16,
    /// Most bits the device gives at once.
    #[serde(default = "default_bits")]
    pub max_bits: u16,
    /// The device's own time of its values; without it the values are of the moment they were read.
    pub time: Option<TimeStamp>,
    /// 心跳: a holding register that counts up each time a poll was kept, so that the device knows it
    /// is being watched. Not written when absent.
    pub heartbeat: Option<u16>,
    /// The elements.
    #[serde(rename = "element", default)]
    pub elements: Vec<Element>,
    /// The text it was read from, and its mark.
    #[serde(skip)]
    key: String,
}

/// 时标 registers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeStamp {
    /// Where.
    pub table: Table,
    /// From which address.
    pub address: u16,
    /// Number of milliseconds or seconds since 1970 in UTC.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Seconds in one count: 1, or 0.001.
    #[serde(default = "one")]
    pub scale: f64,
}

/// 测点 of a map.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// The name that `Point::elements` lists.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// Where.
    pub table: Table,
    /// From which address, counted from 0.
    pub address: u16,
    /// Number type; coils and inputs are bits.
    #[serde(rename = "type", default)]
    pub kind: Kind,
    /// Word order, where it differs from the map's.
    pub word_order: Option<WordOrder>,
    /// Which bit of a register, from 0, for type `bit`.
    pub bit: Option<u8>,
    /// Value = raw × scale + offset.
    #[serde(default = "one")]
    pub scale: f64,
    /// See `scale`.
    #[serde(default)]
    pub offset: f64,
    /// Unit of the value.
    #[serde(default)]
    pub unit: String,
    /// Raw numbers that mean 缺测.
    #[serde(default)]
    pub missing: Vec<f64>,
    /// Whether a command may write it.
    #[serde(default)]
    pub writable: bool,
}

const fn default_gap() -> u16 {
    8
}
const fn default_registers() -> u16 {
    MAX_REGISTERS
}
const fn default_bits() -> u16 {
    MAX_BITS
}
const fn one() -> f64 {
    1.0
}

/// Why a map is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The text is no such TOML.
    #[error("the register map cannot be read: {0}")]
    Toml(String),
    /// Something in it cannot be.
    #[error("register map `{map}`: {what}")]
    Bad {
        /// Its name.
        map: String,
        /// What, where, and what to do.
        what: String,
    },
}

impl Map {
    /// Reads a map from its TOML text.
    ///
    /// # Errors
    /// [`MapError`] with the line, or the element and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let mut map: Self = toml::from_str(text).map_err(|why| MapError::Toml(why.to_string()))?;
        map.check().map_err(|what| MapError::Bad { map: map.name.clone(), what })?;
        map.key = format!("{}@{:08x}", map.name, mark(text));
        Ok(map)
    }

    /// Name and mark of the text: what a stored poll says it was read with.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The element of that name.
    #[must_use]
    pub fn element(&self, id: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.id == id)
    }

    fn check(&self) -> Result<(), String> {
        let named = |name: &str| {
            let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(good)
        };
        if !named(&self.name) {
            return Err(format!(
                "name `{}`: letters, digits, `-`, `_` and `.`, at most {MAX_NAME}",
                self.name
            ));
        }
        if self.elements.is_empty() || self.elements.len() > MAX_ELEMENTS {
            return Err(format!("{} elements; it needs 1 to {MAX_ELEMENTS}", self.elements.len()));
        }
        if !(1..=MAX_REGISTERS).contains(&self.max_registers) || !(1..=MAX_BITS).contains(&self.max_bits) {
            return Err(format!("max_registers is 1 to {MAX_REGISTERS}, max_bits 1 to {MAX_BITS}"));
        }
        for (n, element) in self.elements.iter().enumerate() {
            element.check().map_err(|what| format!("element `{}`: {what}", element.id))?;
            if !named(&element.id) || self.elements.iter().take(n).any(|other| other.id == element.id) {
                return Err(format!("element id `{}` is no name or stands twice", element.id));
            }
            if element.kind.words() > self.max_registers {
                return Err(format!("element `{}` is longer than max_registers", element.id));
            }
        }
        if self.time.as_ref().is_some_and(|time| time.table.is_bits()) {
            return Err("time stands in registers, not in bits".to_owned());
        }
        Ok(())
    }

    /// Table, address and length of everything wanted.
    pub(crate) fn spans(&self) -> Vec<(Table, u16, u16)> {
        let time = self.time.iter().map(|time| (time.table, time.address, time.kind.words()));
        let elements = self.elements.iter().map(|e| (e.table, e.address, e.kind.words()));
        time.chain(elements).collect()
    }

    /// The device's own time of its values.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "checked against the years a device can mean")]
    pub fn time_in(&self, image: &Image) -> Option<Time> {
        let time = self.time.as_ref()?;
        let words = image.words(time.table, time.address, time.kind.words()).ok()?;
        let seconds = value::number(time.kind, self.word_order, &words)? * time.scale;
        // 2000 to 2100: anything else is a clock never set.
        (946_684_800.0..4_102_444_800.0)
            .contains(&seconds)
            .then(|| Time::from_ms((seconds * 1_000.0).round() as i64))
    }

    /// An element's value in an image, `Ok(None)` for 缺测, or why it is not known.
    ///
    /// # Errors
    /// The stable name of the reason, such as `illegal_address` or `no_answer`.
    pub fn value_in(&self, element: &Element, image: &Image) -> Result<Option<f64>, &'static str> {
        let words = image.words(element.table, element.address, element.kind.words())?;
        let raw = match (element.bit, words.first()) {
            (Some(bit), Some(word)) => Some(f64::from(word >> bit & 1)),
            _ => value::number(element.kind, self.order_of(element), &words),
        };
        #[expect(clippy::float_cmp, reason = "sentinels are exact raw numbers")]
        let known = raw.filter(|raw| !element.missing.iter().any(|missing| missing == raw));
        Ok(known.map(|raw| tidy(raw * element.scale + element.offset)))
    }

    /// The requests that write a value and read it back.
    ///
    /// # Errors
    /// A sentence: no such element, not writable, or the value does not fit.
    pub fn write(&self, id: &str, value: f64) -> Result<(Request, Request), String> {
        let element = self.element(id).ok_or_else(|| format!("map `{}` has no element `{id}`", self.name))?;
        if !element.writable {
            return Err(format!("element `{id}` is not writable in map `{}`", self.name));
        }
        let raw = (value - element.offset) / element.scale;
        let address = element.address;
        let words = value::words(element.kind, self.order_of(element), raw)
            .ok_or_else(|| format!("element `{id}`: {value} does not fit its type"))?;
        let write = match (element.table, element.bit, words.as_slice()) {
            (Table::Coil, _, [word]) => Request::WriteCoil { address, on: *word == 1 },
            (_, Some(bit), [word]) => Request::MaskWrite { address, and: !(1 << bit), or: word << bit },
            (_, None, [value]) => Request::WriteRegister { address, value: *value },
            _ => Request::WriteRegisters { address, values: words },
        };
        let back = Request::Read { table: element.table, address, count: element.kind.words() };
        Ok((write, back))
    }

    /// The words that spell an element's value: what a device puts into its table. `None` where they
    /// cannot, and for single bits of a register.
    #[must_use]
    pub fn words_of(&self, element: &Element, value: f64) -> Option<Vec<u16>> {
        let raw = (value - element.offset) / element.scale;
        element.bit.is_none().then(|| value::words(element.kind, self.order_of(element), raw)).flatten()
    }

    /// The words of the device's time stamp.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this age are far below 2^53")]
    pub fn words_of_time(&self, at: Time) -> Option<Vec<u16>> {
        let time = self.time.as_ref()?;
        value::words(time.kind, self.word_order, at.ms() as f64 / 1_000.0 / time.scale)
    }

    fn order_of(&self, element: &Element) -> WordOrder {
        element.word_order.unwrap_or(self.word_order)
    }
}

impl Element {
    fn check(&self) -> Result<(), String> {
        let is_bit = self.kind == Kind::Bit;
        if self.table.is_bits() && (!is_bit || self.bit.is_some()) {
            return Err(format!("table `{}` holds bits: type = \"bit\" and no `bit`", self.table.code()));
        }
        if !self.table.is_bits() && is_bit != self.bit.is_some() {
            return Err("a bit of a register has type = \"bit\" and `bit` 0 to 15".to_owned());
        }
        if self.bit.is_some_and(|bit| bit > 15) {
            return Err("bit is 0 to 15".to_owned());
        }
        if u32::from(self.address) + u32::from(self.kind.words()) > 65_536 {
            return Err(format!("address {} runs past the end of the table", self.address));
        }
        if !(self.scale.is_finite() && self.offset.is_finite() && self.scale != 0.0) {
            return Err("scale is a number other than 0, offset a number".to_owned());
        }
        if self.writable && matches!(self.table, Table::Discrete | Table::Input) {
            return Err(format!("table `{}` cannot be written", self.table.code()));
        }
        Ok(())
    }
}

/// Twelve significant digits: 0.1 × 3 is 0.3 for people.
fn tidy(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// FNV-1a, 32 bits: which text it was, not a seal.
fn mark(text: &str) -> u32 {
    text.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
