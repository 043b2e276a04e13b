//! The store's own path without HTTP: generated telemetry in, durable batch by batch, then the reads.
//!
//! `cargo run --release -p store --example raw_path -- [SERIES] [MINUTES] [ROWS A BATCH] [WRITERS]`
//! 2 % of the rows come up to an hour late, 1 % twice. Prints one figure a line.
#![expect(clippy::print_stdout, reason = "an example speaks on its standard output")]
#![expect(clippy::unwrap_used, reason = "an example may end when something fails")]

use field::id::{PointId, StationCode};
use field::sample::Quality;
use field::time::Time;
use rand::{RngExt, SeedableRng};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use store::{Options, Rows, Store};

const START: i64 = 1_700_006_400_000;

fn main() {
    let argument = |n: usize, or: usize| std::env::args().nth(n).and_then(|a| a.parse().ok()).unwrap_or(or);
    let (series, minutes, batch, writers) =
        (argument(1, 50_000), argument(2, 1_440), argument(3, 5_000), argument(4, 2));
    let dir = tempfile::tempdir_in(".").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(Store::open(Options::new(dir.path()))).unwrap();
    println!("{series} series, {minutes} minutes, {batch} rows a batch, {writers} writers");
    let slice = AtomicUsize::new(0);
    let began = Instant::now();
    let per_minute = series.div_ceil(batch);
    let sent = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|_| scope.spawn(|| write(&store, &slice, per_minute, series, minutes, batch)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum::<usize>()
    });
    let seconds = began.elapsed().as_secs_f64();
    println!("rows/s to the last answer: {:.0} k", sent as f64 / seconds / 1e3);
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default().to_owned();
    println!("{peak}");
    let hot = Instant::now();
    // A merge may remove files under the copy: then it is taken again.
    let again = (0..20).find_map(|_| copy(&dir.path().join("samples"))).unwrap();
    println!("copying as it stands: {:.2} s", hot.elapsed().as_secs_f64());
    let hot = Instant::now();
    let killed = runtime.block_on(Store::open(Options::new(again.path()))).unwrap();
    println!("opening it as after a kill: {:.2} s", hot.elapsed().as_secs_f64());
    assert_eq!(killed.samples.head(), store.samples.head());
    runtime.block_on(killed.close());
    let settling = Instant::now();
    runtime.block_on(store.samples.settle()).unwrap();
    println!("merging the rest: {:.2} s", settling.elapsed().as_secs_f64());
    let kept = (series * minutes) as f64;
    println!("rows/s with all merging: {:.0} k", sent as f64 / began.elapsed().as_secs_f64() / 1e3);
    println!("bytes per point: {:.3}", store.samples.stats().bytes as f64 / kept);
    read(&store, series, minutes);
    runtime.block_on(store.close());
}

/// A copy of the files as they are; `None` when one of them went meanwhile.
fn copy(samples: &std::path::Path) -> Option<tempfile::TempDir> {
    let to = tempfile::tempdir_in(".").unwrap();
    std::fs::create_dir(to.path().join("samples")).unwrap();
    for entry in std::fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.path().join("samples").join(path.file_name().unwrap())).ok()?;
    }
    Some(to)
}

fn write(
    store: &Store,
    slice: &AtomicUsize,
    per_minute: usize,
    series: usize,
    minutes: usize,
    batch: usize,
) -> usize {
    let mut dice = rand_pcg::Pcg64Mcg::seed_from_u64(1);
    let mut sent = 0;
    loop {
        let n = slice.fetch_add(1, Ordering::Relaxed);
        let (minute, part) = (n / per_minute, n % per_minute);
        if minute >= minutes {
            return sent;
        }
        let mut rows = Rows::new(StationCode::new("bench").unwrap(), "influx", Time::from_ms(START));
        for point in part * batch..((part + 1) * batch).min(series) {
            let dice: u32 = dice.random_range(0..100);
            let late = if dice < 2 { (point + minute) % 60 } else { 0 };
            let at = minute.saturating_sub(late);
            for _ in 0..if dice == 99 { 2 } else { 1 } {
                rows.push(
                    PointId(point as i64 + 1),
                    Time::from_ms(START + at as i64 * 60_000),
                    value(point, at),
                    Quality::Good,
                );
            }
        }
        sent += rows.len();
        store.samples.append_rows_blocking(rows).unwrap();
    }
}

/// A level that follows the day, in centimetres, with a little noise.
fn value(point: usize, minute: usize) -> f64 {
    let noise = ((point * 7_919 + minute * 104_729) ^ (minute << 7)) % 5;
    let day = (minute as f64 / 1_440.0 * std::f64::consts::TAU + point as f64).sin();
    (200.0 + 80.0 * day + noise as f64).round() / 100.0
}

fn read(store: &Store, series: usize, minutes: usize) {
    let (from, to) = (Time::from_ms(START), Time::from_ms(START + minutes as i64 * 60_000));
    let timed = |what: &str, times: usize, work: &mut dyn FnMut(usize)| {
        work(0);
        let began = Instant::now();
        (1..=times).for_each(&mut *work);
        println!("{what}: {:.3} ms", began.elapsed().as_secs_f64() * 1e3 / times as f64);
    };
    timed("raw day of one series", 200, &mut |n| {
        let point = PointId((n * 211 % series) as i64 + 1);
        let day = store.samples.columns_blocking(&[point], from, to).unwrap();
        assert!(day.iter().all(|columns| !columns.times.is_empty()));
    });
    let all: Vec<_> = (1..=series as i64).map(PointId).collect();
    timed("latest of all", 20, &mut |_| assert!(store.samples.latest_of(&all).iter().all(Option::is_some)));
    let some: Vec<_> = (0..500.min(series)).map(|n| PointId((n * 97 % series) as i64 + 1)).collect();
    timed("columns of 500 series over the day", 10, &mut |_| {
        assert_eq!(store.samples.columns_blocking(&some, from, to).unwrap().len(), some.len());
    });
}
