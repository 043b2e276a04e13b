//! Putting the rooms together: one process that runs every role on one store.

use crate::cli::{DataArgs, ListenArgs, ServeArgs};
use crate::commands::{config, options};
use crate::config::Config;
use crate::{logging, out};
use anyhow::{Context, Result};
use field::clock::Clock;
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::playback::SystemClock;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long desks may take to end after they were asked to.
const ENDING: Duration = Duration::from_secs(20);

/// How often histograms are folded.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// A running server.
pub(crate) struct Running {
    /// Where people connect.
    pub(crate) http: SocketAddr,
    /// Where stations connect.
    pub(crate) sl651: SocketAddr,
    /// The store all rooms meet in.
    pub(crate) store: Store,
    ending: watch::Sender<bool>,
    gateway: gateway::Gateway,
    desks: Vec<JoinHandle<()>>,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listening {
    /// For people.
    pub(crate) http: SocketAddr,
    /// For SL 651 stations.
    pub(crate) sl651: SocketAddr,
    /// For HJ 212 plants, where configured.
    pub(crate) hj212: Option<SocketAddr>,
    /// For concentrators of meters, where configured.
    pub(crate) meters: Option<SocketAddr>,
    /// For MQTT clients, where configured.
    pub(crate) mqtt: Option<SocketAddr>,
    /// For SL/T 427 stations, where configured.
    pub(crate) sl427: Option<SocketAddr>,
}

/// What a start needs besides the configuration.
pub(crate) struct Start {
    /// The store, open.
    pub(crate) store: Store,
    /// The city's clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// Set in the demo.
    pub(crate) demo: Option<api::Demo>,
}

impl Running {
    /// Starts gateway, desks and HTTP interface; when it returns, all listen.
    pub(crate) async fn start(config: &Config, start: Start) -> Result<Self> {
        let Start { store, clock, demo } = start;
        let (ending, ended) = watch::channel(false);
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().ok();
        config.sl651.install()?;
        let stations = gateway::Config {
            sl651: Some(gateway::sl651::Config {
                tcp: Some(config.sl651.tcp),
                udp: Some(config.sl651.udp),
                ..gateway::sl651::Config::default()
            }),
            hj212: config.hj212.clone().map(Into::into),
            sl427: config.sl427.clone().map(Into::into),
            meters: config.meters.as_ref().map(crate::config::Meters::read).transpose()?,
            mqtt: config.mqtt.as_ref().map(crate::config::Mqtt::read).transpose()?,
            modbus: config.modbus.read()?,
            opcua: config.opcua.read(&config.data_dir()?)?,
            ..gateway::Config::default()
        };
        // Before stations are heard: what was said while nobody listened must not look like silence.
        let alarms = alarm::Desk::awake(store.clone(), Arc::clone(&clock)).await?;
        let gateway = gateway::run(stations, store.clone(), Arc::clone(&clock), ended.clone()).await?;
        let sl651 = gateway.tcp("sl651").context("the gateway listens nowhere")?;

        let dispatch =
            dispatch::Dispatch::open(store.clone(), Arc::clone(&clock), config.dispatch.clone()).await?;
        let board = dispatch.board();
        let trials = twin::Trials::default();
        let push_key = store.tables.setting(dispatch::PUBLIC_KEY_SETTING).await?;
        let push_key = push_key.as_ref().and_then(|key| key.as_str()).map(str::to_owned);
        let parts = api::Parts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            wall: Arc::new(SystemClock::default()),
            synthetic: demo.is_some(),
            demo,
            rules: crate::lent::rules(&store),
            channels: crate::lent::channels(board),
            reach: crate::lent::reach(gateway.sight()),
            probes: vec![api::disk_probe(config.data_dir()?)],
            push_key,
            what_if: crate::lent::what_if(trials.clone()),
            push: config.push.read()?,
            metrics: metrics.clone(),
            retention: config.retention.clone(),
            public_url: config.http.public_url.clone(),
        };
        let listener = api::bind(config.http.listen).await?;
        let http = listener.local_addr()?;
        let mut end = ended.clone();
        let at_end = async move { drop(end.wait_for(|ending| *ending).await) };
        let desks = vec![
            desk("alarm", alarms.run(ended.clone())),
            desk("dispatch", dispatch.run(ended.clone())),
            desk("quality", quality::run(store.clone(), Arc::clone(&clock), ended.clone())),
            desk("twin", twin::run(store.clone(), Arc::clone(&clock), trials, ended.clone())),
            desk(
                "retention",
                crate::retaining::run(
                    store.clone(),
                    Arc::clone(&clock),
                    config.retention.clone(),
                    ended.clone(),
                ),
            ),
            desk("metrics", keep_metrics(metrics, ended.clone())),
            desk("api", api::serve(parts, listener, at_end)),
        ];
        Ok(Self { http, sl651, store, ending, gateway, desks })
    }

    /// Where it listens.
    pub(crate) fn listening(&self) -> Listening {
        let Self { http, sl651, .. } = *self;
        let tcp = |protocol| self.gateway.tcp(protocol);
        Listening {
            http,
            sl651,
            hj212: tcp("hj212"),
            meters: tcp("meters"),
            mqtt: tcp("mqtt"),
            sl427: tcp("sl427"),
        }
    }

    /// Whether a desk has ended by itself, which none should.
    pub(crate) fn is_ill(&self) -> bool {
        self.desks.iter().any(JoinHandle::is_finished)
    }

    /// Ends in order: no new connection, what is under way ends, then the store closes.
    pub(crate) async fn stop(self) {
        self.ending.send_replace(true);
        let all = async {
            self.gateway.stopped().await;
            for desk in self.desks {
                drop(desk.await);
            }
        };
        if tokio::time::timeout(ENDING, all).await.is_err() {
            tracing::warn!(
                seconds = ENDING.as_secs(),
                "some desks did not end in time; nothing durable is lost"
            );
        }
        self.store.close().await;
    }
}

/// Runs a desk; one that ends with an error says so.
fn desk<E: std::fmt::Display + Send + 'static>(
    name: &'static str,
    work: impl Future<Output = Result<(), E>> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(why) = work.await {
            tracing::error!(desk = name, error = %why, "a desk stopped");
        }
    })
}

/// Histograms are folded now and then, whether or not somebody looks at them.
async fn keep_metrics(
    metrics: Option<PrometheusHandle>,
    mut ended: watch::Receiver<bool>,
) -> Result<(), std::convert::Infallible> {
    let end = ended.wait_for(|ending| *ending);
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = &mut end => return Ok(()),
            () = tokio::time::sleep(FOLD_EVERY) => metrics.iter().for_each(PrometheusHandle::run_upkeep),
        }
    }
}

/// `zhizhen serve`.
pub(crate) async fn serve(args: ServeArgs) -> Result<ExitCode> {
    let config = listening(&args.data, &args.listen)?;
    logging::start(&config.log)?;
    config.dispatch.check()?;
    config.retention.check()?;
    crate::open_files::warn();
    let store = Store::open(options(&config, false)?).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let running = Running::start(&config, Start { store, clock, demo: None }).await?;
    out::line(format_args!("listening http://{} sl651 {}", running.http, running.sl651))?;
    asked_to_stop().await;
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The configuration with the command line's words put over it.
pub(crate) fn listening(data: &DataArgs, listen: &ListenArgs) -> Result<Config> {
    let mut config = config(data)?;
    if let Some(http) = listen.http {
        config.http.listen = http;
    }
    if let Some(sl651) = listen.sl651 {
        config.sl651.tcp = sl651;
        config.sl651.udp = sl651;
    }
    Ok(config)
}

/// Returns on Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    drop(interrupt.await);
}
