//! What bad input gets: quarantine, a reason, and no harm to anybody.

use crate::house::{House, STATION, STRANGER, at, code, report, timed};
use field::time::{HOUR_MS, MINUTE_MS};
use store::Subject;
use wire::sl651::crc16;
use wire::sl651::encode::Element;

#[tokio::test]
async fn an_unknown_station_is_quarantined_and_not_confirmed() {
    let house = House::open().await;
    let mut station = house.call().await;
    station.send(&timed(STRANGER, 1, 1.0)).await;
    assert_eq!(station.confirmed(&timed(STATION, 2, 2.0)).await, Some(2), "the connection goes on");
    assert_eq!(house.store.samples.stats().packets, 1);
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1);
    let piece = &quarantined[0];
    assert_eq!((piece.reason.as_str(), piece.station.as_deref()), ("unknown_station", Some(STRANGER)));
    assert_eq!((piece.protocol.as_str(), piece.peer.as_str()), ("sl651", "127.0.0.1"));
    assert_eq!(piece.raw, timed(STRANGER, 1, 1.0));
    assert!(piece.detail.contains("import"), "{}", piece.detail);
}

#[tokio::test]
async fn a_wrong_check_value_is_quarantined_and_not_confirmed() {
    let house = House::open().await;
    let mut station = house.call().await;
    let mut bad = timed(STATION, 1, 1.0);
    bad[30] ^= 0x10;
    station.send(&bad).await;
    assert_eq!(station.confirmed(&timed(STATION, 2, 2.0)).await, Some(2));
    assert_eq!(house.store.samples.stats().packets, 1);
    let quarantined = house.quarantine().await;
    assert_eq!((quarantined.len(), quarantined[0].reason.as_str()), (1, "bad_crc"));
}

#[tokio::test]
async fn an_undecodable_body_is_quarantined_and_not_confirmed() {
    let house = House::open().await;
    let mut station = house.call().await;
    let cut = report(STATION, 0x32, 1, vec![Element::raw(vec![0x26, 0x19, 0x00])]).to_bytes().unwrap();
    station.send(&cut).await;
    assert_eq!(station.confirmed(&timed(STATION, 2, 2.0)).await, Some(2));
    let quarantined = house.quarantine().await;
    assert_eq!((quarantined.len(), quarantined[0].reason.as_str()), (1, "body_cut"));
}

#[tokio::test]
async fn bad_digits_of_one_element_are_shown_to_a_person_and_the_rest_is_kept() {
    let house = House::open().await;
    let elements =
        vec![Element::raw(vec![0x39, 0x23, 0x00, 0x0A, 0x00, 0x00]), Element::of(0x26, Some(4.0)).unwrap()];
    let frame = report(STATION, 0x32, 1, elements).to_bytes().unwrap();
    assert_eq!(house.call().await.confirmed(&frame).await, Some(1));
    assert_eq!(house.store.samples.latest(house.total).unwrap().0.value, Some(4.0));
    assert!(house.store.samples.latest(house.level).is_none());
    let quarantined = house.quarantine().await;
    assert_eq!((quarantined.len(), quarantined[0].reason.as_str()), (1, "bad_digits"));
}

#[tokio::test]
async fn frames_among_garbage_are_found_and_the_garbage_is_kept() {
    let house = House::open().await;
    let mut station = house.call().await;
    let stream =
        [b"+++ATH0\r\n".as_slice(), &timed(STATION, 1, 1.0), &[0x7E], &timed(STATION, 2, 2.0)].concat();
    assert_eq!(station.confirmed(&stream).await, Some(1));
    assert_eq!(station.answer().await.and_then(|a| a.serial), Some(2));
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1, "the stray 7E behind a frame is no garbage");
    assert_eq!(
        (quarantined[0].reason.as_str(), quarantined[0].raw.as_slice()),
        ("garbage", b"+++ATH0\r\n".as_slice())
    );
}

#[tokio::test]
async fn half_a_frame_before_a_hang_up_is_quarantined() {
    let house = House::open().await;
    let mut station = house.call().await;
    let frame = timed(STATION, 1, 1.0);
    station.send(&frame[..20]).await;
    station.stream_end().await;
    assert_eq!(station.answer().await, None);
    let quarantined = house.quarantine().await;
    assert_eq!((quarantined.len(), quarantined[0].reason.as_str()), (1, "bad_length"));
    assert_eq!(quarantined[0].station.as_deref(), Some(STATION));
}

#[tokio::test]
async fn what_a_centre_sends_and_parts_of_reports_are_not_taken_for_reports() {
    let house = House::open().await;
    let mut station = house.call().await;
    let mut part = timed(STATION, 1, 1.0);
    part.truncate(part.len() - 2);
    // SYN and packet 1 of 13 instead of STX: three bytes more in the body.
    part[13] = 0x16;
    part.splice(14..14, [0x00, 0xD0, 0x01]);
    part[12] += 3;
    part.extend(crc16(&part).to_be_bytes());
    assert_eq!(station.confirmed(&part).await, Some(1), "the next part is asked for");
    let down = wire::sl651::encode::Confirmation {
        centre: 1,
        station: wire::sl651::encode::Address([0x33, 0x07, 0x82, 0x00, 0x01]),
        password: 0,
        function: 0x32,
        serial: 1,
        sent_at: crate::house::at("2021-06-30T14:00"),
        stay: false,
        form: wire::sl651::Form::default(),
        packet: None,
    };
    station.send(&down.to_bytes()).await;
    assert_eq!(station.confirmed(&timed(STATION, 2, 2.0)).await, Some(2));
    station.stream_end().await;
    assert!(station.answer().await.is_none());
    let reasons: Vec<_> = house.quarantine().await.into_iter().map(|q| q.reason).collect();
    assert_eq!(reasons, ["wrong_direction", "incomplete"]);
}

/// A report composed and observed at `time`, whatever the centre's clock says.
fn composed(station: &str, serial: u16, time: &str, level: f64) -> Vec<u8> {
    let mut report = report(station, 0x32, serial, vec![Element::of(0x39, Some(level)).unwrap()]);
    report.sent_at = at(time);
    report.groups[0].observed_at = at(time);
    report.to_bytes().unwrap()
}

#[tokio::test]
async fn a_clock_eight_hours_off_is_named_and_its_readings_are_kept_as_suspect_until_it_is_set() {
    let house = House::open().await;
    let mut station = house.call().await;
    // 14:00 in Beijing; the station runs on UTC.
    for (serial, minute) in [(1, 0), (2, 5), (3, 10), (4, 15)] {
        let frame = composed(STATION, serial, &format!("2021-06-30T06:{minute:02}"), 3.5);
        assert_eq!(station.confirmed(&frame).await, Some(serial), "nothing is refused");
        house.clock.advance_ms(5 * MINUTE_MS);
    }
    let qualities = |from: &'static str, to: &'static str| {
        let (samples, level) = (house.store.samples.clone(), house.level);
        async move {
            let kept = samples.range(level, at(from), at(to), 10).await.unwrap();
            kept.iter().map(|(sample, _)| sample.quality).collect::<Vec<_>>()
        }
    };
    use field::sample::Quality::{Good, Suspect};
    assert_eq!(qualities("2021-06-30T06:00", "2021-06-30T07:00").await, [Good, Good, Suspect, Suspect]);
    // Somebody sets it.
    assert_eq!(station.confirmed(&composed(STATION, 5, "2021-06-30T14:20", 3.6)).await, Some(5));
    assert_eq!(qualities("2021-06-30T14:00", "2021-06-30T15:00").await, [Good]);
    let lines = house.store.tables.journal_of(&Subject::Station(code(STATION)), 100).await.unwrap();
    let told =
        |act: &str| lines.iter().filter(|l| l.act == act).map(|l| l.body["slow_min"].as_i64()).collect();
    let (wrong, right): (Vec<_>, Vec<_>) = (told("clock_wrong"), told("clock_right"));
    assert_eq!((wrong, right), (vec![Some(480)], vec![Some(0)]));
    assert!(house.quarantine().await.is_empty());
}

#[tokio::test]
async fn a_frame_sent_again_late_or_repeated_on_the_hour_is_no_doubt_about_what_came_in_time() {
    let house = House::open().await;
    let mut station = house.call().await;
    let in_time = composed(STATION, 1, "2021-06-30T14:00", 3.5);
    assert_eq!(station.confirmed(&in_time).await, Some(1));
    let alone = house.store.samples.stats().packets;
    // Its confirmation was lost; the line came back eight hours later, and nothing but old reports came.
    house.clock.advance_ms(8 * HOUR_MS);
    for (serial, minute) in [(2, 5), (3, 10), (4, 15)] {
        let held_back = composed(STATION, serial, &format!("2021-06-30T14:{minute:02}"), 3.5);
        house.clock.advance_ms(5 * MINUTE_MS);
        assert_eq!(station.confirmed(&held_back).await, Some(serial));
    }
    let quality = |minute: &str| {
        let (samples, level, at) = (house.store.samples.clone(), house.level, at(minute));
        async move {
            samples.versions(level, at).await.unwrap().iter().map(|(s, _)| s.quality).collect::<Vec<_>>()
        }
    };
    use field::sample::Quality::{Good, Suspect};
    assert_eq!(quality("2021-06-30T14:15").await, [Suspect], "the clock is doubted by now");
    // The very frame, and the same value in another one.
    assert_eq!(station.confirmed(&in_time).await, Some(1));
    assert_eq!(station.confirmed(&composed(STATION, 5, "2021-06-30T14:00", 3.5)).await, Some(5));
    assert_eq!(quality("2021-06-30T14:00").await, [Good]);
    let stats = house.store.samples.stats();
    assert_eq!((stats.packets - alone, stats.readings, stats.corrections), (4, 4, 0));
    assert_eq!(stats.duplicates, 2);
    // Another value is a correction, in doubt.
    assert_eq!(station.confirmed(&composed(STATION, 6, "2021-06-30T14:00", 3.6)).await, Some(6));
    assert_eq!(quality("2021-06-30T14:00").await, [Good, Suspect]);
}

#[tokio::test]
async fn a_reading_of_the_future_is_kept_as_suspect_at_once() {
    let house = House::open().await;
    let frame = composed(STATION, 1, "2021-06-30T22:00", 3.5);
    assert_eq!(house.call().await.confirmed(&frame).await, Some(1));
    let (sample, _) = house.store.samples.latest(house.level).unwrap();
    assert_eq!((sample.value, sample.quality), (Some(3.5), field::sample::Quality::Suspect));
}

#[tokio::test]
async fn yesterday_told_again_and_again_under_new_numbers_is_confirmed_kept_once_and_changes_nothing_of_today()
 {
    let house = House::open().await;
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&composed(STATION, 1, "2021-06-30T14:00", 3.5)).await, Some(1));
    let mut serial = 1;
    for _ in 0..5 {
        for hour in 0..10_u8 {
            serial += 1;
            let level = 1.0 + f64::from(hour) / 10.0;
            let mut again = report(STATION, 0x32, serial, vec![Element::of(0x39, Some(level)).unwrap()]);
            again.groups[0].observed_at = at(&format!("2021-06-29T{hour:02}:00"));
            assert_eq!(station.confirmed(&again.to_bytes().unwrap()).await, Some(serial));
        }
    }
    let samples = &house.store.samples;
    assert_eq!(samples.latest(house.level).unwrap().0.value, Some(3.5));
    let kept = samples.range(house.level, at("2021-06-29T00:00"), at("2021-06-30T00:00"), 100).await.unwrap();
    assert_eq!(kept.len(), 10);
    for (sample, _) in kept {
        assert_eq!(samples.versions(house.level, sample.at).await.unwrap().len(), 1);
    }
    let known = samples.stats();
    assert_eq!((known.duplicates, known.corrections), (40, 0));
    assert!(house.quarantine().await.is_empty());
}
