//! Comma-separated values: `point,station,quantity,unit,time,value,quality,packet`, times with +08:00.

use super::quality_word;
use crate::query::{Bucket, Columns};
use field::station::Point;
use field::time::Time;
use std::io::Write;

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing CSV: {0}")]
pub struct CsvError(#[from] std::io::Error);

/// Writes the heading line.
///
/// # Errors
/// What the writer says.
pub fn csv_heading(to: &mut impl Write) -> Result<(), CsvError> {
    Ok(to.write_all(b"point,station,quantity,unit,time,value,quality,packet\n")?)
}

/// Writes a point's samples; the packet is empty where it is not known any more. A station's code, a quantity's name and a unit need no quotes.
///
/// # Errors
/// What the writer says.
pub fn csv_rows(to: &mut impl Write, point: &Point, samples: &Columns) -> Result<(), CsvError> {
    let Point { id, station, quantity, .. } = point;
    let (name, unit) = (quantity.code(), point.unit());
    for (n, (at, value, quality)) in samples.rows().enumerate() {
        let (at, word) = (Time::from_ms(at), quality_word(quality));
        write!(to, "{id},{station},{name},{unit},{at},")?;
        if !value.is_nan() {
            write!(to, "{value}")?;
        }
        match samples.packets.get(n).filter(|packet| **packet > 0) {
            Some(packet) => writeln!(to, ",{word},{packet}")?,
            None => writeln!(to, ",{word},")?,
        }
    }
    Ok(())
}

/// Writes windows, with their heading.
pub(crate) fn buckets(to: &mut impl Write, series: &[(i64, Vec<Bucket>)]) -> Result<(), CsvError> {
    to.write_all(b"point,start,count,good,min,max,mean,sum,weighted,increase\n")?;
    let cell = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
    for (point, buckets) in series {
        for b in buckets {
            let Bucket { count, good, .. } = b;
            let cells = [b.min, b.max, b.mean(), b.sum, b.weighted, b.increase].map(cell).join(",");
            writeln!(to, "{point},{},{count},{good},{cells}", Time::from_ms(b.start))?;
        }
    }
    Ok(())
}
