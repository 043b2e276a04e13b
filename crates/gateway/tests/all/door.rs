//! Who may speak for a station: the password in its frames against the credential in the registry.

use crate::house::{House, STATION, at, code, report, timed};
use store::{Actor, Credential, Secret};
use wire::sl651::encode::Element;
use wire::sl651::to_ascii;

/// The password that [`report`] writes.
const OWN: &str = "1234";

pub(crate) async fn set_password(house: &House, text: &str) {
    let mut tx = house.store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    let secret = Secret::Plain { text: text.into() };
    let credential =
        Credential { station: code(STATION), protocol: "sl651".into(), user: String::new(), secret };
    tx.credential_put(&credential).await.unwrap();
    tx.commit().await.unwrap();
}

/// The timed report of `serial` with another password.
pub(crate) fn with_password(password: u16, serial: u16, total: f64) -> Vec<u8> {
    let mut report = report(STATION, 0x32, serial, vec![Element::of(0x26, Some(total)).unwrap()]);
    report.password = password;
    report.to_bytes().unwrap()
}

#[tokio::test]
async fn a_wrong_password_is_quarantined_not_kept_and_not_confirmed() {
    let house = House::open().await;
    set_password(&house, OWN).await;
    let mut station = house.call().await;
    station.send(&with_password(0x4321, 1, 1.0)).await;
    assert_eq!(station.confirmed(&timed(STATION, 2, 2.0)).await, Some(2), "the right one is confirmed");
    assert_eq!(house.store.samples.stats().packets, 1);
    assert_eq!(house.store.samples.latest(house.total).unwrap().0.value, Some(2.0));
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1);
    let piece = &quarantined[0];
    assert_eq!((piece.reason.as_str(), piece.station.as_deref()), ("wrong_password", Some(STATION)));
    assert_eq!(piece.raw, with_password(0x4321, 1, 1.0));
    assert!(piece.detail.contains("registry"), "{}", piece.detail);
    assert!(!piece.detail.contains("4321"), "a password shown is not repeated in words: {}", piece.detail);
}

#[tokio::test]
async fn the_ascii_form_proves_itself_with_the_same_password() {
    let house = House::open().await;
    set_password(&house, "A0B1").await;
    let mut station = house.call().await;
    station.send(&to_ascii(&with_password(0xA0B2, 1, 1.0)).unwrap()).await;
    station.send(&to_ascii(&with_password(0xA0B1, 2, 2.0)).unwrap()).await;
    assert_eq!(station.answer().await.and_then(|a| a.serial), Some(2));
    assert_eq!(house.quarantine().await[0].reason, "wrong_password");
}

#[tokio::test]
async fn a_station_without_a_credential_is_accepted_whatever_it_shows() {
    let house = House::open().await;
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&with_password(0x4321, 1, 1.0)).await, Some(1));
    assert_eq!(station.confirmed(&with_password(0, 2, 2.0)).await, Some(2));
    assert!(house.quarantine().await.is_empty());
}

#[tokio::test]
async fn a_stranger_with_a_wrong_password_does_not_make_a_station_look_alive() {
    let house = House::open().await;
    set_password(&house, OWN).await;
    let mut station = house.call().await;
    station.send(&with_password(0xFFFF, 1, 1.0)).await;
    station.stream_end().await;
    assert!(station.answer().await.is_none());
    assert!(house.store.samples.seen(&code(STATION)).is_none());
    assert_eq!(house.quarantine().await.len(), 1);
}
