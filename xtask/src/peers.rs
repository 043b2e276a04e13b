//! Stacks nobody here wrote that tests talk to and no Debian package holds: installed from PyPI into
//! a virtual environment in the target folder. Never touches the system's Python.

use crate::run;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The OPC UA server of the gateway's tests, of a version they were written against.
const ASYNCUA: &str = "asyncua==2.1.0";

/// Installs what is missing.
pub(crate) fn install() -> Result<()> {
    let home = run::target().join("asyncua");
    let python = python(&home);
    let stands = python.is_file() && run::output(&python, &["-c", "import asyncua"]).is_ok();
    if !stands {
        let home = home.to_str().context("the target folder's name is not UTF-8")?;
        run::program(Path::new("python3"), &["-m", "venv", home])
            .context("a virtual environment cannot be made (Debian package python3-venv)")?;
        let args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ASYNCUA];
        run::program(&python, &args)?;
    }
    Ok(())
}

fn python(home: &Path) -> PathBuf {
    if cfg!(windows) { home.join("Scripts").join("python.exe") } else { home.join("bin").join("python") }
}
