//! The demo's clock.

use crate::engines::Place;
use crate::town::at;
use field::clock::Clock as _;
use field::time::{DAY_MS, HOUR_MS};
use store::playback::{Playback, SystemClock};

#[test]
fn a_storm_still_ahead_is_leapt_to_and_a_past_one_comes_the_same_hour_another_day() {
    let clock = Playback::new(at(0), 1.0);
    clock.pause(true);
    let ahead = at(0).plus_ms(3 * HOUR_MS);
    assert_eq!(clock.play_storm("2021-06-30", ahead), ahead);
    assert!(clock.now() >= ahead && clock.now() < ahead.plus_ms(HOUR_MS));
    let leap = clock.leapt().unwrap();
    assert_eq!((leap.from, leap.to), (at(0), ahead));
    let past = ahead.plus_ms(-10 * DAY_MS - HOUR_MS);
    assert_eq!(clock.play_storm("2019-06-21", past), ahead.plus_ms(DAY_MS - HOUR_MS));
    let state = clock.state();
    assert_eq!((state.storm.as_deref(), state.paused), (Some("2019-06-21"), false));
    clock.stop_storm();
    assert_eq!(clock.state().storm, None);
}

#[test]
fn a_paused_clock_stands_and_no_speed_is_out_of_bounds() {
    let clock = Playback::new(at(0), 6e9);
    assert_eq!(clock.speed(), 600.0);
    clock.set_speed(f64::NAN);
    assert_eq!(clock.speed(), 1.0);
    let mut changes = clock.watch();
    changes.mark_unchanged();
    clock.pause(true);
    assert!(changes.has_changed().unwrap());
    assert_eq!((clock.speed(), clock.now()), (0.0, clock.now()));
    let (then, real) = (clock.now(), SystemClock::default());
    let machine = real.now();
    while real.now() == machine {}
    assert_eq!(clock.now(), then);
    clock.pause(false);
    while clock.now() == then {}
    assert!(clock.now() > then);
}

#[tokio::test]
async fn the_demos_time_never_goes_back_over_a_restart() {
    let place = Place::sqlite();
    let store = place.open().await;
    let clock = Playback::load(&store.tables, at(0), 60.0, None).await.unwrap();
    clock.pause(true);
    clock.set_people(false);
    clock.save(&store.tables).await.unwrap();
    // Kept before anybody can see it: the process may die right after.
    let began = clock.play_storm_kept(&store.tables, "2021-06-30", at(500)).await.unwrap();
    store.close().await;

    let store = place.open().await;
    let clock = Playback::load(&store.tables, at(0), 60.0, None).await.unwrap();
    let state = clock.state();
    assert_eq!((state.storm_began_at, state.speed, state.people), (Some(began), 60.0, false));
    assert!(clock.now() >= began);
    // What is in the journal and among the packets is never in the future.
    let mut tx = store.tables.begin(store::Actor::Nobody, at(900)).await.unwrap();
    tx.setting_put("x", &serde_json::Value::Null).await.unwrap();
    tx.commit().await.unwrap();
    let clock = Playback::load(&store.tables, at(0), 60.0, Some(at(800))).await.unwrap();
    assert!(clock.now() >= at(900));
    let clock = Playback::load(&store.tables, at(0), 60.0, Some(at(950))).await.unwrap();
    assert!(clock.now() >= at(950));
    store.close().await;
}
