//! The page a report is written on, and numbers as C writes them.

use crate::date::clock;
use crate::model::Model;

/// Text that grows; every piece begins its own line, as SWMM's do.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
}

/// Adds formatted text to a page.
macro_rules! put {
    ($page:expr, $($arg:tt)*) => {{
        use std::fmt::Write as _;
        let _written = write!($page.text, $($arg)*);
    }};
}
pub(super) use put;

impl Page {
    /// A line, indented.
    pub(super) fn line(&mut self, text: &str) {
        put!(self, "\n  {text}");
    }

    /// A heading between stars.
    pub(super) fn heading(&mut self, title: &str) {
        self.starred(title, title.len());
    }

    /// A heading between a number of stars.
    pub(super) fn starred(&mut self, title: &str, stars: usize) {
        let stars = "*".repeat(stars);
        for text in ["", &stars, title, &stars] {
            self.line(text);
        }
    }

    /// The heading of a table.
    pub(super) fn table(&mut self, title: &str) {
        self.heading(title);
        self.line("");
    }

    /// Lines of a table's head; `¦` stands where a word goes in, in turn.
    pub(super) fn head(&mut self, lines: &str, words: &[&str]) {
        let mut words = words.iter();
        for (i, part) in lines.split('¦').enumerate() {
            if i > 0 {
                self.text.push_str(words.next().unwrap_or(&""));
            }
            self.text.push_str(part);
        }
    }

    /// Means over no step at all are no numbers; C calls them `-nan`. Names stand in the first columns.
    pub(super) fn write_nan_as_c(&mut self) {
        const NAMES: usize = 20;
        if !self.text.contains(" NaN") {
            return;
        }
        let line = |l: &str| match l.char_indices().nth(NAMES) {
            Some((at, _)) => l.split_at(at).0.to_owned() + &l.split_at(at).1.replace(" NaN", "-nan"),
            None => l.to_owned(),
        };
        self.text = self.text.split('\n').map(line).collect::<Vec<_>>().join("\n");
    }

    /// Days, hours and minutes since results are counted.
    pub(super) fn elapsed(&mut self, model: &Model, date: f64) {
        let x = date - model.report_start;
        let (days, hours, minutes) = if x <= 0.0 {
            (0, 0, 0)
        } else {
            let (h, m, _) = clock(x);
            (x as i64, h, m)
        };
        put!(self, "{days:>4}  {hours:02}:{minutes:02}");
    }

    /// A flow with as many decimals as its unit deserves.
    pub(super) fn flow(&mut self, model: &Model, flow: f64) {
        use crate::units::FlowUnits;
        if matches!(model.units.flow_units, FlowUnits::Mgd | FlowUnits::Cms) {
            put!(self, "{flow:>9.3}");
        } else {
            put!(self, "{flow:>9.2}");
        }
    }
}

/// `%.{digits - 1}e` of C.
pub(super) fn scientific(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%.{digits}g` of C.
pub(super) fn general(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_owned() } else { format!("{x}") };
    }
    let text = scientific(x, digits - 1);
    let exponent: i32 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let strip = |t: &str| {
        if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.').to_owned() } else { t.to_owned() }
    };
    if exponent < -4 || exponent >= digits as i32 {
        let (mantissa, e) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{e}", strip(mantissa));
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    strip(&format!("{x:.decimals$}"))
}

/// Units as words of SWMM's tables.
pub(super) struct Words {
    pub(super) flow: &'static str,
    pub(super) volume: &'static str,
    pub(super) small_volume: &'static str,
    /// ft³ to millions of gallons or litres.
    pub(super) to_volume: f64,
}

impl Words {
    pub(super) const fn of(model: &Model) -> Self {
        let flow = model.units.flow_units.word();
        if model.units.flow_units.is_si() {
            Self { flow, volume: "10^6 ltr", small_volume: "ltr", to_volume: 28.317 / 1.0e6 }
        } else {
            Self { flow, volume: "10^6 gal", small_volume: "gal", to_volume: 7.48 / 1.0e6 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_c_writes_them() {
        for (x, want) in [
            (0.4942, "0.494"),
            (1234.0, "1.23e+03"),
            (12.0, "12"),
            (0.00001234, "1.23e-05"),
            (0.0, "0"),
            (999.6, "1e+03"),
            (-0.05, "-0.05"),
        ] {
            assert_eq!(general(x, 3), want);
        }
        assert_eq!(scientific(12345.6, 3), "1.235e+04");
    }
}
