//! What is stored takes how much room, and how long it is kept.

use super::words::Stamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What one class of points takes in sealed files.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ClassView {
    /// Its name in the configuration; null: points without a class.
    pub(crate) name: Option<String>,
    /// Points that belong to it.
    pub(crate) points: usize,
    /// Rows; one that is not merged yet may count twice.
    pub(crate) rows: u64,
    pub(crate) rows_bytes: u64,
    pub(crate) rollups_bytes: u64,
    /// The oldest row.
    pub(crate) rows_from: Option<Stamp>,
    /// The oldest roll-up.
    pub(crate) rollups_from: Option<Stamp>,
    /// Days rows are kept; null: for ever.
    pub(crate) rows_days: Option<u32>,
    /// Days roll-ups are kept; null: for ever.
    pub(crate) rollups_days: Option<u32>,
}

/// Everything that is stored as samples.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct StorageView {
    pub(crate) classes: Vec<ClassView>,
    /// Raw frames, compressed.
    pub(crate) frames_bytes: u64,
    /// What they were before.
    pub(crate) frames_plain_bytes: u64,
    /// Days raw frames are kept; null: for ever.
    pub(crate) frames_days: Option<u32>,
    /// Logs that are not sealed yet.
    pub(crate) log_bytes: u64,
    /// Sealed files of rows, of which so many are merged, one a day.
    pub(crate) segments: u64,
    pub(crate) merged: u64,
}
