//! Running other programs from the project's root, with their output where people see it.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's root folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The development build of the server.
pub(crate) fn zhizhen() -> PathBuf {
    target().join("debug").join(format!("zhizhen{}", std::env::consts::EXE_SUFFIX))
}

/// The release build of the server.
pub(crate) fn zhizhen_release() -> PathBuf {
    target().join("release").join(format!("zhizhen{}", std::env::consts::EXE_SUFFIX))
}

/// Runs cargo in the root.
pub(crate) fn cargo(args: &[&str]) -> Result<()> {
    cargo_with(args, &[])
}

/// Runs cargo in the root, with extra environment.
pub(crate) fn cargo_with(args: &[&str], env: &[(&str, &str)]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program_in(&root(), Path::new(&cargo), args, env)
}

/// Builds the server and its tests as `cargo test --workspace` does, so that nothing is built twice.
pub(crate) fn build_all() -> Result<()> {
    cargo(&["test", "--workspace", "--no-run", "--quiet"])
}

/// Runs a program in the root and fails when it fails.
pub(crate) fn program(program: &Path, args: &[&str]) -> Result<()> {
    program_in(&root(), program, args, &[])
}

/// Runs a program in a folder, with extra environment.
pub(crate) fn program_in(folder: &Path, program: &Path, args: &[&str], env: &[(&str, &str)]) -> Result<()> {
    let shown = format!("{} {}", program.display(), args.join(" "));
    let status = Command::new(program)
        .args(args)
        .current_dir(folder)
        .envs(env.iter().copied())
        .status()
        .with_context(|| format!("could not start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// What a program prints, when it succeeds.
pub(crate) fn output(program: &Path, args: &[&str]) -> Result<String> {
    let out = Command::new(program)
        .args(args)
        .current_dir(root())
        .output()
        .with_context(|| format!("could not start `{}`", program.display()))?;
    if !out.status.success() {
        bail!("`{} {}` failed: {}", program.display(), args.join(" "), String::from_utf8_lossy(&out.stderr));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
