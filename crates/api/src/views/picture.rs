//! Pictures that stations sent.

use super::words::Stamp;
use serde::{Deserialize, Serialize};
use store::Line;
use utoipa::{IntoParams, ToSchema};

/// Which pictures.
#[derive(Deserialize, IntoParams)]
pub(crate) struct PictureAsk {
    /// From the answer before.
    pub(crate) cursor: Option<i64>,
}

/// A picture a station sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct PictureView {
    /// For `/photos/{key}`.
    pub(crate) key: String,
    /// The protocol's element, such as `F3`.
    pub(crate) element: String,
    /// When it was taken, as the station says.
    pub(crate) observed_at: Stamp,
    /// When it came.
    pub(crate) received_at: Stamp,
    pub(crate) bytes: i64,
}

impl PictureView {
    /// From the journal line `file`; `None` for a line without key or time.
    pub(crate) fn of(line: &Line) -> Option<Self> {
        let text = |name: &str| line.body.get(name)?.as_str().map(str::to_owned);
        let observed_at: field::time::Time = text("observed_at")?.parse().ok()?;
        Some(Self {
            key: text("key")?,
            element: text("element").unwrap_or_default(),
            observed_at: observed_at.into(),
            received_at: line.at.into(),
            bytes: line.body.get("bytes").and_then(serde_json::Value::as_i64).unwrap_or_default(),
        })
    }
}
