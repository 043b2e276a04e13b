//! Credentials of stations.

use crate::engines::Place;
use crate::town::{self, DESK, at};
use store::{Credential, Secret, StoreError, Subject};

fn credential(protocol: &str, user: &str, secret: Secret) -> Credential {
    Credential { station: town::code(1), protocol: protocol.into(), user: user.into(), secret }
}

pub(crate) async fn kept_and_never_told(place: Place) {
    let store = place.open().await;
    town::found(&store.tables).await.unwrap();
    let password = credential("sl651", "", Secret::Plain { text: "SECRET-1".into() });
    let user = credential("mqtt", "well-1", Secret::salted("SECRET-2", [3; 16]));
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.credential_put(&password).await.unwrap();
    tx.credential_put(&user).await.unwrap();
    tx.credential_put(&credential("mqtt", "cn", Secret::certificate(b"old"))).await.unwrap();
    tx.credential_put(&credential("mqtt", "cn", Secret::certificate(b"der"))).await.unwrap();
    tx.credential_put(&credential("mqtt", "old", Secret::salted("x", [3; 16]))).await.unwrap();
    tx.credential_delete(&town::code(1), "mqtt", "old").await.unwrap();
    assert!(matches!(
        tx.credential_delete(&town::code(1), "mqtt", "old").await,
        Err(StoreError::Missing { .. })
    ));
    tx.commit().await.unwrap();
    // In the journal stands that it was set, not what.
    let lines = store.tables.journal_of(&Subject::Station(town::code(1)), 100).await.unwrap();
    assert_eq!(lines.iter().filter(|l| l.act == "credential_put").count(), 5);
    assert!(!lines.iter().any(|l| l.body.to_string().contains("SECRET")));
    store.close().await;

    let store = place.open().await;
    let registry = store.tables.registry();
    assert_eq!(registry.credentials_of(&town::code(1)).len(), 3);
    assert_eq!(*registry.credentials_of_user("mqtt", "well-1")[0], user);
    assert!(registry.credentials_of_user("mqtt", "old").is_empty());
    assert_eq!(registry.credentials_by_certificate("mqtt", b"der").len(), 1);
    assert!(registry.credentials_by_certificate("mqtt", b"old").is_empty());
    assert!(registry.credentials_of(&town::code(9)).is_empty());
    // A station goes with its credentials.
    let mut tx = store.tables.begin(DESK, at(2)).await.unwrap();
    let strange = Credential { station: town::code(77), ..password.clone() };
    assert!(matches!(tx.credential_put(&strange).await, Err(StoreError::Missing { .. })));
    tx.station_delete(&town::code(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.tables.registry().credentials_of_user("mqtt", "well-1").is_empty());
    store.close().await;
    let store = place.open().await;
    assert!(store.tables.registry().credentials_of(&town::code(1)).is_empty());
    store.close().await;
}
