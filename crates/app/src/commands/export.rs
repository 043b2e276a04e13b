//! `zhizhen export`: what is stored of a station, as CSV on standard output.

use crate::cli::DataArgs;
use anyhow::{Context, Result, bail};
use field::id::StationCode;
use field::time::Time;
use std::process::ExitCode;

/// Samples of one point read at once.
const PAGE: usize = 10_000;

/// Writes `station,quantity,unit,observed_at,value,quality,packet`, point after point, oldest first.
pub(crate) async fn run(station: &str, from: Time, to: Time, data: &DataArgs) -> Result<ExitCode> {
    let code = StationCode::new(station)?;
    if from >= to {
        bail!("--from {from} is not before --to {to}");
    }
    let store = super::open(data, true).await?;
    let registry = store.tables.registry();
    if registry.station(&code).is_none() {
        bail!("station `{code}` is not registered; `zhizhen stations import` adds stations");
    }
    let mut csv = csv::Writer::from_writer(std::io::stdout().lock());
    csv.write_record(["station", "quantity", "unit", "observed_at", "value", "quality", "packet"])?;
    for point in registry.points_of(&code) {
        let mut start = from;
        loop {
            let samples =
                store.samples.range(point.id, start, to, PAGE).await.context("reading the samples")?;
            for (sample, packet) in &samples {
                csv.write_record([
                    code.as_str(),
                    point.quantity.code(),
                    point.quantity.unit(),
                    &sample.at.to_string(),
                    &sample.value.map(|v| v.to_string()).unwrap_or_default(),
                    serde_json::to_value(sample.quality)?.as_str().unwrap_or_default(),
                    &packet.to_string(),
                ])?;
            }
            match samples.last() {
                Some((last, _)) if samples.len() == PAGE => start = last.at.plus_ms(1),
                _ => break,
            }
        }
    }
    csv.flush()?;
    Ok(ExitCode::SUCCESS)
}
