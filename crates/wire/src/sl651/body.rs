//! A frame's body: serial, send time, and the groups behind them.

use super::decoded::{Decoded, Direction, Reading, Switches};
use super::elements::{
    self, ElementKind, FIVE_MINUTE_LEVEL_1, FIVE_MINUTE_LEVEL_8, FIVE_MINUTE_RAIN, STATUS, TIME_STEP,
};
use super::problem::{Note, Problem};
use super::value::{Bcd, hex, read_bcd, read_time, two_digits};
use super::vendor::{self, Extension};
use super::{function, has_station_kind, manual, parameters};
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// Most values one frame may mean: what fits 4095 bytes of one-byte values.
const MAX_READINGS: usize = 4_096;
/// Step of F4 to FC.
const FIVE_MINUTES_MS: i64 = 5 * MINUTE_MS;

/// Walks over the body's bytes; knows where in the frame it stands.
struct Walk<'a> {
    frame: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a [u8] {
        self.frame.get(self.at..).unwrap_or_default()
    }

    /// The next `need` bytes, which are (part of) `field`.
    fn take(&mut self, need: usize, field: &str) -> Result<&'a [u8], Problem> {
        let rest = self.rest();
        let Some(bytes) = rest.get(..need) else {
            return Err(Problem::BodyCut { field: field.to_owned(), at: self.at, need, have: rest.len() });
        };
        self.at += need;
        Ok(bytes)
    }

    /// Everything that is left.
    fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest();
        self.at = self.frame.len();
        rest
    }
}

/// What the groups read so far say about those that follow.
#[derive(Default)]
struct Context {
    observed_at: Option<Time>,
    step_ms: Option<i64>,
    step_at: usize,
    step_digits: String,
}

/// Reads the body that starts at `at` and ends where `frame` does.
pub(crate) fn read(frame: &[u8], at: usize, out: &mut Decoded) -> Result<(), Problem> {
    let mut walk = Walk { frame, at };
    let serial = walk.take(2, "serial")?;
    out.serial = serial.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
    out.mark(at, walk.at, "serial");
    let at = walk.at;
    let sent = walk.take(6, "sent_at")?;
    out.mark(at, walk.at, "sent_at");
    out.sent_at =
        Some(read_time(sent).ok_or_else(|| Problem::BadTime { field: "sent_at", digits: hex(sent), at })?);
    match (out.direction, out.function) {
        (Some(Direction::Down), Some(function::QUERY_ELEMENTS)) => asked(&mut walk, out),
        (Some(Direction::Down), of) => told(&mut walk, of.unwrap_or_default(), out),
        (_, Some(function::KEEP_ALIVE)) => {
            unread(&mut walk, out);
            Ok(())
        }
        (_, Some(function))
            if has_station_kind(function) || matches!(function, function::STATUS | function::IC_CARD) =>
        {
            groups(&mut walk, function, out)
        }
        (_, function) => other(&mut walk, function.unwrap_or_default(), out),
    }
}

/// What is left stays bytes.
fn unread(walk: &mut Walk<'_>, out: &mut Decoded) {
    let at = walk.at;
    let rest = walk.take_rest();
    if !rest.is_empty() {
        out.note(Note::BodyNotRead);
        out.unread = rest.to_vec();
        out.mark(at, walk.at, "body");
    }
}

/// What a command tells a station: parameters and switch words are read, the rest stays bytes.
fn told(walk: &mut Walk<'_>, function: u8, out: &mut Decoded) -> Result<(), Problem> {
    let at = walk.at;
    if walk.rest().is_empty() {
        return Ok(());
    }
    match function {
        function::SET_BASIC | function::SET_RUNNING | function::PASSWORD => {
            let bytes = walk.take_rest();
            out.parameters = parameters::read(bytes, at)?;
            out.unread = bytes.to_vec();
            out.mark(at, walk.at, "parameters");
        }
        function::PUMPS..=function::GATES => {
            let bytes = walk.take_rest();
            out.switches = Switches::read(bytes, function == function::GATES);
            out.unread = bytes.to_vec();
            out.mark(at, walk.at, "switches");
        }
        _ => unread(walk, out),
    }
    Ok(())
}

/// Identifiers without data: what a query asks for.
fn asked(walk: &mut Walk<'_>, out: &mut Decoded) -> Result<(), Problem> {
    while !walk.rest().is_empty() {
        let at = walk.at;
        let lead = walk.take(2, "element")?;
        let id = match lead {
            [0xFF, extension] => {
                walk.take(1, "element")?;
                format!("FF{extension:02X}")
            }
            [id, _] => format!("{id:02X}"),
            _ => continue,
        };
        out.mark(at, walk.at, format!("element:{id}"));
        out.asked.push(id);
    }
    Ok(())
}

/// Answers about configuration, version and events: a station group and then their own shape.
fn other(walk: &mut Walk<'_>, function: u8, out: &mut Decoded) -> Result<(), Problem> {
    if walk.rest().starts_with(&[0xF1, 0xF1]) {
        station_group(walk, function, out)?;
    }
    let at = walk.at;
    match function {
        function::VERSION => {
            let length = walk.take(1, "version")?.first().copied().unwrap_or_default();
            let text = walk.take(length.into(), "version")?;
            out.version = Some(text_of(text));
            out.mark(at, walk.at, "version");
        }
        function::EVENTS => {
            let counts = walk.take_rest();
            let pairs = counts.chunks_exact(2);
            out.events = pairs.filter_map(<[u8]>::first_chunk).map(|c| u16::from_be_bytes(*c)).collect();
            out.mark(at, walk.at, "events");
        }
        function::SET_BASIC..=function::READ_RUNNING | function::PASSWORD => {
            let bytes = walk.take_rest();
            out.parameters = parameters::read(bytes, at)?;
            out.unread = bytes.to_vec();
            out.mark(at, walk.at, "parameters");
        }
        function::PUMPS..=function::GATES => {
            let bytes = walk.take_rest();
            out.switches = Switches::read(bytes, function == function::GATES);
            out.unread = bytes.to_vec();
            out.mark(at, walk.at, "switches");
        }
        function::QUOTA => {
            out.quota = walk.take_rest().first().map(|byte| *byte == 0xFF);
            out.mark(at, walk.at, "quota");
        }
        _ => unread(walk, out),
    }
    Ok(())
}

/// Groups and elements to the end of the body.
fn groups(walk: &mut Walk<'_>, function: u8, out: &mut Decoded) -> Result<(), Problem> {
    let parts = out.packet.is_some_and(|packet| packet.total > 1);
    let mut context = Context::default();
    loop {
        match walk.rest() {
            [] => return Ok(()),
            [0xF1, 0xF1, ..] => station_group(walk, function, out)?,
            [0xF0, 0xF0, ..] => context = observe_group(walk, out)?,
            [0xF3, 0xF3, ..] => {
                rest_as(walk, "picture", out);
                picture(context.observed_at, out);
            }
            [0xFD, 0xF6, ..] => rest_as(walk, "velocities", out),
            // A part of a report may end inside an element: the parts are not put together here.
            _ if parts => {
                out.note(Note::MultiPacket);
                unread(walk, out);
            }
            [0xF2, 0xF2, ..] => manual_group(walk, &context, out),
            [0xF0..=0xF3 | 0xFD | 0xFE, ..] | [_] => {
                let found = hex(walk.rest().get(..2).unwrap_or_else(|| walk.rest()));
                return Err(Problem::NotAnElement { found, at: walk.at });
            }
            [FIVE_MINUTE_RAIN, ..] => five_minutes(walk, &context, 1, out)?,
            [FIVE_MINUTE_LEVEL_1..=FIVE_MINUTE_LEVEL_8, ..] => five_minutes(walk, &context, 2, out)?,
            [TIME_STEP, ..] => time_step(walk, &mut context, out)?,
            _ => element(walk, &context, out)?,
        }
        if out.readings.len() > MAX_READINGS {
            return Err(Problem::TooManyReadings { most: MAX_READINGS });
        }
    }
}

/// F1F1, five bytes of address and, in reports, the kind. Some stations leave the kind out: a time
/// group right behind the address gives that away.
fn station_group(walk: &mut Walk<'_>, function: u8, out: &mut Decoded) -> Result<(), Problem> {
    let at = walk.at;
    walk.take(2, "station_group")?;
    let station = hex(walk.take(5, "station_group")?);
    out.mark(at, walk.at, "station_group");
    if out.station.as_ref().is_some_and(|of_header| *of_header != station) {
        return Err(Problem::OtherStation { station });
    }
    if has_station_kind(function) && !walk.rest().starts_with(&[0xF0, 0xF0]) {
        let at = walk.at;
        out.station_kind = walk.take(1, "station_kind")?.first().copied();
        out.mark(at, walk.at, "station_kind");
    }
    Ok(())
}

/// F0F0 and the time of what follows.
fn observe_group(walk: &mut Walk<'_>, out: &mut Decoded) -> Result<Context, Problem> {
    let at = walk.at;
    walk.take(2, "observed_at")?;
    let digits = walk.take(5, "observed_at")?;
    out.mark(at, walk.at, "observed_at");
    match read_time(digits) {
        Some(time) => Ok(Context { observed_at: Some(time), ..Context::default() }),
        None => Err(Problem::BadTime { field: "observed_at", digits: hex(digits), at: at + 2 }),
    }
}

/// What was left unread is a whole picture, taken at `observed` or when it was sent.
pub(crate) fn picture(observed: Option<Time>, out: &mut Decoded) {
    if out.packet.is_none_or(|packet| packet.total == 1) {
        out.picture_at = observed.or(out.sent_at);
    }
}

fn rest_as(walk: &mut Walk<'_>, name: &str, out: &mut Decoded) {
    let at = walk.at;
    out.unread = walk.take_rest().get(2..).unwrap_or_default().to_vec();
    out.note(Note::BodyNotRead);
    out.mark(at, walk.at, name);
}

/// F2F2 and text to the end.
fn manual_group(walk: &mut Walk<'_>, context: &Context, out: &mut Decoded) {
    let start = walk.at;
    let text = text_of(walk.take_rest().get(2..).unwrap_or_default());
    let at = observed(context, out);
    out.readings.extend(manual::read(&text, at));
    out.manual = Some(text);
    out.mark(start, walk.at, "manual");
}

fn text_of(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '\u{FFFD}' })
        .collect()
}

/// The time of the group, or the send time where a body has elements without one (function 46).
fn observed(context: &Context, out: &mut Decoded) -> Time {
    context.observed_at.unwrap_or_else(|| {
        if out.function != Some(function::STATUS) && out.function != Some(function::MANUAL) {
            out.note(Note::NoObserveTime);
        }
        out.sent_at.unwrap_or(Time::MIN)
    })
}

/// F4 (one byte a value, 0.1 mm) or F5 to FC (two bytes a value, 0.01 m): twelve values. Their
/// length is fixed by the identifier: the definition byte may be wrong (`F55C`).
fn five_minutes(
    walk: &mut Walk<'_>,
    context: &Context,
    width: usize,
    out: &mut Decoded,
) -> Result<(), Problem> {
    let at = walk.at;
    let lead = walk.take(2, "element")?;
    let id = hex(lead.get(..1).unwrap_or_default());
    let data = walk.take(12 * width, &id)?;
    if !matches!(lead, [FIVE_MINUTE_RAIN, 0x60] | [FIVE_MINUTE_LEVEL_1..=FIVE_MINUTE_LEVEL_8, 0xC0]) {
        out.note(Note::DefinitionByte { found: hex(lead) });
    }
    out.mark(at, walk.at, format!("element:{id}"));
    let kind = lead.first().and_then(|id| elements::element(*id));
    let decimals = kind.map_or(0, |kind| kind.decimals);
    let values: Vec<Option<f64>> = data.chunks(width).map(|value| read_binary(value, decimals)).collect();
    let first = observed(context, out);
    series(&id, kind, &values, first, FIVE_MINUTES_MS, out);
    Ok(())
}

/// An unsigned binary number with decimals; all ones are 非法数据.
fn read_binary(bytes: &[u8], decimals: u8) -> Option<f64> {
    if bytes.iter().all(|b| *b == 0xFF) {
        return None;
    }
    let number = bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    // Division of two whole numbers gives the double nearest to the decimal.
    Some(f64::from(number) / 10_f64.powi(decimals.into()))
}

/// 04 18 and a step as days, hours, minutes.
fn time_step(walk: &mut Walk<'_>, context: &mut Context, out: &mut Decoded) -> Result<(), Problem> {
    let at = walk.at;
    walk.take(2, "time_step")?;
    let digits = walk.take(3, "time_step")?;
    out.mark(at, walk.at, "time_step");
    let parts: Option<Vec<i64>> = digits.iter().map(|byte| two_digits(*byte).map(i64::from)).collect();
    let Some([days, hours, minutes]) = parts.as_deref().and_then(<[i64]>::first_chunk).copied() else {
        return Err(Problem::BadTimeStep { digits: hex(digits), at: at + 2 });
    };
    context.step_ms = Some(days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS);
    context.step_at = at + 2;
    context.step_digits = hex(digits);
    Ok(())
}

/// An element by its definition byte: one value, or behind a time step as many as there are bytes.
fn element(walk: &mut Walk<'_>, context: &Context, out: &mut Decoded) -> Result<(), Problem> {
    let at = walk.at;
    let lead = walk.take(1, "element")?.first().copied().unwrap_or_default();
    let (id, meaning) = if lead == 0xFF {
        let extension = walk.take(1, "element")?.first().copied().unwrap_or_default();
        (format!("FF{extension:02X}"), Meaning::of_vendor(out.station.as_deref(), extension))
    } else {
        (format!("{lead:02X}"), Meaning { known: Some(lead), ..Meaning::default() })
    };
    let definition = walk.take(1, &id)?.first().copied().unwrap_or_default();
    let (length, decimals) = (usize::from(definition >> 3), definition & 0x07);
    if length == 0 {
        let found = hex(walk.frame.get(at..walk.at).unwrap_or_default());
        return Err(Problem::NotAnElement { found, at });
    }
    let data_at = walk.at;
    let data = if context.step_ms.is_some() {
        let rest = walk.take_rest();
        if !rest.len().is_multiple_of(length) {
            let have = rest.len() % length;
            let at = walk.at - have;
            return Err(Problem::BodyCut { field: id, at, need: length, have });
        }
        rest
    } else {
        walk.take(length, &id)?
    };
    out.mark(at, walk.at, format!("element:{id}"));
    let mut values = Vec::with_capacity(data.len() / length);
    for (n, bytes) in data.chunks(length).enumerate() {
        match meaning.read(bytes, decimals) {
            Bcd::Number(number) => values.push(Some(number)),
            Bcd::Missing => values.push(None),
            Bcd::Bad => {
                let at = data_at + n * length;
                // One bad element does not spoil the others; one bad value spoils its series.
                out.problems.push(Problem::BadDigits { id, digits: hex(bytes), at });
                return Ok(());
            }
        }
    }
    let first = observed(context, out);
    match context.step_ms {
        Some(0) if values.len() > 1 => {
            Err(Problem::BadTimeStep { digits: context.step_digits.clone(), at: context.step_at })
        }
        step => {
            series(&id, meaning.kind(), &values, first, step.unwrap_or_default(), out);
            Ok(())
        }
    }
}

/// What is known of an element: from table C.1, or from its vendor's dictionary.
#[derive(Default)]
struct Meaning {
    known: Option<u8>,
    extension: Option<Extension>,
}

impl Meaning {
    fn of_vendor(station: Option<&str>, id: u8) -> Self {
        Self { known: None, extension: vendor::extension_of(station, id) }
    }

    fn kind(&self) -> Option<&'static ElementKind> {
        self.extension.map(|extension| extension.kind).or_else(|| self.known.and_then(elements::element))
    }

    fn read(&self, bytes: &[u8], decimals: u8) -> Bcd {
        match (self.known, bytes, self.extension) {
            (Some(STATUS), bytes @ [_, _, _, _], _) => match read_binary(bytes, 0) {
                Some(bits) => Bcd::Number(bits),
                None => Bcd::Missing,
            },
            (_, bytes, Some(extension)) => extension.read(bytes, decimals),
            _ => read_bcd(bytes, decimals),
        }
    }
}

/// Pushes values whose first is labelled `first` and each next one `step_ms` later.
pub(crate) fn series(
    id: &str,
    kind: Option<&'static ElementKind>,
    values: &[Option<f64>],
    first: Time,
    step_ms: i64,
    out: &mut Decoded,
) {
    let label = |n: usize| first.plus_ms(step_ms.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)));
    let last = values.iter().rposition(Option::is_some).unwrap_or_default();
    let doubtful =
        last > 0 && out.sent_at.is_some_and(|sent| label(last).since_ms(sent) > step_ms.max(MINUTE_MS));
    if doubtful {
        out.note(Note::SeriesAhead { id: id.to_owned() });
    }
    for (n, value) in values.iter().enumerate() {
        out.readings.push(Reading {
            id: id.to_owned(),
            element: kind.map_or("", |kind| kind.mnemonic),
            value: *value,
            unit: kind.map_or("", |kind| kind.unit),
            observed_at: label(n),
            doubtful,
        });
    }
}
