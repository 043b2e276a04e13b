//! Commands through their lives.

use crate::engines::Place;
use crate::measured;
use crate::town::{self, at};
use field::command::{Ask, CommandAct, CommandRefusal, CommandState, Decider, Interlocks, Silence};
use field::id::PersonId;
use field::sample::Packet;
use store::tables::{CommandFilter, NewCommand};
use store::{Actor, Refusal, Store, StoreError, Subject, command};

const ASKER: PersonId = PersonId(1);
const OTHER: PersonId = PersonId(2);
const DESK: Actor = Actor::Desk("command");

fn new(ask: Ask) -> NewCommand {
    NewCommand { station: town::code(1), ask, reason: "test".into(), by: ASKER, expires_at: at(60) }
}

fn start() -> Ask {
    Ask::SwitchPump { pump: 1, on: true }
}

async fn acts(store: &Store, id: field::id::CommandId) -> Vec<String> {
    let lines = store.tables.journal_of(&Subject::Command(id), 100).await.unwrap();
    lines.into_iter().map(|line| line.act).collect()
}

pub(crate) async fn asked_allowed_sent_answered(place: Place) {
    let store = place.open().await;
    town::found(&store.tables).await.unwrap();
    let asked = command::ask(&store, new(start()), at(1), Some(("k".into(), ASKER))).await.unwrap();
    let again = command::ask(&store, new(start()), at(2), Some(("k".into(), ASKER))).await.unwrap();
    assert_eq!(asked, again, "the same key asks once");
    let id = asked.now.id;
    let own = command::allow(&store, id, ASKER, at(2), None).await;
    assert!(matches!(own, Err(StoreError::Refused(Refusal::Command(CommandRefusal::OwnCommand)))));
    let allowed = command::allow(&store, id, OTHER, at(3), None).await.unwrap().now;
    assert_eq!(allowed.decided_by, Some(Decider::Person(OTHER)));
    assert_eq!(store.tables.open_commands().await.unwrap().len(), 1);
    let sent = command::send(&store, id, "sl651", DESK, at(4)).await.unwrap();
    assert_eq!(sent.state, CommandState::Sent);
    let twice = command::send(&store, id, "sl651", DESK, at(5)).await;
    assert!(matches!(twice, Err(StoreError::Refused(_))), "never sent twice");
    let lost = CommandAct::TimeOut { silence: Silence::Restarted };
    command::act(&store, id, &lost, DESK, at(6)).await.unwrap();
    assert_eq!(acts(&store, id).await, ["ask", "allow", "send", "time_out"]);
    store.close().await;
    let store = place.open().await;
    let filter =
        CommandFilter { open: Some(false), station: Some(town::code(1)), ..CommandFilter::default() };
    let kept = store.tables.commands(&filter).await.unwrap();
    assert_eq!((kept.len(), kept[0].silence), (1, Some(Silence::Restarted)));
    assert!(store.tables.open_commands().await.unwrap().is_empty());
    store.tables.journal_verify().await.unwrap();
    store.close().await;
}

pub(crate) async fn interlocks_and_standing_orders(place: Place) {
    let store = place.open().await;
    let (point, _) = town::found(&store.tables).await.unwrap();
    let clock = command::ask(&store, new(Ask::SetClock), at(1), None).await.unwrap().now;
    assert_eq!((clock.state, clock.decided_by), (CommandState::Allowed, Some(Decider::StandingOrder)));
    let locks = Interlocks { pump_stop_level_m: Some(2.0), gate_opening_max_m: None };
    command::set_interlocks(&store, &town::code(1), &locks, DESK, at(1)).await.unwrap();
    assert_eq!(store.tables.interlocks(&town::code(1)).await.unwrap(), locks);
    let blind = command::ask(&store, new(start()), at(1), None).await.unwrap().now;
    assert_eq!(blind.state, CommandState::Refused);
    assert_eq!(blind.refusal.unwrap().0, "level_unknown");
    assert_eq!(acts(&store, blind.id).await, ["ask", "refuse"]);
    // A level dated a year ahead says nothing of now, and hides none that comes after it.
    let level = |n, value| Packet {
        readings: vec![measured::reading(point.0, at(n * 5), Some(value))],
        ..measured::packet(1, n, &[])
    };
    store.samples.append(level(105_120, 3.0)).await.unwrap();
    assert_eq!(command::facts(&store, &town::code(1), at(1)).level_m, None);
    store.samples.append(level(0, 2.5)).await.unwrap();
    assert_eq!(command::facts(&store, &town::code(1), at(1)).level_m, Some(2.5));
    let seeing = command::ask(&store, new(start()), at(1), None).await.unwrap().now;
    assert_eq!(seeing.state, CommandState::Asked);
    let secret = new(Ask::SetPassword { password: "PASS-1".into() });
    let asked = command::ask(&store, secret, at(2), Some(("s".into(), ASKER))).await.unwrap().now;
    command::refuse(&store, asked.id, OTHER, "no".into(), at(3), None).await.unwrap();
    let lines = store.tables.journal_of(&Subject::Command(asked.id), 100).await.unwrap();
    assert!(!lines.iter().any(|line| line.body.to_string().contains("PASS-1")));
    let row = store.tables.command(asked.id).await.unwrap().unwrap();
    assert!(!format!("{row:?}").contains("PASS-1"));
    let answer = store.tables.idempotent("s", ASKER).await.unwrap().unwrap();
    assert!(!answer.to_string().contains("PASS-1"));
    store.close().await;
}
