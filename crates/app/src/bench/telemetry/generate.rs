//! The rows: five quantities a station, a value a minute, some late, some twice; all from a seed.

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Part of the rows that come 1 to 60 minutes late.
pub(crate) const LATE: f64 = 0.02;
/// Part of the rows that come twice.
pub(crate) const TWICE: f64 = 0.01;
/// Rows between two entries of the index.
const STRIDE: usize = 100;
/// 2021-06-30T00:00 Beijing, seconds since 1970: rows of that day are history, which is kept and not judged.
pub(crate) const PAST_S: i64 = 1_624_982_400;
/// Minutes of the long series.
pub(crate) const YEAR_MINUTES: u32 = 525_600;
/// What a station measures: name, decimals, middle, daily swing, step.
pub(crate) const FIELDS: [(&str, usize, f64, f64, f64); 5] = [
    ("level", 2, 3.2, 0.6, 0.01),
    ("flow", 1, 42.0, 12.0, 0.3),
    ("pressure", 3, 0.32, 0.04, 0.001),
    ("chlorine", 2, 0.45, 0.08, 0.01),
    ("voltage", 1, 12.6, 0.3, 0.05),
];

/// The rows in their file, cut every [`STRIDE`].
#[derive(Debug)]
pub(crate) struct Bodies {
    path: PathBuf,
    /// Byte at which each stretch begins, and the end of the last.
    index: Vec<u64>,
    rows: usize,
    /// When the day begins, seconds since 1970.
    pub(crate) start_s: i64,
}

/// A series' name as the lines write it.
pub(crate) fn name(series: u32) -> (String, &'static str) {
    let field = FIELDS.get(series as usize % FIELDS.len()).map_or("level", |f| f.0);
    (format!("B{:05}", series as usize / FIELDS.len()), field)
}

impl Bodies {
    /// Writes the rows of so many series; the same seed gives the same bytes.
    pub(crate) fn generate(
        path: &Path,
        series: u32,
        (start_s, minutes): (i64, u32),
        seed: u64,
    ) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("making `{}`", path.display()))?;
        let mut to = BufWriter::with_capacity(1 << 20, file);
        let mut dice = StdRng::seed_from_u64(seed);
        let names: Vec<String> = (0..series)
            .map(|n| {
                let (station, field) = name(n);
                format!("water,station={station} {field}=")
            })
            .collect();
        let mut drift = vec![0.0_f64; series as usize];
        let mut waiting: VecDeque<Vec<String>> = (0..=60).map(|_| vec![]).collect();
        let (mut index, mut at, mut rows) = (vec![0], 0_u64, 0);
        let mut line = String::new();
        let mut put = |line: &str| -> Result<()> {
            to.write_all(line.as_bytes())?;
            at += line.len() as u64;
            rows += 1;
            if rows % STRIDE == 0 {
                index.push(at);
            }
            Ok(())
        };
        for minute in 0..minutes {
            for late in waiting.pop_front().unwrap_or_default() {
                put(&late)?;
            }
            waiting.push_back(vec![]);
            let phase = f64::from(minute) / f64::from(minutes) * std::f64::consts::TAU;
            for (n, (name, drift)) in names.iter().zip(&mut drift).enumerate() {
                let (_, decimals, middle, swing, step) = *FIELDS.get(n % FIELDS.len()).unwrap_or(&FIELDS[0]);
                *drift = 0.98 * *drift + step * (dice.random::<f64>() * 4.0 - 2.0).round();
                let value = middle + swing * (phase + n as f64).sin() + *drift;
                line.clear();
                let stamp = start_s + i64::from(minute) * 60;
                writeln!(line, "{name}{value:.decimals$} {stamp}000000000")?;
                let fate = dice.random::<f64>();
                if fate < LATE {
                    let wait = 1 + (dice.next_u32() % 60) as usize;
                    if let Some(later) = waiting.get_mut(wait.min(60)) {
                        later.push(line.clone());
                    }
                    continue;
                }
                put(&line)?;
                if fate < LATE + TWICE {
                    put(&line)?;
                }
            }
        }
        for late in waiting.into_iter().flatten() {
            put(&late)?;
        }
        if rows % STRIDE != 0 {
            index.push(at);
        }
        to.flush()?;
        Ok(Self { path: path.to_path_buf(), index, rows, start_s })
    }

    /// How many rows there are, late and doubled ones too.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// The stretch of bytes of each request of `size` rows, up to `rows` rows.
    pub(crate) fn requests(&self, size: usize, rows: usize) -> Vec<(u64, usize)> {
        let stretches = rows.div_ceil(STRIDE).min(self.index.len() - 1);
        let step = (size / STRIDE).max(1);
        let at = |n: usize| self.index.get(n.min(stretches)).copied().unwrap_or_default();
        (0..stretches)
            .step_by(step)
            .map(|n| (at(n), usize::try_from(at(n + step) - at(n)).unwrap_or(0)))
            .collect()
    }

    /// The file, to be read.
    pub(crate) fn open(&self) -> Result<File> {
        File::open(&self.path).with_context(|| format!("opening `{}`", self.path.display()))
    }

    /// How many different rows are among the first `rows`.
    pub(crate) fn distinct_before(&self, rows: u64) -> Result<u64> {
        use std::io::BufRead as _;
        let mut distinct = 0;
        let mut last = String::new();
        for line in std::io::BufReader::new(self.open()?).lines().take(usize::try_from(rows)?) {
            let line = line?;
            // A row that comes twice comes twice in a row.
            distinct += u64::from(line != last);
            last = line;
        }
        Ok(distinct)
    }
}

/// A year of minutes of one series that ends a day before `start_s`, in requests of 5,000 rows.
pub(crate) fn year(start_s: i64) -> Vec<String> {
    let mut dice = StdRng::seed_from_u64(1);
    let (mut all, mut text, mut drift) = (vec![], String::new(), 0.0_f64);
    for minute in 0..i64::from(YEAR_MINUTES) {
        drift = 0.99 * drift + 0.01 * (dice.random::<f64>() * 4.0 - 2.0).round();
        let stamp = start_s - 366 * 86_400 + minute * 60;
        let value = 3.0 + (minute as f64 / 1_440.0).sin() * 0.5 + drift;
        let _ = writeln!(text, "water,station=YEAR level={value:.2} {stamp}000000000");
        if (minute + 1) % 5_000 == 0 {
            all.push(std::mem::take(&mut text));
        }
    }
    all.push(text);
    all.retain(|text| !text.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_rows_and_every_row_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str| Bodies::generate(&dir.path().join(name), 50, (PAST_S, 30), 7).unwrap();
        let (a, b) = (make("a"), make("b"));
        let text = std::fs::read_to_string(&a.path).unwrap();
        assert_eq!(text, std::fs::read_to_string(&b.path).unwrap());
        assert_eq!(text.lines().count(), a.rows());
        let bytes: usize = a.requests(500, a.rows()).iter().map(|(_, length)| length).sum();
        assert_eq!(bytes, text.len());
        let distinct: std::collections::HashSet<_> = text.lines().collect();
        assert_eq!(distinct.len(), 50 * 30);
        assert_eq!(a.distinct_before(a.rows() as u64).unwrap(), 50 * 30);
    }
}
