//! Dates as SWMM counts them (日期): days since 1899-12-30 in an `f64`, no zone, no leap seconds.

/// Days from year 1 to the origin.
const DATE_DELTA: i64 = 693_594;
const SECONDS: f64 = 86400.0;
const DAYS: [[i64; 12]; 2] =
    [[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]];
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// No date: far before any.
pub(crate) const NO_DATE: f64 = -693_594.0;
/// The second SWMM adds when it compares dates of rain.
pub(crate) const ONE_SECOND: f64 = 1.1574074e-5;

const fn leap(year: i64) -> usize {
    (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) as usize
}

/// Days in a month (1–12), 0 for no month.
#[must_use]
pub fn days_in_month(year: i64, month: i64) -> i64 {
    let table = if leap(year) == 1 { &DAYS[1] } else { &DAYS[0] };
    usize::try_from(month - 1).ok().and_then(|m| table.get(m)).copied().unwrap_or(0)
}

/// The day number of a civil date, or none if there is no such date.
#[must_use]
pub fn encode(year: i64, month: i64, day: i64) -> Option<f64> {
    if !(1..=9999).contains(&year) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let before: i64 = (1..month).map(|m| days_in_month(year, m)).sum();
    let y = year - 1;
    Some((y * 365 + y / 4 - y / 100 + y / 400 + before + day - DATE_DELTA) as f64)
}

/// Year, month and day of a date.
#[must_use]
pub fn civil(date: f64) -> (i64, i64, i64) {
    let mut t = date.floor() as i64 + DATE_DELTA;
    if t <= 0 {
        return (0, 1, 1);
    }
    t -= 1;
    let (n400, t) = (t / 146_097, t % 146_097);
    let n100 = (t / 36_524).min(3);
    let t = t - n100 * 36_524;
    let (n4, t) = (t / 1461, t % 1461);
    let n1 = (t / 365).min(3);
    let mut day = t - n1 * 365;
    let year = 1 + n400 * 400 + n100 * 100 + n4 * 4 + n1;
    let mut month = 1;
    while month < 12 && day >= days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

/// Seconds of the day, rounded to whole ones as SWMM does.
#[must_use]
pub fn seconds_of_day(date: f64) -> i64 {
    (((date - date.floor()) * SECONDS + 0.5).floor() as i64).min(86_399)
}

/// Hour, minute, second.
#[must_use]
pub fn clock(date: f64) -> (i64, i64, i64) {
    let s = seconds_of_day(date);
    (s / 3600, s / 60 % 60, s % 60)
}

/// Month 1–12.
#[must_use]
pub fn month(date: f64) -> usize {
    usize::try_from(civil(date).1).unwrap_or(1)
}

/// Day of the week: 0 is Sunday.
#[must_use]
pub fn weekday(date: f64) -> usize {
    usize::try_from((date.floor() as i64 + DATE_DELTA).rem_euclid(7)).unwrap_or(0)
}

/// Hour 0–23.
#[must_use]
pub fn hour(date: f64) -> usize {
    usize::try_from(clock(date).0).unwrap_or(0)
}

/// Day of the year from 1.
#[must_use]
pub fn day_of_year(date: f64) -> i64 {
    let first = encode(civil(date).0, 1, 1).unwrap_or(0.0);
    (date - first).floor() as i64 + 1
}

/// A date some seconds later, on whole seconds.
pub(crate) fn add_seconds(date: f64, seconds: f64) -> f64 {
    date.floor() + (seconds_of_day(date) as f64 + seconds) / SECONDS
}

/// Whole seconds from `b` to `a`.
pub(crate) fn seconds_between(a: f64, b: f64) -> i64 {
    ((a.floor() - b.floor()) * SECONDS + 0.5).floor() as i64 + seconds_of_day(a) - seconds_of_day(b)
}

/// Reads `month/day/year` (or with `-`, or a month's name). Both engines take anything between.
#[must_use]
pub fn read_date(word: &str) -> Option<f64> {
    let mut parts = word.split(['/', '-']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let month = a.parse::<i64>().ok().or_else(|| {
        let head = a.get(..3)?.to_ascii_uppercase();
        MONTHS.iter().position(|m| **m == head).map(|m| m as i64 + 1)
    })?;
    encode(c.parse().ok()?, month, b.parse().ok()?)
}

/// Reads `h:m:s`, `h:m` or decimal hours, in days.
#[must_use]
pub fn read_time(word: &str) -> Option<f64> {
    if let Some(hours) = numerics::inp::number(word) {
        return Some(hours / 24.0);
    }
    let mut total = 0;
    for (part, weight) in word.split(':').zip([3600, 60, 1]) {
        let n: i64 = part.parse().ok()?;
        if n < 0 {
            return None;
        }
        total += n * weight;
    }
    Some(total as f64 / SECONDS)
}

/// `MM/DD/YYYY`.
#[must_use]
pub fn show_date(date: f64) -> String {
    let (y, m, d) = civil(date);
    format!("{m:02}/{d:02}/{y:04}")
}

/// `HH:MM:SS`.
#[must_use]
pub fn show_time(date: f64) -> String {
    let (h, m, s) = clock(date);
    format!("{h:02}:{m:02}:{s:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_swmm() {
        assert_eq!(encode(2004, 1, 1), Some(37987.0));
        assert_eq!(encode(2023, 2, 29), None);
        for day in [1.0, 37987.0, 43000.0, 44255.0, 36585.0] {
            let (y, m, d) = civil(day);
            assert_eq!(encode(y, m, d), Some(day));
        }
        assert_eq!(weekday(encode(2026, 11, 23).unwrap()), 1);
        assert_eq!(read_date("08/12/2017"), encode(2017, 8, 12));
        assert_eq!(read_date("AUG-12-2017"), encode(2017, 8, 12));
        assert_eq!(read_time("0:15"), Some(900.0 / 86400.0));
        assert_eq!(read_time("6"), Some(0.25));
        assert_eq!(show_time(0.5), "12:00:00");
    }
}
