//! State changes that several desks make, each with its rules in one place: row and journal line
//! become true together.

use crate::tables::{Line, Subject, Tables, Tx};
use crate::{Actor, Refusal, StoreError};
use field::alarm::{Alarm, AlarmAct};
use field::id::{AlarmId, OrderId, PersonId};
use field::order::{Order, OrderAct};
use field::time::Time;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What was done, and what is true now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acted<T> {
    /// The journal line written (the first one, when it is an act said again with its key).
    pub line: Line,
    /// The thing as it is now.
    pub now: T,
}

/// An idempotency key and whose it is: the same key again answers what was answered, and does
/// nothing.
pub type Idem = Option<(String, PersonId)>;

/// Lets something happen to an alarm, in a transaction of its own.
///
/// # Errors
/// [`StoreError::Refused`] when the alarm's life does not allow it, [`StoreError::Missing`].
pub async fn alarm_act(
    tables: &Tables,
    id: AlarmId,
    act: AlarmAct,
    actor: Actor,
    at: Time,
    idem: Idem,
) -> Result<Acted<Alarm>, StoreError> {
    let mut tx = tables.begin(actor, at).await?;
    if let Some(said) = answered(&mut tx, &idem, &Subject::Alarm(id), act.code()).await? {
        return Ok(said);
    }
    let acted = alarm_act_in(&mut tx, id, &act).await?;
    remember(&mut tx, &idem, &acted).await?;
    tx.commit().await?;
    Ok(acted)
}

/// Lets something happen to an alarm within `tx`.
///
/// # Errors
/// As [`alarm_act`].
pub async fn alarm_act_in(tx: &mut Tx, id: AlarmId, act: &AlarmAct) -> Result<Acted<Alarm>, StoreError> {
    let alarm = tx.alarm(id).await?.ok_or_else(|| StoreError::missing("alarm", id))?;
    let now = alarm.step(act, tx.at()).map_err(Refusal::Alarm)?;
    let line = tx.alarm_put(&now, act).await?;
    Ok(Acted { line, now })
}

/// Lets something happen to an order, in a transaction of its own. Accepting also acknowledges its
/// unacknowledged alarms; closing looks itself whether an alarm still holds (`alarm_active` in the
/// act is overwritten), and acknowledges and closes its alarms that have returned.
///
/// # Errors
/// [`StoreError::Refused`] when the order's life does not allow it, [`StoreError::Missing`].
pub async fn order_act(
    tables: &Tables,
    id: OrderId,
    act: OrderAct,
    actor: Actor,
    at: Time,
    idem: Idem,
) -> Result<Acted<Order>, StoreError> {
    let mut tx = tables.begin(actor, at).await?;
    if let Some(said) = answered(&mut tx, &idem, &Subject::Order(id), act.code()).await? {
        return Ok(said);
    }
    let acted = order_act_in(&mut tx, id, act).await?;
    remember(&mut tx, &idem, &acted).await?;
    tx.commit().await?;
    Ok(acted)
}

/// Lets something happen to an order within `tx`.
///
/// # Errors
/// As [`order_act`].
pub async fn order_act_in(tx: &mut Tx, id: OrderId, act: OrderAct) -> Result<Acted<Order>, StoreError> {
    let order = tx.order(id).await?.ok_or_else(|| StoreError::missing("order", id))?;
    let act = match act {
        OrderAct::Close { by, reason, .. } => {
            let alarm_active = alarms_of(tx, &order).await?.iter().any(|a| a.state.is_active());
            OrderAct::Close { by, alarm_active, reason }
        }
        other => other,
    };
    let now = order.step(&act, tx.at()).map_err(Refusal::Order)?;
    let line = tx.order_put(&now, &act).await?;
    match act {
        OrderAct::Accept { by } => acknowledge_alarms(tx, &now, by).await?,
        OrderAct::Close { by, .. } => close_returned_alarms(tx, &now, by).await?,
        _ => {}
    }
    Ok(Acted { line, now })
}

async fn alarms_of(tx: &mut Tx, order: &Order) -> Result<Vec<Alarm>, StoreError> {
    let mut alarms = Vec::with_capacity(order.alarms.len());
    for id in &order.alarms {
        alarms.extend(tx.alarm(*id).await?);
    }
    Ok(alarms)
}

async fn acknowledge_alarms(tx: &mut Tx, order: &Order, by: PersonId) -> Result<(), StoreError> {
    for alarm in alarms_of(tx, order).await?.into_iter().filter(|a| a.state.is_unacknowledged()) {
        alarm_act_in(tx, alarm.id, &AlarmAct::Acknowledge { by }).await?;
    }
    Ok(())
}

async fn close_returned_alarms(tx: &mut Tx, order: &Order, by: PersonId) -> Result<(), StoreError> {
    acknowledge_returned(tx, order, by).await?;
    for alarm in alarms_of(tx, order).await? {
        // Closed ones and those whose condition still holds stay as they are.
        if alarm.step(&AlarmAct::Close, tx.at()).is_ok() {
            alarm_act_in(tx, alarm.id, &AlarmAct::Close).await?;
        }
    }
    Ok(())
}

async fn acknowledge_returned(tx: &mut Tx, order: &Order, by: PersonId) -> Result<(), StoreError> {
    for alarm in alarms_of(tx, order).await? {
        if alarm.state.is_unacknowledged() && !alarm.state.is_active() {
            alarm_act_in(tx, alarm.id, &AlarmAct::Acknowledge { by }).await?;
        }
    }
    Ok(())
}

/// What was answered to the key before; refuses a key that was used for something else.
async fn answered<T: DeserializeOwned>(
    tx: &mut Tx,
    idem: &Idem,
    subject: &Subject,
    act: &str,
) -> Result<Option<Acted<T>>, StoreError> {
    let Some((key, person)) = idem else { return Ok(None) };
    let Some(answer) = tx.idempotent(key, *person).await? else { return Ok(None) };
    let said_of = (answer.pointer("/line/subject"), answer.pointer("/line/act"));
    let same = said_of.0.and_then(|v| v.as_str()) == Some(subject.to_string().as_str())
        && said_of.1.and_then(|v| v.as_str()) == Some(act);
    let reused = || StoreError::invalid("repeating an act", "the idempotency key was used for another act");
    if !same {
        return Err(reused());
    }
    serde_json::from_value(answer).map(Some).map_err(|_| reused())
}

async fn remember<T: Serialize>(tx: &mut Tx, idem: &Idem, acted: &Acted<T>) -> Result<(), StoreError> {
    let Some((key, person)) = idem else { return Ok(()) };
    let answer =
        serde_json::to_value(acted).map_err(|e| StoreError::invalid("keeping an answer", e.to_string()))?;
    tx.idempotent_put(key, *person, &answer).await
}
