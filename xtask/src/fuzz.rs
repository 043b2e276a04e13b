//! `cargo xtask fuzz`: every fuzz target, or one, for a while.
//!
//! Works with the one toolchain there is: libFuzzer needs switches that only a nightly compiler takes,
//! and `RUSTC_BOOTSTRAP=1` lets a stable one take them. Corpora small enough for git stand in
//! `crates/wire/fuzz/corpus/`; what a run finds new is written there too, and `--seconds` says how long.

use crate::run;
use anyhow::{Context, Result, bail};

/// Seconds a target runs when nothing else is said.
const SECONDS: &str = "60";

/// `[NAME…] [--seconds N]`; a bare number means `--seconds` as well.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (mut names, mut seconds) = (Vec::new(), SECONDS);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--seconds" => seconds = rest.next().context("--seconds needs a number")?,
            number if number.bytes().all(|b| b.is_ascii_digit()) => seconds = number,
            name => names.push(name.to_owned()),
        }
    }
    let folder = run::root().join("crates/wire");
    let mut targets = Vec::new();
    for target in std::fs::read_dir(folder.join("fuzz/fuzz_targets")).context("no fuzz targets")?.flatten() {
        targets.extend(target.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    if let Some(unknown) = names.iter().find(|name| !targets.contains(name)) {
        bail!("no fuzz target `{unknown}`; there are {}", targets.join(", "));
    }
    for name in targets.iter().filter(|target| names.is_empty() || names.contains(target)) {
        let limit = format!("-max_total_time={seconds}");
        let args = ["fuzz", "run", name, "--", &limit, "-max_len=8192", "-rss_limit_mb=1024"];
        run::program_in(&folder, std::path::Path::new("cargo"), &args, &[("RUSTC_BOOTSTRAP", "1")])
            .context("fuzzing needs `cargo install cargo-fuzz`")?;
    }
    Ok(())
}
