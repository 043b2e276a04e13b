//! The web interface: npm and its checks, run only when something changed.

use crate::run;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const NODE_AT_LEAST: (u32, u32) = (20, 19);

fn folder() -> PathBuf {
    run::root().join("web")
}

/// Runs an npm script in `web/`.
pub(crate) fn npm(args: &[&str], env: &[(&str, &str)]) -> Result<()> {
    run::program_in(&folder(), Path::new(if cfg!(windows) { "npm.cmd" } else { "npm" }), args, env)
}

/// Makes sure that Node is new enough and the packages are installed.
pub(crate) fn prepare() -> Result<()> {
    let version = run::output(Path::new("node"), &["--version"])
        .context("Node is not installed; the web interface is built with Node 20.19 or newer and npm")?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|p| p.parse().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < NODE_AT_LEAST {
        bail!("Node {} is too old; the web interface needs 20.19 or newer", version.trim());
    }
    let installed = folder().join("node_modules/.package-lock.json");
    if newest(&folder().join("package-lock.json")) > newest(&installed) {
        npm(&["ci", "--no-audit", "--no-fund"], &[])?;
    }
    Ok(())
}

/// Builds `web/dist` when a source is newer than it.
pub(crate) fn build_if_stale() -> Result<()> {
    prepare()?;
    let sources = ["src", "public", "scripts", "index.html", "package-lock.json", "vite.config.ts"];
    let changed = sources.iter().map(|s| newest(&folder().join(s))).max().flatten();
    if newest(&folder().join("dist/index.html")) < changed {
        npm(&["run", "build"], &[])?;
        embed_anew()?;
    }
    Ok(())
}

/// Makes cargo compile the room that carries `web/dist` again: it was compiled over another one, or none.
fn embed_anew() -> Result<()> {
    let built = newest(&folder().join("dist/index.html")).context("the web build left no dist/index.html")?;
    let source = run::root().join("crates/ui/src/lib.rs");
    let file = std::fs::File::options().append(true).open(&source);
    file.and_then(|f| f.set_modified(built)).with_context(|| format!("touching {}", source.display()))
}

/// When the newest file at or below `path` changed; `None` where there is none.
fn newest(path: &Path) -> Option<SystemTime> {
    let meta = path.metadata().ok()?;
    if meta.is_file() {
        return meta.modified().ok();
    }
    let inside = std::fs::read_dir(path).ok()?;
    inside.flatten().filter_map(|entry| newest(&entry.path())).max()
}

/// Chromium, for the browser journeys: `$CHROMIUM` or one of its usual names on the path.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|p| p.is_file());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|n| folders.iter().map(move |f| f.join(n))).find(|p| p.is_file())
}
