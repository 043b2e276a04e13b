//! Apache Parquet: one row group a point, zstd pages.

use super::quality_word;
use crate::query::Columns;
use field::station::Point;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::Write;
use std::sync::Arc;

/// Why a Parquet file could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("Parquet: {0}")]
pub struct ParquetError(#[from] pub(crate) parquet::errors::ParquetError);

const SHAPE: &str = "message samples {
    REQUIRED INT64 point; REQUIRED BYTE_ARRAY station (STRING); REQUIRED BYTE_ARRAY quantity (STRING);
    REQUIRED BYTE_ARRAY unit (STRING); REQUIRED INT64 time (TIMESTAMP(MILLIS,true));
    OPTIONAL DOUBLE value; REQUIRED BYTE_ARRAY quality (STRING); OPTIONAL INT64 packet; }";

/// A file being written.
pub struct ParquetFile<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What the writer says.
    pub fn begin(to: W) -> Result<Self, ParquetError> {
        let shape = Arc::new(parse_message_type(SHAPE)?);
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        Ok(Self(SerializedFileWriter::new(to, shape, Arc::new(properties.build()))?))
    }

    /// Writes a point's samples.
    ///
    /// # Errors
    /// What the writer says.
    pub fn point(&mut self, point: &Point, samples: &Columns) -> Result<(), ParquetError> {
        if samples.is_empty() {
            return Ok(());
        }
        let mut group = self.0.next_row_group()?;
        let text = |text: &str| vec![ByteArray::from(text); samples.len()];
        column::<Int64Type, _>(&mut group, &vec![point.id.0; samples.len()], None)?;
        column::<ByteArrayType, _>(&mut group, &text(point.station.as_str()), None)?;
        column::<ByteArrayType, _>(&mut group, &text(point.quantity.code()), None)?;
        column::<ByteArrayType, _>(&mut group, &text(point.unit()), None)?;
        column::<Int64Type, _>(&mut group, &samples.times, None)?;
        let levels: Vec<i16> = samples.values.iter().map(|v| i16::from(!v.is_nan())).collect();
        let values: Vec<f64> = samples.values.iter().copied().filter(|v| !v.is_nan()).collect();
        column::<DoubleType, _>(&mut group, &values, Some(&levels))?;
        let words: Vec<ByteArray> =
            samples.qualities.iter().map(|q| ByteArray::from(quality_word(*q))).collect();
        column::<ByteArrayType, _>(&mut group, &words, None)?;
        let known = |n: usize| samples.packets.get(n).copied().filter(|packet| *packet > 0);
        let levels: Vec<i16> = (0..samples.len()).map(|n| i16::from(known(n).is_some())).collect();
        let packets: Vec<i64> = (0..samples.len()).filter_map(known).collect();
        column::<Int64Type, _>(&mut group, &packets, Some(&levels))?;
        group.close()?;
        Ok(())
    }

    /// Writes the foot: only now it is a file.
    ///
    /// # Errors
    /// What the writer says.
    pub fn end(self) -> Result<(), ParquetError> {
        self.0.close()?;
        Ok(())
    }
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    if let Some(mut writer) = group.next_column()? {
        writer.typed::<T>().write_batch(values, levels, None)?;
        writer.close()?;
    }
    Ok(())
}
