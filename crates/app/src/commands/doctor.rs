//! `zhizhen doctor`: looks at a configuration and a data directory, and says what to do. Changes nothing.

use crate::cli::DataArgs;
use crate::config::Config;
use crate::{coverage, out};
use anyhow::Result;
use field::block::{Block, Town};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use store::{Store, StoreError};

/// What was found: each line is good or says what to do.
#[derive(Default)]
struct Findings {
    faults: usize,
}

impl Findings {
    fn good(&self, text: impl std::fmt::Display) -> Result<()> {
        out::line(format_args!("ok    {text}"))
    }

    /// Worth knowing; nothing has to be done in a town of ordinary size.
    fn note(&self, text: impl std::fmt::Display) -> Result<()> {
        out::line(format_args!("note  {text}"))
    }

    fn bad(&mut self, text: impl std::fmt::Display) -> Result<()> {
        self.faults += 1;
        out::line(format_args!("FAULT {text}"))
    }
}

/// Looks at everything and fails when something has to be done.
pub(crate) async fn run(args: &DataArgs) -> Result<ExitCode> {
    let mut found = Findings::default();
    match super::config(args) {
        Ok(config) => examine(&config, &mut found).await?,
        Err(why) => found.bad(format_args!("{why:#}"))?,
    }
    out::line(format_args!("{} things to do", found.faults))?;
    Ok(if found.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(config: &Config, found: &mut Findings) -> Result<()> {
    if let Err(why) = config.retention.check() {
        found.bad(why)?;
    }
    match config.dispatch.check() {
        Ok(()) => found.good("configuration is understood")?,
        Err(why) => found.bad(why)?,
    }
    for (what, address) in [("http.listen", config.http.listen), ("sl651.tcp", config.sl651.tcp)] {
        port(what, address, found)?;
    }
    match crate::open_files::too_few() {
        None => found.good("enough files may be open for every connection")?,
        Some(why) => found.note(why)?,
    }
    let dir = config.data_dir()?;
    if !dir.is_dir() {
        return found.bad(format_args!(
            "data directory `{}` is not there yet; `zhizhen serve` makes it",
            dir.display()
        ));
    }
    writable(&dir, found)?;
    match Store::open(super::options(config, true)?).await {
        Ok(store) => data(&store, found).await,
        Err(why) => found.bad(format_args!("data directory `{}`: {why}", dir.display())),
    }
}

fn port(what: &str, address: SocketAddr, found: &mut Findings) -> Result<()> {
    match std::net::TcpListener::bind(address) {
        Ok(_) => found.good(format_args!("{what} {address} is free")),
        Err(why) if why.kind() == std::io::ErrorKind::AddrInUse => found
            .good(format_args!("{what} {address} is in use (by a running server, if this is its machine)")),
        Err(why) => found.bad(format_args!("{what} {address} cannot be listened on: {why}; choose another")),
    }
}

fn writable(dir: &Path, found: &mut Findings) -> Result<()> {
    match tempfile::tempfile_in(dir) {
        Ok(_) => found.good(format_args!("data directory `{}` can be written", dir.display())),
        Err(why) => found.bad(format_args!(
            "data directory `{}` cannot be written: {why}; give it to the user that runs zhizhen",
            dir.display()
        )),
    }
}

async fn data(store: &Store, found: &mut Findings) -> Result<()> {
    let stats = store.samples.stats();
    found.good(format_args!(
        "samples: {} packets, {} readings, {} bytes",
        stats.packets, stats.readings, stats.bytes
    ))?;
    match store.tables.journal_verify().await {
        Ok(last) => found.good(format_args!("journal: {last} lines, chain whole"))?,
        Err(why @ StoreError::Corrupt { .. }) => {
            found.bad(format_args!("{why}; keep a copy of the data directory and ask for help"))?;
        }
        Err(why) => found.bad(why)?,
    }
    let registry = store.tables.registry();
    let towns: Vec<Town> = registry.towns().values().map(|t| Town::clone(t)).collect();
    let blocks: Vec<Block> = registry.blocks().values().map(|b| Block::clone(b)).collect();
    if blocks.is_empty() {
        return found.bad("no blocks yet: `zhizhen blocks import` (docs/stations.md)");
    }
    let faults = coverage::check(&towns, &blocks, |b| registry.roster(b.id).map(AsRef::as_ref));
    match faults.len() {
        0 => found.good(format_args!("{} blocks, every minute has its one person", blocks.len()))?,
        n => found.bad(format_args!("{n} holes or overlaps: `zhizhen check coverage` names them"))?,
    }
    match registry.stations().len() {
        0 => found.bad("no stations yet: `zhizhen stations import` (docs/stations.md)"),
        n => found.good(format_args!("{n} stations")),
    }
}
