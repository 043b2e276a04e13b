//! Meters behind a concentrator: asked one after another; one that is broken costs only itself.

use crate::house::{House, at, code};
use crate::plants::{Device, register};
use gateway::meters::{self, Dtu, Language, Meter};
use gateway::{Config, Limits};
use std::time::Duration;
use tokio::net::TcpListener;
use wire::{cjt188, dlt645};

fn dtu(language: Language, meters: Vec<Meter>) -> Dtu {
    Dtu {
        name: "东门小区".to_owned(),
        register: b"DTU0001".to_vec(),
        heartbeat: b"\xFE\xFEHB".to_vec(),
        connect: None,
        language,
        every: Duration::from_secs(86_400),
        // Long enough that a meter of a busy machine is never taken for a dead one.
        timeout: Duration::from_millis(1_500),
        meters,
    }
}

async fn house(dtu: Dtu) -> House {
    let meters = meters::Config { tcp: Some(([127, 0, 0, 1], 0).into()), dtus: vec![dtu] };
    assert_eq!(meters.check(), Ok(()));
    House::with(Config { meters: Some(meters), limits: Limits::default(), ..Config::loopback() }).await
}

fn totals(address: cjt188::encode::Address, serial: u8, hundredths: u32) -> Vec<u8> {
    let clock = at("2021-06-30T14:00");
    let totals = cjt188::encode::Totals { current: hundredths, settled: 0, clock, status: [0, 0] };
    cjt188::encode::totals(address, serial, &totals)
}

/// The next question, as the meter that is meant.
async fn asked(device: &mut Device) -> (String, u8) {
    let frame = cjt188::decode(&device.next().await.unwrap());
    assert_eq!(frame.di, Some(cjt188::di::TOTALS));
    (frame.address.unwrap(), frame.serial.unwrap())
}

#[tokio::test]
async fn every_meter_of_a_concentrator_is_asked_and_a_dead_one_does_not_stop_the_others() {
    let meter = |n: u32| Meter::new(code(&format!("meter-{n}")), format!("{n}"));
    let house = house(dtu(Language::Cjt188, vec![meter(1), meter(2), meter(3)])).await;
    let mut points = Vec::new();
    for n in 1..=3 {
        points.extend(register(&house.store, &format!("meter-{n}"), &["901F"]).await);
    }
    let mut device = Device::call(house.gateway.tcp("meters").unwrap(), cjt188::FRAMING).await;
    // The registration comes in two pieces, a heartbeat behind it.
    device.send(b"DTU0").await;
    device.send(b"001\xFE\xFEHB").await;
    let mut seen = Vec::new();
    while !seen.contains(&3) {
        let (address, serial) = asked(&mut device).await;
        let n: u32 = address.parse().unwrap();
        seen.push(n);
        if n != 2 {
            device.send(b"\xFE\xFEHB").await;
            let address = cjt188::encode::Address::of(0x10, &address).unwrap();
            device.send(&totals(address, serial, n * 1_000 + 5)).await;
        }
    }
    assert_eq!(seen.iter().filter(|n| **n == 2).count(), 2, "the dead one was tried twice: {seen:?}");
    // A question that nothing configured asks for: the last answer has been taken when it is refused.
    device.send(&totals(cjt188::encode::Address::of(0x10, "99").unwrap(), 1, 1)).await;
    device.end().await;
    let store = house.store.clone();
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1, "{quarantined:?}");
    assert_eq!(
        (quarantined[0].protocol.as_str(), quarantined[0].reason.as_str()),
        ("cjt188", "unknown_meter")
    );
    assert_eq!(store.samples.latest(points[0]).unwrap().0.value, Some(10.05));
    assert_eq!(store.samples.latest(points[2]).unwrap().0.value, Some(30.05));
    assert_eq!(store.samples.latest(points[1]), None);
}

#[tokio::test]
async fn a_caller_that_is_no_concentrator_goes_to_quarantine() {
    let house = house(dtu(Language::Cjt188, vec![Meter::new(code("meter-1"), "1")])).await;
    let mut device = Device::call(house.gateway.tcp("meters").unwrap(), cjt188::FRAMING).await;
    device.send(b"GET / HTTP/1.1\r\n").await;
    device.end().await;
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined[0].reason, "unknown_concentrator");
}

#[tokio::test]
async fn a_serial_gateway_is_called_and_its_electricity_meter_says_its_energy() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut meter = Meter::new(code("pump-energy"), "398192000337");
    meter.items = vec![0x0001_0000, 0x0203_0000];
    let mut dtu = dtu(Language::Dlt645, vec![meter]);
    dtu.connect = Some(listener.local_addr().unwrap().to_string());
    dtu.timeout = Duration::from_secs(5);
    let meters = meters::Config { tcp: None, dtus: vec![dtu] };
    let config = Config { meters: Some(meters), ..Config::loopback() };
    // The gateway may call before the station is registered: it knows it from the first answer on.
    let house = House::with(config).await;
    let points = register(&house.store, "pump-energy", &["00010000", "02030000"]).await;
    let (stream, _) = listener.accept().await.unwrap();
    let mut device = Device::of(stream, dlt645::FRAMING);
    for value in [1_234.56, -7.25] {
        let frame = dlt645::decode(&device.next().await.unwrap());
        let address = dlt645::encode::address(&frame.address.unwrap()).unwrap();
        device.send(&dlt645::encode::answer(address, frame.di.unwrap(), value).unwrap()).await;
    }
    device.end().await;
    let store = house.store.clone();
    assert!(house.quarantine().await.is_empty());
    assert_eq!(store.samples.latest(points[0]).unwrap().0.value, Some(1_234.56));
    assert_eq!(store.samples.latest(points[1]).unwrap().0.value, Some(-7.25));
}
