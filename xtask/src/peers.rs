//! Stacks nobody here wrote that tests talk to and no Debian package holds: installed from PyPI into
//! virtual environments in the target folder. Never touches the system's Python.

use crate::run;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The OPC UA server of the gateway's tests, of a version they were written against.
const ASYNCUA: &[&str] = &["asyncua==2.1.0"];

/// Clients of our HTTP interface: OGC SensorThings, and what tries the whole OpenAPI description.
const HTTP: &[&str] = &["frost_sta_client==1.1.53", "schemathesis==4.32.5"];

/// EPANET's engine and the networks docs/pipes-accuracy.md speaks of.
const EPANET: &[&str] = &["owa-epanet==2.3.5", "wntr==1.5.0"];

/// SWMM's engine.
const SWMM: &[&str] = &["swmm-toolkit==0.17.0"];

/// Installs SWMM.
pub(crate) fn install_swmm() -> Result<()> {
    install_into("swmm", "from swmm.toolkit import solver", SWMM)
}

/// The Python that finds SWMM.
pub(crate) fn swmm() -> PathBuf {
    python(&run::target().join("swmm"))
}

/// Installs what is missing.
pub(crate) fn install() -> Result<()> {
    install_into("asyncua", "import asyncua", ASYNCUA)?;
    install_into("http-peers", "import frost_sta_client, schemathesis", HTTP)
}

/// Installs EPANET and the networks: files only, for what wntr itself needs is large and not used.
pub(crate) fn install_epanet() -> Result<()> {
    let found = "import importlib.util as u; assert u.find_spec('epanet') and u.find_spec('wntr')";
    install_into("epanet", found, &[&["--no-deps"], EPANET].concat())
}

/// The Python that finds EPANET.
pub(crate) fn epanet() -> PathBuf {
    python(&run::target().join("epanet"))
}

/// Makes a virtual environment of this name unless `test` already passes in it.
fn install_into(name: &str, test: &str, packages: &[&str]) -> Result<()> {
    let home = run::target().join(name);
    let python = python(&home);
    let stands = python.is_file() && run::output(&python, &["-c", test]).is_ok();
    if !stands {
        let home = home.to_str().context("the target folder's name is not UTF-8")?;
        run::program(Path::new("python3"), &["-m", "venv", home])
            .context("a virtual environment cannot be made (Debian package python3-venv)")?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run::program(&python, &[&pip, packages].concat())?;
    }
    Ok(())
}

fn python(home: &Path) -> PathBuf {
    if cfg!(windows) { home.join("Scripts").join("python.exe") } else { home.join("bin").join("python") }
}
