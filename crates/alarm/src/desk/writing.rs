//! 落笔: transitions into alarms, each through `Alarm::step`, with the cursor in one transaction.

use super::Desk;
use crate::evaluator::Transition;
use crate::marks;
use field::alarm::{Alarm, AlarmAct, AlarmRefusal, Evidence};
use field::severity::Severity;
use field::time::Time;
use store::tables::NewAlarm;
use store::{Registry, StoreError, Tx};

/// Transitions in one transaction, about: other desks want to write, too.
pub(super) const PER_TRANSACTION: usize = 256;

impl Desk {
    /// Writes transitions and the cursor behind them. Without transitions the cursor alone is written
    /// now and then, or when asked.
    pub(super) async fn write(&mut self, found: &[Transition], cursor: bool) -> Result<(), StoreError> {
        let behind = self.done.0 - self.written.0;
        if found.is_empty() && (behind == 0 || !(cursor || behind >= super::CURSOR_EVERY)) {
            return Ok(());
        }
        // Silences need no cursor: one that is written is not raised again. A city that falls silent
        // at once is written in parts, before the rest.
        let (silences, rest): (Vec<&Transition>, Vec<&Transition>) =
            found.iter().partition(|t| t.packet.is_none());
        let mut parts = silences.chunks(PER_TRANSACTION).peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() && rest.is_empty() {
                self.write_part(part, true).await?;
                return Ok(());
            }
            self.write_part(part, false).await?;
        }
        self.write_part(&rest, true).await
    }

    async fn write_part(&mut self, part: &[&Transition], cursor: bool) -> Result<(), StoreError> {
        let registry = self.store.tables.registry();
        let mut tx = self.store.tables.begin(Self::actor(), self.clock.now()).await?;
        for transition in part {
            let suppressed = self.is_in_maintenance(&registry, transition);
            settle(&mut tx, &registry, transition, suppressed).await?;
        }
        if cursor {
            tx.cursor_put(marks::DESK, self.done.0).await?;
        }
        tx.commit().await?;
        if cursor {
            self.written = self.done;
        }
        part.iter().for_each(|t| count(&registry, t));
        Ok(())
    }

    fn is_in_maintenance(&self, registry: &Registry, transition: &Transition) -> bool {
        let point = registry.rule(transition.rule).and_then(|rule| registry.point(rule.point));
        point.is_some_and(|point| self.in_maintenance.contains(&point.station))
    }
}

/// Makes one transition true.
async fn settle(
    tx: &mut Tx,
    registry: &Registry,
    found: &Transition,
    suppressed: bool,
) -> Result<(), StoreError> {
    let open = tx.open_alarm_of(found.rule).await?;
    match (open, found.to) {
        (Some(alarm), Some(severity)) => {
            step(tx, &alarm, &AlarmAct::Judge { severity, evidence: evidence(found) }, found.at).await
        }
        (Some(alarm), None) => step(tx, &alarm, &AlarmAct::Return, found.at).await,
        (None, Some(severity)) => raise(tx, registry, found, severity, suppressed).await,
        // Closed meanwhile: there is nothing to return.
        (None, None) => Ok(()),
    }
}

/// Lets something happen to an alarm; a refusal because it is so already is no error.
pub(super) async fn step(tx: &mut Tx, alarm: &Alarm, act: &AlarmAct, at: Time) -> Result<(), StoreError> {
    // A person may have acted a moment after the packet came in: time does not go back in a life.
    match alarm.step(act, at.max(alarm.changed_at)) {
        Ok(next) => tx.alarm_put(&next, act).await.map(|_| ()),
        Err(AlarmRefusal::NoChange | AlarmRefusal::AlreadyReturned | AlarmRefusal::Closed) => Ok(()),
        Err(refusal) => {
            tracing::warn!(alarm = %alarm.id, act = act.code(), %refusal, "alarm refused the desk's act");
            Ok(())
        }
    }
}

async fn raise(
    tx: &mut Tx,
    registry: &Registry,
    found: &Transition,
    severity: Severity,
    suppressed: bool,
) -> Result<(), StoreError> {
    let Some(rule) = registry.rule(found.rule) else { return Ok(()) };
    let Some(point) = registry.point(rule.point) else { return Ok(()) };
    let Some(station) = registry.station(&point.station) else { return Ok(()) };
    let new = NewAlarm {
        rule: rule.id,
        kind: rule.kind.clone(),
        point: point.id,
        station: station.code.clone(),
        block: station.block,
        severity,
        evidence: evidence(found),
        suppressed,
        at: found.at,
    };
    tx.alarm_insert(new).await.map(|_| ())
}

fn evidence(found: &Transition) -> Evidence {
    Evidence {
        value: found.value.unwrap_or_default(),
        threshold: found.threshold.unwrap_or_default(),
        samples: found.proof.clone(),
    }
}

fn count(registry: &Registry, found: &Transition) {
    let kind = registry.rule(found.rule).map_or_else(String::new, |rule| rule.kind.clone());
    let severity = found.to.or(found.from).map_or("", Severity::code);
    tracing::info!(
        rule = %found.rule,
        kind,
        from = found.from.map_or("normal", Severity::code),
        to = found.to.map_or("normal", Severity::code),
        at = %found.at,
        value = found.value,
        threshold = found.threshold,
        "alarm transition"
    );
    let worse = found.to > found.from;
    let name = if worse { "alarms_raised_total" } else { "alarms_eased_total" };
    metrics::counter!(name, "severity" => severity, "kind" => kind).increment(1);
}
