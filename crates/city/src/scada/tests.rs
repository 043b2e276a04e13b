//! The history and what it proves; the machine.

use super::archive::Archive;
use super::nodes::{Machine, NODES};
use crate::rtu::Ledger;
use field::time::{MINUTE_MS, Time};
use std::sync::Arc;

const SESSION: u32 = 7;

fn at(minute: i64) -> Time {
    Time::from_ms(minute * MINUTE_MS)
}

#[test]
fn only_changes_are_remembered_and_a_reader_turns_the_page() {
    let mut archive = Archive::new(None);
    for (minute, value) in [(1, 1.0), (2, 1.0), (3, 2.0), (4, 3.0), (4, 9.0)] {
        archive.note(0, at(minute), value);
    }
    let (read, more) = archive.read(0, at(1), at(10), 2);
    assert_eq!((read, more), (vec![(at(1), 1.0), (at(3), 2.0)], Some(at(4))));
    assert_eq!(archive.read(0, at(4), at(10), 2), (vec![(at(4), 3.0)], None));
    archive.forget();
    assert_eq!(archive.newest(0), None);
}

#[test]
fn the_first_question_of_a_session_proves_what_was_before_it_and_the_next_does_not() {
    let ledger = Arc::new(Ledger::new(vec![super::STATION.to_owned()]));
    let mut archive = Archive::new(ledger.page(super::STATION));
    for minute in 1..=6 {
        archive.note(1, at(minute), minute as f64 * 3_600.0);
    }
    archive.asked_by(SESSION, 1, at(3));
    archive.asked_by(SESSION, 1, at(6));
    let proved =
        |ledger: &Ledger| ledger.confirmed(0).iter().map(|s| (s.observed_at, s.value)).collect::<Vec<_>>();
    assert_eq!(
        proved(&ledger),
        (1..=3).map(|m| (at(m), Some(m as f64))).collect::<Vec<_>>(),
        "in the element's unit"
    );
    archive.asked_by(SESSION + 1, 1, at(5));
    assert_eq!(proved(&ledger).len(), 5);
    archive.restarted();
    archive.asked_by(SESSION, 1, at(6));
    assert_eq!(proved(&ledger).len(), 6, "each value once");
}

#[test]
fn pumps_obey_but_not_below_the_stop_level() {
    let noon: Time = "2021-06-30T12:00".parse().unwrap();
    let mut machine = Machine::default();
    let place = |element: &str| NODES.iter().position(|node| node.element == element).unwrap();
    machine.obey(place("pump-1-start"), 1.0);
    machine.obey(place("pump-2-start"), 1.0);
    let read = machine.read(2021, noon);
    assert_eq!(read[place("running")], 2.0);
    assert!(read[place("flow")] > 0.0 && read[place("power")] > 0.0);
    machine.obey(place("stop-level"), 69.0);
    let read = machine.read(2021, noon);
    assert_eq!((read[place("running")], read[place("flow")]), (0.0, 0.0));
}
