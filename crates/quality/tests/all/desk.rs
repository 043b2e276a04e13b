//! The desk over a real store: doubts and estimates as packets, restarts, late reports.

use field::block::{Block, Chain, Town};
use field::clock::{Clock, TestClock};
use field::id::{BlockId, PersonId, PointId, StationCode};
use field::person::{Person, Role};
use field::place::{Position, Ring};
use field::sample::{Packet, Quality, Reading, Sample};
use field::station::{Point, Quantity, Station, StationKind};
use field::time::{HOUR_MS, MINUTE_MS, Time};
use quality::Desk;
use std::sync::Arc;
use store::{Actor, Options, Store};

const FIVE: i64 = 5 * MINUTE_MS;
/// 2026-06-21 08:00 in China.
const BEGIN: Time = Time::from_ms(1_782_000_000_000);

struct Ground {
    _dir: tempfile::TempDir,
    store: Store,
    clock: Arc<TestClock>,
    serial: u32,
}

fn code(n: usize) -> StationCode {
    StationCode::new(format!("330782{n:04X}")).unwrap()
}

impl Ground {
    /// A street with a block, and stations a kilometre apart with one point each.
    async fn with(quantities: &[Quantity]) -> (Self, Vec<PointId>) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        let mut tx = store.tables.begin(Actor::Nobody, BEGIN).await.unwrap();
        let person = PersonId(1);
        let owner = Person {
            id: person,
            login: "a".into(),
            name: "甲".into(),
            name_en: "A".into(),
            role: Role::BlockOwner,
            mobile: None,
            wecom: None,
            email: None,
            channels: vec![],
            synthetic: true,
        };
        tx.person_put(&owner).await.unwrap();
        let corner = |lon, lat| Position { lon, lat };
        let ring =
            Ring(vec![corner(120.0, 29.0), corner(120.2, 29.0), corner(120.2, 29.5), corner(120.0, 29.5)]);
        let (name, name_en) = ("街".to_owned(), "street".to_owned());
        let town = Town {
            code: "330782001".into(),
            name: name.clone(),
            name_en: name_en.clone(),
            ring: ring.clone(),
        };
        tx.town_put(&town).await.unwrap();
        let chain = Chain { a: person, b: person, supervisor: person };
        let block = Block {
            id: BlockId(1),
            code: "001".into(),
            name,
            name_en,
            town: town.code,
            ring,
            chain,
            synthetic: true,
        };
        tx.block_put(&block).await.unwrap();
        let mut points = vec![];
        for (n, quantity) in quantities.iter().enumerate() {
            let station = Station {
                code: code(n),
                name: "测".into(),
                name_en: "test".into(),
                kind: if *quantity == Quantity::Rain { StationKind::Rain } else { StationKind::Ponding },
                position: Position { lon: 120.05 + 0.01 * n as f64, lat: 29.3 },
                block: BlockId(1),
                report_interval_s: 300,
                ground_m: None,
                crown_m: None,
                maintenance: None,
                synthetic: true,
            };
            tx.station_put(&station).await.unwrap();
            let point = Point {
                id: PointId(0),
                station: station.code,
                quantity: *quantity,
                elements: vec![],
                min: 0.0,
                max: 300.0,
                own_unit: String::new(),
            };
            points.push(tx.point_put(&point).await.unwrap());
        }
        tx.commit().await.unwrap();
        (Self { _dir: dir, store, clock: Arc::new(TestClock::at(BEGIN)), serial: 0 }, points)
    }

    async fn desk(&self) -> Desk {
        Desk::open(self.store.clone(), self.clock.clone()).await.unwrap()
    }

    /// Station `n` reports a value observed now.
    async fn hears(&mut self, n: usize, point: PointId, at: Time, value: f64) {
        self.serial += 1;
        let sample = Sample { at, value: Some(value), quality: Quality::Good };
        let packet = Packet {
            station: code(n),
            received_at: self.clock.now(),
            sent_at: None,
            protocol: "test".into(),
            raw: self.serial.to_be_bytes().to_vec(),
            readings: vec![Reading { point, sample }],
        };
        self.store.samples.append(packet).await.unwrap();
    }

    async fn kept(&self, point: PointId) -> Vec<(i64, Option<f64>, Quality)> {
        let samples =
            self.store.samples.range(point, BEGIN, BEGIN.plus_ms(24 * HOUR_MS), 1_000).await.unwrap();
        samples.iter().map(|(s, _)| (s.at.since_ms(BEGIN) / FIVE, s.value, s.quality)).collect()
    }

    async fn findings(&self) -> Vec<String> {
        let packets = self.store.samples.packets_after(field::id::PacketSeq(0), 10_000).await.unwrap();
        let found = packets.into_iter().filter(|p| p.packet.protocol == Packet::QUALITY);
        found.map(|p| String::from_utf8(p.packet.raw).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_spike_becomes_doubtful_and_keeps_its_value_and_its_station_is_not_heard_by_it() {
    let (mut ground, points) = Ground::with(&[Quantity::Depth]).await;
    let mut desk = ground.desk().await;
    for (i, value) in (0..).zip([0.12, 2.47, 0.12, 0.13]) {
        let at = BEGIN.plus_ms(i * FIVE);
        ground.clock.advance_ms(if i == 0 { 0 } else { FIVE });
        ground.hears(0, points[0], at, value).await;
        desk.turn().await.unwrap();
    }
    use Quality::{Good, Suspect};
    let kept = ground.kept(points[0]).await;
    assert_eq!(
        kept,
        [(0, Some(0.12), Good), (1, Some(2.47), Suspect), (2, Some(0.12), Good), (3, Some(0.13), Good)]
    );
    let findings = ground.findings().await;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains(r#""check":"step""#), "{findings:?}");
    let last = ground.store.samples.seen(&code(0)).unwrap().last_received_at;
    assert_eq!(last, BEGIN.plus_ms(3 * FIVE));
    // A desk that starts again finds nothing more, also when it forgot where it was.
    let mut again = ground.desk().await;
    again.turn().await.unwrap();
    assert_eq!((ground.findings().await.len(), ground.kept(points[0]).await), (1, kept));
}

#[tokio::test]
async fn a_silent_gauge_gets_estimates_and_its_late_report_takes_their_place() {
    let (mut ground, points) = Ground::with(&[Quantity::Rain; 3]).await;
    let mut desk = ground.desk().await;
    // All three report until slot 2; then the first falls silent.
    for slot in 1..=30 {
        ground.clock.advance_ms(FIVE);
        let at = BEGIN.plus_ms(slot * FIVE);
        for n in (0..3).filter(|n| *n > 0 || slot <= 2) {
            ground.hears(n, points[n], at, 2.0).await;
        }
        desk.turn().await.unwrap();
    }
    use Quality::{Estimated, Good};
    let kept = ground.kept(points[0]).await;
    // 150 min have passed; what is older than an hour is estimated.
    let slots: Vec<i64> = kept.iter().map(|(slot, ..)| *slot).collect();
    assert_eq!(slots, (1..=18).collect::<Vec<_>>());
    assert!(
        kept[2..].iter().all(|(_, value, quality)| (*value, *quality) == (Some(2.0), Estimated)),
        "{kept:?}"
    );
    assert!(ground.kept(points[1]).await.iter().all(|(.., quality)| *quality == Good));

    ground.hears(0, points[0], BEGIN.plus_ms(10 * FIVE), 2.6).await;
    desk.turn().await.unwrap();
    assert_eq!(ground.kept(points[0]).await[9], (10, Some(2.6), Good));
    // Looked at again by a desk without a memory: the measured value stays.
    ground.clock.advance_ms(FIVE);
    ground.desk().await.turn().await.unwrap();
    assert_eq!(ground.kept(points[0]).await[9], (10, Some(2.6), Good));
}
