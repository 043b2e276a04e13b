//! The house rules that a compiler cannot see (ARCHITECTURE.md, "Nevers").

mod arrows;
mod licences;
mod text;

use anyhow::{Result, bail};

/// Fails with every breach at once.
pub(crate) fn run() -> Result<()> {
    let mut breaches = arrows::check()?;
    breaches.extend(licences::check()?);
    breaches.extend(text::check()?);
    if breaches.is_empty() {
        return Ok(());
    }
    for breach in &breaches {
        println!("  {breach}");
    }
    bail!("{} house rules broken; ARCHITECTURE.md says why each is there", breaches.len());
}
