//! One function a command.

mod backup;
mod blocks;
mod check;
mod decode;
mod doctor;
pub(crate) mod drains;
mod export;
mod help;
mod model_file;
pub(crate) mod pipes;
mod samples;
mod stations;
mod users;
mod verify;

use crate::cli::{CheckCommand, Cli, Command, DataArgs, SamplesCommand, StationsCommand};
use crate::config::Config;
use anyhow::{Context, Result};
use std::process::ExitCode;
use store::{Options, Store};

/// Runs one command; the exit code says whether all is well.
pub(crate) async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve(args) => crate::assembly::serve(args).await,
        Command::Demo(args) => crate::demo::run(args).await,
        Command::City { settings } => crate::demo::city(&settings).await,
        Command::Decode { protocol, frame, mapping } => decode::run(&protocol, &frame, mapping.as_deref()),
        Command::Drains { command } => drains::run(command),
        Command::Pipes { command } => pipes::run(command),
        Command::Stations { command: StationsCommand::Import { file, dry_run, data } } => {
            stations::import(&file, dry_run, &data).await
        }
        Command::Blocks { command } => blocks::run(command).await,
        Command::Samples { command: SamplesCommand::Import { file, dry_run, skip_bad, zone, data } } => {
            samples::import(&file, dry_run, skip_bad, zone, &data).await
        }
        Command::Export { station, point, format, output, from, to, data } => {
            export::run(export::Wanted { station, point, from, to }, &format, output.as_deref(), &data).await
        }
        Command::Backup { folder, data } => backup::backup(&folder, &data).await,
        Command::Restore { folder, data } => backup::restore(&folder, &data).await,
        Command::Verify { folder, data } => verify::run(folder.as_deref(), &data).await,
        Command::Check { command: CheckCommand::Coverage(data) } => check::coverage(&data).await,
        Command::Check { command: CheckCommand::Journal(data) } => check::journal(&data).await,
        Command::Doctor(data) => doctor::run(&data).await,
        Command::Users { command } => users::run(command).await,
        Command::Load(args) => crate::bench::load(args).await,
        Command::Bench(args) => crate::bench::run(args).await,
        Command::Openapi => {
            crate::out::line(api::openapi().trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::HelpPages => help::pages(),
    }
}

/// The configuration with the command line's words put over it.
pub(crate) fn config(args: &DataArgs) -> Result<Config> {
    let mut config = Config::read(args.config.as_deref())?;
    if let Some(dir) = &args.data {
        config.store.dir = Some(dir.clone());
    }
    if let Some(url) = &args.store {
        config.store.url = Some(url.clone());
    }
    Ok(config)
}

/// How the store of a configuration is opened.
pub(crate) fn options(config: &Config, read_only: bool) -> Result<Options> {
    let sql = config.store.url.as_deref().unwrap_or("sqlite").parse().context("the store's URL")?;
    Ok(Options { sql, read_only, ..Options::new(config.data_dir()?) })
}

/// Opens the store that the command line names.
pub(crate) async fn open(args: &DataArgs, read_only: bool) -> Result<Store> {
    let options = options(&config(args)?, read_only)?;
    let dir = options.dir.clone();
    Store::open(options).await.with_context(|| format!("opening the data directory `{}`", dir.display()))
}
