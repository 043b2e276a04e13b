//! `zhizhen`: the one place that knows every room. Command line, configuration, roles, assembly.

mod after_action;
mod arenas;
mod assembly;
mod bench;
mod cli;
mod commands;
mod config;
mod coverage;
mod demo;
mod lent;
mod logging;
mod open_files;
mod out;
mod retaining;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if cli.command.is_server() {
        arenas::few();
    }
    open_files::raise();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return out::failure(&anyhow::anyhow!("the runtime cannot start: {why}")),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code,
        Err(why) => out::failure(&why),
    }
}
