//! The samples log.
use crate::town::{at, code};
use field::id::{PacketSeq, PointId};
use field::sample::{Packet, Quality, Reading, Sample};
use store::{FaultPlan, Options, Store};

fn packet(station: u32, n: i64, values: &[f64]) -> Packet {
    let readings = values
        .iter()
        .zip(0..)
        .map(|(v, i)| Reading {
            point: PointId(i64::from(station) * 10 + i),
            sample: Sample { at: at(n * 5), value: Some(*v), quality: Quality::Good },
        })
        .collect();
    Packet {
        station: code(station),
        received_at: at(n * 5).plus_ms(700),
        sent_at: Some(at(n * 5)),
        protocol: "sl651".into(),
        raw: format!("frame {station} {n} {values:?} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
            .into_bytes(),
        readings,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let fault = FaultPlan::changeable();
    fault.logs_are_full_at(1_000_000);
    let open = || Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) });
    let store = open().await.unwrap();
    let t = std::time::Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for s in 1..=80u32 {
        let samples = store.samples.clone();
        tasks.spawn(async move {
            for n in 0..500 {
                let a = samples.append(packet(s, n, &[n as f64, 1.5, 12.6])).await.unwrap();
                assert!(a.fresh && a.new == 3, "{a:?}");
                if n % 10 == 0 {
                    let b = samples.append(packet(s, n, &[n as f64, 1.5, 12.6])).await.unwrap();
                    assert_eq!((b.seq, b.fresh, b.duplicates), (a.seq, false, 3));
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    println!("{:?} per packet, {:?}", t.elapsed() / 40_000, store.samples.stats());
    let all = store.samples.packets_after(PacketSeq(0), 10_000).await.unwrap();
    assert_eq!(all.len(), 10_000);
    for s in 1..=80 {
        let r = store.samples.range(PointId(s * 10), at(0), at(1_000_000), 1000).await.unwrap();
        assert_eq!(r.len(), 500);
        assert!(r.iter().zip(0..).all(|((x, _), n)| x.value == Some(f64::from(n))));
    }
    let before = store.samples.stats();
    let seen = store.samples.seen(&code(5));
    store.close().await;
    let t = std::time::Instant::now();
    let store = open().await.unwrap();
    println!("{:?} reopen {:?} {:?}", t.elapsed(), store.samples.stats(), seen);
    assert_eq!(store.samples.stats().packets, before.packets);
    assert_eq!(store.samples.seen(&code(5)), seen);
    for s in 1..=80 {
        let r = store.samples.range(PointId(s * 10), at(0), at(1_000_000), 1000).await.unwrap();
        assert_eq!(r.len(), 500);
        let late = store.samples.append(packet(s as u32, 3, &[3.0, 1.5])).await.unwrap();
        assert_eq!((late.duplicates, late.new), (2, 0));
    }
    store.close().await;
}
