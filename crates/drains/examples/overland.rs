//! How many cells a second the overland solver steps: `cargo run --release -p drains --example overland`.
//! All cells are wet and moving (rain on rough ground), so that nothing is skipped; one thread and two
//! in turn, because other work may run beside.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example speaks on its standard output")]

use drains::overland::{Ground, Settings, Surface};
use std::time::Instant;

const COLUMNS: usize = 2000;
const ROWS: usize = 1000;
const STEPS: u32 = 60;

fn main() {
    let height = |c: usize, r: usize| {
        let (x, y) = (c as f64, r as f64);
        0.4 * (x / 37.0).sin() * (y / 53.0).cos() + 0.001 * x
    };
    let heights: Vec<f64> =
        (0..ROWS).flat_map(|r| (0..COLUMNS).map(move |c| (c, r))).map(|(c, r)| height(c, r)).collect();
    let ground = Ground::new(COLUMNS, ROWS, 2.0, &heights, 0.03).unwrap();
    for round in 0..3 {
        for threads in [1, 2] {
            let mut surface = Surface::new(&ground, Settings { threads, ..Settings::default() });
            surface.set_rain(600.0);
            for _ in 0..STEPS / 4 {
                surface.step(&ground, f64::INFINITY);
            }
            let start = Instant::now();
            for _ in 0..STEPS {
                surface.step(&ground, f64::INFINITY);
            }
            let cells = (COLUMNS * ROWS) as f64 * f64::from(STEPS);
            let rate = cells / start.elapsed().as_secs_f64() / 1e6;
            println!("round {round}: {threads} threads, {rate:.0} M cell-steps/s");
        }
    }
}
