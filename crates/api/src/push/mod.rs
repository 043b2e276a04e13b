//! 推送接收: telegraf, gateways and platforms that push over HTTP, each with its token.
//!
//! Promises: the answer 204 comes when every row is durable; what could not be taken is named line by
//! line, kept in the quarantine, and harms no other row. A series is looked up once and then known by
//! its own bytes. Never: judges values beyond their point's range.

mod body;
mod create;
mod influx;
mod json;
mod keep;
mod making;
mod names;
mod raw;
mod resolve;
mod sensorthings;
mod source;

pub(crate) use influx::{is_influx, take as influx};
pub(crate) use json::take as json;
pub(crate) use keep::{Batch, keep, keep_packet};
pub(crate) use sensorthings::take as observation;
pub(crate) use source::Sources;
pub use source::{PushConfig, PushSource, Token};

/// Largest body as it comes, bytes: 5,000 rows are 0.4 MB.
pub(crate) const BODY_MAX: usize = 16 * 1024 * 1024;
/// Largest body unpacked, bytes.
const UNPACKED_MAX: usize = 64 * 1024 * 1024;
/// Faults named in one answer; the others are counted.
const FAULTS_MAX: usize = 100;

/// One row or record that was not taken.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Fault {
    /// The body's line, or the record, from 1.
    pub(crate) line: usize,
    /// The byte in the line, from 1; 0 where the whole line is meant.
    pub(crate) column: u32,
    /// What is wrong, in one stable word.
    pub(crate) code: String,
    /// The particulars.
    pub(crate) detail: String,
}

/// What was not taken, with the bytes for the quarantine.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    faults: Vec<Fault>,
    count: usize,
    raw: Vec<u8>,
    code: Option<String>,
}

/// Bytes of refused lines kept in one piece of the quarantine.
const QUARANTINE_MAX: usize = 60 * 1024;

impl Refused {
    /// A whole body, of which the quarantine keeps as much as it takes; `line` is where it goes wrong.
    pub(crate) fn body(line: usize, code: &str, why: String, body: &[u8]) -> Self {
        let mut refused = Self::default();
        let raw = body.get(..body.len().min(QUARANTINE_MAX - 1)).unwrap_or_default();
        refused.add(line, 0, code, why, raw);
        refused
    }

    /// Notes one; `raw` is what came.
    pub(crate) fn add(&mut self, line: usize, column: u32, code: &str, detail: String, raw: &[u8]) {
        self.count += 1;
        if self.raw.len() + raw.len() < QUARANTINE_MAX {
            self.raw.extend_from_slice(raw);
            self.raw.push(b'\n');
        }
        self.code.get_or_insert_with(|| code.to_owned());
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { line, column, code: code.to_owned(), detail });
        }
    }

    /// Whether everything was taken.
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }
}
