//! Talking to an MQTT stack nobody here wrote: mosquitto's clients with our broker, our client with
//! mosquitto's broker. Skipped, in words, where the Debian packages are not installed.

use crate::house::{House, at};
use crate::mqtt::config;
use gateway::mqtt::{Config as Mqtt, Outside, Tls};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};

fn installed(program: &str) -> bool {
    let found =
        Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: `{program}` is not here (Debian packages mosquitto, mosquitto-clients)");
    }
    found
}

fn client(program: &str, addr: SocketAddr, args: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &addr.port().to_string()]).args(args);
    command.stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    command
}

const UP: &str = "zhizhen/3307820001/up";

fn level(value: u8) -> String {
    format!("{{\"ts\":\"2021-06-30T14:00:00+08:00\",\"39\":{value}}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_pub_is_kept_and_mosquitto_sub_hears_it() {
    if !installed("mosquitto_pub") || !installed("mosquitto_sub") {
        return;
    }
    let house = House::with(config(Mqtt::loopback())).await;
    let mut value = 0;
    for version in ["mqttv311", "mqttv5"] {
        // The retained STATE of the Sparkplug host says that the subscription stands.
        let args = ["-V", version, "-q", "2", "-v", "-t", "spBv1.0/STATE/+", "-t", "zhizhen/+/up"];
        let mut sub = client("mosquitto_sub", house.mqtt(), &args).spawn().unwrap();
        let mut lines = BufReader::new(sub.stdout.take().unwrap()).lines();
        let state = lines.next_line().await.unwrap().unwrap();
        assert!(state.starts_with("spBv1.0/STATE/zhizhen {\"online\":true"), "{state}");
        for qos in ["0", "1", "2"] {
            value += 1;
            let payload = level(value);
            let args = ["-V", version, "-q", qos, "-t", UP, "-m", payload.as_str()];
            assert!(client("mosquitto_pub", house.mqtt(), &args).status().await.unwrap().success());
            assert_eq!(lines.next_line().await.unwrap().unwrap(), format!("{UP} {payload}"));
            let (sample, _) = house.store.samples.latest(house.level).unwrap();
            assert_eq!((sample.at, sample.value), (at("2021-06-30T14:00"), Some(f64::from(value))));
        }
    }
}

/// A certificate authority, a server's and two clients' certificates, and a client's of an authority that
/// nobody here trusts; `false`: no openssl here.
fn certificates(dir: &Path) -> bool {
    let run = |args: &str| {
        let done =
            Command::new("openssl").args(args.split(' ')).current_dir(dir).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    };
    std::fs::write(
        dir.join("san.cnf"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    let authority = |name: &str| {
        run(&format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"
        ))
    };
    let sign = |name: &str, by: &str| {
        run(&format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"))
            && run(&format!(
                "x509 -req -in {name}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -days 2 -extfile san.cnf -out {name}.pem"
            ))
            && run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"))
    };
    authority("ca")
        && authority("elsewhere")
        && sign("server", "ca")
        && sign("well", "ca")
        && sign("neighbour", "ca")
        && sign("stranger", "elsewhere")
}

/// A house whose broker speaks TLS with the certificates of a folder, and where the station is spoken for by
/// `well.pem`.
async fn tls_house(dir: &Path, mqtt: Mqtt) -> House {
    let tls = Tls {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        certificate: dir.join("server.pem"),
        key: dir.join("server.key"),
        client_authority: Some(dir.join("ca.pem")),
    };
    let house = House::with(config(Mqtt { tls: Some(tls), open: false, ..mqtt })).await;
    let der = std::fs::read(dir.join("well.der")).unwrap();
    let credential = store::Credential {
        station: crate::house::code(crate::house::STATION),
        protocol: "mqtt".into(),
        user: "well".into(),
        secret: store::Secret::certificate(&der),
    };
    let mut tx = house.store.tables.begin(store::Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    tx.credential_put(&credential).await.unwrap();
    tx.commit().await.unwrap();
    house
}

/// Publishes a level of the station over TLS, with the certificate of that name; whether mosquitto_pub says
/// that it was taken.
async fn published(dir: &Path, house: &House, certificate: Option<&str>, value: u8) -> bool {
    let addr = house.gateway.tcp(gateway::mqtt::TLS_NAME).unwrap();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (ca, payload) = (path("ca.pem"), level(value));
    // Version 5 is told why it was refused, and says so.
    let mut args = vec!["-V", "mqttv5", "-q", "1", "-t", UP, "-m", &payload, "--cafile", &ca];
    let shown = certificate.map(|name| (path(&format!("{name}.pem")), path(&format!("{name}.key"))));
    if let Some((cert, key)) = &shown {
        args.extend(["--cert", cert, "--key", key]);
    }
    let output = client("mosquitto_pub", addr, &args).stderr(Stdio::piped()).output().await.unwrap();
    output.status.success() && output.stderr.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_proves_a_station_over_tls() {
    let dir = tempfile::tempdir().unwrap();
    if !installed("mosquitto_pub") || !certificates(dir.path()) {
        println!("skipped: `mosquitto_pub` and `openssl` are needed");
        return;
    }
    let house = tls_house(dir.path(), Mqtt::loopback()).await;
    assert!(!published(dir.path(), &house, None, 9).await);
    assert_eq!(house.store.samples.latest(house.level), None, "without its certificate it proves nothing");
    assert!(published(dir.path(), &house, Some("well"), 9).await);
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(9.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_of_another_station_or_none_is_refused_and_the_right_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    if !installed("mosquitto_pub") || !certificates(dir.path()) {
        println!("skipped: `mosquitto_pub` and `openssl` are needed");
        return;
    }
    for required in [false, true] {
        let mqtt = Mqtt { require_credentials: required, ..Mqtt::loopback() };
        let house = tls_house(dir.path(), mqtt).await;
        // Nobody trusts its authority: the handshake fails, nothing is heard at all.
        assert!(!published(dir.path(), &house, Some("stranger"), 1).await);
        // Its authority is trusted, the certificate is not the station's.
        assert!(!published(dir.path(), &house, Some("neighbour"), 2).await);
        // Where proof is required, the connection itself is refused.
        assert!(!published(dir.path(), &house, None, 3).await);
        assert_eq!(house.store.samples.latest(house.level), None);
        assert!(published(dir.path(), &house, Some("well"), 4).await);
        assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(4.0));
        // What was heard and not believed is shown to a person, with the station it claimed to be.
        let kept = house.quarantine().await;
        let told: Vec<_> = kept.iter().map(|q| (q.reason.as_str(), q.station.as_deref())).collect();
        let not_proved = ("not_proved", Some(crate::house::STATION));
        let expected = if required { vec![] } else { vec![not_proved; 2] };
        assert_eq!(told, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquittos_broker_keeps_for_us_what_came_while_we_were_away() {
    let broker = ["mosquitto", "/usr/sbin/mosquitto"]
        .into_iter()
        .find(|p| Command::new(p).arg("-h").stdout(Stdio::null()).status().is_ok());
    let Some(broker) = broker.filter(|_| installed("mosquitto_pub")) else {
        println!("skipped: `mosquitto` is not here (Debian package mosquitto)");
        return;
    };
    // A port that was free a moment ago: mosquitto does not say which one it chose.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mosquitto.conf");
    std::fs::write(&file, format!("listener {} 127.0.0.1\nallow_anonymous true\n", addr.port())).unwrap();
    let mut running = tokio::process::Command::new(broker)
        .arg("-c")
        .arg(&file)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while tokio::net::TcpStream::connect(addr).await.is_err() {
        tokio::task::yield_now().await;
    }
    let outside = Outside {
        host: "127.0.0.1".into(),
        port: addr.port(),
        authority: None,
        client: "zhizhen".into(),
        user: None,
        password: None,
        subscribe: vec!["zhizhen/+/up".into()],
    };
    let mqtt = Mqtt { tcp: None, outside: vec![outside], ..Mqtt::loopback() };
    // Our STATE stands at the broker when our subscription does.
    let state = async |online: &str| {
        let args = ["-t", "spBv1.0/STATE/zhizhen"];
        let mut sub = client("mosquitto_sub", addr, &args).spawn().unwrap();
        let mut lines = BufReader::new(sub.stdout.take().unwrap()).lines();
        while !lines.next_line().await.unwrap().unwrap().contains(online) {}
    };
    let house = House::with(config(mqtt.clone())).await;
    state("\"online\":true").await;
    let (store, dir) = house.stop().await;
    store.close().await;
    drop(dir);
    state("\"online\":false").await;
    let payload = level(6);
    let args = ["-q", "1", "-t", UP, "-m", payload.as_str()];
    assert!(client("mosquitto_pub", addr, &args).status().await.unwrap().success());
    let house = House::with(config(mqtt)).await;
    let mut watch = house.store.samples.watch();
    watch.wait_for(|head| head.0 > 0).await.unwrap();
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(6.0));
    running.kill().await.unwrap();
}
