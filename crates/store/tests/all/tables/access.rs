//! Passwords, sessions, browsers.

use crate::engines::Place;
use crate::town::{self, OWNER, at};
use field::id::PersonId;
use store::tables::{Account, PushSubscription, Session};

fn session(n: i64) -> Session {
    Session {
        token_hash: format!("{n:064}"),
        person: OWNER,
        created_at: at(n),
        seen_at: at(n),
        expires_at: at(n + 600),
    }
}

pub(crate) async fn kept_and_bounded(place: Place) {
    let store = place.open().await;
    town::found(&store.tables).await.unwrap();
    let tables = &store.tables;
    assert_eq!(tables.account("owner").await.unwrap(), None);
    tables.account_set(OWNER, "$argon2id$one").await.unwrap();
    tables.account_set(OWNER, "$argon2id$two").await.unwrap();
    let account = Account { person: OWNER, hash: "$argon2id$two".into() };
    assert_eq!(tables.account("owner").await.unwrap(), Some(account));
    assert_eq!(tables.account("o'wner\" --").await.unwrap(), None);

    for n in 0..55 {
        tables.session_put(&session(n)).await.unwrap();
    }
    // The five that were not used for longest are gone.
    assert_eq!(tables.session_get(&session(4).token_hash).await.unwrap(), None);
    assert_eq!(tables.session_get(&session(5).token_hash).await.unwrap(), Some(session(5)));
    tables.session_touch(&session(5).token_hash, at(58), at(800)).await.unwrap();
    let touched = tables.session_get(&session(5).token_hash).await.unwrap().unwrap();
    assert_eq!((touched.seen_at, touched.expires_at), (at(58), at(800)));
    tables.session_delete(&session(6).token_hash).await.unwrap();
    assert_eq!(tables.session_get(&session(6).token_hash).await.unwrap(), None);
    // Signing in sweeps what has expired.
    tables.session_put(&session(700)).await.unwrap();
    assert_eq!(tables.session_get(&session(50).token_hash).await.unwrap(), None);
    assert!(tables.session_get(&session(5).token_hash).await.unwrap().is_some());

    let browser = |n: i64| PushSubscription {
        person: OWNER,
        endpoint: format!("https://push.example/{n:02}"),
        p256dh: "BKey".into(),
        auth: "secret".into(),
        created_at: at(n),
    };
    for n in 0..12 {
        tables.push_put(&browser(n)).await.unwrap();
    }
    tables.push_put(&browser(11)).await.unwrap();
    let kept = tables.push_subscriptions(OWNER).await.unwrap();
    assert_eq!(kept, (2..12).map(browser).collect::<Vec<_>>());
    tables.push_delete(&browser(11).endpoint).await.unwrap();
    assert_eq!(tables.push_subscriptions(OWNER).await.unwrap().len(), 9);
    assert_eq!(tables.push_subscriptions(PersonId(8)).await.unwrap(), vec![]);
    store.close().await;
}
