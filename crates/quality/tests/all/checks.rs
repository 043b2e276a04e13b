//! Every check on a trail that it must doubt, and on the nearest one that it must not.

use field::id::{PointId, StationCode};
use field::sample::{Quality, Sample};
use field::station::{Point, Quantity};
use field::time::{MINUTE_MS, Time};
use quality::{CHECKS, View};

const FIVE: i64 = 5 * MINUTE_MS;

fn point(quantity: Quantity) -> Point {
    let station = StationCode::new("3307820001".to_owned()).unwrap();
    Point { id: PointId(1), station, quantity, elements: vec![], min: 0.0, max: 9.0, own_unit: String::new() }
}

fn trail(values: &[f64]) -> Vec<Sample> {
    let sample =
        |(i, v): (i64, &f64)| Sample { at: Time::from_ms(i * FIVE), value: Some(*v), quality: Quality::Good };
    (0..).zip(values).map(sample).collect()
}

/// Which checks doubt the newest of these values, and at which of them.
fn doubts(
    quantity: Quantity,
    own: &[Sample],
    pumps: Option<&[Sample]>,
    rain: &[&[Sample]],
) -> Vec<(&'static str, i64)> {
    let point = point(quantity);
    let beside: Vec<(Quantity, &[Sample])> = pumps.map(|p| (Quantity::PumpsRunning, p)).into_iter().collect();
    let view = View { point: &point, trail: own, siblings: &beside, rain_around: rain };
    let of_quantity = CHECKS.iter().filter(|c| c.is_for(quantity));
    of_quantity.filter_map(|c| (c.judge)(&view).map(|d| (c.code, d.at.ms() / FIVE))).collect()
}

#[test]
fn a_value_beyond_the_points_range_is_doubted_and_one_at_its_edge_is_not() {
    assert_eq!(doubts(Quantity::Level, &trail(&[9.01]), None, &[]), [("range", 0)]);
    assert_eq!(doubts(Quantity::Level, &trail(&[9.0]), None, &[]), []);
}

#[test]
fn a_spike_is_doubted_when_the_next_value_shows_it_and_a_flood_wave_is_not() {
    assert_eq!(doubts(Quantity::Depth, &trail(&[0.12, 2.47]), None, &[]), []);
    assert_eq!(doubts(Quantity::Depth, &trail(&[0.12, 2.47, 0.12]), None, &[]), [("step", 1)]);
    assert_eq!(doubts(Quantity::Depth, &trail(&[0.12, 0.80, 1.40]), None, &[]), []);
    assert_eq!(doubts(Quantity::Depth, &trail(&[0.12, 2.47, 2.31]), None, &[]), []);
}

#[test]
fn a_level_that_stands_still_is_doubted_only_while_it_rains_on_it() {
    let still = trail(&[1.37; 40]);
    let (wet, dry) = (trail(&[1.0; 40]), trail(&[0.0; 40]));
    assert_eq!(doubts(Quantity::Level, &still, None, &[&wet, &wet]), [("stuck", 39)]);
    assert_eq!(doubts(Quantity::Level, &still, None, &[&wet, &dry]), []);
    assert_eq!(doubts(Quantity::Level, &still, None, &[]), []);
    let mut moved = still.clone();
    moved[20].value = Some(1.38);
    assert_eq!(doubts(Quantity::Level, &moved, None, &[&wet, &wet]), []);
    assert_eq!(doubts(Quantity::Depth, &trail(&[0.0; 40]), None, &[&wet, &wet]), []);
}

#[test]
fn a_gauge_that_reads_nothing_among_wet_ones_is_doubted_and_so_is_one_far_above_them() {
    let (none, wet, light) = (trail(&[0.0; 12]), trail(&[1.0; 12]), trail(&[0.1; 12]));
    assert_eq!(doubts(Quantity::Rain, &none, None, &[&wet, &wet, &wet]), [("spatial", 11)]);
    assert_eq!(doubts(Quantity::Rain, &none, None, &[&wet, &wet, &light]), []);
    assert_eq!(doubts(Quantity::Rain, &none, None, &[&wet, &wet]), []);
    let mut burst = trail(&[0.0; 12]);
    burst[11].value = Some(60.0);
    assert!(doubts(Quantity::Rain, &burst, None, &[&light, &light, &light]).contains(&("spatial", 11)));
    // Among wet neighbours a cloudburst is what it is.
    assert!(!doubts(Quantity::Rain, &burst, None, &[&wet, &wet, &wet]).contains(&("spatial", 11)));
}

#[test]
fn a_flow_that_contradicts_its_pumps_is_doubted() {
    let (none, some) = (trail(&[0.0; 8]), trail(&[0.4; 8]));
    let (off, on) = (trail(&[0.0; 8]), trail(&[2.0; 8]));
    assert_eq!(doubts(Quantity::Flow, &none, Some(&on), &[]), [("physical", 7)]);
    assert_eq!(doubts(Quantity::Flow, &some, Some(&off), &[]), [("physical", 7)]);
    assert_eq!(doubts(Quantity::Flow, &some, Some(&on), &[]), []);
    assert_eq!(doubts(Quantity::Flow, &none, Some(&off), &[]), []);
    assert_eq!(doubts(Quantity::Flow, &none, None, &[]), []);
    // Pumps that have just started: the water is still on its way.
    let starting = trail(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0]);
    assert_eq!(doubts(Quantity::Flow, &none, Some(&starting), &[]), []);
}
