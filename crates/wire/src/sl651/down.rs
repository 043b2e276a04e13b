//! 下行指令: what the centre asks and tells, and what a station's answer says to it (mode M4; tables
//! 42 to 86). Both forms.
//!
//! The tables write whole switch words: one bit a pump, all of them at once. So a command for one
//! pump needs to know how the others stand ([`Known`]); without that it is refused, never guessed.

use super::crc::crc16;
use super::decoded::{Decoded, Switches};
use super::elements::{by_mnemonic, element};
use super::encode::{Address, EncodeError};
use super::value::{hex, write_bcd, write_seconds};
use super::{MAX_BODY, control, function, parameters};
use field::command::{Ask, ParameterTable};
use field::time::Time;
use serde_json::{Value, json};

/// 编码方式: the two forms of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// HEX/BCD, started by 7E7E.
    #[default]
    Hex,
    /// ASCII, started by SOH.
    Ascii,
}

/// What must be known of a station to speak to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// 中心站地址 it reports to.
    pub centre: u8,
    /// 密码 it reports with.
    pub password: u16,
    /// The form it speaks.
    pub form: Form,
    /// 水泵 as last reported (4CH), or known to stand all still.
    pub pumps: Option<Vec<bool>>,
    /// 阀门 as last reported (4DH).
    pub valves: Option<Vec<bool>>,
    /// 闸门 as last reported (4EH): their openings in metres.
    pub gates: Option<Vec<f64>>,
}

/// Why a command cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotAsk {
    /// SL 651 has no such command.
    #[error("SL 651 has no command `{0}`")]
    Unsupported(&'static str),
    /// The switch word holds every one, and how the others stand is not known.
    #[error(
        "how the station's other {0} stand is not known, and the command would set them all: wait for its own report of them"
    )]
    StateUnknown(&'static str),
    /// An identifier outside the tables.
    #[error("`{0}` is in none of the standard's tables")]
    UnknownId(String),
    /// A value that the identifier cannot carry.
    #[error("parameter {id}: `{value}` does not fit it")]
    BadValue {
        /// The parameter.
        id: String,
        /// The value.
        value: String,
    },
}

impl CannotAsk {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsupported(_) => "unsupported",
            Self::StateUnknown(_) => "state_unknown",
            Self::UnknownId(_) => "unknown_id",
            Self::BadValue { .. } => "bad_value",
        }
    }
}

/// The function code a command goes and is answered under; `None` where SL 651 has none.
#[must_use]
pub const fn function_of(ask: &Ask) -> Option<u8> {
    Some(match ask {
        Ask::QueryPicture => function::PICTURE,
        Ask::QueryCurrent => function::QUERY_CURRENT,
        Ask::QueryPeriod { .. } => function::QUERY_PERIOD,
        Ask::QueryManual => function::QUERY_MANUAL,
        Ask::QueryElements { .. } => function::QUERY_ELEMENTS,
        Ask::SetParameters { table: ParameterTable::Basic, .. } => function::SET_BASIC,
        Ask::ReadParameters { table: ParameterTable::Basic, .. } => function::READ_BASIC,
        Ask::SetParameters { table: ParameterTable::Running, .. } => function::SET_RUNNING,
        Ask::ReadParameters { table: ParameterTable::Running, .. } => function::READ_RUNNING,
        Ask::QueryMotors => function::PUMP_MOTOR,
        Ask::QueryVersion => function::VERSION,
        Ask::QueryStatus => function::STATUS,
        Ask::ClearMemory => function::CLEAR_MEMORY,
        Ask::FactoryReset => function::FACTORY_RESET,
        Ask::SetPassword { .. } => function::PASSWORD,
        Ask::SetClock => function::SET_CLOCK,
        Ask::SetIcCard { .. } => function::IC_CARD,
        Ask::SwitchPump { .. } => function::PUMPS,
        Ask::SwitchValve { .. } => function::VALVES,
        Ask::SetGate { .. } => function::GATES,
        Ask::SetQuota { .. } => function::QUOTA,
        Ask::QueryEvents => function::EVENTS,
        Ask::QueryClock => function::QUERY_CLOCK,
        Ask::Write { .. } => return None,
    })
}

/// Writes a command as the frame to send at `now` (its send time is what a clock is set to).
///
/// # Errors
/// [`CannotAsk`].
pub fn command(ask: &Ask, station: Address, known: &Known, now: Time) -> Result<Vec<u8>, CannotAsk> {
    let function = function_of(ask).ok_or(CannotAsk::Unsupported(ask.code()))?;
    let words = match known.form {
        Form::Hex => words(ask, known)?,
        Form::Ascii => text(ask, known)?.into_bytes(),
    };
    // What the centre begins carries the serial 0 (6.6.2.4).
    Ok(frame(known, station, function, 0, now, None, &words, control::ENQ))
}

/// A down frame; `packet` makes it one of mode M3. What is too long for the length word is cut off,
/// which no command reaches.
#[expect(clippy::too_many_arguments, reason = "the fields of a frame, in their order")]
pub(crate) fn frame(
    known: &Known,
    station: Address,
    function: u8,
    serial: u16,
    at: Time,
    packet: Option<super::Packet>,
    words: &[u8],
    end: u8,
) -> Vec<u8> {
    let packed = packet.map(|p| {
        let [_, b0, b1, b2] =
            (u32::from(p.total & 0x0FFF) << 12 | u32::from(p.number & 0x0FFF)).to_be_bytes();
        [b0, b1, b2]
    });
    let packed: &[u8] = packed.as_ref().map_or(&[], |p| p.as_slice());
    let start = if packet.is_some() { control::SYN } else { control::STX };
    let head = |length: usize| {
        let length = u16::try_from(length.min(MAX_BODY)).unwrap_or_default() | 0x8000;
        let mut head = station.0.to_vec();
        head.push(known.centre);
        head.extend(known.password.to_be_bytes());
        head.push(function);
        head.extend(length.to_be_bytes());
        head
    };
    let stamp = [serial.to_be_bytes().as_slice(), &write_seconds(at)].concat();
    match known.form {
        Form::Hex => {
            let body = [packed, &stamp, words].concat();
            let mut out = [&[0x7E, 0x7E], head(body.len()).as_slice(), &[start], &body, &[end]].concat();
            out.extend(crc16(&out).to_be_bytes());
            out
        }
        Form::Ascii => {
            let body = [hex(packed).as_bytes(), hex(&stamp).as_bytes(), words].concat();
            let head = hex(&head(body.len()));
            let mut out = [&[control::SOH], head.as_bytes(), &[start], &body, &[end]].concat();
            let crc = format!("{:04X}", crc16(&out));
            out.extend(crc.into_bytes());
            out
        }
    }
}

/// What stands behind serial and time in HEX form.
fn words(ask: &Ask, known: &Known) -> Result<Vec<u8>, CannotAsk> {
    Ok(match ask {
        Ask::QueryPeriod { from, to, step_min, element } => {
            let mut out = hours(*from).to_vec();
            out.extend(hours(*to));
            out.extend([0x04, 0x18]);
            out.extend(step(*step_min));
            out.extend(identifier(element)?);
            out
        }
        Ask::QueryElements { elements } => {
            elements.iter().map(|id| identifier(id)).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Ask::ReadParameters { ids, .. } => {
            let of = |id: &String| {
                number(id).and_then(parameters::identifier).ok_or_else(|| CannotAsk::UnknownId(id.clone()))
            };
            ids.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Ask::SetParameters { values, .. } => {
            let of = |(id, value): (&String, &String)| {
                let number = number(id).ok_or_else(|| CannotAsk::UnknownId(id.clone()))?;
                parameters::write(number, value).ok_or_else(|| bad_value(id, value))
            };
            values.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Ask::ClearMemory => vec![0x97, 0x00],
        Ask::FactoryReset => vec![0x98, 0x00],
        Ask::SetPassword { password } => {
            let new = new_password(password)?;
            let pair = |password: u16| [&[0x03, 0x10], password.to_be_bytes().as_slice()].concat();
            [pair(known.password), pair(new)].concat()
        }
        Ask::SetIcCard { enabled } => {
            let bits: u32 = if *enabled { 1 << 9 } else { 0 };
            [&[0x45, 0x20], bits.to_be_bytes().as_slice()].concat()
        }
        Ask::SwitchPump { .. } | Ask::SwitchValve { .. } | Ask::SetGate { .. } | Ask::SetQuota { .. } => {
            switch_words(ask, known)?
        }
        _ => Vec::new(),
    })
}

/// What stands behind serial and time in ASCII form: words with a blank behind each.
fn text(ask: &Ask, known: &Known) -> Result<String, CannotAsk> {
    Ok(match ask {
        Ask::QueryPeriod { from, to, step_min, element } => {
            let step = match *step_min {
                m if m.is_multiple_of(24 * 60) => format!("DRD{:02}", m / (24 * 60)),
                m if m.is_multiple_of(60) => format!("DRH{:02}", m / 60),
                m => format!("DRN{m:02}"),
            };
            format!("{} {} {step} {} ", hex(&hours(*from)), hex(&hours(*to)), mnemonic(element)?)
        }
        Ask::QueryElements { elements } => {
            let names: Result<Vec<_>, _> = elements.iter().map(|id| mnemonic(id)).collect();
            names?.iter().map(|name| format!("{name} ")).collect()
        }
        Ask::ReadParameters { ids, .. } => {
            let of = |id: &String| match number(id).and_then(parameters::identifier) {
                Some([id, _]) => Ok(format!("{id:02X} ")),
                None => Err(CannotAsk::UnknownId(id.clone())),
            };
            ids.iter().map(of).collect::<Result<String, _>>()?
        }
        Ask::SetParameters { values, .. } => {
            let of = |(id, value): (&String, &String)| {
                let number = number(id).ok_or_else(|| CannotAsk::UnknownId(id.clone()))?;
                parameters::write_text(number, value).ok_or_else(|| bad_value(id, value))
            };
            values.iter().map(of).collect::<Result<String, _>>()?
        }
        Ask::ClearMemory => "97 ".to_owned(),
        Ask::FactoryReset => "98 ".to_owned(),
        Ask::SetPassword { password } => {
            format!("03 {:04X} 03 {:04X} ", known.password, new_password(password)?)
        }
        Ask::SetIcCard { enabled } => format!("ZT {:08X} ", if *enabled { 1 << 9 } else { 0 }),
        Ask::SwitchPump { .. } | Ask::SwitchValve { .. } | Ask::SetGate { .. } | Ask::SetQuota { .. } => {
            format!("{} ", hex(&switch_words(ask, known)?))
        }
        _ => String::new(),
    })
}

/// Tables 71, 74, 77 and 80.
fn switch_words(ask: &Ask, known: &Known) -> Result<Vec<u8>, CannotAsk> {
    match ask {
        Ask::SwitchPump { pump, on } => {
            let all = known.pumps.as_deref().ok_or(CannotAsk::StateUnknown("pumps"))?;
            Ok(bits(all, *pump, *on))
        }
        Ask::SwitchValve { valve, open } => {
            let all = known.valves.as_deref().ok_or(CannotAsk::StateUnknown("valves"))?;
            Ok(bits(all, *valve, *open))
        }
        Ask::SetGate { gate, opening_m } => {
            let mut openings = match (&known.gates, gate) {
                (Some(gates), _) => gates.clone(),
                (None, 1) => Vec::new(),
                (None, _) => return Err(CannotAsk::StateUnknown("gates")),
            };
            let place = usize::from(*gate).saturating_sub(1);
            if openings.len() <= place {
                openings.resize(place + 1, 0.0);
            }
            if let Some(opening) = openings.get_mut(place) {
                *opening = *opening_m;
            }
            let open: Vec<bool> = openings.iter().map(|m| *m > 0.0).collect();
            let mut out = packed(&open);
            if let Some(count) = out.first_mut() {
                *count = u8::try_from(openings.len()).unwrap_or(u8::MAX);
            }
            for m in openings {
                out.extend(
                    write_bcd((m * 100.0).round(), 2, 0).ok_or_else(|| bad_value("4E", &m.to_string()))?,
                );
            }
            Ok(out)
        }
        Ask::SetQuota { enabled } => Ok(vec![if *enabled { 0xFF } else { 0x00 }]),
        _ => Ok(Vec::new()),
    }
}

fn bits(all: &[bool], which: u8, on: bool) -> Vec<u8> {
    let mut all = all.to_vec();
    let place = usize::from(which).saturating_sub(1);
    if all.len() <= place {
        all.resize(place + 1, false);
    }
    if let Some(one) = all.get_mut(place) {
        *one = on;
    }
    packed(&all)
}

/// A count of bytes, and eight switches a byte, the first in its lowest bit.
pub(crate) fn packed(all: &[bool]) -> Vec<u8> {
    let bytes = all.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, on| byte << 1 | u8::from(*on)));
    let mut out = vec![0];
    out.extend(bytes);
    let count = u8::try_from(out.len() - 1).unwrap_or(u8::MAX);
    if let Some(first) = out.first_mut() {
        *first = count;
    }
    out
}

fn bad_value(id: &str, value: &str) -> CannotAsk {
    CannotAsk::BadValue { id: id.to_owned(), value: value.to_owned() }
}

/// `YYMMDDHH`.
fn hours(at: Time) -> [u8; 4] {
    let [year, month, day, hour, _, _] = write_seconds(at);
    [year, month, day, hour]
}

fn step(minutes: u16) -> [u8; 3] {
    let bcd = |n: u16| u8::try_from((n / 10 % 10) << 4 | (n % 10)).unwrap_or_default();
    match minutes {
        m if m.is_multiple_of(24 * 60) => [bcd(m / (24 * 60)), 0, 0],
        m if m.is_multiple_of(60) => [0, bcd(m / 60), 0],
        m => [0, 0, bcd(m)],
    }
}

fn number(id: &str) -> Option<u8> {
    u8::from_str_radix(id, 16).ok().filter(|_| id.len() <= 2)
}

/// Identifier and definition byte of an element.
fn identifier(id: &str) -> Result<Vec<u8>, CannotAsk> {
    let unknown = || CannotAsk::UnknownId(id.to_owned());
    if let Some(extension) = id.strip_prefix("FF").filter(|rest| rest.len() == 2) {
        return Ok(vec![0xFF, u8::from_str_radix(extension, 16).map_err(|_| unknown())?, 0x00]);
    }
    let number = number(id).ok_or_else(unknown)?;
    let definition = match number {
        0xF4 => 0x60,
        0xF5..=0xFC => 0xC0,
        0x45 => 0x20,
        _ => {
            let kind = element(number).ok_or_else(unknown)?;
            u8::try_from(kind.bytes()).unwrap_or_default() << 3 | kind.decimals
        }
    };
    Ok(vec![number, definition])
}

fn mnemonic(id: &str) -> Result<&'static str, CannotAsk> {
    let kind = number(id).and_then(element).or_else(|| by_mnemonic(id));
    kind.map(|kind| kind.mnemonic).ok_or_else(|| CannotAsk::UnknownId(id.to_owned()))
}

fn new_password(text: &str) -> Result<u16, CannotAsk> {
    u16::from_str_radix(text.trim(), 16).map_err(|_| bad_value("03", "••••"))
}

/// What a station's answer says to a command: whether it did as told, and the answer in words.
#[must_use]
pub fn outcome(ask: &Ask, frame: &Decoded, now: Time) -> (bool, Value) {
    let parameters: serde_json::Map<String, Value> = frame
        .parameters
        .iter()
        .map(|p| (p.id.clone(), if p.id == "03" { "••••".into() } else { p.value.clone().into() }))
        .collect();
    let switches = frame.switches.as_ref();
    let said = match ask {
        Ask::QueryVersion => json!({ "version": frame.version }),
        Ask::QueryEvents => json!({ "events": frame.events }),
        Ask::SetClock | Ask::QueryClock => json!({
            "clock": frame.sent_at,
            "ahead_s": frame.sent_at.map(|at| at.since_ms(now) / 1_000),
        }),
        Ask::ReadParameters { .. } | Ask::SetParameters { .. } => json!({ "parameters": parameters }),
        Ask::SwitchPump { .. } | Ask::SwitchValve { .. } => json!({ "on": switches.map(|s| &s.on) }),
        Ask::SetGate { .. } => json!({ "openings_m": switches.map(|s| &s.openings_m) }),
        Ask::SetQuota { .. } => json!({ "enabled": frame.quota }),
        _ => {
            let value = |r: &super::Reading| json!({ "id": r.id, "element": r.element, "value": r.value, "unit": r.unit, "observed_at": r.observed_at });
            let readings: Vec<Value> = frame.readings.iter().take(64).map(value).collect();
            json!({ "readings": readings })
        }
    };
    let done = frame.end != Some(control::NAK) && obeyed(ask, frame, switches);
    (done, said)
}

fn obeyed(ask: &Ask, frame: &Decoded, switches: Option<&Switches>) -> bool {
    let nth = |which: &u8| usize::from(*which).saturating_sub(1);
    match ask {
        // Stations that answer without the state say yes by answering.
        Ask::SwitchPump { pump: which, on } | Ask::SwitchValve { valve: which, open: on } => {
            switches.is_none_or(|s| s.on.get(nth(which)).copied().unwrap_or_default() == *on)
        }
        Ask::SetGate { gate, opening_m } => {
            switches.is_none_or(|s| s.openings_m.get(nth(gate)).is_none_or(|m| (m - opening_m).abs() < 0.005))
        }
        Ask::SetQuota { enabled } => frame.quota.is_none_or(|quota| quota == *enabled),
        Ask::SetParameters { values, .. } => values.iter().all(|(id, asked)| {
            let shown = frame.parameters.iter().find(|p| number(&p.id) == number(id));
            shown.is_none_or(|p| same(&p.value, asked))
        }),
        Ask::SetPassword { password } => {
            let shown = frame.parameters.iter().find(|p| p.id == "03");
            shown.is_none_or(|p| p.value.eq_ignore_ascii_case(password.trim()))
        }
        _ => true,
    }
}

fn same(shown: &str, asked: &str) -> bool {
    let asked = asked.trim();
    match (shown.parse::<f64>(), asked.parse::<f64>()) {
        (Ok(shown), Ok(asked)) => (shown - asked).abs() < 1e-9,
        _ => shown.eq_ignore_ascii_case(asked),
    }
}

impl Known {
    /// Takes over what a station's own frame says about it.
    pub fn learn(&mut self, frame: &Decoded) {
        self.centre = frame.centre.unwrap_or(self.centre);
        self.password = frame.password.unwrap_or(self.password);
        self.form = frame.form;
        match (frame.function, &frame.switches) {
            (Some(function::PUMPS), Some(switches)) => self.pumps = Some(switches.on.clone()),
            (Some(function::VALVES), Some(switches)) => self.valves = Some(switches.on.clone()),
            (Some(function::GATES), Some(switches)) => self.gates = Some(switches.openings_m.clone()),
            _ => {}
        }
    }
}

/// An up frame of a station that answers a command (M4), its own or sent by itself: the tables of
/// 40H to 51H. `words` stand behind the station's address.
///
/// # Errors
/// [`EncodeError::TooLong`].
pub fn answer(
    known: &Known,
    station: Address,
    function: u8,
    serial: u16,
    sent_at: Time,
    words: &[u8],
) -> Result<Vec<u8>, EncodeError> {
    let mut body = serial.to_be_bytes().to_vec();
    body.extend(write_seconds(sent_at));
    body.extend([0xF1, 0xF1]);
    body.extend(station.0);
    body.extend(words);
    let length = u16::try_from(body.len()).ok().filter(|l| usize::from(*l) <= MAX_BODY);
    let length = length.ok_or(EncodeError::TooLong(body.len()))?;
    let mut out = vec![0x7E, 0x7E, known.centre];
    out.extend(station.0);
    out.extend(known.password.to_be_bytes());
    out.push(function);
    out.extend(length.to_be_bytes());
    out.push(control::STX);
    out.extend(body);
    out.push(control::ETX);
    out.extend(crc16(&out).to_be_bytes());
    Ok(out)
}

/// The switch word of a station's answer to 4CH or 4DH.
#[must_use]
pub fn switch_word(on: &[bool]) -> Vec<u8> {
    packed(on)
}

/// Parameters as a station's answer to 40H to 43H writes them; unknown ones and values that do not
/// fit are left out.
#[must_use]
pub fn parameter_words(values: &[(u8, String)]) -> Vec<u8> {
    values.iter().filter_map(|(id, value)| parameters::write(*id, value)).flatten().collect()
}
