//! 解码行里的读数: the shape of a reading in the lines of `zhizhen decode`, shared by the younger
//! binary protocols.

use field::time::Time;
use serde::Serialize;

/// A reading as a line shows it.
#[derive(Serialize)]
pub(crate) struct ReadingView<'a> {
    id: &'a str,
    element: &'static str,
    value: Option<f64>,
    unit: &'static str,
    quality: &'static str,
    observed_at: Option<Time>,
}

impl<'a> ReadingView<'a> {
    /// These protocols have no mark of quality of their own: a value is good, none is missing.
    pub(crate) const fn of(
        id: &'a str,
        element: &'static str,
        value: Option<f64>,
        unit: &'static str,
        observed_at: Option<Time>,
    ) -> Self {
        let quality = if value.is_some() { "good" } else { "missing" };
        Self { id, element, value, unit, quality, observed_at }
    }
}
