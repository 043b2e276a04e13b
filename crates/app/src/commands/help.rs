//! The command line's manual as Markdown, made from the commands themselves.

use crate::cli::Cli;
use crate::out;
use anyhow::Result;
use clap::CommandFactory;
use std::process::ExitCode;

/// Writes every command's help.
pub(crate) fn pages() -> Result<ExitCode> {
    out::line("# The command line\n\nMade by `cargo xtask generate` from the commands themselves.")?;
    let mut root = Cli::command().term_width(100);
    root.build();
    page(&mut root, "zhizhen")?;
    Ok(ExitCode::SUCCESS)
}

fn page(command: &mut clap::Command, name: &str) -> Result<()> {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    out::line(format_args!("\n## `{name}`\n\n```text\n{}\n```", lines.join("\n").trim()))?;
    for sub in command.get_subcommands_mut().filter(|c| c.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        page(sub, &name)?;
    }
    Ok(())
}
