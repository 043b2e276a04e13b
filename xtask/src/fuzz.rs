//! `cargo xtask fuzz`: every fuzz target for a while.

use crate::run;
use anyhow::{Context, Result};

/// Runs each target of `crates/wire/fuzz` for `seconds`.
pub(crate) fn run(seconds: &str) -> Result<()> {
    let folder = run::root().join("crates/wire");
    let targets = std::fs::read_dir(folder.join("fuzz/fuzz_targets")).context("no fuzz targets")?;
    for target in targets.flatten() {
        let name = target.path().file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let limit = format!("-max_total_time={seconds}");
        let args = ["+nightly", "fuzz", "run", &name, "--", &limit, "-max_len=8192"];
        run::program_in(&folder, std::path::Path::new("cargo"), &args, &[])
            .context("fuzzing needs `cargo install cargo-fuzz` and `rustup toolchain install nightly`")?;
    }
    Ok(())
}
