//! State changes that several desks make, each with its rules in one place: row and journal line
//! become true together.

use crate::tables::{Line, Tables, Tx};
use crate::{Actor, StoreError};
use field::alarm::{Alarm, AlarmAct};
use field::id::{AlarmId, OrderId, PersonId};
use field::order::{Order, OrderAct};
use field::time::Time;

/// What was done, and what is true now.
#[derive(Clone, Debug, PartialEq)]
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
    let _ = (tables, id, act, actor, at, idem);
    Err(StoreError::Closed { what: "alarm" })
}

/// Lets something happen to an alarm within `tx`.
///
/// # Errors
/// As [`alarm_act`].
pub async fn alarm_act_in(tx: &mut Tx, id: AlarmId, act: &AlarmAct) -> Result<Acted<Alarm>, StoreError> {
    let _ = (tx, id, act);
    Err(StoreError::Closed { what: "alarm" })
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
    let _ = (tables, id, act, actor, at, idem);
    Err(StoreError::Closed { what: "order" })
}

/// Lets something happen to an order within `tx`.
///
/// # Errors
/// As [`order_act`].
pub async fn order_act_in(tx: &mut Tx, id: OrderId, act: OrderAct) -> Result<Acted<Order>, StoreError> {
    let _ = (tx, id, act);
    Err(StoreError::Closed { what: "order" })
}
