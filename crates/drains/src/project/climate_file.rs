//! 气候文件: daily least and greatest temperature, evaporation and wind, in the four layouts SWMM
//! reads (User's Manual 11.4): its own, GHCN-D, TD3200 and DLY0204.

use std::collections::BTreeMap;

/// Least temperature's place among a day's figures.
pub(crate) const LEAST: usize = 0;
/// Greatest temperature's.
pub(crate) const GREATEST: usize = 1;
/// Evaporation's.
pub(crate) const EVAPORATION: usize = 2;
/// Wind's.
pub(crate) const WIND: usize = 3;

const MM_PER_INCH: f64 = 25.40;
/// Days kept at most: three centuries; a longer file is not a climate file.
const DAYS_MAX: usize = 110_000;

/// Units of a GHCN-D file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileUnits {
    /// Tenths of °C, of mm and of m/s.
    TenthCelsius,
    /// °C, mm, m/s.
    Celsius,
    /// °F, in, mph.
    Fahrenheit,
}

/// 逐日气候: °F, the model's evaporation unit, mph; by date.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClimateFile {
    /// Where the run begins in the file: year, month, day.
    pub(crate) first: (i64, i64, i64),
    days: BTreeMap<(i64, i64, i64), [Option<f64>; 4]>,
}

enum Layout {
    Own,
    Td3200,
    Dly0204,
    /// Column of the date, of each figure, and whether wind is a day's way.
    Ghcnd(usize, [Option<usize>; 4], bool),
}

fn cut(line: &str, from: usize, len: usize) -> &str {
    line.get(from..(from + len).min(line.len())).unwrap_or("")
}

/// As C's `atof` reads it: what is no number is zero.
fn loose(word: &str) -> f64 {
    let word = word.trim();
    let end = (1..=word.len())
        .rev()
        .find(|n| word.get(..*n).is_some_and(|w| w.parse::<f64>().is_ok_and(f64::is_finite)))
        .unwrap_or(0);
    word.get(..end).and_then(|w| w.parse().ok()).unwrap_or(0.0)
}

fn whole(word: &str) -> Option<i64> {
    word.trim().parse().ok()
}

impl Layout {
    fn of(line: &str) -> Option<Self> {
        if line.starts_with("DLY") && cut(line, 23, 4) == "9999" {
            return Some(Self::Td3200);
        }
        if line.len() >= 233 && matches!(whole(cut(line, 13, 3)), Some(1 | 2 | 151)) {
            return Some(Self::Dly0204);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() >= 5 && words.iter().skip(1).take(3).all(|w| whole(w).is_some()) {
            return Some(Self::Own);
        }
        let date = line.find("DATE")?;
        let daily = line.find("WDMV");
        let at =
            [line.find("TMIN"), line.find("TMAX"), line.find("EVAP"), daily.or_else(|| line.find("AWND"))];
        at.iter().any(Option::is_some).then_some(Self::Ghcnd(date, at, daily.is_some()))
    }
}

impl ClimateFile {
    /// Reads a file's text; `None` when its layout is none of the four.
    pub(super) fn read(text: &str, si: bool, units: FileUnits, first: (i64, i64, i64)) -> Option<Self> {
        let layout = Layout::of(text.lines().next()?)?;
        let mut file = Self { first, days: BTreeMap::new() };
        for line in text.lines().filter(|l| !l.is_empty()) {
            if file.days.len() > DAYS_MAX {
                return None;
            }
            match &layout {
                Layout::Own => file.own(line, si),
                Layout::Td3200 => file.td3200(line, si),
                Layout::Dly0204 => file.dly0204(line, si),
                Layout::Ghcnd(date, at, way) => file.ghcnd(line, *date, *at, *way, si, units),
            }
        }
        Some(file)
    }

    /// True when the file has something of its first month.
    pub(super) fn has_first(&self) -> bool {
        let (y, m, _) = self.first;
        self.days.range((y, m, 0)..=(y, m, 31)).next().is_some()
    }

    /// A day's figures, as far as the file has them.
    pub(crate) fn day(&self, date: (i64, i64, i64)) -> [Option<f64>; 4] {
        self.days.get(&date).copied().unwrap_or_default()
    }

    fn put(&mut self, date: (i64, i64, i64), what: usize, value: Option<f64>) {
        if !(1..=31).contains(&date.2) {
            return;
        }
        let day = self.days.entry(date).or_default();
        if let (Some(v), Some(place)) = (value, day.get_mut(what)) {
            *place = Some(v);
        }
    }

    fn own(&mut self, line: &str, si: bool) {
        let w: Vec<&str> = line.split_whitespace().collect();
        let date = |i: usize| w.get(i).and_then(|x| whole(x));
        let (Some(y), Some(m), Some(d)) = (date(1), date(2), date(3)) else { return };
        for (i, what) in [(4, GREATEST), (5, LEAST), (6, EVAPORATION), (7, WIND)] {
            let value = w.get(i).filter(|x| !x.starts_with('*')).map(|x| {
                let x = loose(x);
                if si && what <= GREATEST { 9.0 / 5.0 * x + 32.0 } else { x }
            });
            self.put((y, m, d), what, value);
        }
    }

    fn td3200(&mut self, line: &str, si: bool) {
        if line.len() < 30 || !line.starts_with("DLY") {
            return;
        }
        let (Some(y), Some(m)) = (whole(cut(line, 17, 4)), whole(cut(line, 21, 2))) else { return };
        self.put((y, m, 1), WIND, None);
        let Some(what) = ["TMIN", "TMAX", "EVAP", "WDMV"].iter().position(|w| *w == cut(line, 11, 4)) else {
            return;
        };
        let count = whole(cut(line, 27, 3)).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        if line.len() < 12 * count + 30 {
            return;
        }
        for k in (0..count).map(|j| 30 + 12 * j) {
            let value = cut(line, k + 5, 5);
            if value == "99999" || !matches!(cut(line, k + 11, 1), "0" | "1") {
                continue;
            }
            let mut x = loose(value);
            if cut(line, k + 4, 1) == "-" {
                x = -x;
            }
            if what == EVAPORATION {
                x /= 100.0;
                if si {
                    x *= MM_PER_INCH;
                }
            } else if what == WIND {
                x /= 24.0;
            }
            self.put((y, m, whole(cut(line, k, 2)).unwrap_or(0)), what, Some(x));
        }
    }

    fn dly0204(&mut self, line: &str, si: bool) {
        let (Some(y), Some(m)) = (whole(cut(line, 7, 4)), whole(cut(line, 11, 2))) else { return };
        self.put((y, m, 1), WIND, None);
        let what = match whole(cut(line, 13, 3)) {
            Some(1) => GREATEST,
            Some(2) => LEAST,
            Some(151) => EVAPORATION,
            _ => return,
        };
        if line.len() < 233 {
            return;
        }
        for (d, k) in (1..=31).zip((16..).step_by(7)) {
            let value = cut(line, k + 1, 5);
            if value == "99999" || value == "     " {
                continue;
            }
            let mut x = loose(value) / 10.0;
            if what == EVAPORATION {
                if !si {
                    x /= MM_PER_INCH;
                }
            } else {
                if cut(line, k, 1) == "-" {
                    x = -x;
                }
                x = 9.0 / 5.0 * x + 32.0;
            }
            self.put((y, m, d), what, Some(x));
        }
    }

    fn ghcnd(
        &mut self,
        line: &str,
        date: usize,
        at: [Option<usize>; 4],
        way: bool,
        si: bool,
        units: FileUnits,
    ) {
        let (Some(y), Some(m), Some(d)) =
            (whole(cut(line, date, 4)), whole(cut(line, date + 4, 2)), whole(cut(line, date + 6, 2)))
        else {
            return;
        };
        for (what, at) in at.iter().enumerate() {
            let word = at.map_or("", |k| cut(line, k, 8)).split_whitespace().next().unwrap_or("");
            let value = numerics::inp::number(word)
                .filter(|v| v.abs() < 9999.0)
                .map(|v| ghcnd_value(what, v, way, si, units));
            self.put((y, m, d), what, value);
        }
    }
}

fn ghcnd_value(what: usize, v: f64, way: bool, si: bool, units: FileUnits) -> f64 {
    let inches = |mm: f64| if si { mm } else { mm / MM_PER_INCH };
    match (what, units) {
        (LEAST | GREATEST, FileUnits::TenthCelsius) => v / 10.0 * 9.0 / 5.0 + 32.0,
        (LEAST | GREATEST, FileUnits::Celsius) => v * 9.0 / 5.0 + 32.0,
        (EVAPORATION, FileUnits::TenthCelsius) => inches(v / 10.0),
        (EVAPORATION, FileUnits::Celsius) => inches(v),
        (EVAPORATION, FileUnits::Fahrenheit) if si => v * MM_PER_INCH,
        (WIND, FileUnits::Fahrenheit) if way => v / 24.0,
        (WIND, FileUnits::TenthCelsius | FileUnits::Celsius) if way => v * 0.62137 / 24.0,
        (WIND, FileUnits::TenthCelsius) => v / 10.0 / 1000.0 * 0.62137 * 3600.0,
        (WIND, FileUnits::Celsius) => v / 1000.0 * 0.62137 * 3600.0,
        _ => v,
    }
}
