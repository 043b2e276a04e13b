//! 开演: the town as one running thing: bound, told where the server is, living until told to stop.

use crate::config::Config;
use crate::control::{self, Control};
use crate::error::CityError;
use crate::follower::follow;
use crate::hands::{Setter, clock};
use crate::meters;
use crate::mixed::{self, Centres};
use crate::people::{self, Acts};
use crate::phones::{self, Inbox};
use crate::plants;
use crate::plc::{self, Works};
use crate::rtu::{self, Ledger, PATIENCE, Tally, Yard};
use crate::scada;
use crate::sky::Sky;
use crate::supply;
use crate::town::{Login, Town};
use axum::Router;
use field::id::PersonId;
use field::person::Role;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// Buzzes that wait to be heard.
const BUZZES: usize = 4_096;

/// Where the town's own servers listen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The control port.
    pub control: SocketAddr,
    /// Base URL of the HTTP channel servers.
    pub channels: String,
    /// The mail server.
    pub smtp: SocketAddr,
    /// The pump stations' PLCs (Modbus TCP).
    pub modbus: SocketAddr,
    /// The water supply's PLCs (Modbus TCP).
    pub supply: SocketAddr,
    /// The raw water pumps' SCADA (OPC UA).
    pub opcua: SocketAddr,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAt {
    /// Base URL of its HTTP interface, such as `http://127.0.0.1:8651`.
    pub http: String,
    /// Its SL 651 port.
    pub sl651: SocketAddr,
    /// Its HJ 212 port; without it the plants stay silent.
    #[serde(default)]
    pub hj212: Option<SocketAddr>,
    /// Its port for concentrators of meters; without it they stay silent.
    #[serde(default)]
    pub meters: Option<SocketAddr>,
    /// Its MQTT port; without it sensors and edge nodes stay silent.
    #[serde(default)]
    pub mqtt: Option<SocketAddr>,
    /// Its SL/T 427 port; without it the intake stays silent.
    #[serde(default)]
    pub sl427: Option<SocketAddr>,
}

/// A town whose channel servers and control port listen; its stations and people still sleep.
#[derive(Debug)]
pub struct City {
    config: Config,
    town: Arc<Town>,
    sky: Arc<Sky>,
    bound: Bound,
    setter: Setter,
    control: Control,
    mail: mpsc::Receiver<PersonId>,
    tasks: JoinSet<()>,
}

impl City {
    /// Makes the town and binds its ports. Its servers answer from now on.
    ///
    /// # Errors
    /// [`CityError`] for a bad setting, a taken port, or a seed that makes no town.
    pub async fn bind(config: Config) -> Result<Self, CityError> {
        config.check()?;
        let town = Arc::new(Town::generate(config.seed)?);
        let sky = Arc::new(Sky::of(&town)?);
        let (setter, clock) = clock();
        let (buzz, mail) = mpsc::channel(BUZZES);
        let codes =
            town.stations.iter().chain(&town.utilities.stations).map(|s| s.code.to_string()).collect();
        let control = Control {
            seed: config.seed,
            clock: clock.clone(),
            ledger: Arc::new(Ledger::new(codes)),
            tally: Arc::new(Tally::default()),
            inbox: Arc::new(Inbox::new(town.persons.clone(), Arc::new(clock), buzz)),
            acts: Arc::new(Acts::default()),
        };
        let (control_port, control_at) = listen("the control port", config.control).await?;
        let (channels_port, channels_at) = listen("the channel servers", config.channels).await?;
        let (smtp_port, smtp) = listen("the mail server", config.smtp).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(control_port, control::routes(control.clone())));
        let channels = phones::routes(control.inbox.clone(), config.secrets.clone());
        tasks.spawn(serve(channels_port, channels));
        tasks.spawn(phones::serve_mail(smtp_port, control.inbox.clone()));
        let (plc_port, modbus) = listen("the pump stations' PLCs", config.modbus).await?;
        let works = Works {
            seed: config.seed,
            faults: config.faults,
            sky: sky.clone(),
            ledger: control.ledger.clone(),
            clock: control.clock.clone(),
        };
        let units = plc::start(&town, &works, &mut tasks);
        tasks.spawn(plc::serve(plc_port, units));
        let (supply_port, supply_at) = listen("the water supply's PLCs", config.supply).await?;
        let registers = supply::registers(&town);
        tasks.spawn(supply::start(&town, registers.clone(), control.clock.clone())?);
        tasks.spawn(supply::serve(supply_port, registers));
        let (scada_port, opcua) = listen("the raw water pumps' SCADA", config.opcua).await?;
        let pumps = scada::Station::new(config.seed, control.ledger.page(scada::STATION));
        tasks.spawn(scada::run(pumps, control.clock.clone(), scada_port));
        let channels = format!("http://{channels_at}");
        let bound = Bound { control: control_at, channels, smtp, modbus, supply: supply_at, opcua };
        Ok(Self { config, town, sky, bound, setter, control, mail, tasks })
    }

    /// Where the town's own servers listen.
    #[must_use]
    pub const fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Lives — stations report, people act — until `shutdown` says true or its sender is gone.
    ///
    /// # Errors
    /// [`CityError`] when the clock's person is unknown or a frame cannot be written.
    pub async fn live(
        mut self,
        server: ServerAt,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), CityError> {
        let follower = self.follower()?;
        let client = reqwest::Client::builder().cookie_store(true).build().map_err(CityError::Client)?;
        let every = Duration::from_millis(self.config.follow_every_ms);
        let base = server.http.trim_end_matches('/').to_owned();
        self.tasks.spawn(follow(client, base.clone(), follower, every, self.setter));
        if let Some(centre) = server.hj212 {
            let Control { clock, ledger, .. } = &self.control;
            plants::start(self.config.seed, clock, centre, ledger, &mut self.tasks);
        }
        if let Some(centre) = server.meters {
            self.tasks.spawn(meters::run(self.config.seed, self.control.clock.clone(), centre));
        }
        let ServerAt { sl651, mqtt, sl427, meters, .. } = server;
        let centres = Centres { http: base.clone(), sl651, mqtt, sl427, meters };
        let Control { clock, ledger, .. } = &self.control;
        mixed::start(self.config.seed, clock, centres, ledger, &mut self.tasks);
        self.tasks.spawn(people::run(people::Parts {
            town: self.town.clone(),
            clock: self.control.clock.clone(),
            base,
            habits: self.config.people,
            mail: self.mail,
            acts: self.control.acts.clone(),
        }));
        let mut stations = JoinSet::new();
        let yard = yard(&self.config, &self.sky, &self.control, server.sl651);
        for station in rtu::stations(&self.town, &yard)? {
            stations.spawn(station.run());
        }
        tokio::select! {
            // A closed channel means that nobody wants the town any more.
            _ = shutdown.wait_for(|stop| *stop) => Ok(()),
            stopped = stations.join_next() => match stopped {
                Some(Ok(Err(error))) => Err(error.into()),
                _ => Ok(()),
            },
        }
    }

    fn follower(&self) -> Result<Login, CityError> {
        let wanted = &self.config.follower;
        let is_it = |l: &&Login| {
            if wanted.is_empty() { l.role == Role::Dispatcher } else { l.login == *wanted }
        };
        self.town.logins.iter().find(is_it).cloned().ok_or_else(|| CityError::BadSetting {
            setting: "follower",
            why: format!("nobody in the town of seed {} is called `{wanted}`", self.config.seed),
        })
    }
}

fn yard(config: &Config, sky: &Arc<Sky>, control: &Control, centre: SocketAddr) -> Yard {
    Yard {
        centre,
        seed: config.seed,
        faults: config.faults,
        patience: PATIENCE,
        sky: sky.clone(),
        ledger: control.ledger.clone(),
        tally: control.tally.clone(),
        clock: control.clock.clone(),
    }
}

pub(crate) async fn listen(
    what: &'static str,
    addr: SocketAddr,
) -> Result<(TcpListener, SocketAddr), CityError> {
    let bad = |source| CityError::Bind { what, addr, source };
    let listener = TcpListener::bind(addr).await.map_err(bad)?;
    let at = listener.local_addr().map_err(bad)?;
    Ok((listener, at))
}

pub(crate) async fn serve(listener: TcpListener, routes: Router) {
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "a server of the town stopped");
    }
}

/// The town as a child process: says on standard output where it listens (one line of JSON, a
/// [`Bound`]), reads from standard input where the server is (one line, a [`ServerAt`]), lives, and
/// ends when `shutdown` says so or standard input closes: the parent is gone.
///
/// # Errors
/// [`CityError`].
pub async fn run(config: Config, shutdown: watch::Receiver<bool>) -> Result<(), CityError> {
    let city = City::bind(config).await?;
    announce(city.bound()).map_err(CityError::Parent)?;
    let (first, parent_gone) = listen_to_parent();
    let mut stopped = shutdown.clone();
    let line = tokio::select! {
        line = first => line,
        _ = stopped.wait_for(|stop| *stop) => return Ok(()),
    };
    // No line: the parent went before it said where the server is.
    let Ok(line) = line else { return Ok(()) };
    let server: ServerAt = serde_json::from_str(&line).map_err(CityError::BadServer)?;
    tokio::select! {
        lived = city.live(server, shutdown) => lived,
        _ = parent_gone => Ok(()),
    }
}

fn announce(bound: &Bound) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, bound)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Standard input's first line, and its end. A thread of its own: reading it cannot be interrupted.
fn listen_to_parent() -> (oneshot::Receiver<String>, oneshot::Receiver<()>) {
    let (say, first) = oneshot::channel();
    let (hang_up, gone) = oneshot::channel();
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lock().lines();
        if let Some(Ok(line)) = lines.next() {
            let _nobody_waits = say.send(line);
        } else {
            drop(say);
        }
        // Anything further is passed over; the end is what matters.
        for line in lines {
            if line.is_err() {
                break;
            }
        }
        let _nobody_waits = hang_up.send(());
    });
    (first, gone)
}
