//! 污染因子: the factor table of HJ 212-2017 annex B (codes of HJ 524/HJ 525), as data.
//!
//! `factors.csv` holds a line a factor: code, code of HJ/T 212-2005, names, unit of the value, unit of
//! the amount (`Cou`), decimals. Codes that end in `xx` stand for a numbered series (`e101xx`).

use std::sync::OnceLock;

static TEXT: &str = include_str!("factors.csv");

/// A factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// 编码 of HJ 212-2017, such as `w01018`.
    pub code: &'static str,
    /// 原编码 of HJ/T 212-2005, such as `011`; empty where there was none.
    pub old: &'static str,
    /// 名称.
    pub zh: &'static str,
    /// English name; the Chinese one where none is known.
    pub en: &'static str,
    /// Unit of its value, such as `mg/L`; empty where it has none.
    pub unit: &'static str,
    /// Unit of its amount in a period (`Cou`), such as `kg`; empty where it has none.
    pub amount_unit: &'static str,
    /// Digits behind the point.
    pub decimals: u8,
}

fn line(text: &'static str) -> Option<Factor> {
    let mut cells = text.split(';');
    let mut next = || cells.next();
    let (code, old, zh) = (next()?, next()?, next()?);
    let en = next()?;
    Some(Factor {
        code,
        old,
        zh,
        en: if en.is_empty() { zh } else { en },
        unit: next()?,
        amount_unit: next()?,
        decimals: next()?.parse().unwrap_or(0),
    })
}

/// Every factor, in the order of the codes.
pub fn factors() -> &'static [Factor] {
    static TABLE: OnceLock<Vec<Factor>> = OnceLock::new();
    TABLE.get_or_init(|| TEXT.lines().skip(1).filter_map(line).collect())
}

/// The factor of a code of 2017 or of 2005; `e10103` finds `e101xx`.
#[must_use]
pub fn factor(code: &str) -> Option<&'static Factor> {
    let series = |known: &str| {
        let stem = known.trim_end_matches('x');
        stem.len() < known.len()
            && code.len() == known.len()
            && code.get(..stem.len()).is_some_and(|head| head.eq_ignore_ascii_case(stem))
    };
    factors()
        .iter()
        .find(|f| f.code.eq_ignore_ascii_case(code))
        .or_else(|| factors().iter().find(|f| !f.old.is_empty() && f.old.eq_ignore_ascii_case(code)))
        .or_else(|| factors().iter().find(|f| series(f.code)))
}

/// The code of 2017 for a code of either edition; what is not in the table stays as it is.
#[must_use]
pub fn standard_code(code: &str) -> String {
    match factor(code) {
        Some(f) if !f.code.ends_with('x') => f.code.to_owned(),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_factor_and_no_code_stands_twice() {
        assert_eq!(factors().len(), TEXT.lines().count() - 1);
        let mut codes: Vec<_> = factors().iter().map(|f| f.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), factors().len());
    }

    #[test]
    fn codes_of_2005_lead_to_those_of_2017() {
        for (old, new, en) in [
            ("011", "w01018", "COD"),
            ("060", "w21003", "Ammonia nitrogen"),
            ("101", "w21011", "Total phosphorus"),
            ("065", "w21001", "Total nitrogen"),
            ("001", "w01001", "pH"),
            ("B01", "w00000", "Wastewater flow"),
        ] {
            assert_eq!(standard_code(old), new);
            assert_eq!(factor(old).unwrap().en, en);
        }
        assert_eq!(factor("e10103").unwrap().zh, "进水口流量");
        assert_eq!(standard_code("zz999"), "zz999");
    }
}
