//! 数据段: `QN=…;ST=…;CN=…;PW=…;MN=…;Flag=…;PNUM=…;PNO=…;CP=&&…&&`, and the values in CP.

use super::command::span;
use super::decoded::{Decoded, Item, Packet, Reading};
use super::factors::factor;
use super::frame::HEADER;
use super::{MAX_ITEMS, cn};
use crate::fault::Fault;
use crate::interval::{Span, holding};
use field::time::{MINUTE_MS, Time};

/// Reads a segment that stands behind the header of its packet.
pub(crate) fn read(data: &[u8], out: &mut Decoded) {
    let open = find(data, b"CP=&&");
    let head_end = open.unwrap_or(data.len());
    head(data.get(..head_end).unwrap_or_default(), out);
    let Some(open) = open else {
        out.remarks.problems.push(Fault::fatal("no_data", "the segment has no data area `CP=&&…&&`"));
        return;
    };
    let start = open + b"CP=&&".len();
    let rest = data.get(start..).unwrap_or_default();
    let Some(close) = rfind(rest, b"&&").filter(|close| close + 2 == rest.len()) else {
        out.remarks
            .problems
            .push(Fault::fatal("no_data", "the data area has no closing `&&` at the segment's end"));
        return;
    };
    let cp = rest.get(..close).unwrap_or_default();
    out.remarks.mark(HEADER + start, HEADER + start + close, "cp");
    out.cp = cp.to_vec();
    if out.mn.is_none() {
        out.remarks.problems.push(Fault::fatal("no_station", "the segment names no station (MN)"));
    }
    if out.cn.is_none() {
        out.remarks.problems.push(Fault::fatal("no_command", "the segment names no command (CN)"));
    }
    values(cp, Some(HEADER + start), out);
}

/// Reads the data area of a report put together from parts; the head is that of its last part.
pub(crate) fn read_joined(cp: &[u8], out: &mut Decoded) {
    out.cp = cp.to_vec();
    out.items.clear();
    out.readings.clear();
    out.data_time = None;
    values(cp, None, out);
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn rfind(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}

/// The pieces between any of `separators`, each with its offset.
fn pieces<'a>(bytes: &'a [u8], separators: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> {
    let mut at = 0;
    bytes.split(move |b| separators.contains(b)).map(move |piece| {
        let start = at;
        at += piece.len() + 1;
        (start, piece)
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn pair(piece: &[u8]) -> Option<(String, String)> {
    let eq = piece.iter().position(|b| *b == b'=')?;
    let (key, value) = (text(piece.get(..eq)?), text(piece.get(eq + 1..)?));
    (!key.is_empty()).then_some((key, value))
}

fn head(data: &[u8], out: &mut Decoded) {
    let (mut total, mut number) = (None, None);
    for (at, piece) in pieces(data, b";,") {
        let Some((key, value)) = pair(piece) else { continue };
        let at = HEADER + at;
        out.remarks.mark(at, at + piece.len(), key.to_ascii_lowercase());
        match key.to_ascii_uppercase().as_str() {
            "QN" => {
                out.sent_at = moment(&value);
                if out.sent_at.is_none() {
                    out.remarks
                        .problems
                        .push(Fault::minor("bad_time", format!("byte {at}: QN `{value}` is no time")));
                }
                out.qn = Some(value);
            }
            "ST" => out.st = Some(value),
            "CN" => {
                out.cn = value.parse().ok();
                if out.cn.is_none() {
                    out.remarks
                        .problems
                        .push(Fault::fatal("no_command", format!("byte {at}: CN `{value}` is no number")));
                }
            }
            "PW" => out.pw = Some(value),
            "MN" if !value.is_empty() => out.mn = Some(value),
            "FLAG" => {
                out.flag = value.parse().ok();
                if out.flag.is_none() {
                    out.remarks.problems.push(Fault::minor(
                        "bad_flag",
                        format!("byte {at}: Flag `{value}` is no number of 0 to 255"),
                    ));
                }
            }
            "PNUM" => total = value.parse().ok(),
            "PNO" => number = value.parse().ok(),
            _ => out.note("unknown_head", format!("byte {at}: `{key}` is not known before the data area")),
        }
    }
    if let (Some(total), Some(number)) = (total, number) {
        if total == 0 || number == 0 || number > total {
            let message = format!("part {number} of {total} does not exist");
            out.remarks.problems.push(Fault::fatal("bad_packet_number", message));
        }
        out.packet = Some(Packet { total, number });
    }
}

/// A moment of 14 digits, or 17 with milliseconds, on the Beijing wall clock; what is left out at its end (as
/// loggers do for day and hour data) is zero.
pub(crate) fn moment(digits: &str) -> Option<Time> {
    let ok = matches!(digits.len(), 8 | 10 | 12 | 14 | 17) && digits.bytes().all(|b| b.is_ascii_digit());
    if !ok {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |d| d.parse::<i8>().ok());
    let year = digits.get(..4)?.parse().ok()?;
    let second = if digits.len() >= 14 { part(12, 14)? } else { 0 };
    let at = Time::from_beijing(year, part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?, second)?;
    let ms: i64 = digits.get(14..17).and_then(|ms| ms.parse().ok()).unwrap_or(0);
    Some(at.plus_ms(ms))
}

/// Fields of a factor that are no values of their own.
const COMPANIONS: [&str; 6] = ["Flag", "EFlag", "SampleTime", "Info", "SN", "VaseNo"];

fn is_companion(field: &str) -> bool {
    COMPANIONS.iter().any(|name| name.eq_ignore_ascii_case(field))
}

/// Fields that are no amount of their factor: what a check came to (2025), how many values a mean has.
const COUNTS_AND_CODES: [&str; 4] = ["ResultType", "CalibrationType", "ValidNum", "TotalNum"];

fn is_count_or_code(field: &str) -> bool {
    COUNTS_AND_CODES.iter().any(|name| name.eq_ignore_ascii_case(field))
}

struct Value {
    id: String,
    field: String,
    text: String,
    at: Option<usize>,
}

fn values(cp: &[u8], offset: Option<usize>, out: &mut Decoded) {
    let mut values: Vec<Value> = Vec::new();
    for (at, piece) in pieces(cp, b";,") {
        if piece.is_empty() {
            continue;
        }
        let place = offset.map(|offset| offset + at);
        let where_ = place.map_or_else(String::new, |at| format!("byte {at}: "));
        let Some((key, value)) = pair(piece) else {
            let found = text(piece);
            out.remarks.problems.push(Fault::minor(
                "bad_item",
                format!("{where_}`{}` is no item `name=value`", found.escape_debug()),
            ));
            continue;
        };
        if out.items.len() >= MAX_ITEMS {
            out.remarks.problems.push(Fault::fatal(
                "too_many_readings",
                format!("more than {MAX_ITEMS} items in one packet"),
            ));
            return;
        }
        if let Some(at) = place {
            out.remarks.mark(at, at + piece.len(), format!("element:{key}"));
        }
        if key.eq_ignore_ascii_case("DataTime") {
            out.data_time = moment(&value);
            if out.data_time.is_none() {
                out.remarks
                    .problems
                    .push(Fault::minor("bad_time", format!("{where_}DataTime `{value}` is no time")));
            }
        }
        if let Some((id, field)) = key.rsplit_once('-') {
            values.push(Value { id: id.to_owned(), field: field.to_owned(), text: value.clone(), at: place });
        }
        out.items.push(Item { key, value });
    }
    if carries_values(out) {
        readings(&values, out);
    }
}

/// Commands of the 2xxx family carry values; parameters and answers do not.
fn carries_values(out: &Decoded) -> bool {
    out.cn.is_some_and(|cn| (2000..3000).contains(&cn) && cn != cn::STARTED)
}

fn readings(values: &[Value], out: &mut Decoded) {
    let numeric: Vec<&Value> = values.iter().filter(|v| !is_companion(&v.field)).collect();
    if numeric.is_empty() {
        return;
    }
    let Some(observed_at) = out.data_time.or_else(|| {
        // The best guess a QN allows: the hour or day that ended last, else its own minute.
        let qn = out.sent_at?;
        Some(match out.cn.map_or(Span::Moment, |cn| span(cn, 1)) {
            period @ (Span::Hour | Span::Day) => holding(qn, period).from.plus_ms(-period.ms()),
            Span::Moment | Span::Minutes(_) => Time::from_ms(qn.ms().div_euclid(MINUTE_MS) * MINUTE_MS),
        })
    }) else {
        out.remarks.problems.push(Fault::minor(
            "no_time",
            "values without DataTime and without QN: they have no time and are left out",
        ));
        return;
    };
    if out.data_time.is_none() {
        out.note("no_data_time", "values without DataTime: what QN tells stands in");
    }
    let companion = |id: &str, field: &str| {
        values.iter().find(|v| v.id == id && v.field.eq_ignore_ascii_case(field)).map(|v| v.text.clone())
    };
    for value in numeric {
        let (id, field) = (value.id.clone(), value.field.clone());
        let number = match number(&value.text) {
            Ok(number) => number,
            Err(()) => {
                let place = value.at.map_or_else(String::new, |at| format!("byte {at}: "));
                let message = format!(
                    "{place}{id}-{field}: `{}` is no number; the value is left out",
                    value.text.escape_debug()
                );
                out.remarks.problems.push(Fault::minor("bad_number", message));
                continue;
            }
        };
        let known = factor(&id);
        let unit = match (known, field.as_str()) {
            (_, field) if is_count_or_code(field) => "",
            (Some(f), "Cou") => f.amount_unit,
            (Some(f), _) => f.unit,
            (None, "RT") => "h",
            (None, _) => "",
        };
        let flag = companion(&id, "Flag").filter(|flag| !flag.is_empty());
        let sampled_at = companion(&id, "SampleTime").as_deref().and_then(moment);
        out.readings.push(Reading { id, field, value: number, unit, flag, observed_at, sampled_at });
    }
}

/// A number; `None` for the words stations write when they have none.
fn number(text: &str) -> Result<Option<f64>, ()> {
    let text = text.trim();
    let none = text.is_empty()
        || text.bytes().all(|b| b == b'-')
        || ["null", "nan", "n/a"].iter().any(|word| word.eq_ignore_ascii_case(text));
    if none {
        return Ok(None);
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(value) if plain && value.is_finite() => Ok(Some(value)),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_fourteen_digits_or_seventeen() {
        let t: Time = "2016-08-01T08:58:57".parse().unwrap();
        assert_eq!(moment("20160801085857"), Some(t));
        assert_eq!(moment("20160801085857223"), Some(t.plus_ms(223)));
        assert_eq!(moment("2016080108"), Some("2016-08-01T08:00:00".parse().unwrap()));
        assert_eq!(moment("20160801"), Some("2016-08-01T00:00:00".parse().unwrap()));
        for bad in ["", "2016080108585", "20161301085857", "2016080108585x", "２０１６０８０１"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_a_station_writes_instead_of_a_number_is_a_missing_value() {
        for none in ["", "-", "---", "NULL", "NaN"] {
            assert_eq!(number(none), Ok(None), "{none}");
        }
        assert_eq!(number("31.20"), Ok(Some(31.2)));
        for bad in ["12a", "inf", "1e999", "正常"] {
            assert_eq!(number(bad), Err(()), "{bad}");
        }
    }
}
