//! The mapping as it stands in its file.

use super::path::Path;
use serde::Deserialize;

/// 映射: where in a body stations, times and values are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Mapping {
    pub(crate) items: Option<Path>,
    pub(crate) station: Place,
    pub(crate) time: Option<(Path, TimeFormat)>,
    pub(crate) values: Vec<ValueAt>,
}

/// Where a name comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    At(Path),
    Always(String),
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TimeFormat {
    /// RFC 3339; without an offset Beijing time.
    #[default]
    Rfc3339,
    /// `2021-06-30 14:30:00`, `2021/6/30 14:30` or `20210630143000`, Beijing time.
    Beijing,
    /// Seconds since 1970.
    S,
    /// Milliseconds since 1970.
    Ms,
    /// Microseconds since 1970.
    Us,
    /// Nanoseconds since 1970.
    Ns,
}

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ValueAt {
    pub(crate) path: Path,
    pub(crate) element: Place,
    pub(crate) unit: Option<Place>,
    pub(crate) factor: f64,
    pub(crate) offset: f64,
    pub(crate) required: bool,
}

/// Why a mapping cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMapping {
    /// Neither or both ways to a name.
    #[error("`{0}`: write either `{0}` (a path) or `{0}_is` (the name itself), not both and not neither")]
    Either(&'static str),
    /// There is nothing to read.
    #[error("there is no [[value]]: name at least one path and element")]
    NoValue,
    /// A factor of zero, or no number.
    #[error("value `{0}`: factor must be a number other than 0, offset a number")]
    BadFactor(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    items: Option<String>,
    station: Option<String>,
    station_is: Option<String>,
    time: Option<WrittenTime>,
    #[serde(default)]
    value: Vec<WrittenValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTime {
    path: String,
    #[serde(default)]
    format: TimeFormat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenValue {
    path: String,
    element: Option<String>,
    element_at: Option<String>,
    unit: Option<String>,
    unit_at: Option<String>,
    #[serde(default = "one")]
    factor: f64,
    #[serde(default)]
    offset: f64,
    #[serde(default)]
    required: bool,
}

const fn one() -> f64 {
    1.0
}

impl TryFrom<Written> for Mapping {
    type Error = BadMapping;

    fn try_from(written: Written) -> Result<Self, BadMapping> {
        let station = match (written.station, written.station_is) {
            (Some(path), None) => Place::At(Path::new(&path)),
            (None, Some(name)) => Place::Always(name),
            _ => return Err(BadMapping::Either("station")),
        };
        if written.value.is_empty() {
            return Err(BadMapping::NoValue);
        }
        let values = written.value.into_iter().map(value).collect::<Result<_, _>>()?;
        let time = written.time.map(|time| (Path::new(&time.path), time.format));
        Ok(Self { items: written.items.map(|path| Path::new(&path)), station, time, values })
    }
}

fn value(written: WrittenValue) -> Result<ValueAt, BadMapping> {
    let element = match (written.element, written.element_at) {
        (Some(name), None) => Place::Always(name),
        (None, Some(path)) => Place::At(Path::new(&path)),
        _ => return Err(BadMapping::Either("element")),
    };
    if !written.factor.is_finite() || written.factor == 0.0 || !written.offset.is_finite() {
        return Err(BadMapping::BadFactor(written.path));
    }
    let unit = match (written.unit, written.unit_at) {
        (Some(name), _) => Some(Place::Always(name)),
        (None, Some(path)) => Some(Place::At(Path::new(&path))),
        (None, None) => None,
    };
    Ok(ValueAt {
        path: Path::new(&written.path),
        element,
        unit,
        factor: written.factor,
        offset: written.offset,
        required: written.required,
    })
}
