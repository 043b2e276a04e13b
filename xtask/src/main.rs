//! The project's own commands: `cargo xtask up | verify | bench | accuracy | peers | kill | fuzz | tidy | generate`.
//!
//! Each does all its own set-up on a machine with Rust, Node ≥ 20.19 and npm and nothing else.
#![expect(clippy::print_stdout, reason = "a command-line tool speaks on its standard output")]

mod accuracy;
mod bench;
mod drains;
mod fuzz;
mod generate;
mod peers;
mod pipes_bench;
mod run;
mod tidy;
mod verify;
mod web;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  up [ARGS]        build the web interface if it is stale, build the server, run the demo city
                   (ARGS go to `zhizhen demo`: --storm 2019-06-21, --speed 60, --http 127.0.0.1:8651 …)
  verify           everything that must pass: format, tidy, lints, tests on both databases, 200 kills,
                   web checks, browser journeys
  bench [NAME…]    measure against the targets in docs/benchmarks.md (latency, city10k, knee, channels, start, twin, web)
                   telemetry [--series 5000]: beside VictoriaMetrics and InfluxDB
                   drains [real] [towns] [ensemble] [plot] [ROUNDS]: beside SWMM 5.2.4, with docs/drains-cost.svg
                   pipes: the supply engine beside EPANET's C at -O3 (needs cc; a run by itself)
  peers            install what tests talk to and Debian does not have (asyncua, EPANET) into the target folder
  accuracy         the supply engine beside EPANET 2.3: write docs/pipes-accuracy.md anew (needs python3)
  kill [TIMES]     the crash campaign: SIGKILL at random moments of a storm (default 2000)
  fuzz [NAME…] [--seconds 60] [--keep]
                   fuzz the parsers, or one of them (needs `cargo install cargo-fuzz`)
  tidy             the house rules: arrows between crates, nevers, licences
  generate         write docs/openapi.json, the TypeScript types and docs/cli.md anew
";

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    match command.as_str() {
        "up" => up(&rest),
        "verify" => verify::run(),
        "bench" => match rest.split_first() {
            Some((name, parts)) if name == "drains" => drains::bench(parts),
            _ => bench::run(&rest),
        },
        "accuracy" => accuracy::write(),
        "peers" => peers::install().and_then(|()| peers::install_epanet()),
        "kill" => verify::kill(rest.first().map_or("2000", String::as_str)),
        "fuzz" => fuzz::run(&rest),
        "tidy" => tidy::run(),
        "generate" => generate::write(),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command `{other}`\n\n{HELP}"),
    }
}

fn up(args: &[String]) -> Result<()> {
    match web::build_if_stale() {
        Ok(()) => {}
        Err(why) => println!("The server runs without its web interface: {why:#}"),
    }
    run::cargo(&["build", "--package", "app", "--bin", "zhizhen"])?;
    let mut demo = vec!["demo"];
    demo.extend(args.iter().map(String::as_str));
    run::program(&run::zhizhen(), &demo)
}
