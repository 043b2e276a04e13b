//! `cargo xtask fuzz`: every fuzz target of every crate, or some, for a while.
//!
//! Works with the one toolchain there is: libFuzzer needs switches that only a nightly compiler takes,
//! and `RUSTC_BOOTSTRAP=1` lets a stable one take them. What earlier runs found stands in git, one input a
//! line in hexadecimal, in `crates/*/fuzz/corpus/NAME.hex`: a run starts from it, the tests of the crate
//! replay it, and `--keep` writes it anew from the smallest inputs that reach everything a run reached.

use crate::run;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Seconds a target runs when nothing else is said.
const SECONDS: &str = "60";

/// Longest input that is tried, bytes.
const LONGEST: u64 = 8192;

/// Longest input kept in git, bytes: what a longer one shows, a shorter one nearly always shows too.
const KEPT_LENGTH: &str = "600";

/// A fuzz target and the crate it belongs to.
struct Target {
    /// The crate's folder.
    of: PathBuf,
    name: String,
}

/// `[NAME…] [--seconds N] [--keep]`; a bare number means `--seconds` as well.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (mut names, mut seconds, mut keep) = (Vec::new(), SECONDS, false);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--seconds" => seconds = rest.next().context("--seconds needs a number")?,
            "--keep" => keep = true,
            number if number.bytes().all(|b| b.is_ascii_digit()) => seconds = number,
            name => names.push(name.to_owned()),
        }
    }
    let targets = targets()?;
    if let Some(unknown) = names.iter().find(|name| targets.iter().all(|target| target.name != **name)) {
        let known: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        bail!("no fuzz target `{unknown}`; there are {}", known.join(", "));
    }
    for target in targets.iter().filter(|target| names.is_empty() || names.contains(&target.name)) {
        target.unpack()?;
        let limit = format!("-max_total_time={seconds}");
        let longest = format!("-max_len={LONGEST}");
        target.fuzz(&[], &[&limit, &longest, "-rss_limit_mb=1024"])?;
        if keep {
            target.keep()?;
        }
    }
    Ok(())
}

/// Every target, by name.
fn targets() -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for of in std::fs::read_dir(run::root().join("crates"))?.flatten() {
        let Ok(files) = std::fs::read_dir(of.path().join("fuzz/fuzz_targets")) else { continue };
        for file in files.flatten() {
            let name = file.path().file_stem().map(|stem| stem.to_string_lossy().into_owned());
            targets.extend(name.map(|name| Target { of: of.path(), name }));
        }
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(targets)
}

impl Target {
    /// Where libFuzzer keeps its inputs, a file each (not in git).
    fn corpus(&self) -> PathBuf {
        self.of.join("fuzz/corpus").join(&self.name)
    }

    /// The inputs in git.
    fn packed(&self) -> PathBuf {
        self.of.join("fuzz/corpus").join(format!("{}.hex", self.name))
    }

    /// Runs libFuzzer on the target's corpus, or on `corpora`.
    fn fuzz(&self, corpora: &[&str], options: &[&str]) -> Result<()> {
        let mut args = vec!["fuzz", "run", &self.name];
        args.extend(corpora);
        args.push("--");
        args.extend(options);
        run::program_in(&self.of, Path::new("cargo"), &args, &[("RUSTC_BOOTSTRAP", "1")])
            .context("fuzzing needs `cargo install cargo-fuzz`")
    }

    /// Gives libFuzzer the inputs in git, and the crate's models to begin from: no chance finds `[JUNCTIONS]`.
    fn unpack(&self) -> Result<()> {
        let corpus = self.corpus();
        std::fs::create_dir_all(&corpus)?;
        for file in std::fs::read_dir(self.of.join("models")).into_iter().flatten().flatten() {
            let small = file.metadata().is_ok_and(|m| m.len() <= LONGEST);
            if small && file.path().extension().is_some_and(|e| e == "inp") {
                std::fs::copy(file.path(), corpus.join(file.file_name()))?;
            }
        }
        let Ok(packed) = std::fs::read_to_string(self.packed()) else { return Ok(()) };
        for (row, line) in packed.lines().enumerate() {
            let bytes = from_hex(line).with_context(|| format!("{}:{}", self.packed().display(), row + 1))?;
            std::fs::write(corpus.join(format!("kept-{row:05}")), bytes)?;
        }
        Ok(())
    }

    /// Writes the smallest inputs that reach what the corpus reaches back to git's file.
    fn keep(&self) -> Result<()> {
        let kept = self.of.join("fuzz/target/kept").join(&self.name);
        let _ = std::fs::remove_dir_all(&kept);
        std::fs::create_dir_all(&kept)?;
        let length = format!("-max_len={KEPT_LENGTH}");
        let (into, from) = (kept.to_string_lossy(), self.corpus());
        // Edges alone: how often each is passed would keep several times as many inputs.
        self.fuzz(&[&into, &from.to_string_lossy()], &["-merge=1", "-use_counters=0", &length])?;
        let mut lines = Vec::new();
        for file in std::fs::read_dir(&kept)?.flatten() {
            lines.push(to_hex(&std::fs::read(file.path())?));
        }
        lines.sort();
        lines.dedup();
        std::fs::write(self.packed(), lines.join("\n") + "\n")?;
        Ok(())
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(line: &str) -> Result<Vec<u8>> {
    let digits = line.as_bytes().chunks(2);
    digits.map(|two| Ok(u8::from_str_radix(std::str::from_utf8(two)?, 16)?)).collect()
}
