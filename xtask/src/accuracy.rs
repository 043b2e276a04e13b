//! `cargo xtask accuracy`: the supply engine beside EPANET 2.3 on the networks of PyPI's wntr, and the page
//! docs/pipes-accuracy.md. What EPANET answered is kept in the target folder, so only the first run waits for it.

use crate::{peers, run};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/pipes-accuracy.md";
const REFERENCE: &str = "crates/pipes/examples/beside/reference.py";

/// Writes the page anew.
pub(crate) fn write() -> Result<()> {
    peers::install_epanet()?;
    std::fs::write(run::root().join(PAGE), page()?)?;
    Ok(())
}

/// Fails when a network's verdict is not the one the page in git gives.
pub(crate) fn check() -> Result<()> {
    let (now, kept) = (page()?, std::fs::read_to_string(run::root().join(PAGE))?);
    let (now, kept) = (verdicts(&now), verdicts(&kept));
    // Networks of ../shared/data are not on every machine.
    let changed: Vec<String> = now
        .iter()
        .filter(|(name, verdict)| kept.get(*name) != Some(verdict))
        .map(|(name, verdict)| {
            format!("{name}: {verdict}, the page says {}", kept.get(name).map_or("nothing", String::as_str))
        })
        .collect();
    if !changed.is_empty() {
        bail!(
            "{PAGE} is not what is measured: {}; mend it or run `cargo xtask accuracy`",
            changed.join("; ")
        );
    }
    Ok(())
}

/// The last cell of every row of the page's first table, by network.
fn verdicts(page: &str) -> BTreeMap<String, String> {
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    page.lines()
        .map(cells)
        .filter_map(|row| match row.as_slice() {
            [_, name, .., verdict, _] if row.len() == 10 && name != "network" => {
                Some((name.clone(), verdict.clone()))
            }
            _ => None,
        })
        .collect()
}

/// A town as `networks` makes them, which EPANET has to open too.
fn generated_town(folder: &Path) -> Result<PathBuf> {
    run::cargo(&["build", "--quiet", "--package", "networks", "--example", "water"])?;
    let water = run::target().join("debug/examples").join(format!("water{}", std::env::consts::EXE_SUFFIX));
    let made = folder.join("made");
    std::fs::create_dir_all(&made)?;
    let town = made.join("generated_town.inp");
    run::program(&water, &["2021", "3000", "24", &town.to_string_lossy()])?;
    Ok(town)
}

fn page() -> Result<String> {
    let folder = run::target().join("pipes-beside");
    let at = folder.to_string_lossy().into_owned();
    let python = peers::epanet();
    let supply = run::root().join("../shared/data/supply");
    let mut models: Vec<PathBuf> =
        std::fs::read_dir(supply).into_iter().flatten().flatten().map(|file| file.path()).collect();
    models.sort();
    models.push(generated_town(&folder)?);
    let mut args = vec![REFERENCE.to_owned(), at.clone()];
    args.extend(models.iter().map(|model| model.to_string_lossy().into_owned()));
    run::program(&python, &args.iter().map(String::as_str).collect::<Vec<_>>())?;
    run::cargo(&["build", "--quiet", "--package", "pipes", "--example", "beside"])?;
    let beside = run::target().join("debug/examples").join(format!("beside{}", std::env::consts::EXE_SUFFIX));
    let unlike = run::output(&beside, &[&at, "--unlike"])?;
    let mut args = vec![REFERENCE, "--spread", &at];
    args.extend(unlike.lines());
    run::program(&python, &args)?;
    run::output(&beside, &[&at])
}
