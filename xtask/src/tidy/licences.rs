//! Licences of everything the product is built from, against the list in `deny.toml`.
//!
//! `cargo deny check` does the same and more where it is installed; this part needs nothing.

use crate::run;
use anyhow::{Context, Result};

/// The packages whose licence is not on the list.
pub(super) fn check() -> Result<Vec<String>> {
    let deny = std::fs::read_to_string(run::root().join("deny.toml")).context("deny.toml")?;
    let allowed = allowed(&deny);
    let text =
        run::output(std::path::Path::new("cargo"), &["metadata", "--format-version", "1", "--locked"])?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let packages =
        metadata.get("packages").and_then(|p| p.as_array()).context("cargo metadata without packages")?;
    let mut breaches = Vec::new();
    for package in packages {
        let name = package.get("name").and_then(|v| v.as_str()).unwrap_or_default();
        let licence = package.get("license").and_then(|v| v.as_str()).unwrap_or("none stated");
        if !satisfied(licence, &allowed) {
            breaches.push(format!("`{name}`: licence `{licence}` is not allowed in deny.toml"));
        }
    }
    Ok(breaches)
}

fn allowed(deny: &str) -> Vec<String> {
    let list = deny.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(l, _)| l);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met with allowed licences (no nested parentheses occur).
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let meets = |term: &str| {
        let term = term.trim();
        allowed.iter().any(|a| a == term)
            || term.split_once(" WITH ").is_some_and(|(l, _)| allowed.iter().any(|a| a == l))
    };
    // `A OR B AND C` in the wild always means `(A OR B) AND C`: every AND part needs one allowed OR part.
    flat.split(" AND ").all(|part| part.split(" OR ").any(meets))
}
