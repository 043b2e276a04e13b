//! 雨量文件格式: SWMM's own, NWS TD 3240 and 3260 (tape, blanks, commas, online), Canadian AES and CMC,
//! told apart by their first lines and read line by line as SWMM 5.2 does.

use super::RainForm;
use super::rain_file::{RainCount, RainRequest};
use super::scan::Scan;
use crate::date::{NO_DATE, add_seconds, encode, seconds_between};
use crate::files::{FileError, wrong};

/// Lines looked at for a layout.
const HEAD_LINES: usize = 5;
const MM_PER_INCH: f64 = 25.40;
/// A value that is missing, in hundredths of an inch.
const NO_VALUE: i64 = 99_999;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standard,
    Tape,
    Blanks { named: bool },
    Commas,
    Online { date: usize, value: usize },
    Aes,
    CmcHourly,
    CmcQuarterly,
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    kind: Kind,
    /// Seconds of a record.
    pub(super) interval: i64,
    /// Lines before the first record.
    head: usize,
}

/// Interval of an NWS element.
fn nws(element: Option<&str>) -> Option<i64> {
    match element? {
        "HPCP" => Some(3600),
        "QPCP" | "QGAG" => Some(900),
        _ => None,
    }
}

impl Layout {
    /// The layout of a file, by its first lines.
    pub(super) fn of(text: &str, r: &RainRequest) -> Option<Self> {
        for (head, line) in text.split_inclusive('\n').take(HEAD_LINES).enumerate() {
            if let Some((kind, interval)) = of_line(line, text, r) {
                return Some(Self { kind, interval, head });
            }
        }
        None
    }
}

fn of_line(line: &str, text: &str, r: &RainRequest) -> Option<(Kind, i64)> {
    let begin = || Scan::at(line, 0);
    let blanks = begin().and_then(|mut s| {
        s.int(6)?;
        s.int(2)?;
        nws(s.word(4))
    });
    if let Some(interval) = blanks {
        return Some((Kind::Blanks { named: false }, interval));
    }
    let named = Scan::at(line, 37).and_then(|mut s| {
        s.int(2)?;
        let element = s.word(4);
        s.word(2)?;
        s.int(4)?;
        nws(element)
    });
    if let Some(interval) = named {
        return Some((Kind::Blanks { named: true }, interval));
    }
    let commas = begin().and_then(|mut s| {
        s.int(6)?;
        s.is(b',')?;
        s.int(2)?;
        s.is(b',')?;
        nws(s.word(4))
    });
    let named_commas = Scan::at(line, 37).and_then(|mut s| {
        s.int(2)?;
        s.is(b',')?;
        let element = s.word(4);
        s.is(b',')?;
        s.word(2)?;
        s.is(b',')?;
        s.int(4)?;
        nws(element)
    });
    if let Some(interval) = commas.or(named_commas) {
        return Some((Kind::Commas, interval));
    }
    let tape = begin().and_then(|mut s| {
        s.word(3)?;
        s.int(6)?;
        s.int(2)?;
        nws(s.word(4))
    });
    if let Some(interval) = tape {
        return Some((Kind::Tape, interval));
    }
    let online = begin().is_some_and(|mut s| s.word(5) == Some("COOP:") && s.int(6).is_some());
    if online {
        return online_columns(text);
    }
    canadian(line).or_else(|| standard(line, None).map(|_| (Kind::Standard, r.interval)))
}

/// Where an online file has its dates and values, by its first line and its first record.
fn online_columns(text: &str) -> Option<(Kind, i64)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    let (value, interval) =
        first.find("HPCP").map(|at| (at, 3600)).or_else(|| first.find("QPCP").map(|at| (at, 900)))?;
    let record = lines.take(HEAD_LINES).find(|l| l.contains("COOP:"))?;
    let date = record.rfind(':')?.checked_sub(11)?;
    Some((Kind::Online { date, value }, interval))
}

fn canadian(line: &str) -> Option<(Kind, i64)> {
    let element = |year: usize| {
        let mut s = Scan::at(line, 0)?;
        for width in [7, year, 2, 2] {
            s.int(width)?;
        }
        s.int(3)
    };
    if element(3) == Some(123) && line.len() >= 185 {
        return Some((Kind::Aes, 3600));
    }
    match element(4) {
        Some(159) if line.len() >= 691 => Some((Kind::CmcQuarterly, 900)),
        Some(123) if line.len() >= 186 => Some((Kind::CmcHourly, 3600)),
        _ => None,
    }
}

/// Date, hour, minute and value of a line in SWMM's own layout, of one station or of any.
fn standard(line: &str, station: Option<&str>) -> Option<([i64; 5], f32)> {
    let mut s = Scan::at(line, 0)?;
    let name = s.word(1023)?;
    let mut when = [0; 5];
    for x in &mut when {
        *x = s.int(20)?;
    }
    let value = s.single()?;
    let own = station.is_none_or(|own| own.eq_ignore_ascii_case(name));
    own.then_some((when, value))
}

fn day_of(y: i64, m: i64, d: i64) -> f64 {
    encode(y, m, d).unwrap_or(NO_DATE)
}

/// One file being read.
pub(super) struct Reading<'a> {
    layout: &'a Layout,
    request: &'a RainRequest,
    records: Vec<(f64, f32)>,
    most: usize,
    /// Of the cumulative form.
    accumulated: f32,
    accumulating_from: f64,
    last: f64,
    counted: RainCount,
}

impl<'a> Reading<'a> {
    pub(super) fn new(layout: &'a Layout, request: &'a RainRequest, most: usize) -> Self {
        Self {
            layout,
            request,
            records: Vec::new(),
            most,
            accumulated: 0.0,
            accumulating_from: NO_DATE,
            last: NO_DATE,
            counted: RainCount::default(),
        }
    }

    /// All records of a text: begin of the interval and inches; and how many periods had any.
    pub(super) fn all(mut self, text: &str) -> Result<(Vec<(f64, f32)>, RainCount), FileError> {
        for (n, line) in text.split_inclusive('\n').enumerate().skip(self.layout.head) {
            match self.layout.kind {
                Kind::Standard => self.standard(n + 1, line)?,
                Kind::Aes | Kind::CmcHourly | Kind::CmcQuarterly => self.canadian(line),
                _ => self.nws(line),
            }
            if self.records.len() > self.most {
                return wrong(format!("it has more than {} records", self.most));
            }
        }
        Ok((self.records, self.counted))
    }

    fn wanted(&self, day: f64) -> bool {
        self.request.start.is_none_or(|start| day >= start)
    }

    fn standard(&mut self, n: usize, line: &str) -> Result<(), FileError> {
        let Some(([y, m, d, hour, minute], value)) = standard(line, Some(&self.request.station)) else {
            return Ok(());
        };
        let day = day_of(y, m, d);
        if !self.wanted(day) {
            return Ok(());
        }
        let date = day + (hour * 3600 + minute * 60) as f64 / 86400.0;
        if date <= self.last {
            return wrong(format!("line {n} is not later than the one before"));
        }
        self.last = date;
        let mut x = value;
        match self.request.form {
            RainForm::Intensity => x = x * self.layout.interval as f32 / 3600.0,
            RainForm::Volume => {}
            RainForm::Cumulative if x >= self.accumulated => {
                x -= self.accumulated;
                self.accumulated += x;
            }
            RainForm::Cumulative => self.accumulated = x,
        }
        let factor = if self.request.inches { 1.0 } else { 1.0 / MM_PER_INCH };
        x *= factor as f32;
        self.put(day, hour, minute, x, 0);
        Ok(())
    }

    fn put(&mut self, day: f64, hour: i64, minute: i64, inches: f32, before: i64) {
        self.counted.rainy += 1;
        let seconds = 3600 * hour + 60 * minute - before;
        let date = add_seconds(day, seconds as f64);
        self.counted.until = date;
        self.records.push((date, inches));
    }

    fn canadian(&mut self, line: &str) {
        let aes = self.layout.kind == Kind::Aes;
        let head = || {
            let mut s = Scan::at(line, 0)?;
            s.int(7)?;
            Some((s.int(if aes { 3 } else { 4 })?, s.int(2)?, s.int(2)?, s.int(3)?))
        };
        let Some((mut y, m, d, element)) = head() else { return };
        if aes {
            y += if y < 100 { 2000 } else { 1000 };
        }
        let day = day_of(y, m, d);
        let quarterly = self.layout.kind == Kind::CmcQuarterly;
        if !self.wanted(day) || element != if quarterly { 159 } else { 123 } {
            return;
        }
        let first = if aes { 17 } else { 18 };
        for k in 0..if quarterly { 96 } else { 24 } {
            let value = Scan::at(line, first + 7 * k).and_then(|mut s| {
                let v = s.int(6)?;
                s.any().map(|_| v)
            });
            let Some(v) = value else { return };
            let inches = (v as f64 / 10.0 / MM_PER_INCH) as f32;
            if v == -NO_VALUE {
                self.counted.missing += 1;
            } else if inches > 0.0 {
                let minutes = if quarterly { 15 * k as i64 } else { 60 * k as i64 };
                self.put(day, minutes / 60, minutes % 60, inches, self.layout.interval);
            }
        }
    }

    fn nws(&mut self, line: &str) {
        // As SWMM counts it: the line feed is taken off even where there is none.
        let length = line.len().saturating_sub(1);
        let kind = self.layout.kind;
        let (least, at) = match kind {
            Kind::Tape => (30, 17),
            Kind::Blanks { named } => {
                let name = if named { 31 } else { 0 };
                (28 + name, 18 + name)
            }
            Kind::Online { date, .. } => (date + 23, date),
            _ => (28, 18),
        };
        if length <= least {
            return;
        }
        let when = || {
            let mut s = Scan::at(line, at)?;
            let comma = |s: &mut Scan<'_>| if kind == Kind::Commas { s.is(b',') } else { Some(()) };
            let y = s.int(4)?;
            comma(&mut s)?;
            let m = s.int(2)?;
            comma(&mut s)?;
            let d = s.int(if kind == Kind::Tape { 4 } else { 2 })?;
            if kind == Kind::Tape {
                s.int(3)?;
            }
            Some((y, m, d))
        };
        let Some((y, m, d)) = when() else { return };
        let mut day = day_of(y, m, d);
        if !self.wanted(day) {
            return;
        }
        let (mut k, width) = match kind {
            Kind::Tape => (30, 12),
            Kind::Online { date, .. } => (date + 8, length),
            _ => (at + 10, 16),
        };
        while k < length {
            let Some(mut v) = self.value(line, k) else { break };
            k += width;
            if matches!(kind, Kind::Online { .. }) && v.hour == 0 {
                v.hour = 24;
                day -= 1.0;
            }
            if v.hour >= 25 {
                break;
            }
            self.take(day, &v);
        }
    }

    fn value(&self, line: &str, k: usize) -> Option<Value> {
        let mut s = Scan::at(line, k)?;
        let commas = self.layout.kind == Kind::Commas;
        if commas {
            s.is(b',')?;
        }
        let hour = s.int(2)?;
        if let Kind::Online { value, .. } = self.layout.kind {
            s.is(b':')?;
            let minute = s.int(2)?;
            let (amount, flag) = online_value(line, value)?;
            return Some(Value { hour, minute, amount, flag });
        }
        let minute = s.int(2)?;
        if commas {
            s.is(b',')?;
        }
        let amount = s.int(6)?;
        let flag = match self.layout.kind {
            Kind::Tape => s.any(),
            Kind::Commas => s.is(b',').and_then(|()| s.any()),
            _ => {
                s.blanks();
                s.any()
            }
        };
        Some(Value { hour, minute, amount, flag: flag.unwrap_or(0) })
    }

    fn take(&mut self, day: f64, v: &Value) {
        let missing = matches!(v.flag, b'{' | b'}' | b'[' | b']' | b'M') || v.amount >= 9999;
        match v.flag {
            b'a' => {
                self.accumulating_from = day + (v.hour * 3600 + v.minute * 60) as f64 / 86400.0;
            }
            b'A' => self.spread(day, v),
            _ => {
                let inches = v.amount as f32 / 100.0;
                if missing {
                    self.counted.missing += 1;
                } else if inches > 0.0 {
                    self.put(day, v.hour, v.minute, inches, self.layout.interval);
                }
            }
        }
    }

    /// An accumulated amount falls evenly on the intervals it was gathered in.
    fn spread(&mut self, day: f64, v: &Value) {
        if self.accumulating_from == NO_DATE {
            return;
        }
        let interval = self.layout.interval;
        let date = day + (v.hour * 3600 + v.minute * 60) as f64 / 86400.0;
        let n = seconds_between(date, self.accumulating_from) / interval + 1;
        if v.amount == NO_VALUE {
            self.counted.missing += n;
            return;
        }
        self.counted.rainy += n;
        let inches = v.amount as f32 / n as f32 / 100.0;
        if inches > 0.0 {
            let mut at = add_seconds(self.accumulating_from, -interval as f64);
            for _ in 0..n.min(100_000) {
                self.records.push((at, inches));
                at = add_seconds(at, interval as f64);
                self.counted.until = at;
            }
        }
        self.accumulating_from = NO_DATE;
    }
}

struct Value {
    hour: i64,
    minute: i64,
    /// Hundredths of an inch.
    amount: i64,
    flag: u8,
}

/// An online value in hundredths of an inch, or in inches with a point, and its flag.
fn online_value(line: &str, at: usize) -> Option<(i64, u8)> {
    let mut s = Scan::at(line, at)?;
    let amount = if line.get(at..)?.contains('.') { (100.0 * s.single()? + 0.5) as i64 } else { s.int(20)? };
    s.blanks();
    Some((amount, s.any().unwrap_or(0)))
}
