//! `zhizhen demo`: a synthetic city with a storm, served by the same code that serves a real one.

pub(crate) mod child;
mod models;
mod once;
pub(crate) mod seed;

use crate::assembly::{self, Running, Start};
use crate::cli::DemoArgs;
use crate::config::{Config, LogFormat};
use crate::{after_action, commands, logging, out};
use anyhow::{Context, Result, bail};
use child::City;
use city::Town;
use city::mixed::{buoys, flow_meters, hydrants};
use city::storm::{STORMS, Storm};
use field::clock::Clock;
use field::time::Time;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::playback::Playback;

/// How often the demo's clock is written down.
const SAVE_EVERY: Duration = Duration::from_secs(2);

/// How long a PLC of the town is waited for. They answer at once or not at all.
const PLC_TIMEOUT_MS: u64 = 500;
/// The town's SCADA measures every minute of the demo's time: ten values a second at 600 times its speed.
const SCADA_PUBLISHES_MS: u64 = 200;
const SCADA_QUEUE: u32 = 1_000;
/// Supply stations behind one connection: a silent one costs its neighbours a time-out.
const SUPPLY_BEHIND_ONE: usize = 6;

/// Runs the demo until it is stopped, or for one storm with `--once`.
pub(crate) async fn run(args: DemoArgs) -> Result<ExitCode> {
    let storm = storm(&args.storm)?;
    if !store::playback::SPEEDS.contains(&args.speed) {
        bail!("--speed {}: a storm is played 1 to 600 times faster than it happened", args.speed);
    }
    let temporary = (args.once && args.data.data.is_none()).then(tempfile::tempdir).transpose()?;
    let mut config = demo_config(&args, temporary.as_ref().map(|t| t.path().to_path_buf()))?;
    logging::start(&config.log)?;
    let mut city = match &args.attach {
        Some(addresses) => City::attached(serde_json::from_str(addresses).context("--attach")?),
        None => City::start(&city_settings(&args)).await?,
    };
    config.dispatch = channels(&config, &city)?;
    let town = Town::generate(args.seed)?;
    config.modbus.connections.extend(pump_stations(&town, &city));
    config.modbus.connections.extend(water_supply(&town, &city));
    listen_to_the_town(&mut config, &city)?;
    let store = Store::open(commands::options(&config, false)?).await?;
    let playback = Arc::new(clock(&store, storm, &args).await?);
    seed::ensure(&store, &town, playback.now()).await?;
    models::ensure(&store, &town).await?;
    playback.save(&store.tables).await?;
    let demo = lend(&store, &playback, &town);
    let clock: Arc<dyn Clock> = playback.clone();
    let running = Running::start(&config, Start { store, clock, demo: Some(demo) }).await?;
    let is_paused = playback.state().paused;
    playback.pause(true);
    city.connect(&running.listening()).await?;
    city.follows(playback.now()).await?;
    playback.pause(is_paused);
    announce(&args, &running, storm)?;
    let all_is_well = if args.once {
        once::play(&running, &playback, &city, storm, args.json.as_deref()).await?
    } else {
        watch(&running, &playback).await?;
        true
    };
    playback.save(&running.store.tables).await?;
    drop(city);
    running.stop().await;
    Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `zhizhen city`: the simulated town alone, until its standard input closes.
pub(crate) async fn city(settings: &str) -> Result<ExitCode> {
    let settings: city::Config = serde_json::from_str(settings).context("--settings")?;
    // Its SCADA has no certificates, and says so at every start and to every client.
    let level = "warn,opcua_server=off,opcua_core=off,opcua_crypto=off".to_owned();
    logging::start(&crate::config::Log { format: LogFormat::Text, level })?;
    let (stop, shutdown) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        assembly::asked_to_stop().await;
        stop.send_replace(true);
    });
    city::run(settings, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

fn storm(id: &str) -> Result<&'static Storm> {
    let known = || STORMS.iter().map(|s| s.id).collect::<Vec<_>>().join(", ");
    Storm::of(id).with_context(|| format!("there is no storm `{id}`; known are: {}", known()))
}

/// The demo keeps to itself: its own data directory, loopback addresses, log lines for people.
fn demo_config(args: &DemoArgs, temporary: Option<PathBuf>) -> Result<Config> {
    let named = args.data.data.is_some() || args.data.config.is_some();
    let mut config = assembly::listening(&args.data, &args.listen)?;
    if args.listen.sl651.is_none() {
        config.sl651.tcp.set_ip([127, 0, 0, 1].into());
        config.sl651.udp.set_ip([127, 0, 0, 1].into());
    }
    if args.once && args.listen.http.is_none() && args.listen.sl651.is_none() {
        // One storm without a screen needs no known address.
        config.http.listen.set_port(0);
        config.sl651.tcp.set_port(0);
        config.sl651.udp.set_port(0);
    }
    if let Some(dir) = temporary {
        config.store.dir = Some(dir);
    } else if !named {
        let dir = config.data_dir()?;
        config.store.dir = Some(dir.with_file_name("zhizhen-demo"));
    }
    config.log.format = LogFormat::Text;
    if args.data.config.is_none() {
        // What becomes of the SCADA's line is said by the gateway.
        config.log.level = "warn,opcua_client=off,opcua_core=off".into();
    }
    Ok(config)
}

fn city_settings(args: &DemoArgs) -> city::Config {
    city::Config { seed: args.seed, ..city::Config::default() }
}

/// The town's pump stations, each asked over a connection of its own every minute of the demo's time.
fn pump_stations(town: &Town, city: &City) -> Vec<gateway::modbus::Connection> {
    let connection = |(unit, station)| gateway::modbus::Connection {
        address: city.addresses.modbus.to_string(),
        transport: wire::modbus::Transport::Tcp,
        timeout_ms: PLC_TIMEOUT_MS,
        devices: vec![gateway::modbus::Device { station, unit, map: city::plc::MAP.to_owned(), every_s: 60 }],
    };
    city::plc::units(town).into_iter().map(connection).collect()
}

/// The town's works, tanks, zone meters and pressure loggers, a few behind each connection, asked every
/// ten minutes of the demo's time.
fn water_supply(town: &Town, city: &City) -> Vec<gateway::modbus::Connection> {
    let device = |(unit, station): &(u8, String)| gateway::modbus::Device {
        station: station.clone(),
        unit: *unit,
        map: city::supply::MAP.to_owned(),
        every_s: 600,
    };
    let connection = |units: &[(u8, String)]| gateway::modbus::Connection {
        address: city.addresses.supply.to_string(),
        transport: wire::modbus::Transport::Tcp,
        timeout_ms: PLC_TIMEOUT_MS,
        devices: units.iter().map(device).collect(),
    };
    city::supply::units(town).chunks(SUPPLY_BEHIND_ONE).map(connection).collect()
}

/// Everything else that the town speaks. Ports that the configuration names are kept, so that a town which
/// outlives the server finds it again.
fn listen_to_the_town(config: &mut Config, city: &City) -> Result<()> {
    use crate::config::{Hj212, Mqtt, Sl427};
    config.hj212.get_or_insert_with(|| Hj212 { tcp: loopback(), ..Hj212::default() });
    config.mqtt.get_or_insert_with(|| Mqtt { tcp: Some(loopback()), ..Mqtt::default() });
    config.sl427.get_or_insert_with(|| Sl427 { tcp: loopback(), ..Sl427::default() });
    config.meters = Some(meters());
    let source = |name: &str, token: &str, read: bool| -> Result<api::PushSource> {
        Ok(serde_json::from_value(json!({ "name": name, "token": token, "keep_raw": true, "read": read }))?)
    };
    config.push.source.push(source(flow_meters::SOURCE, flow_meters::TOKEN, false)?);
    config.push.source.push(source(hydrants::SOURCE, hydrants::TOKEN, false)?);
    config.push.source.push(source(buoys::SOURCE, buoys::TOKEN, true)?);
    config.push.bundled.push((hydrants::MAPPING, hydrants::MAPPING_TOML));
    config.opcua.servers.push(scada(city)?);
    Ok(())
}

/// The raw water pumps' SCADA, whose history is read after every gap.
fn scada(city: &City) -> Result<gateway::opcua::Server> {
    Ok(serde_json::from_value(json!({
        "url": format!("opc.tcp://{}/", city.addresses.opcua),
        "publish_ms": SCADA_PUBLISHES_MS,
        "queue": SCADA_QUEUE,
        "history": true,
        "station": [{ "code": city::scada::STATION, "map": city::scada::MAP, "at": city::scada::AT }],
    }))?)
}

/// A port of the system's choice, for the town alone.
fn loopback() -> std::net::SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// The community's concentrator, whose meters are asked every quarter of an hour of the demo's time,
/// and a pump station's electricity meter, asked every five minutes.
fn meters() -> crate::config::Meters {
    let meter = |address: String| crate::config::MetersMeter {
        address,
        station: None,
        kind: None,
        turned: false,
        items: None,
    };
    let dtu = crate::config::MetersDtu {
        name: "东门小区".to_owned(),
        register: city::meters::REGISTER.to_owned(),
        heartbeat: city::meters::HEARTBEAT.to_owned(),
        connect: None,
        protocol: wire::cjt188::NAME.to_owned(),
        every_s: 900,
        timeout_ms: 2_000,
        meters: city::meters::numbers().into_iter().map(meter).collect(),
    };
    let items = city::mixed::power::ITEMS.iter().map(|item| (*item).to_owned()).collect();
    let electricity =
        crate::config::MetersMeter { items: Some(items), ..meter(city::mixed::power::number().to_owned()) };
    let power = crate::config::MetersDtu {
        name: "江滨泵站电表".to_owned(),
        register: city::mixed::power::REGISTER.to_owned(),
        heartbeat: city::mixed::power::HEARTBEAT.to_owned(),
        protocol: wire::dlt645::NAME.to_owned(),
        every_s: 300,
        meters: vec![electricity],
        ..dtu.clone()
    };
    crate::config::Meters { tcp: Some(loopback()), dtus: vec![dtu, power] }
}

/// The channels, pointed at the town's own servers.
fn channels(config: &Config, city: &City) -> Result<dispatch::Config> {
    let secrets = city::ChannelSecrets::default();
    let base = &city.addresses.channels;
    let smtp = city.addresses.smtp;
    let sections = json!({
        "public_url": config.http.public_url.clone().unwrap_or_else(|| format!("http://{}", config.http.listen)),
        "wecom_app": { "base_url": base, "corpid": secrets.corpid, "secret": secrets.corpsecret, "agentid": 1 },
        "wecom_robot": { "base_url": base, "robots": [{ "key": secrets.robot_key }] },
        "dingtalk_robot": {
            "base_url": base,
            "robots": [{ "access_token": secrets.dingtalk_token, "secret": secrets.dingtalk_secret }],
        },
        "sms": {
            "url": format!("{base}/sms/send"),
            "signature": "至臻水务",
            "fields": { "phone": "mobile", "text": "text", "key": "key" },
            "extra": { "sign": "至臻水务" },
            "headers": { "Authorization": format!("Bearer {}", secrets.sms_key) },
            "answer": { "code": "/code", "ok": ["0"], "receipt": "/msgid" },
        },
        "email": {
            "host": smtp.ip().to_string(), "port": smtp.port(), "tls": "none",
            "from": "至臻水管家 演示 <alarm@zhizhen.example>",
        },
        "web_push": { "contact": "mailto:demo@zhizhen.example" },
    });
    Ok(serde_json::from_value(sections)?)
}

/// Goes on where the last demo in this data directory stopped, or begins at the storm's own date.
async fn clock(store: &Store, storm: &Storm, args: &DemoArgs) -> Result<Playback> {
    let newest = newest(store).await?;
    // A new clock stands just before the storm, so that it is played at its own date.
    let before = storm.starts_at().plus_ms(-field::time::MINUTE_MS);
    let playback = Playback::load(&store.tables, before, args.speed, newest).await?;
    let state = playback.state();
    if state.storm.is_none() || args.once {
        playback.play_storm(storm.id, storm.starts_at());
        playback.set_people(!args.no_people);
        playback.set_dispatcher(!args.no_dispatcher);
    }
    Ok(playback)
}

/// When the newest packet arrived: the clock never goes back behind it.
async fn newest(store: &Store) -> Result<Option<Time>> {
    let last = store.samples.packet(store.samples.head()).await?;
    Ok(last.map(|p| p.packet.received_at))
}

fn lend(store: &Store, playback: &Arc<Playback>, town: &Town) -> api::Demo {
    let (for_report, of_report) = (store.clone(), Arc::clone(playback));
    api::Demo {
        playback: Arc::clone(playback),
        logins: crate::lent::logins(town),
        storms: crate::lent::storms(),
        report: Arc::new(move |()| {
            let (store, playback) = (for_report.clone(), Arc::clone(&of_report));
            Box::pin(async move { report(&store, &playback).await.map_err(|why| format!("{why:#}")) })
        }),
    }
}

/// The after-action figures of the storm being played, so far.
async fn report(store: &Store, playback: &Playback) -> Result<serde_json::Value> {
    let state = playback.state();
    let from = state.storm_began_at.unwrap_or(state.now);
    let now = playback.now();
    let storm = state.storm.as_deref().and_then(Storm::of);
    let rain = storm.map_or((from, now), |storm| once::recorded(storm, from));
    let figures = after_action::figures(store, (from, now), rain, None).await?;
    Ok(serde_json::to_value(figures)?)
}

fn announce(args: &DemoArgs, running: &Running, storm: &Storm) -> Result<()> {
    out::line(format_args!("listening http://{} sl651 {}", running.http, running.sl651))?;
    // Whoever waits for the first line may have stopped reading.
    out::note(format_args!(
        "synthetic city of seed {}, storm {} at {}×; sign in with one of the demo logins on the page",
        args.seed, storm.id, args.speed
    ));
    Ok(())
}

async fn watch(running: &Running, playback: &Playback) -> Result<()> {
    let mut every = tokio::time::interval(SAVE_EVERY);
    let stop = assembly::asked_to_stop();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = every.tick() => playback.save(&running.store.tables).await?,
        }
        if running.is_ill() {
            bail!("a desk stopped by itself; the log says why");
        }
    }
}
