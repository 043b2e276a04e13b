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

/// A certificate authority, a server's and a client's certificate; `false`: no openssl here.
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
    let sign = |name: &str| {
        run(&format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"))
            && run(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san.cnf -out {name}.pem"
            ))
    };
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority")
        && sign("server")
        && sign("well")
        && run("x509 -in well.pem -outform DER -out well.der")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_proves_a_station_over_tls() {
    let dir = tempfile::tempdir().unwrap();
    if !installed("mosquitto_pub") || !certificates(dir.path()) {
        println!("skipped: `mosquitto_pub` and `openssl` are needed");
        return;
    }
    let file = |name: &str| dir.path().join(name);
    let tls = Tls {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        certificate: file("server.pem"),
        key: file("server.key"),
        client_authority: Some(file("ca.pem")),
    };
    let house = House::with(config(Mqtt { tls: Some(tls), open: false, ..Mqtt::loopback() })).await;
    let der = std::fs::read(file("well.der")).unwrap();
    let credential = store::Credential {
        station: crate::house::code(crate::house::STATION),
        protocol: "mqtt".into(),
        user: "well".into(),
        secret: store::Secret::certificate(&der),
    };
    let mut tx = house.store.tables.begin(store::Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    tx.credential_put(&credential).await.unwrap();
    tx.commit().await.unwrap();
    let addr = house.gateway.tcp(gateway::mqtt::TLS_NAME).unwrap();
    let (ca, cert, key) = (file("ca.pem"), file("well.pem"), file("well.key"));
    let [ca, cert, key] = [&ca, &cert, &key].map(|path| path.to_str().unwrap());
    let payload = level(9);
    let plain = ["-q", "1", "-t", UP, "-m", payload.as_str(), "--cafile", ca];
    client("mosquitto_pub", addr, &plain).status().await.unwrap();
    assert_eq!(house.store.samples.latest(house.level), None, "without its certificate it proves nothing");
    let proved = [&plain[..], &["--cert", cert, "--key", key]].concat();
    assert!(client("mosquitto_pub", addr, &proved).status().await.unwrap().success());
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(9.0));
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
