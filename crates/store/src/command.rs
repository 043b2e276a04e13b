//! A command's life with its rules in one place: what was asked, the interlocks as they stand, row
//! and journal line become true together.

use crate::credential::Credential;
use crate::lives::{Acted, Idem};
use crate::tables::{NewCommand, Subject, Tx};
use crate::{Actor, Refusal, Store, StoreError};
use field::command::{Command, CommandAct, Decider, Facts, Interlocks};
use field::id::{CommandId, PersonId, StationCode};
use field::station::Quantity;
use field::time::{HOUR_MS, Time};

/// A level older than so many report intervals is not fresh.
const FRESH_INTERVALS: i64 = 3;

/// Asks for a command. A harmless one is allowed at once by standing order; one that an interlock
/// forbids is refused at once. Either is in the journal.
///
/// # Errors
/// [`StoreError::Missing`] for an unknown station, [`StoreError::Invalid`] for a command out of
/// bounds, or what the database says.
pub async fn ask(store: &Store, new: NewCommand, at: Time, idem: Idem) -> Result<Acted<Command>, StoreError> {
    let actor = Actor::Person(new.by);
    let mut tx = store.tables.begin(actor, at).await?;
    if let Some(said) = answered(&mut tx, &idem, None).await? {
        return Ok(said);
    }
    if store.tables.registry().station(&new.station).is_none() {
        return Err(StoreError::missing("station", &new.station));
    }
    if !new.ask.is_sound() {
        return Err(StoreError::invalid("ask", "a list, a text or a number of the command is out of bounds"));
    }
    if !new.ask.is_harmless() && new.reason.trim().is_empty() {
        return Err(Refusal::Command(field::command::CommandRefusal::ReasonNeeded).into());
    }
    let mut acted = tx.command_insert(new).await?;
    if let Some(act) = held_back(store, &acted.now, at).await? {
        acted.now = step(&mut tx, &acted.now, &act).await?.now;
    } else if acted.now.ask.is_harmless() {
        let act = CommandAct::Allow { by: Decider::StandingOrder };
        acted.now = step(&mut tx, &acted.now, &act).await?.now;
    }
    remember(&mut tx, &idem, &acted).await?;
    tx.commit().await?;
    Ok(acted)
}

/// Allows a command in the name of a person, unless an interlock forbids it by now: then it is
/// refused instead.
///
/// # Errors
/// [`StoreError::Refused`] when its life does not allow it, [`StoreError::Missing`].
pub async fn allow(
    store: &Store,
    id: CommandId,
    by: PersonId,
    at: Time,
    idem: Idem,
) -> Result<Acted<Command>, StoreError> {
    let mut tx = store.tables.begin(Actor::Person(by), at).await?;
    if let Some(said) = answered(&mut tx, &idem, Some(id)).await? {
        return Ok(said);
    }
    let command = tx.command(id).await?.ok_or_else(|| StoreError::missing("command", id))?;
    let allow = CommandAct::Allow { by: Decider::Person(by) };
    // Who may not allow is told so, whatever the interlocks say.
    command.step(&allow, at).map_err(Refusal::Command)?;
    let act = held_back(store, &command, at).await?.unwrap_or(allow);
    let acted = step(&mut tx, &command, &act).await?;
    remember(&mut tx, &idem, &acted).await?;
    tx.commit().await?;
    Ok(acted)
}

/// Refuses a command in the name of a person.
///
/// # Errors
/// As [`allow`].
pub async fn refuse(
    store: &Store,
    id: CommandId,
    by: PersonId,
    reason: String,
    at: Time,
    idem: Idem,
) -> Result<Acted<Command>, StoreError> {
    let mut tx = store.tables.begin(Actor::Person(by), at).await?;
    if let Some(said) = answered(&mut tx, &idem, Some(id)).await? {
        return Ok(said);
    }
    let command = tx.command(id).await?.ok_or_else(|| StoreError::missing("command", id))?;
    let act = CommandAct::Refuse { by: Decider::Person(by), code: "person".to_owned(), reason };
    let acted = step(&mut tx, &command, &act).await?;
    remember(&mut tx, &idem, &acted).await?;
    tx.commit().await?;
    Ok(acted)
}

/// Writes down that a command leaves now, or that an interlock keeps it back. Only when the answer
/// says [`Sent`](field::command::CommandState::Sent) may its bytes leave.
///
/// # Errors
/// As [`allow`].
pub async fn send(
    store: &Store,
    id: CommandId,
    protocol: &str,
    actor: Actor,
    at: Time,
) -> Result<Command, StoreError> {
    let mut tx = store.tables.begin(actor, at).await?;
    let command = tx.command(id).await?.ok_or_else(|| StoreError::missing("command", id))?;
    let send = CommandAct::Send { protocol: protocol.to_owned() };
    let act = held_back(store, &command, at).await?.unwrap_or(send);
    let now = step(&mut tx, &command, &act).await?.now;
    tx.commit().await?;
    Ok(now)
}

/// Lets something else happen to a command: an answer, a time-out, a reading back.
///
/// # Errors
/// As [`allow`].
pub async fn act(
    store: &Store,
    id: CommandId,
    act: &CommandAct,
    actor: Actor,
    at: Time,
) -> Result<Acted<Command>, StoreError> {
    act_and_prove(store, id, act, None, (actor, at)).await
}

/// [`act`], and in the same transaction the credential that the station has by it: a station that
/// took a new password is believed with it from then on, and with the old one no more.
///
/// # Errors
/// As [`allow`].
pub async fn act_and_prove(
    store: &Store,
    id: CommandId,
    act: &CommandAct,
    credential: Option<&Credential>,
    (actor, at): (Actor, Time),
) -> Result<Acted<Command>, StoreError> {
    let mut tx = store.tables.begin(actor, at).await?;
    let command = tx.command(id).await?.ok_or_else(|| StoreError::missing("command", id))?;
    let acted = step(&mut tx, &command, act).await?;
    if let Some(credential) = credential {
        tx.credential_put(credential).await?;
    }
    tx.commit().await?;
    Ok(acted)
}

async fn step(tx: &mut Tx, command: &Command, act: &CommandAct) -> Result<Acted<Command>, StoreError> {
    let now = command.step(act, tx.at()).map_err(Refusal::Command)?;
    let line = tx.command_put(&now, act).await?;
    Ok(Acted { line, now })
}

/// The refusal by an interlock, where one forbids the command now.
async fn held_back(store: &Store, command: &Command, at: Time) -> Result<Option<CommandAct>, StoreError> {
    if !command.ask.moves_something() {
        return Ok(None);
    }
    let interlocks = store.tables.interlocks(&command.station).await?;
    let refused = interlocks.check(&command.ask, facts(store, &command.station, at)).err();
    Ok(refused.map(|why| CommandAct::Refuse {
        by: Decider::Interlock,
        code: why.code().to_owned(),
        reason: why.to_string(),
    }))
}

/// Whether a value measured at `at` still says how things are `now`: it is not older than `fresh_ms`, and
/// not dated so far ahead that nobody knows how old it is.
#[must_use]
pub fn is_fresh(now: Time, at: Time, fresh_ms: i64) -> bool {
    let age_ms = now.since_ms(at);
    age_ms <= fresh_ms && age_ms >= -fresh_ms.max(HOUR_MS)
}

/// What the interlocks of a station look at, as of now.
#[must_use]
pub fn facts(store: &Store, code: &StationCode, at: Time) -> Facts {
    let registry = store.tables.registry();
    let Some(station) = registry.station(code) else { return Facts::default() };
    let fresh_ms = FRESH_INTERVALS * 1_000 * i64::from(station.report_interval_s);
    let level = registry
        .points_of(code)
        .iter()
        .filter(|p| matches!(p.quantity, Quantity::Level | Quantity::Depth))
        .filter_map(|p| store.samples.latest_by(p.id, at))
        .map(|(sample, _)| sample)
        .find(|sample| is_fresh(at, sample.at, fresh_ms))
        .and_then(|sample| sample.usable());
    let maintenance = station.maintenance.as_ref().is_some_and(|m| m.until > at);
    Facts { maintenance, level_m: level }
}

/// Sets the interlocks of a station.
///
/// # Errors
/// [`StoreError::Missing`] for an unknown station, or what the database says.
pub async fn set_interlocks(
    store: &Store,
    station: &StationCode,
    interlocks: &Interlocks,
    actor: Actor,
    at: Time,
) -> Result<(), StoreError> {
    if store.tables.registry().station(station).is_none() {
        return Err(StoreError::missing("station", station));
    }
    let mut tx = store.tables.begin(actor, at).await?;
    tx.interlocks_put(station, interlocks).await?;
    tx.commit().await.map(drop)
}

/// What was answered to the key before; refuses a key that was used for something else.
async fn answered(
    tx: &mut Tx,
    idem: &Idem,
    id: Option<CommandId>,
) -> Result<Option<Acted<Command>>, StoreError> {
    let Some((key, person)) = idem else { return Ok(None) };
    let Some(answer) = tx.idempotent(key, *person).await? else { return Ok(None) };
    let reused = || StoreError::invalid("repeating an act", "the idempotency key was used for another act");
    let said: Acted<Command> = serde_json::from_value(answer).map_err(|_| reused())?;
    let same = match id {
        Some(id) => said.now.id == id && said.line.act != "ask",
        None => said.line.act == "ask",
    };
    let same = same && matches!(said.line.subject(), Some(Subject::Command(_)));
    if same { Ok(Some(said)) } else { Err(reused()) }
}

async fn remember(tx: &mut Tx, idem: &Idem, acted: &Acted<Command>) -> Result<(), StoreError> {
    let Some((key, person)) = idem else { return Ok(()) };
    let told = Acted { line: acted.line.clone(), now: acted.now.blotted() };
    let answer =
        serde_json::to_value(told).map_err(|e| StoreError::invalid("keeping an answer", e.to_string()))?;
    tx.idempotent_put(key, *person, &answer).await
}
