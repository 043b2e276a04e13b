//! 收听: what a subscription hears. Whatever shows a gap is noted before anything behind it goes on its way.

use super::sequence::Sequence;
use super::way::Way;
use ::opcua::client::{DataChangeCallback, MonitoredItemMap, OnSubscriptionNotificationCore};
use ::opcua::types::NotificationMessage;
use std::sync::Arc;

/// The ear of one subscription.
pub(super) struct Listener {
    sequence: Sequence,
    way: Arc<Way>,
    changes: DataChangeCallback,
}

impl Listener {
    /// Listens for a subscription that is not yet made.
    pub(super) fn new(way: Arc<Way>) -> Self {
        let on = Arc::clone(&way);
        let changes = DataChangeCallback::new(move |data, item| {
            let node = &item.item_to_monitor().node_id;
            if data.status.is_some_and(|status| wire::opcua::overflowed(status.bits())) {
                on.dropped();
            }
            on.publish(node, &data);
        });
        Self { sequence: Sequence::default(), way, changes }
    }
}

impl OnSubscriptionNotificationCore for Listener {
    fn on_subscription_notification(&mut self, message: NotificationMessage, items: MonitoredItemMap<'_>) {
        let has_data = message.notification_data.as_ref().is_some_and(|data| !data.is_empty());
        let missed = self.sequence.see(message.sequence_number, has_data);
        if missed > 0 {
            self.way.missed(missed);
        }
        self.changes.on_subscription_notification(message, items);
    }
}
