//! 收听: what a subscription hears. Whatever shows a gap is noted before anything behind it goes on its way.

use super::sequence::Sequence;
use super::way::Way;
use ::opcua::client::{DataChangeCallback, MonitoredItemMap, OnSubscriptionNotificationCore};
use ::opcua::types::{DataChangeNotification, NotificationMessage, StatusCode};
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
            on.publish(&item.item_to_monitor().node_id, &data);
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
        let overflowed = overflowed(&message);
        if overflowed > 0 {
            self.way.dropped(overflowed);
        }
        self.changes.on_subscription_notification(message, items);
    }
}

/// Values of a message before which the server dropped others. Some servers mark the value behind the gap, as
/// the standard asks, some the newest one: what was dropped lies before the whole message.
fn overflowed(message: &NotificationMessage) -> u64 {
    let objects = message.notification_data.iter().flatten();
    let changes = objects.filter_map(|object| object.inner_as::<DataChangeNotification>());
    let values = changes.flat_map(|change| change.monitored_items.iter().flatten()).map(|item| &item.value);
    let marked = |status: StatusCode| wire::opcua::overflowed(status.bits());
    values.filter(|value| value.status.is_some_and(marked)).count() as u64
}
