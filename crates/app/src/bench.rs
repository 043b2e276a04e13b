//! Measuring against the targets of docs/benchmarks.md.

use crate::cli::LoadArgs;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn load(_args: LoadArgs) -> Result<ExitCode> {
    bail!("not yet")
}

pub(crate) async fn run(_names: &[String], _json: Option<&Path>) -> Result<ExitCode> {
    bail!("not yet")
}
