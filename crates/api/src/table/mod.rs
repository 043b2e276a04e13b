//! 表: samples as CSV, Arrow and Parquet, a row a sample; the same for the interface and the command
//! line. Windows of many points as JSON.

mod arrow;
mod csv;
mod json;
mod parquet;

pub(crate) use arrow::{buckets as arrow_buckets, samples as arrow_samples};
pub(crate) use csv::buckets as csv_buckets;
pub use csv::{CsvError, csv_heading, csv_rows};
pub(crate) use json::WindowsText;
pub use parquet::{ParquetError, ParquetFile};

use field::sample::Quality;

/// `application/vnd.apache.arrow.stream`.
pub(crate) const ARROW: &str = "application/vnd.apache.arrow.stream";
/// `text/csv`.
pub(crate) const CSV: &str = "text/csv";

/// A quality's word, as stored records have it.
pub(crate) const fn quality_word(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "good",
        Quality::Suspect => "suspect",
        Quality::Missing => "missing",
        Quality::Manual => "manual",
        Quality::Estimated => "estimated",
    }
}
