//! 解码行: the shape that the lines of `zhizhen decode` have in every protocol: `protocol`, `station`,
//! `function`, `sent_at`, `readings` (`id`, `element`, `value`, `unit`, `quality`, `observed_at`) and
//! `problems`; what a protocol says besides stands between them.

use crate::Explained;
use crate::fault::{Fault, Remarks};
use crate::report::FrameReading;
use field::sample::Quality;
use field::time::Time;
use serde::Serialize;
use serde_json::{Value, json};

/// A reading as a line shows it.
#[derive(Serialize)]
pub(crate) struct ReadingView<'a> {
    id: &'a str,
    element: &'static str,
    value: Option<f64>,
    unit: &'static str,
    quality: Quality,
    observed_at: Option<Time>,
}

impl<'a> ReadingView<'a> {
    /// Of a protocol without a mark of quality of its own.
    pub(crate) const fn of(
        id: &'a str,
        element: &'static str,
        value: Option<f64>,
        unit: &'static str,
        observed_at: Option<Time>,
    ) -> Self {
        Self { id, element, value, unit, quality: plain_quality(value.is_some()), observed_at }
    }

    /// The same with the quality its protocol tells.
    pub(crate) fn with_quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }
}

/// 分包: which part of a split report a frame is.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct PacketView {
    pub(crate) total: u16,
    /// From 1.
    pub(crate) number: u16,
}

/// A line of a protocol of meters and stations.
#[derive(Serialize)]
pub(crate) struct LineView<'a> {
    pub(crate) protocol: &'static str,
    /// `up` or `down`.
    pub(crate) direction: Option<&'static str>,
    pub(crate) station: Option<&'a str>,
    pub(crate) function: Option<String>,
    /// 数据标识, where the protocol has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) di: Option<String>,
    /// Day and time of a stamp that says neither year nor month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_on: Option<String>,
    pub(crate) sent_at: Option<Time>,
    pub(crate) readings: Vec<ReadingView<'a>>,
    pub(crate) problems: Vec<String>,
}

/// The values of a frame, observed at one moment where it tells it.
pub(crate) fn readings(of: &[FrameReading], at: Option<Time>) -> Vec<ReadingView<'_>> {
    of.iter().map(|r| ReadingView::of(&r.id, r.element, r.value, r.unit, at)).collect()
}

/// A view as a line of JSON.
pub(crate) fn line(view: &impl Serialize) -> String {
    // A struct of texts and numbers can always be written.
    serde_json::to_string(view).unwrap_or_default()
}

/// A view with what only a person looking at bytes wants to know.
pub(crate) fn explained<const N: usize>(
    view: &impl Serialize,
    more: [(&str, Value); N],
    remarks: &Remarks,
) -> Explained {
    let mut decoded = serde_json::to_value(view).unwrap_or_default();
    let said = |faults: &[Fault]| serde_json::to_value(faults).unwrap_or_default();
    let always = [("notes", said(&remarks.notes)), ("problem_details", said(&remarks.problems))];
    if let Some(object) = decoded.as_object_mut() {
        object.extend(more.into_iter().chain(always).map(|(key, value)| (key.to_owned(), value)));
    }
    let mut fields = remarks.fields.clone();
    fields.sort_by_key(|field| field.start);
    Explained { decoded, fields }
}

/// Where a protocol has no mark of quality of its own, a value is good and none is missing.
pub(crate) const fn plain_quality(has_value: bool) -> Quality {
    if has_value { Quality::Good } else { Quality::Missing }
}

/// The line of what could not be read.
pub(crate) fn unread(
    protocol: &str,
    station: Option<&str>,
    function: Option<&str>,
    faults: &[Fault],
) -> Value {
    json!({ "protocol": protocol, "station": station, "function": function, "sent_at": null, "readings": [],
        "problems": crate::fault::lines(faults) })
}
