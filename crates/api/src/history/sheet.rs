//! A Parquet file as cells: its columns' names are the heading.

use super::ROWS_MAX;
use super::cells::Sheet;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row};

pub(crate) fn parquet(bytes: &[u8]) -> Sheet {
    let mut sheet = Sheet { encoding: "parquet", ..Sheet::default() };
    if let Err(error) = read(bytes, &mut sheet) {
        sheet.broken.push((sheet.rows.len() + 2, String::new(), "bad_parquet", error.to_string()));
    }
    sheet
}

fn read(bytes: &[u8], sheet: &mut Sheet) -> Result<(), parquet::errors::ParquetError> {
    let reader = SerializedFileReader::new(axum::body::Bytes::copy_from_slice(bytes))?;
    let shape = reader.metadata().file_metadata().schema().get_fields().to_vec();
    sheet.heading = shape.iter().map(|field| field.name().to_owned()).collect();
    for (n, row) in reader.get_row_iter(None)?.take(ROWS_MAX + 1).enumerate() {
        sheet.rows.push((n + 2, cells(&row?)));
    }
    Ok(())
}

fn cells(row: &Row) -> Vec<String> {
    row.get_column_iter().map(|(_, field)| cell(field)).collect()
}

fn cell(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        Field::Double(value) => value.to_string(),
        Field::Float(value) => value.to_string(),
        Field::TimestampMillis(ms) => field::time::Time::from_ms(*ms).to_string(),
        Field::TimestampMicros(us) => field::time::Time::from_ms(us.div_euclid(1_000)).to_string(),
        other => other.to_string(),
    }
}
