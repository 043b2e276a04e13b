//! The command line.

use clap::{Args, Parser, Subcommand};
use field::time::Time;
use std::net::SocketAddr;
use std::path::PathBuf;

/// 至臻水管家: a city's water, from a station's packet to the person on the spot.
#[derive(Debug, Parser)]
#[command(name = "zhizhen", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Command {
    /// Whether it runs for months.
    pub(crate) const fn is_server(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Demo(_))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: stations in, people out
    Serve(ServeArgs),
    /// Run a synthetic city with a storm, with everything a real one has
    Demo(DemoArgs),
    /// The simulated town alone: RTUs, phones and people (the demo starts it by itself)
    City {
        /// Its settings as JSON, as the demo passes them
        #[arg(long)]
        settings: String,
    },
    /// Decode a frame: one JSON object a frame
    Decode {
        /// Protocol, such as sl651
        protocol: String,
        /// The frame in hexadecimal, or `-` to read one frame a line from standard input
        frame: String,
        /// How JSON is read: a mapping's TOML file (docs/protocols/json.md)
        #[arg(long)]
        mapping: Option<std::path::PathBuf>,
    },
    /// The drainage engine: SWMM's models
    Drains {
        /// What to do
        #[command(subcommand)]
        command: crate::commands::drains::DrainsCommand,
    },
    /// The supply engine: EPANET's models
    Pipes {
        /// What to do
        #[command(subcommand)]
        command: crate::commands::pipes::PipesCommand,
    },
    /// The station registry
    Stations {
        /// What to do with it
        #[command(subcommand)]
        command: StationsCommand,
    },
    /// Blocks, towns, people and duty
    Blocks {
        /// What to do with them
        #[command(subcommand)]
        command: BlocksCommand,
    },
    /// Samples of years past
    Samples {
        /// What to do with them
        #[command(subcommand)]
        command: SamplesCommand,
    },
    /// Write what is stored of points as CSV or Parquet
    Export {
        /// Station codes, separated by commas: all their points
        #[arg(long, value_delimiter = ',')]
        station: Vec<String>,
        /// Points' numbers, separated by commas; without these and --station, all points
        #[arg(long, value_delimiter = ',')]
        point: Vec<i64>,
        /// csv or parquet
        #[arg(long, default_value = "csv", value_parser = ["csv", "parquet"])]
        format: String,
        /// Write here instead of to standard output
        #[arg(long)]
        output: Option<PathBuf>,
        /// From this time on (RFC 3339, or Beijing time without an offset)
        #[arg(long)]
        from: Time,
        /// Until this time (not included)
        #[arg(long)]
        to: Time,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
    /// Copy everything that is stored into a folder, while the server runs; again: only what is new
    Backup {
        /// The folder; made when it is not there
        folder: PathBuf,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
    /// Copy a backup into a new data directory and look at every checksum of it
    Restore {
        /// The backup's folder
        folder: PathBuf,
        /// Where things shall be kept
        #[command(flatten)]
        data: DataArgs,
    },
    /// Look at every checksum of what is stored, and name what is damaged
    Verify {
        /// A backup's folder; without it, the data directory
        folder: Option<PathBuf>,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
    /// Check what is stored
    Check {
        /// What to check
        #[command(subcommand)]
        command: CheckCommand,
    },
    /// Look at the configuration and the data directory and say what to do
    Doctor(DataArgs),
    /// People who can sign in
    Users {
        /// What to do with them
        #[command(subcommand)]
        command: UsersCommand,
    },
    /// Play many stations against a running server and report what came through
    Load(LoadArgs),
    /// Measure against the targets in docs/benchmarks.md
    Bench(BenchArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Print this command line's manual as Markdown
    HelpPages,
}

/// Where things are kept.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DataArgs {
    /// Configuration file (TOML); docs/configuration.md lists every key
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// Data directory
    #[arg(long, env = "ZHIZHEN_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Tables and journal in PostgreSQL: postgres://user:password@host/database
    #[arg(long, env = "ZHIZHEN_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
}

/// Addresses to listen on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ListenArgs {
    /// Where people and phones connect
    #[arg(long)]
    pub(crate) http: Option<SocketAddr>,
    /// Where stations connect, TCP and UDP
    #[arg(long)]
    pub(crate) sl651: Option<SocketAddr>,
}

/// `zhizhen serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Where things are kept
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Addresses to listen on
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
}

/// `zhizhen demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Where things are kept
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Addresses to listen on
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    /// Which storm: 2019-06-21 or 2021-06-30
    #[arg(long, default_value = "2021-06-30")]
    pub(crate) storm: String,
    /// How many times faster than real time, 1 to 600
    #[arg(long, default_value_t = 60.0)]
    pub(crate) speed: f64,
    /// Seed of everything synthetic; the same seed gives the same city, storm and people
    #[arg(long, default_value_t = 330_782)]
    pub(crate) seed: u64,
    /// Stop when the storm is over and every order is closed
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: write the after-action figures here
    #[arg(long, requires = "once")]
    pub(crate) json: Option<PathBuf>,
    /// Block owners do nothing by themselves: answer the orders on the phone page
    #[arg(long)]
    pub(crate) no_people: bool,
    /// Use a simulated town that is already running, by the line it printed
    #[arg(long, hide = true)]
    pub(crate) attach: Option<String>,
    /// The dispatcher does nothing by itself: close the orders on the console
    #[arg(long)]
    pub(crate) no_dispatcher: bool,
}

/// `zhizhen stations`.
#[derive(Debug, Subcommand)]
pub(crate) enum StationsCommand {
    /// Add or change stations from a CSV file; all lines or none
    Import {
        /// The file
        file: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `zhizhen samples`.
#[derive(Debug, Subcommand)]
pub(crate) enum SamplesCommand {
    /// Take samples out of a CSV (UTF-8, UTF-16, GB 18030) or Parquet file
    Import {
        /// The file; docs/protocols/csv.md says what it holds
        file: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Write what can be read although some lines have problems
        #[arg(long)]
        skip_bad: bool,
        /// What zone times without an offset are in
        #[arg(long, default_value = "+08:00", allow_hyphen_values = true)]
        zone: String,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `zhizhen blocks`.
#[derive(Debug, Subcommand)]
pub(crate) enum BlocksCommand {
    /// Add or change towns, blocks, their people and duty from a GeoJSON file; all of it or nothing
    Import {
        /// The file; docs/stations.md says what it holds
        file: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `zhizhen check`.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Every point of the service area has exactly one person on duty at every minute
    Coverage(DataArgs),
    /// The journal's hash chain is whole
    Journal(DataArgs),
}

/// `zhizhen users`.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Add a person, or give them a new password; the password is read from standard input
    Set {
        /// Name to sign in with
        #[arg(long)]
        login: String,
        /// 姓名, for a new person
        #[arg(long)]
        name: Option<String>,
        /// dispatcher, block_owner or administrator, for a new person
        #[arg(long)]
        role: Option<String>,
        /// Where things are kept
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `zhizhen load`.
#[derive(Debug, Clone, Args)]
pub(crate) struct LoadArgs {
    /// The server's SL 651 address; `ulimit -n` must be above the stations on both sides
    #[arg(long, default_value = "127.0.0.1:5100")]
    pub(crate) sl651: SocketAddr,
    /// How many stations
    #[arg(long, default_value_t = 1_000)]
    pub(crate) stations: u32,
    /// For how many seconds reports come due
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u32,
    /// Frames a second over all stations
    #[arg(long, default_value_t = 167.0)]
    pub(crate) rate: f64,
    /// How many of the stations go over their threshold, spread over the time
    #[arg(long, default_value_t = 0)]
    pub(crate) alarms: u32,
    /// Seconds after which an unconfirmed frame is sent again
    #[arg(long, default_value_t = 20)]
    pub(crate) patience: u32,
    /// Only write the stations' registry to standard output, as `zhizhen stations import` takes it
    #[arg(long)]
    pub(crate) registry: bool,
    /// With --registry: code of the block they stand in; none: each by its place in the demo's town
    #[arg(long, requires = "registry", default_value = "")]
    pub(crate) block: String,
}

/// `zhizhen bench`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchArgs {
    /// Which ones: latency, city10k, knee, channels, start, twin, web (all of these when none is named); gateway: 10,000 stations and 10,000 MQTT clients at once; telemetry: beside VictoriaMetrics and InfluxDB; forecast: the twin's skill over several storms
    pub(crate) names: Vec<String>,
    /// Write the figures here as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// How long the devices of `city10k` and `gateway` report
    #[arg(long, default_value_t = 600)]
    pub(crate) seconds: u32,
    /// How many series `telemetry` pushes, a value a minute for a day
    #[arg(long, default_value_t = 50_000)]
    pub(crate) series: u32,
    /// Rows of `telemetry` are of the last 24 hours, which rules and checks judge, not of a day in 2021
    #[arg(long)]
    pub(crate) today: bool,
    /// Our server keeps the bytes of what `telemetry` pushes too, which no peer does
    #[arg(long)]
    pub(crate) keep_raw: bool,
    /// Seed of the values of `telemetry`; of the first town and storm of `forecast`
    #[arg(long, default_value_t = 330_782)]
    pub(crate) seed: u64,
    /// How many drawn storms `forecast` plays, each over a town of its own
    #[arg(long, default_value_t = 6)]
    pub(crate) storms: u32,
    /// Minutes of rain in a drawn storm of `forecast`
    #[arg(long, default_value_t = 360)]
    pub(crate) rain: u32,
    /// `forecast` plays the recorded storms too
    #[arg(long)]
    pub(crate) recorded: bool,
    /// Minutes from one forecast of `forecast` to the next
    #[arg(long, default_value_t = 5)]
    pub(crate) every: u32,
}
