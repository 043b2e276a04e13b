//! Curves, time series, patterns, transects and streets (表).
#![expect(clippy::indexing_slicing, reason = "three roughnesses of a fixed array")]

use numerics::inp::{number, starts_with};

use super::read::{Kind, Row};
use super::*;
use crate::curve::Curve;
use crate::date::{read_date, read_time};

pub(super) fn curve(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let at = row.find(0, Kind::Curve)?;
    let mut first = 1;
    if at == project.curves.len() {
        let kind = row.word(1, CurveKind::WORDS)?;
        let (name, line) = (row.text(0).to_owned(), row.line.number);
        project.curves.push(NamedCurve { name, line, kind, curve: Curve::default() });
        first = 2;
    }
    pairs(row, first, |x, y| {
        if let Some(c) = project.curves.get_mut(at) {
            c.curve.points.push((x, y));
        }
    })
}

fn pairs(row: &mut Row<'_, '_, '_>, first: usize, mut put: impl FnMut(f64, f64)) -> Option<()> {
    if row.len() > first && (row.len() - first) % 2 == 1 {
        row.problem("the last point has no second value", "write it");
        return None;
    }
    for i in (first..row.len()).step_by(2) {
        put(row.number(i)?, row.number(i + 1)?);
    }
    Some(())
}

fn time_of(word: &str) -> Option<f64> {
    number(word).map(|h| h / 24.0).or_else(|| read_time(word))
}

pub(super) fn series(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let at = row.find(0, Kind::Series)?;
    if at == project.series.len() {
        let (name, line) = (row.text(0).to_owned(), row.line.number);
        project.series.push(Series { name, line, curve: Curve::default() });
        project.last_dates.push(project.options.start);
    }
    if !row.has(3) {
        return None;
    }
    if row.text(1).eq_ignore_ascii_case("FILE") {
        return series_file(project, row, at);
    }
    let mut date = project.last_dates.get(at).copied().unwrap_or(project.options.start);
    let mut i = 1;
    while i < row.len() {
        if let Some(d) = read_date(row.text(i)) {
            date = d;
            i += 1;
        }
        let Some(t) = time_of(row.text(i)) else {
            let word = row.text(i).to_owned();
            row.problem(format!("`{word}` is not a time"), "write hours, or hours:minutes");
            return None;
        };
        let value = row.number(i + 1)?;
        if let Some(s) = project.series.get_mut(at) {
            s.curve.points.push((date + t, value));
        }
        i += 2;
    }
    if let Some(d) = project.last_dates.get_mut(at) {
        *d = date;
    }
    Some(())
}

/// A series in a file: `[date] time value` a line.
fn series_file(project: &mut Project, row: &mut Row<'_, '_, '_>, at: Index) -> Option<()> {
    let file = row.text(2).to_owned();
    let Some(text) = row.reader.text(&file) else {
        row.problem(
            format!("the file `{file}` of the time series cannot be read"),
            "put it beside the model",
        );
        return None;
    };
    let mut date = project.options.start;
    for (n, line) in text.lines().enumerate() {
        let w: Vec<&str> = line.split_whitespace().collect();
        let (time, value) = match w[..] {
            [] => continue,
            [first, ..] if first.starts_with(';') => continue,
            [time, value] => (time, value),
            [day, time, value] => {
                let Some(d) = read_date(day) else {
                    row.problem(format!("line {} of `{file}`: `{day}` is not a date", n + 1), "correct it");
                    return None;
                };
                date = d;
                (time, value)
            }
            _ => {
                row.problem(format!("line {} of `{file}` is not date time value", n + 1), "correct it");
                return None;
            }
        };
        let (Some(t), Some(v)) = (time_of(time), number(value)) else {
            row.problem(format!("line {} of `{file}` is not date time value", n + 1), "correct it");
            return None;
        };
        if let Some(s) = project.series.get_mut(at) {
            s.curve.points.push((date + t, v));
        }
    }
    Some(())
}

pub(super) fn pattern(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let at = row.find(0, Kind::Pattern)?;
    let mut first = 1;
    if at == project.patterns.len() {
        let kind = row.word(1, PatternKind::WORDS)?;
        project.patterns.push(Pattern { name: row.text(0).to_owned(), kind, factors: Vec::new() });
        first = 2;
    }
    for i in first..row.len() {
        let f = row.number(i)?;
        if let Some(p) = project.patterns.get_mut(at)
            && p.factors.len() < 24
        {
            p.factors.push(f);
        }
    }
    Some(())
}

pub(super) fn transect(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let key = row.text(0).to_ascii_uppercase();
    if starts_with(&key, "NC") {
        if !row.has(4) {
            return None;
        }
        let n = &mut [0.0; 3];
        for (i, x) in n.iter_mut().enumerate() {
            *x = row.at_least_zero(i + 1)?;
        }
        let m = &mut project.manning;
        for (old, new) in m.iter_mut().zip(*n) {
            if new > 0.0 {
                *old = new;
            }
        }
        for i in 0..2 {
            if m[i] == 0.0 {
                m[i] = m[2];
            }
        }
    } else if starts_with(&key, "X1") {
        if !row.has(10) {
            return None;
        }
        let mut v = [0.0; 8];
        for (i, x) in v.iter_mut().enumerate() {
            *x = row.number(i + 2)?;
        }
        let [n_left, n_right, n_channel] = project.manning;
        project.transects.push(Transect {
            name: row.text(1).to_owned(),
            line: row.line.number,
            n_left,
            n_right,
            n_channel,
            left_bank: v[1],
            right_bank: v[2],
            length_factor: v[5],
            width_factor: v[6],
            height_offset: v[7],
            stations: Vec::new(),
        });
    } else if starts_with(&key, "GR") {
        let mut points = Vec::new();
        pairs(row, 1, |height, station| points.push((station, height)))?;
        let Some(t) = project.transects.last_mut() else {
            row.problem("stations before the first X1 line", "put X1 before them");
            return None;
        };
        t.stations.extend(points);
        if t.stations.windows(2).any(|p| matches!(p, [a, b] if b.0 < a.0)) {
            row.problem("the stations go backwards", "write them from left to right");
            return None;
        }
    } else {
        row.problem(format!("`{key}` is not a transect line"), "it begins with NC, X1 or GR");
        return None;
    }
    Some(())
}

pub(super) fn street(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(5) {
        return None;
    }
    let mut v = [0.0; 11];
    for (i, x) in v.iter_mut().enumerate().skip(1) {
        if i < row.len() {
            *x = row.at_least_zero(i)?;
        }
    }
    let sides = if row.len() > 7 { v[7] as u8 } else { 2 };
    if v[1..=4].iter().any(|x| *x <= 0.0)
        || !(1..=2).contains(&sides)
        || (v[8] > 0.0 && (v[9] <= 0.0 || v[10] <= 0.0))
    {
        row.problem("these figures make no street", "width, curb, slope and roughness are above zero, sides 1 or 2, a backing needs slope and roughness");
        return None;
    }
    project.streets.push(Street {
        name: row.text(0).to_owned(),
        width: v[1],
        curb_height: v[2],
        slope: v[3],
        roughness: v[4],
        gutter_depression: v[5],
        gutter_width: v[6],
        sides,
        back_width: v[8],
        back_slope: v[9],
        back_roughness: v[10],
    });
    Some(())
}
