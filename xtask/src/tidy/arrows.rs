//! Arrows between crates run down: a crate may use only what stands below it.

use crate::run;
use anyhow::{Context, Result};

/// Every arrow that is allowed. A new one is a decision (docs/decisions/).
const ALLOWED: &[(&str, &[&str])] = &[
    ("field", &[]),
    ("wire", &["field"]),
    ("ui", &[]),
    ("numerics", &[]),
    ("drains", &["numerics"]),
    ("pipes", &["numerics"]),
    ("networks", &[]),
    ("store", &["field"]),
    ("gateway", &["field", "wire", "store"]),
    ("alarm", &["field", "store"]),
    ("quality", &["field", "store"]),
    ("dispatch", &["field", "store"]),
    ("twin", &["field", "store", "drains", "pipes"]),
    ("api", &["field", "wire", "store", "ui"]),
    ("city", &["field", "wire", "drains", "pipes", "networks"]),
    (
        "app",
        &[
            "field", "wire", "store", "gateway", "alarm", "quality", "dispatch", "api", "city", "ui",
            "drains", "pipes", "numerics", "networks", "twin",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that may not do IO: no runtime, no sockets, no database among their dependencies.
const PURE: &[&str] = &["field", "wire", "numerics", "drains", "pipes", "networks"];
const IO_CRATES: &[&str] = &["tokio", "axum", "reqwest", "sqlx", "lettre", "rand"];

/// The arrows that should not be there.
pub(super) fn check() -> Result<Vec<String>> {
    let text =
        run::output(std::path::Path::new("cargo"), &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let packages =
        metadata.get("packages").and_then(|p| p.as_array()).context("cargo metadata without packages")?;
    let ours: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut breaches = Vec::new();
    for package in packages {
        let name = package.get("name").and_then(|v| v.as_str()).unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(n, _)| *n == name) else {
            breaches.push(format!("crate `{name}` has no place in xtask/src/tidy/arrows.rs"));
            continue;
        };
        let normal = package
            .get("dependencies")
            .and_then(|d| d.as_array())
            .into_iter()
            .flatten()
            .filter(|d| d.get("kind").is_none_or(serde_json::Value::is_null));
        for dependency in normal.filter_map(|d| d.get("name").and_then(|v| v.as_str())) {
            if ours.contains(&dependency) && !allowed.contains(&dependency) {
                breaches.push(format!("`{name}` must not use `{dependency}`: arrows run down"));
            }
            if PURE.contains(&name) && IO_CRATES.contains(&dependency) {
                breaches.push(format!("`{name}` does no IO and must not use `{dependency}`"));
            }
        }
    }
    Ok(breaches)
}
