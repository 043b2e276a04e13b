//! 雨量文件: rain of a station in any layout SWMM reads (User's Manual 11.3), and SWMM's own rainfall
//! interface file. All of it becomes volumes in inches by recording interval, 32-bit as SWMM has them.

use super::rain_layout::{Layout, Reading};
use super::read::Reader;
use super::{FileKind, Project, RainForm};
use crate::files::{Bytes, FileError, wrong};

const STAMP: &str = "SWMM5-RAIN";
/// Bytes SWMM 5.2 keeps for a station's name.
const NAME: usize = 1025;
/// Records of one station at most: over a century of five minutes.
const RECORDS_MAX: usize = 20_000_000;

/// What a gage says of its file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RainRequest {
    pub(crate) line: usize,
    pub(crate) file: String,
    pub(crate) station: String,
    pub(crate) form: RainForm,
    /// Seconds.
    pub(crate) interval: i64,
    pub(crate) inches: bool,
    /// First day wanted.
    pub(crate) start: Option<f64>,
}

/// Rain of a station.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct StationRain {
    pub(crate) station: String,
    /// Seconds.
    pub(crate) interval: i64,
    /// Begin of the interval, inches.
    pub(crate) records: Vec<(f64, f32)>,
    pub(crate) counted: RainCount,
}

/// What SWMM's report tells of a rain file.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct RainCount {
    /// Periods with rain, and those whose value is missing.
    pub(crate) rainy: i64,
    pub(crate) missing: i64,
    /// Date of the last, as SWMM takes it.
    pub(crate) until: f64,
}

/// Reads the rain of all gages that have files, in their order.
pub(super) fn load(project: &mut Project, reader: &mut Reader<'_>) {
    if project.rain_requests.is_empty() {
        return;
    }
    let requests = std::mem::take(&mut project.rain_requests);
    let rain = match project.files.used(FileKind::Rainfall) {
        Some(file) => match interface(&file.bytes) {
            Ok(stations) => stations,
            Err(e) => {
                reader.problems.add(file.line, "FILES", format!("`{}`: {e}", file.name), "save it anew");
                return;
            }
        },
        None => {
            // All files first, so that every one that is wrong is told.
            let read: Vec<_> = requests.iter().map(|r| of_file(r, reader)).collect();
            let Some(read) = read.into_iter().collect() else { return };
            read
        }
    };
    for (k, r) in requests.iter().enumerate() {
        conflict(requests.iter().take(k), r, reader);
        let found = rain.iter().find(|s| s.station == r.station);
        match found {
            Some(s) if !s.records.is_empty() => project.set_file_rain(k, s),
            _ => reader.problems.add(
                r.line,
                "RAINGAGES",
                format!("there is no rain of station `{}` in `{}`", r.station, r.file),
                "correct the station's name or the file",
            ),
        }
    }
    project.rain_requests = requests;
    project.rain = rain;
}

/// Two gages may not read one station from two files.
fn conflict<'r>(mut before: impl Iterator<Item = &'r RainRequest>, r: &RainRequest, reader: &mut Reader<'_>) {
    let other =
        before.find(|b| b.station.eq_ignore_ascii_case(&r.station) && !b.file.eq_ignore_ascii_case(&r.file));
    if let Some(other) = other {
        reader.problems.add(
            r.line,
            "RAINGAGES",
            format!("station `{}` is read from `{}` and from `{}`", r.station, other.file, r.file),
            "give the stations different names",
        );
    }
}

fn of_file(r: &RainRequest, reader: &mut Reader<'_>) -> Option<StationRain> {
    let mut rain = StationRain { station: r.station.clone(), interval: r.interval, ..StationRain::default() };
    let Some(text) = reader.text(&r.file) else {
        reader.problems.add(
            r.line,
            "RAINGAGES",
            format!("the rain file `{}` cannot be read", r.file),
            "put it beside the model",
        );
        return None;
    };
    let read = Layout::of(&text, r).map_or_else(
        || wrong("its layout is none of those SWMM reads"),
        |layout| {
            rain.interval = layout.interval;
            Reading::new(&layout, r, RECORDS_MAX).all(&text)
        },
    );
    match read {
        Ok((records, counted)) => (rain.records, rain.counted) = (records, counted),
        Err(e) => {
            reader.problems.add(r.line, "RAINGAGES", format!("`{}`: {e}", r.file), "correct the file");
            return None;
        }
    }
    Some(rain)
}

/// Reads a rainfall interface file.
fn interface(file: &[u8]) -> Result<Vec<StationRain>, FileError> {
    let Some(mut b) = Bytes::after(STAMP, file) else {
        return wrong("this is not a rainfall interface file of SWMM 5");
    };
    let mut stations = Vec::new();
    for _ in 0..b.count()? {
        let name = b.take::<NAME>()?;
        let end = name.iter().position(|c| *c == 0).unwrap_or(NAME);
        let station = String::from_utf8_lossy(name.get(..end).unwrap_or(&[])).into_owned();
        let (interval, from, to) = (i64::from(b.int()?), b.count()?, b.count()?);
        let Some(part) = file.get(from..to).filter(|_| interval > 0) else {
            return wrong(format!("station `{station}` lies outside the file"));
        };
        let mut records = Vec::new();
        let mut rows = Bytes::after("", part)
            .into_iter()
            .flat_map(|mut b| std::iter::from_fn(move || Some((b.double().ok()?, b.single().ok()?))));
        for row in rows.by_ref().take(RECORDS_MAX) {
            records.push(row);
        }
        stations.push(StationRain { station, interval, records, ..StationRain::default() });
    }
    Ok(stations)
}

impl crate::Model {
    /// 雨量接口文件 with the rain of all gages that have files, as `SAVE RAINFALL` asks for it; `None`
    /// without any.
    #[must_use]
    pub fn rain_file(&self) -> Option<Vec<u8>> {
        let rain = &self.project().rain;
        if rain.is_empty() {
            return None;
        }
        let int = |v: usize| i32::try_from(v).unwrap_or(i32::MAX).to_le_bytes();
        let mut b = STAMP.as_bytes().to_vec();
        b.extend_from_slice(&int(rain.len()));
        let mut at = b.len() + rain.len() * (NAME + 12);
        for s in rain {
            let mut name = s.station.as_bytes().to_vec();
            name.resize(NAME, 0);
            if let Some(last) = name.last_mut() {
                *last = 0;
            }
            b.extend_from_slice(&name);
            b.extend_from_slice(&i32::try_from(s.interval).unwrap_or(i32::MAX).to_le_bytes());
            b.extend_from_slice(&int(at));
            at += 12 * s.records.len();
            b.extend_from_slice(&int(at));
        }
        for (date, inches) in rain.iter().flat_map(|s| &s.records) {
            b.extend_from_slice(&date.to_le_bytes());
            b.extend_from_slice(&inches.to_le_bytes());
        }
        Some(b)
    }
}
