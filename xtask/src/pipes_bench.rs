//! `cargo xtask bench pipes`: the supply engine beside EPANET's C at -O3, in one run.
//!
//! The C comes with the crate `epanet-sys`, which itself needs cmake and libclang; here only its sources are
//! fetched, into a package of its own under the target folder, and compiled with `cc`.

use crate::{peers, run};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

const EPANET_SYS: &str = "=2.3.0";
const FOLDER: &str = "crates/networks/examples/speed";
const REFERENCE: &str = "crates/pipes/examples/beside/reference.py";

/// Builds both, runs them in turns, writes docs/benchmarks/pipes.json and .svg.
pub(crate) fn run() -> Result<()> {
    let here = run::target().join("bench-pipes");
    std::fs::create_dir_all(&here)?;
    let epanet = compile(&here)?;
    let mut args = vec![
        epanet.to_string_lossy().into_owned(),
        run::root().join("docs/benchmarks/pipes").to_string_lossy().into_owned(),
    ];
    args.extend(models(&here)?.iter().map(|model| model.to_string_lossy().into_owned()));
    run::cargo(&["build", "--quiet", "--release", "--package", "networks", "--example", "speed"])?;
    let speed = run::target().join("release/examples").join(format!("speed{}", std::env::consts::EXE_SUFFIX));
    run::program(&speed, &args.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Net6 of wntr and L-TOWN as they are, where they can be had.
fn models(here: &Path) -> Result<Vec<PathBuf>> {
    if peers::install_epanet().is_ok() {
        let (at, supply) = (here.to_string_lossy(), run::root().join("../shared/data/supply"));
        run::program(&peers::epanet(), &[REFERENCE, "--plain", &at, &supply.to_string_lossy()])?;
    }
    let wanted = ["L-TOWN.inp", "Net6.inp"];
    Ok(wanted.iter().map(|name| here.join(name)).filter(|path| path.is_file()).collect())
}

/// EPANET's C with the clock's main function, at -O3.
fn compile(here: &Path) -> Result<PathBuf> {
    let package = here.join("epanet");
    std::fs::create_dir_all(package.join("src"))?;
    std::fs::write(package.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"epanet-source\"\nversion = \"0.0.0\"\n\n[dependencies]\nepanet-sys = \"{EPANET_SYS}\"\n\n[workspace]\n"
    );
    std::fs::write(package.join("Cargo.toml"), manifest)?;
    let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let manifest = package.join("Cargo.toml");
    let args = ["metadata", "--format-version", "1", "--manifest-path", &manifest.to_string_lossy()];
    let metadata: serde_json::Value = serde_json::from_str(&run::output(&cargo, &args)?)?;
    let source = metadata
        .get("packages")
        .and_then(|packages| packages.as_array())
        .into_iter()
        .flatten()
        .find(|package| package.get("name").is_some_and(|name| name == "epanet-sys"))
        .and_then(|package| {
            Path::new(package.get("manifest_path")?.as_str()?).parent().map(|p| p.join("EPANET"))
        })
        .context("the crate epanet-sys was not fetched")?;
    let clock = here.join(format!("epanet_clock{}", std::env::consts::EXE_SUFFIX));
    let mut args =
        vec!["-O3".to_owned(), "-w".to_owned(), "-o".to_owned(), clock.to_string_lossy().into_owned()];
    args.push(run::root().join(FOLDER).join("epanet_clock.c").to_string_lossy().into_owned());
    for file in std::fs::read_dir(source.join("src"))?.flatten() {
        if file.path().extension().is_some_and(|extension| extension == "c") {
            args.push(file.path().to_string_lossy().into_owned());
        }
    }
    args.extend(["include", "src"].map(|folder| format!("-I{}", source.join(folder).display())));
    args.push("-lm".into());
    if let Err(why) = run::program(Path::new("cc"), &args.iter().map(String::as_str).collect::<Vec<_>>()) {
        bail!("EPANET's C could not be compiled (a C compiler is needed: Debian package gcc): {why:#}");
    }
    Ok(clock)
}
