//! What the clock asks of the desk: an order goes up its chain, an unread message takes a further
//! channel.

use super::Desk;
use super::ms;
use super::round::Round;
use super::watch::carried;
use crate::error::DispatchError;
use crate::outbox::{Outbox, fresh};
use field::id::OrderId;
use field::message::Message;
use field::order::OrderState;
use field::time::Time;
use std::sync::Arc;
use store::StoreError;
use store::tables::MessageFilter;

/// Orders looked at in one transaction.
const MAX_ORDERS: usize = 200;
/// Messages of one order looked at: a chain, a desk full of dispatchers, some worsenings.
const MAX_MESSAGES: usize = 200;

impl Desk {
    /// Does what is due. `true`: something was, look again.
    pub(crate) async fn timers(&mut self, outbox: &mut Outbox) -> Result<bool, DispatchError> {
        let (now, leap) = (self.clock.now(), self.clock.leapt());
        let due = self.watch.due(now, leap, MAX_ORDERS);
        if due.is_empty() {
            return Ok(false);
        }
        let widen_ms = ms(self.config.widen_after_s);
        let mut round = self.round(outbox).await?;
        let mut forget = Vec::new();
        let mut widened = Vec::new();
        for (id, pending) in due {
            if let Some(to) = pending.step_due(now, leap) {
                if round.escalate(id, to).await?.is_none() {
                    forget.push(id);
                }
                continue;
            }
            match round.widen(id, now, widen_ms).await? {
                Some(next) => widened.push((id, next)),
                None => forget.push(id),
            }
        }
        let done = round.commit().await?;
        for id in forget {
            self.watch.forget(id);
        }
        for (id, next) in widened {
            self.watch.widen_next(id, next);
        }
        self.take_up(done, outbox);
        Ok(true)
    }
}

impl Round<'_> {
    /// One further channel for each message of the order that was not read in time. `None`: the
    /// order waits for nobody any more. Else from when on to count anew, `None` when no channel is left.
    async fn widen(
        &mut self,
        id: OrderId,
        now: Time,
        after_ms: i64,
    ) -> Result<Option<Option<Time>>, StoreError> {
        if self.tx.order(id).await?.is_none_or(|o| o.state != OrderState::Sent) {
            return Ok(None);
        }
        let filter = MessageFilter { order: Some(id), limit: MAX_MESSAGES, ..MessageFilter::default() };
        let messages = self.store.tables.messages(&filter).await?;
        let mut next: Option<Time> = None;
        let mut again_from = |from: Time| next = Some(next.map_or(from, |n: Time| n.min(from)));
        for message in messages.into_iter().filter(|m| m.read_at.is_none()) {
            let asked_at = carried(message.created_at, self.leap);
            if asked_at.plus_ms(after_ms) > now {
                again_from(asked_at);
            } else if self.one_more_way(message, now).await? {
                again_from(now);
            }
        }
        Ok(Some(next))
    }

    async fn one_more_way(&mut self, message: Message, now: Time) -> Result<bool, StoreError> {
        let taken = self.store.tables.deliveries_of(&[message.id]).await?;
        let Some(kind) = self.outbox.way_besides(&message, &taken).await? else { return Ok(false) };
        let delivery = fresh(message.id, kind, now);
        self.tx.delivery_put(&delivery).await?;
        self.done.asked.push((Arc::new(message), vec![delivery]));
        Ok(true)
    }
}
