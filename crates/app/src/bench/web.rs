//! The web bundle's size as browsers fetch it, compressed with brotli.

use super::figures::{Outcome, Target};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::Path;

/// Where `npm run build` puts it.
const DIST: &str = "web/dist";

pub(super) fn run() -> Result<Outcome> {
    let dist = Path::new(DIST);
    let index = std::fs::read_to_string(dist.join("index.html")).with_context(|| {
        format!("`{DIST}/index.html`: build the web interface first (cargo xtask bench does)")
    })?;
    let all = compressed(dist)?;
    if all.is_empty() {
        bail!(
            "`{DIST}` holds no compressed file: build it with `npm run build` in web/ (which compresses it)"
        );
    }
    let all_bytes: u64 = all.iter().map(|(_, bytes)| bytes).sum();
    // What the page names is fetched before anything is drawn; the rest when it is needed.
    let first = |name: &str| name == "index.html" || index.contains(name);
    let first_bytes: u64 = all.iter().filter(|(name, _)| first(name)).map(|(_, bytes)| bytes).sum();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let targets = vec![Target::at_most("web bundle, brotli, everything", 1.2, megabytes(all_bytes), "MB")];
    let figures = json!({
        "files": all.len(),
        "all_bytes": all_bytes,
        "first_load_bytes": first_bytes,
    });
    Ok(Outcome { targets, figures })
}

/// Name (without `.br`) and size of every compressed file.
fn compressed(dir: &Path) -> Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("reading `{}`", dir.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(compressed(&entry.path())?);
        } else if let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(".br")) {
            found.push((name.to_owned(), entry.metadata()?.len()));
        }
    }
    Ok(found)
}
