//! Arrow IPC stream: one record batch a series.

use crate::query::{Bucket, Columns};
use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMillisecondArray, UInt8Array, UInt32Array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use std::sync::Arc;

fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// Columns `point`, `time` (UTC), `value`, `quality` (0 good 1 suspect 2 missing 3 manual 4 estimated).
pub(crate) fn samples(series: &[(i64, Columns)]) -> Result<Vec<u8>, ArrowError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("point", DataType::Int64, false),
        Field::new("time", time(), false),
        Field::new("value", DataType::Float64, true),
        Field::new("quality", DataType::UInt8, false),
    ]));
    let batches = series.iter().map(|(point, columns)| {
        let value = |v: &f64| (!v.is_nan()).then_some(*v);
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_value(*point, columns.len())),
            Arc::new(TimestampMillisecondArray::from(columns.times.clone()).with_timezone("UTC")),
            Arc::new(columns.values.iter().map(value).collect::<Float64Array>()),
            Arc::new(columns.qualities.iter().map(|q| Some(*q as u8)).collect::<UInt8Array>()),
        ];
        RecordBatch::try_new(Arc::clone(&schema), arrays)
    });
    written(&schema, batches)
}

/// Columns `point`, `start` (UTC), `count`, `good`, `min`, `max`, `mean`, `sum`, `weighted`, `increase`.
pub(crate) fn buckets(series: &[(i64, Vec<Bucket>)]) -> Result<Vec<u8>, ArrowError> {
    let number = |name| Field::new(name, DataType::Float64, true);
    let schema = Arc::new(Schema::new(vec![
        Field::new("point", DataType::Int64, false),
        Field::new("start", time(), false),
        Field::new("count", DataType::UInt32, false),
        Field::new("good", DataType::UInt32, false),
        number("min"),
        number("max"),
        number("mean"),
        number("sum"),
        number("weighted"),
        number("increase"),
    ]));
    let batches = series.iter().map(|(point, buckets)| {
        let floats = |of: fn(&Bucket) -> f64| -> ArrayRef {
            Arc::new(buckets.iter().map(of).map(|v| v.is_finite().then_some(v)).collect::<Float64Array>())
        };
        let counts = |of: fn(&Bucket) -> u32| -> ArrayRef {
            Arc::new(UInt32Array::from(buckets.iter().map(of).collect::<Vec<_>>()))
        };
        let starts: Vec<i64> = buckets.iter().map(|b| b.start).collect();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_value(*point, buckets.len())),
            Arc::new(TimestampMillisecondArray::from(starts).with_timezone("UTC")),
            counts(|b| b.count),
            counts(|b| b.good),
            floats(|b| b.min),
            floats(|b| b.max),
            floats(Bucket::mean),
            floats(|b| b.sum),
            floats(|b| b.weighted),
            floats(|b| b.increase),
        ];
        RecordBatch::try_new(Arc::clone(&schema), arrays)
    });
    written(&schema, batches)
}

fn written(
    schema: &Arc<Schema>,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), schema)?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.finish()?;
    writer.into_inner()
}
