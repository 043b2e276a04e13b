//! Messages on their way out over one connection: numbers, acknowledgements, and what is left when
//! it ends.

use super::broker::Outgoing;
use std::collections::{BTreeMap, BTreeSet};
use wire::mqtt::{Packet, Publish, QoS, Step};

/// Messages not yet acknowledged at once, whatever the client would take.
pub(crate) const IN_FLIGHT: usize = 64;

/// One message under way.
#[derive(Debug)]
struct Flying {
    message: Outgoing,
    /// Quality 2: it was received, its release is under way.
    released: bool,
}

/// What is under way.
#[derive(Debug)]
pub(crate) struct Outbox {
    flying: BTreeMap<u16, Flying>,
    /// Numbers in the order they were sent.
    order: Vec<u16>,
    next: u16,
    most: usize,
    /// Quality 2 the other way: numbers received and not yet released.
    pub received: BTreeSet<u16>,
}

impl Outbox {
    /// Nothing under way; at most `most` at once.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.clamp(1, IN_FLIGHT);
        Self { flying: BTreeMap::new(), order: vec![], next: 0, most, received: BTreeSet::new() }
    }

    /// Whether one more may be sent.
    pub(crate) fn has_room(&self) -> bool {
        self.flying.len() < self.most
    }

    /// The message as it goes out now.
    pub(crate) fn send(&mut self, message: Outgoing) -> Publish {
        let mut publish =
            Publish { qos: message.qos, retain: message.retain, dup: false, ..(*message.publish).clone() };
        // What one connection said about itself is not for another.
        publish.properties = wire::mqtt::Properties::default();
        publish.id = 0;
        if message.qos > QoS::AtMostOnce {
            publish.id = self.number();
            self.order.push(publish.id);
            self.flying.insert(publish.id, Flying { message, released: false });
        }
        publish
    }

    fn number(&mut self) -> u16 {
        loop {
            self.next = self.next.checked_add(1).unwrap_or(1);
            if !self.flying.contains_key(&self.next) {
                return self.next;
            }
        }
    }

    /// The other side acknowledges; what is to be answered.
    pub(crate) fn acknowledged(&mut self, step: Step, id: u16, code: u8) -> Option<Packet> {
        match step {
            Step::Puback | Step::Pubcomp => {
                self.flying.remove(&id);
                self.order.retain(|n| *n != id);
                None
            }
            Step::Pubrec if code >= 0x80 => {
                self.flying.remove(&id);
                self.order.retain(|n| *n != id);
                None
            }
            Step::Pubrec => {
                if let Some(flying) = self.flying.get_mut(&id) {
                    flying.released = true;
                }
                Some(Packet::Ack { step: Step::Pubrel, id, code: 0 })
            }
            Step::Pubrel => {
                self.received.remove(&id);
                Some(Packet::Ack { step: Step::Pubcomp, id, code: 0 })
            }
        }
    }

    /// What was sent and not received, in order.
    pub(crate) fn left(&mut self) -> Vec<Outgoing> {
        let flying = std::mem::take(&mut self.order).into_iter().filter_map(|id| self.flying.remove(&id));
        flying.filter(|f| !f.released).map(|f| f.message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_was_not_acknowledged_is_left_in_its_order() {
        let message = |topic: &str, qos| Outgoing {
            publish: Arc::new(Publish { topic: topic.into(), ..Publish::default() }),
            qos,
            retain: false,
        };
        let mut outbox = Outbox::new(3);
        assert_eq!(outbox.send(message("a", QoS::AtMostOnce)).id, 0);
        assert_eq!(outbox.send(message("b", QoS::AtLeastOnce)).id, 1);
        assert_eq!(outbox.send(message("c", QoS::ExactlyOnce)).id, 2);
        assert_eq!(outbox.send(message("d", QoS::AtLeastOnce)).id, 3);
        assert!(!outbox.has_room());
        assert_eq!(outbox.acknowledged(Step::Puback, 1, 0), None);
        let release = outbox.acknowledged(Step::Pubrec, 2, 0);
        assert_eq!(release, Some(Packet::Ack { step: Step::Pubrel, id: 2, code: 0 }));
        assert!(outbox.has_room());
        let left: Vec<_> = outbox.left().iter().map(|m| m.publish.topic.clone()).collect();
        assert_eq!(left, ["d"]);
    }
}
