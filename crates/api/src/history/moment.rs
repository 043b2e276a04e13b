//! Times as people and programs write them.

use field::time::{BEIJING_MS, DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// `+08:00`, `-0530`, `Z`, `Asia/Shanghai`: an offset from UTC, ms.
pub(crate) fn zone(text: &str) -> Option<i64> {
    match text {
        "Z" | "UTC" | "utc" => return Some(0),
        "Asia/Shanghai" | "Beijing" | "CST" => return Some(BEIJING_MS),
        _ => {}
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse::<i64>().ok()?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * HOUR_MS + minutes * MINUTE_MS))
}

/// A moment. One that names its offset is that; any other is on the wall clock `offset` ms ahead of
/// UTC. `24:00` is the next day's beginning. Ten digits are seconds, thirteen milliseconds since 1970.
pub(crate) fn moment(text: &str, offset: i64) -> Option<Time> {
    let text = text.trim();
    let has_offset = text.ends_with('Z') || text.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
    if text.contains('T') && has_offset {
        return text.parse().ok();
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let number = || text.parse::<i64>().ok();
        return match text.len() {
            10 => Some(Time::from_ms(number()?.checked_mul(1_000)?)),
            13 => Some(Time::from_ms(number()?)),
            8 | 12 | 14 => digits(text, offset),
            _ => None,
        };
    }
    let plain: String = text.chars().map(|c| if c.is_ascii_digit() { c } else { ' ' }).collect();
    let allowed = |c: char| c.is_ascii_digit() || "-/: T.年月日时分秒".contains(c);
    if !text.chars().all(allowed) {
        return None;
    }
    let parts: Vec<i64> = plain.split_whitespace().map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day, rest @ ..] = parts.as_slice() else { return None };
    wall([*year, *month, *day], rest, offset)
}

fn digits(text: &str, offset: i64) -> Option<Time> {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|p| p.parse::<i64>().ok());
    let rest: Vec<i64> =
        [(8, 10), (10, 12), (12, 14)].into_iter().map_while(|(from, to)| part(from, to)).collect();
    wall([part(0, 4)?, part(4, 6)?, part(6, 8)?], &rest, offset)
}

fn wall([year, month, day]: [i64; 3], rest: &[i64], offset: i64) -> Option<Time> {
    let at = |n: usize| rest.get(n).copied().unwrap_or(0);
    let (mut hour, minute, second) = (at(0), at(1), at(2));
    let midnight = hour == 24 && minute == 0 && second == 0;
    if midnight {
        hour = 0;
    }
    let small = |part: i64| i8::try_from(part).ok();
    let day = Time::from_beijing(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
    )?;
    let ms = day.ms() + BEIJING_MS - offset + if midnight { DAY_MS } else { 0 };
    (Time::MIN.ms()..=Time::MAX.ms()).contains(&ms).then(|| Time::from_ms(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_moment_gives_the_same() {
        let noon = Time::from_beijing(2021, 6, 30, 12, 0, 0).unwrap();
        for text in [
            "2021-06-30T12:00:00+08:00",
            "2021-06-30T04:00:00Z",
            "2021-06-30 12:00",
            "2021/6/30 12:00:00",
            "20210630120000",
            "202106301200",
            "2021年6月30日 12时00分",
            "1625025600",
            "1625025600000",
        ] {
            assert_eq!(moment(text, BEIJING_MS), Some(noon), "{text}");
        }
        assert_eq!(moment("2021-06-30 04:00", 0), Some(noon));
        assert_eq!(moment("2021-06-29 24:00", BEIJING_MS), Time::from_beijing(2021, 6, 30, 0, 0, 0));
        for bad in ["", "noon", "2021-13-01 00:00", "2021-02-30 00:00", "12:00", "30.06."] {
            assert_eq!(moment(bad, 0), None, "{bad}");
        }
    }

    #[test]
    fn a_zone_is_an_offset() {
        assert_eq!(
            (zone("+08:00"), zone("-0530"), zone("Z")),
            (Some(BEIJING_MS), Some(-(5 * 60 + 30) * MINUTE_MS), Some(0))
        );
        assert_eq!((zone("8"), zone("+15:00"), zone("mars")), (None, None, None));
    }
}
