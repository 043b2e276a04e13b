//! `zhizhen export`: what is stored of points, as CSV or Parquet.

use crate::cli::DataArgs;
use anyhow::{Context, Result, bail};
use api::query::columns;
use api::table::{ParquetFile, csv_heading, csv_rows};
use field::id::{PointId, StationCode};
use field::station::Point;
use field::time::Time;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use store::Store;

/// What is wanted.
pub(crate) struct Wanted {
    pub(crate) station: Vec<String>,
    pub(crate) point: Vec<i64>,
    pub(crate) from: Time,
    pub(crate) to: Time,
}

/// Writes the samples of the points, one point after another, to a file or standard output.
pub(crate) async fn run(
    wanted: Wanted,
    format: &str,
    output: Option<&Path>,
    data: &DataArgs,
) -> Result<ExitCode> {
    if wanted.from >= wanted.to {
        bail!("--from {} is not before --to {}", wanted.from, wanted.to);
    }
    let store = super::open(data, true).await?;
    let points = points(&store, &wanted)?;
    let to: Box<dyn Write + Send> = match output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("making `{}`", path.display()))?),
        None => Box::new(std::io::stdout()),
    };
    let to = BufWriter::new(to);
    if format == "parquet" {
        parquet(&store, &points, &wanted, to).await?;
    } else {
        csv(&store, &points, &wanted, to).await?;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn points(store: &Store, wanted: &Wanted) -> Result<Vec<Arc<Point>>> {
    let registry = store.tables.registry();
    if wanted.station.is_empty() && wanted.point.is_empty() {
        return Ok(registry.points().values().cloned().collect());
    }
    let mut points = vec![];
    for code in &wanted.station {
        let code = StationCode::new(code.as_str())?;
        if registry.station(&code).is_none() {
            bail!("station `{code}` is not in the registry; `zhizhen stations import` adds stations");
        }
        points.extend(registry.points_of(&code).iter().cloned());
    }
    for id in &wanted.point {
        let point = registry.point(PointId(*id)).with_context(|| format!("there is no point {id}"))?;
        points.push(Arc::clone(point));
    }
    Ok(points)
}

async fn csv(store: &Store, points: &[Arc<Point>], wanted: &Wanted, mut to: impl Write) -> Result<()> {
    csv_heading(&mut to)?;
    for point in points {
        for samples in columns(store, &[point.id], wanted.from, wanted.to).await? {
            csv_rows(&mut to, point, &samples)?;
        }
    }
    Ok(to.flush()?)
}

async fn parquet(store: &Store, points: &[Arc<Point>], wanted: &Wanted, to: impl Write + Send) -> Result<()> {
    let mut file = ParquetFile::begin(to)?;
    for point in points {
        for samples in columns(store, &[point.id], wanted.from, wanted.to).await? {
            file.point(point, &samples)?;
        }
    }
    Ok(file.end()?)
}
