//! What every protocol's listeners, sessions and pollers share.

use crate::config::Limits;
use crate::downlink::Downlink;
use crate::intake::Intake;
use crate::quarantine::Quarantine;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// The shared things. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    /// The way into the store.
    pub intake: Arc<Intake>,
    /// The way into quarantine.
    pub quarantine: Quarantine,
    /// The way from commands to live sessions.
    pub downlink: Downlink,
    /// How much of everything.
    pub limits: Limits,
    /// Open connections of all protocols.
    pub connections: Connections,
    /// Set when the house shuts down.
    pub shutdown: watch::Receiver<bool>,
}

impl Hub {
    /// Returns when the house shuts down.
    pub(crate) async fn stopped(&self) {
        // An error means that the sender is gone: nobody could ever stop us, so stop now.
        let _ = self.shutdown.clone().wait_for(|stop| *stop).await;
    }
}

/// 连接数: how many connections are open, of all protocols together.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    open: Arc<AtomicUsize>,
    most: usize,
}

/// One open connection; dropped, it is counted no more.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Connections {
    pub(crate) fn new(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// A place for one more connection; `None` when all are taken.
    pub(crate) fn enter(&self) -> Option<Place> {
        let one_more = |open: usize| (open < self.most).then_some(open + 1);
        let before = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        gauge(before + 1);
        Some(Place(Arc::clone(&self.open)))
    }

    /// The limit.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge(self.0.fetch_sub(1, Ordering::AcqRel).saturating_sub(1));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of connections is far below 2^52")]
fn gauge(connections: usize) {
    metrics::gauge!("gateway_connections").set(connections as f64);
}

#[cfg(test)]
mod tests {
    use super::Connections;

    #[test]
    fn a_place_given_back_can_be_taken_again() {
        let connections = Connections::new(1);
        let place = connections.enter();
        assert!(place.is_some());
        assert!(connections.enter().is_none());
        drop(place);
        assert!(connections.enter().is_some());
    }
}
