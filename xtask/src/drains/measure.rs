//! What a process costs: by the clock, and in processor time where Linux tells it.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks a second of Linux's tables.
const TICKS: f64 = 100.0;

/// Of one run, seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) wall: f64,
    pub(super) cpu: f64,
    /// Steps it says that it took, if it says so.
    pub(super) steps: f64,
}

/// Processor time of all children waited for so far, s; the clock's where there is no such table.
fn children_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / TICKS)
}

/// Runs a program.
pub(super) fn cost(program: &Path, args: &[&str]) -> Result<Cost> {
    let (before, started) = (children_s(), Instant::now());
    let out = Command::new(program).args(args).stderr(Stdio::inherit()).output()?;
    let wall = started.elapsed().as_secs_f64();
    if !out.status.success() {
        bail!("`{} {}` failed", program.display(), args.join(" "));
    }
    let cpu = before.zip(children_s()).map_or(wall, |(a, b)| b - a);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let steps = said.split_whitespace().next().and_then(|w| w.parse().ok()).unwrap_or(0.0);
    Ok(Cost { wall, cpu, steps })
}

/// Runs a Python program on every model, two processes at a time.
pub(super) fn in_pairs(python: &Path, program: &str, models: &[PathBuf]) -> Result<Cost> {
    let (before, started) = (children_s(), Instant::now());
    for pair in models.chunks(2) {
        let children = pair.iter().map(|m| {
            Command::new(python)
                .args(["-c", program])
                .args([m.clone(), m.with_extension("rpt"), m.with_extension("swmm.out")])
                .stdout(Stdio::null())
                .spawn()
        });
        let children: Vec<_> = children.collect::<std::io::Result<_>>()?;
        for mut child in children {
            if !child.wait()?.success() {
                bail!("SWMM failed");
            }
        }
    }
    let wall = started.elapsed().as_secs_f64();
    let cpu = before.zip(children_s()).map_or(wall, |(a, b)| b - a);
    Ok(Cost { wall, cpu, steps: 0.0 })
}

/// Most memory a program held, MB; 0 where nobody tells.
pub(super) fn peak_memory(program: &Path, args: &[&str]) -> Result<u64> {
    let mut child = Command::new(program).args(args).stdout(Stdio::null()).spawn()?;
    let table = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let status = std::fs::read_to_string(&table).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kb = line.and_then(|l| l.split_whitespace().next()).and_then(|w| w.parse::<u64>().ok());
        most = most.max(kb.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait().context("waiting for the engine")?;
    Ok(most / 1024)
}

/// What is told of several runs.
pub(super) type Of = fn(Vec<f64>) -> f64;

/// The middle one.
pub(super) fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied().unwrap_or(0.0)
}

/// The least.
pub(super) fn least(list: Vec<f64>) -> f64 {
    list.into_iter().min_by(f64::total_cmp).unwrap_or(0.0)
}
