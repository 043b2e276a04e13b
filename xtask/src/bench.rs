//! `cargo xtask bench`: the figures of docs/benchmarks.md, measured on this machine.

use crate::{pipes_bench, run, web};
use anyhow::Result;

/// Builds the release server and runs the named benchmarks (all when none is named).
pub(crate) fn run(names: &[String]) -> Result<()> {
    if names.iter().any(|name| name == "pipes") {
        return pipes_bench::run();
    }
    web::build_if_stale()?;
    run::cargo(&["build", "--release", "--package", "app", "--bin", "zhizhen"])?;
    let mut args = vec!["bench"];
    args.extend(names.iter().map(String::as_str));
    run::program(&run::zhizhen_release(), &args)
}
