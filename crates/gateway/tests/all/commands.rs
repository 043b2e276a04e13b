//! Commands down over a live SL 651 line, and reports in parts up.

use crate::house::{Caller, House, STATION, at, code, report, timed};
use field::command::{Ask, Command, CommandState, Silence};
use field::id::PersonId;
use gateway::{Config, Limits};
use std::time::Duration;
use store::tables::NewCommand;
use store::{Subject, command};
use wire::sl651::down::{Known, answer};
use wire::sl651::encode::{Address, picture_parts};
use wire::sl651::{Decoded, control, to_ascii};

const ASKER: PersonId = PersonId(1);
const OTHER: PersonId = PersonId(2);

async fn asked(house: &House, ask: Ask) -> Command {
    let now = at("2021-06-30T14:00:06");
    let new = NewCommand {
        station: code(STATION),
        ask,
        reason: "test".into(),
        by: ASKER,
        expires_at: now.plus_ms(600_000),
    };
    command::ask(&house.store, new, now, None).await.unwrap().now
}

fn reply(function: u8, words: &[u8]) -> Vec<u8> {
    let known = Known { centre: 1, password: 0x1234, ..Known::default() };
    let station = Address::of(&code(STATION)).unwrap();
    answer(&known, station, function, 9, at("2021-06-30T14:00:11"), words).unwrap()
}

async fn heard(caller: &mut Caller) -> Decoded {
    caller.answer().await.unwrap()
}

#[tokio::test]
async fn a_question_is_sent_when_the_station_comes_and_its_answer_is_written_down() {
    let house = House::open().await;
    let clock = asked(&house, Ask::QueryClock).await;
    assert_eq!(clock.state, CommandState::Allowed, "by standing order");
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    let question = heard(&mut station).await;
    assert_eq!((question.function, question.end), (Some(0x51), Some(control::ENQ)));
    station.send(&reply(0x51, &[])).await;
    let done = house.over(clock.id).await;
    assert_eq!(
        (done.state, done.done, done.protocol.as_deref()),
        (CommandState::Answered, Some(true), Some("sl651"))
    );
    assert_eq!(done.answer.unwrap()["ahead_s"], 5);
    assert_eq!(heard(&mut station).await.end, Some(control::EOT), "the answer is confirmed");
}

#[tokio::test]
async fn a_pump_is_switched_only_when_somebody_else_allows_it_and_the_others_states_are_known() {
    let house = House::open().await;
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    let start = Ask::SwitchPump { pump: 2, on: true };
    let blind = asked(&house, start.clone()).await;
    assert_eq!(blind.state, CommandState::Asked);
    command::allow(&house.store, blind.id, OTHER, at("2021-06-30T14:00:06"), None).await.unwrap();
    let blind = house.over(blind.id).await;
    assert_eq!((blind.state, blind.done), (CommandState::Answered, Some(false)));
    assert_eq!(blind.answer.unwrap()["not_sent"]["code"], "state_unknown");
    station.send(&reply(0x4C, &[1, 0b0000_0100])).await;
    assert_eq!(heard(&mut station).await.function, Some(0x4C), "its own report of the pumps is confirmed");
    let known = asked(&house, start).await;
    command::allow(&house.store, known.id, OTHER, at("2021-06-30T14:00:06"), None).await.unwrap();
    let order = heard(&mut station).await;
    assert_eq!((order.function, order.unread.as_slice()), (Some(0x4C), [1, 0b0000_0110].as_slice()));
    station.send(&reply(0x4C, &[1, 0b0000_0110])).await;
    let known = house.over(known.id).await;
    assert_eq!(known.done, Some(true));
}

#[tokio::test]
async fn silence_and_a_lost_line_are_told_apart_and_nothing_is_sent_twice() {
    let limits = Limits { command: Duration::from_millis(50), ..Limits::default() };
    let house = House::with(Config { limits, ..Config::loopback() }).await;
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    let version = asked(&house, Ask::QueryVersion).await;
    assert_eq!(heard(&mut station).await.function, Some(0x45));
    assert_eq!(house.over(version.id).await.silence, Some(Silence::NoAnswer));
    station.send(&reply(0x45, &[2, b'V', b'1'])).await;
    assert_eq!(heard(&mut station).await.end, Some(control::EOT), "too late, and confirmed all the same");
    let after = house.store.tables.command(version.id).await.unwrap().unwrap();
    assert_eq!(after.state, CommandState::TimedOut);
}

#[tokio::test]
async fn a_picture_in_parts_is_kept_as_a_file_and_what_is_missing_is_asked_for() {
    let house = House::open().await;
    let mut station = house.call().await;
    let mut jpg = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
    jpg.extend((0..3_000_u32).map(|n| (n % 200) as u8));
    jpg.extend([0xFF, 0xD9]);
    let parts = picture_parts(&report(STATION, 0x36, 7, vec![]), &jpg, 800);
    for (n, part) in parts.iter().enumerate() {
        if n != 1 {
            station.send(part).await;
        }
    }
    let nak = heard(&mut station).await;
    assert_eq!((nak.end, nak.packet.map(|p| p.number)), (Some(control::NAK), Some(2)));
    station.send(&parts[1]).await;
    let confirmed = heard(&mut station).await;
    assert_eq!((confirmed.end, confirmed.serial), (Some(control::EOT), Some(7)));
    // Its confirmation was lost: everything comes again, on the same line and on a new one.
    let mut called = house.call().await;
    for again in [&mut station, &mut called] {
        for part in &parts {
            again.send(part).await;
        }
        let confirmed = heard(again).await;
        assert_eq!((confirmed.end, confirmed.serial), (Some(control::EOT), Some(7)));
    }
    let lines = house.store.tables.journal_of(&Subject::Station(code(STATION)), 100).await.unwrap();
    let files: Vec<_> = lines.iter().filter(|line| line.act == "file").collect();
    assert_eq!(files.len(), 1, "the same picture is noted once");
    let file = files[0];
    let kept = house.store.photos.get(file.body["key"].as_str().unwrap()).await.unwrap();
    assert_eq!(kept.unwrap(), jpg);
}

#[tokio::test]
async fn a_report_in_parts_that_never_ends_is_shown_to_a_person() {
    let house = House::open().await;
    let mut station = house.call().await;
    let parts = picture_parts(&report(STATION, 0x36, 7, vec![]), &[0xFF; 2_000], 800);
    station.send(&parts[0]).await;
    station.stream_end().await;
    assert!(station.answer().await.is_none());
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1);
    assert_eq!(
        (quarantined[0].reason.as_str(), quarantined[0].station.as_deref()),
        ("incomplete", Some(STATION))
    );
}

#[tokio::test]
async fn a_station_that_speaks_ascii_is_kept_confirmed_and_asked_in_ascii() {
    let house = House::open().await;
    let mut station = house.call().await;
    let frame = to_ascii(&timed(STATION, 3, 7.5)).unwrap();
    assert_eq!(station.confirmed(&frame).await, Some(3));
    let (sample, _) = house.store.samples.latest(house.total).unwrap();
    assert_eq!(sample.value, Some(7.5));
    asked(&house, Ask::QueryVersion).await;
    let question = heard(&mut station).await;
    assert_eq!((question.function, question.form), (Some(0x45), wire::sl651::Form::Ascii));
}

#[tokio::test]
async fn a_station_that_took_a_new_password_is_believed_with_it_and_no_more_with_the_old_one() {
    let house = House::open().await;
    crate::door::set_password(&house, "1234").await;
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    let change = asked(&house, Ask::SetPassword { password: "a0b1".into() }).await;
    command::allow(&house.store, change.id, OTHER, at("2021-06-30T14:00:06"), None).await.unwrap();
    assert_eq!(heard(&mut station).await.function, Some(0x49));
    // The answer shows the new one already.
    let known = Known { centre: 1, password: 0xA0B1, ..Known::default() };
    let address = Address::of(&code(STATION)).unwrap();
    let words = [0x03, 0x10, 0xA0, 0xB1];
    station.send(&answer(&known, address, 0x49, 9, at("2021-06-30T14:00:11"), &words).unwrap()).await;
    assert_eq!(house.over(change.id).await.done, Some(true));
    assert_eq!(heard(&mut station).await.serial, Some(9), "it is confirmed");
    station.send(&timed(STATION, 2, 2.0)).await;
    assert_eq!(station.confirmed(&crate::door::with_password(0xA0B1, 3, 3.0)).await, Some(3));
    let lines = house.store.tables.journal_of(&Subject::Station(code(STATION)), 100).await.unwrap();
    assert!(lines.iter().filter(|line| line.act == "credential_put").count() == 2);
    assert!(!format!("{lines:?}").to_lowercase().contains("a0b1"), "and no journal line tells it");
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.iter().map(|q| q.reason.as_str()).collect::<Vec<_>>(), ["wrong_password"]);
}
