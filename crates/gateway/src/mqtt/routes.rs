//! Who subscribed to what: a tree of topic levels, so that ten thousand subscriptions cost a message
//! only the length of its topic.

use std::collections::HashMap;
use std::sync::Arc;
use wire::mqtt::QoS;

/// One subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    /// Client id.
    pub client: Arc<str>,
    /// Greatest quality of service.
    pub qos: QoS,
    /// Not what it published itself.
    pub no_local: bool,
    /// Keep the retain flag.
    pub retain_as_published: bool,
}

/// The tree.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    next: HashMap<String, Routes>,
    here: Vec<Subscriber>,
}

impl Routes {
    /// Adds a subscription in place of the client's own to the same filter; `true`: it had none.
    pub(crate) fn add(&mut self, filter: &str, subscriber: Subscriber) -> bool {
        let node = filter.split('/').fold(self, |node, level| node.next.entry(level.to_owned()).or_default());
        let before = node.here.len();
        node.here.retain(|s| s.client != subscriber.client);
        let new = node.here.len() == before;
        node.here.push(subscriber);
        new
    }

    /// Takes a subscription out; `false`: there was none.
    pub(crate) fn remove(&mut self, filter: &str, client: &str) -> bool {
        self.remove_at(&filter.split('/').collect::<Vec<_>>(), client)
    }

    fn remove_at(&mut self, levels: &[&str], client: &str) -> bool {
        let Some((level, rest)) = levels.split_first() else {
            let before = self.here.len();
            self.here.retain(|s| *s.client != *client);
            return self.here.len() < before;
        };
        let Some(node) = self.next.get_mut(*level) else { return false };
        let removed = node.remove_at(rest, client);
        if node.here.is_empty() && node.next.is_empty() {
            self.next.remove(*level);
        }
        removed
    }

    /// Who gets a message of this topic, each client once with its greatest quality.
    pub(crate) fn meet(&self, topic: &str) -> Vec<Subscriber> {
        let mut met = Vec::new();
        let levels: Vec<_> = topic.split('/').collect();
        self.walk(&levels, topic.starts_with('$'), &mut met);
        met
    }

    fn walk(&self, levels: &[&str], hidden: bool, met: &mut Vec<Subscriber>) {
        // What begins with `$` is met by no wildcard at its first level.
        if !hidden && let Some(rest) = self.next.get("#") {
            take(&rest.here, met);
        }
        let Some((level, rest)) = levels.split_first() else {
            take(&self.here, met);
            return;
        };
        for next in [self.next.get(*level), self.next.get("+").filter(|_| !hidden)].into_iter().flatten() {
            next.walk(rest, false, met);
        }
    }
}

fn take(here: &[Subscriber], met: &mut Vec<Subscriber>) {
    for subscriber in here {
        match met.iter_mut().find(|s| s.client == subscriber.client) {
            Some(known) => known.qos = known.qos.max(subscriber.qos),
            None => met.push(subscriber.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(client: &str, qos: QoS) -> Subscriber {
        Subscriber { client: client.into(), qos, no_local: false, retain_as_published: false }
    }

    #[test]
    fn the_tree_meets_what_the_filters_meet() {
        let filters = ["a/b", "a/+", "a/#", "#", "+/b", "$SYS/#", "a/b/c", "+/+/c"];
        let mut routes = Routes::default();
        for filter in filters {
            assert!(routes.add(filter, subscriber(filter, QoS::AtMostOnce)));
        }
        for topic in ["a", "a/b", "a/b/c", "x/b", "$SYS/x", "x", "a/c", "/"] {
            let mut met: Vec<_> = routes.meet(topic).iter().map(|s| s.client.to_string()).collect();
            met.sort_unstable();
            let mut wanted: Vec<_> = filters
                .iter()
                .filter(|f| wire::mqtt::topic::matches(f, topic))
                .map(|f| (*f).to_owned())
                .collect();
            wanted.sort_unstable();
            assert_eq!(met, wanted, "{topic}");
        }
        for filter in filters {
            assert!(routes.remove(filter, filter) && !routes.remove(filter, filter));
        }
        assert!(routes.next.is_empty());
    }

    #[test]
    fn a_client_with_two_filters_gets_a_message_once_with_the_greater_quality() {
        let mut routes = Routes::default();
        routes.add("a/#", subscriber("x", QoS::AtMostOnce));
        routes.add("a/b", subscriber("x", QoS::AtLeastOnce));
        assert!(!routes.add("a/b", subscriber("x", QoS::AtLeastOnce)));
        assert_eq!(routes.meet("a/b"), [subscriber("x", QoS::AtLeastOnce)]);
    }
}
