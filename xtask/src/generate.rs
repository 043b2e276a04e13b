//! Generated files that are in git: the OpenAPI document, the TypeScript types, the command line's help.

use crate::{run, web};
use anyhow::{Result, bail};
use std::path::PathBuf;

struct Generated {
    path: PathBuf,
    text: String,
}

fn all() -> Result<Vec<Generated>> {
    run::build_all()?;
    let docs = run::root().join("docs");
    Ok(vec![
        Generated { path: docs.join("openapi.json"), text: run::output(&run::zhizhen(), &["openapi"])? },
        Generated { path: docs.join("cli.md"), text: run::output(&run::zhizhen(), &["help-pages"])? },
    ])
}

/// Writes them anew.
pub(crate) fn write() -> Result<()> {
    for file in all()? {
        std::fs::write(&file.path, file.text)?;
    }
    web::prepare()?;
    web::npm(&["run", "types"], &[])
}

/// Fails when one of them is not what the code says.
pub(crate) fn check() -> Result<()> {
    for file in all()? {
        let found = std::fs::read_to_string(&file.path).unwrap_or_default();
        if found.replace("\r\n", "\n") != file.text {
            bail!("{} is stale; run `cargo xtask generate` and commit it", file.path.display());
        }
    }
    if web::prepare().is_ok() {
        web::npm(&["run", "types:check"], &[])?;
    }
    Ok(())
}
