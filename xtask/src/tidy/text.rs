//! Rules read off the text of the source files.

use crate::run;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Statements of SQL belong to `store`; these words at the start of a string give them away.
const SQL: &[&str] = &["\"SELECT ", "\"INSERT INTO", "\"UPDATE ", "\"DELETE FROM", "\"CREATE TABLE"];

/// Every breach, with file and line.
pub(super) fn check() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for file in rust_files(&run::root().join("crates"))? {
        let text = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(run::root()).unwrap_or(&file).display().to_string().replace('\\', "/");
        check_file(&name, &text, &mut breaches);
    }
    Ok(breaches)
}

fn check_file(name: &str, text: &str, breaches: &mut Vec<String>) {
    let is_test = name.contains("/tests/") || name.contains("/benches/") || name.contains("/fuzz/");
    if !is_test && !text.starts_with("//!") && !text.starts_with("#![") {
        breaches.push(format!("{name}: a file begins with `//!`: what it is, what it promises"));
    }
    let product = if is_test { "" } else { text.split("#[cfg(test)]").next().unwrap_or(text) };
    for (number, line) in product.lines().enumerate() {
        let at = format!("{name}:{}", number + 1);
        let code = line.split("//").next().unwrap_or(line);
        if code.contains("#[allow(") || code.contains("#![allow(") {
            breaches.push(format!("{at}: write #[expect(lint, reason = \"…\")], never a bare allow"));
        }
        // The peers' benchmark asks another database in its own language.
        let speaks_sql =
            name.starts_with("crates/store/") || name.starts_with("crates/app/src/bench/telemetry/");
        if !speaks_sql && SQL.iter().any(|s| code.contains(s)) {
            breaches.push(format!("{at}: SQL stays in `store`"));
        }
        let pure =
            ["crates/field/", "crates/wire/", "crates/alarm/src/rules/"].iter().any(|p| name.starts_with(p));
        if pure
            && ["std::fs", "std::net", "Instant::now", "SystemTime", "rand::"]
                .iter()
                .any(|w| code.contains(w))
        {
            breaches.push(format!("{at}: this room does no IO, reads no clock, rolls no dice"));
        }
    }
    for word in ["#[ignore", "thread::sleep", "/root/", "/home/"] {
        if text.contains(word) && !(name.starts_with("crates/app/tests/") && word == "#[ignore") {
            breaches.push(format!("{name}: `{word}` does not belong here"));
        }
    }
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|n| n != "target" && n != "node_modules") {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
