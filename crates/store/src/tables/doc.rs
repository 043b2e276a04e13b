//! Documents in a TEXT column: `{"v":1,"is":…}`, so that a later program knows what it reads.

use crate::StoreError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// The version written.
const VERSION: i64 = 1;

#[derive(Serialize, Deserialize)]
struct Doc<T> {
    v: i64,
    is: T,
}

/// The document of a value.
pub(crate) fn write<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(&Doc { v: VERSION, is: value })
        .map_err(|e| StoreError::invalid("writing a document", e.to_string()))
}

/// The value of a document; `table` says where it was found.
pub(crate) fn read<T: DeserializeOwned>(text: &str, table: &'static str) -> Result<T, StoreError> {
    match serde_json::from_str::<Doc<T>>(text) {
        Ok(doc) if doc.v == VERSION => Ok(doc.is),
        Ok(doc) => Err(newer(table, doc.v)),
        Err(why) => match serde_json::from_str::<Doc<serde::de::IgnoredAny>>(text) {
            Ok(doc) if doc.v > VERSION => Err(newer(table, doc.v)),
            _ => {
                let start: String = text.chars().take(80).collect();
                Err(StoreError::corrupt(format!("table `{table}`"), start, why.to_string()))
            }
        },
    }
}

/// The documents in the first column of `rows`.
pub(crate) fn read_all<T: DeserializeOwned>(
    rows: &[AnyRow],
    table: &'static str,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| read(&text(row, 0)?, table)).collect()
}

/// A TEXT column.
pub(crate) fn text(row: &AnyRow, column: usize) -> Result<String, StoreError> {
    row.try_get(column).map_err(|source| StoreError::Sql { what: "reading a text column", source })
}

/// A TEXT column that may be NULL.
pub(crate) fn text_maybe(row: &AnyRow, column: usize) -> Result<Option<String>, StoreError> {
    row.try_get(column).map_err(|source| StoreError::Sql { what: "reading a text column", source })
}

/// A BIGINT column.
pub(crate) fn int(row: &AnyRow, column: usize) -> Result<i64, StoreError> {
    row.try_get(column).map_err(|source| StoreError::Sql { what: "reading a number column", source })
}

/// A BIGINT column that may be NULL.
pub(crate) fn int_maybe(row: &AnyRow, column: usize) -> Result<Option<i64>, StoreError> {
    row.try_get(column).map_err(|source| StoreError::Sql { what: "reading a number column", source })
}

fn newer(table: &'static str, found: i64) -> StoreError {
    StoreError::NewerVersion { path: format!("table `{table}`"), found, known: VERSION }
}
