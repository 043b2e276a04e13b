//! `cargo xtask verify`: everything that must pass, in the order in which it fails fastest.

use crate::{accuracy, generate, peers, run, tidy, web};
use anyhow::{Context, Result};
use std::time::Instant;

/// Runs it all; the last lines say what was skipped and why.
pub(crate) fn run() -> Result<()> {
    let mut skipped = Vec::new();
    step("house rules", tidy::run)?;
    step("format", || run::cargo(&["fmt", "--all", "--check"]))?;
    let web_ready = step("web interface", web::build_if_stale);
    if let Err(why) = &web_ready {
        skipped.push(format!("web checks and browser journeys: {why:#}"));
    }
    step("lints", || run::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    if let Err(why) = step("stacks of others", peers::install) {
        skipped.push(format!("tests against asyncua, schemathesis and a SensorThings client: {why:#}"));
    }
    step("tests", || run::cargo(&["test", "--workspace"]))?;
    match step("EPANET and its networks", peers::install_epanet) {
        Ok(()) => step("the supply engine beside EPANET", accuracy::check)?,
        Err(why) => skipped.push(format!("the supply engine beside EPANET: {why:#}")),
    }
    step("generated files are fresh", generate::check)?;
    if web_ready.is_ok() {
        step("web types", || web::npm(&["run", "check"], &[]))?;
        step("web tests", || web::npm(&["run", "test"], &[]))?;
        match web::chromium() {
            Some(chromium) => step("browser journeys", || journeys(&chromium.to_string_lossy()))?,
            None => {
                skipped.push("browser journeys: no chromium on this machine (set CHROMIUM to one)".into())
            }
        }
    }
    if !run::root().join("../shared/data").is_dir() {
        skipped.push("tests on ../shared/data: the folder is not here".into());
    }
    println!("\nverify passed; {} skipped", skipped.len());
    for what in skipped {
        println!("  skipped: {what}");
    }
    Ok(())
}

/// The crash campaign: SIGKILL at random moments of a running storm, `times` times (200 in `verify`).
pub(crate) fn kill(times: &str) -> Result<()> {
    let args = ["test", "--workspace", "--test", "all", "--", "--nocapture", "killed_at_random_moments"];
    run::cargo_with(&args, &[("ZHIZHEN_KILLS", times)])
}

fn journeys(chromium: &str) -> Result<()> {
    let server = run::zhizhen();
    let server = server.to_str().context("the target folder's name is not UTF-8")?;
    web::npm(&["run", "journeys"], &[("CHROMIUM", chromium), ("ZHIZHEN", server)])
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n── {name}");
    let start = Instant::now();
    let result = work().with_context(|| format!("verify stopped at: {name}"));
    println!(
        "── {name}: {} in {:.0} s",
        if result.is_ok() { "ok" } else { "failed" },
        start.elapsed().as_secs_f64()
    );
    result
}
