//! 隔离: the queue to the store's quarantine.
//!
//! One writer, so that a flood of garbage costs one transaction at a time. A TCP connection waits
//! for its place in the queue, which slows down only itself; a datagram that finds the queue full
//! is counted and dropped, because a flood of datagrams must not stop the honest ones.

use crate::throttle::Throttle;
use store::Tables;
use store::tables::NewQuarantined;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pieces waiting to be written: at most 4 kB each, so 1 MB.
const QUEUE: usize = 256;

/// The way in.
#[derive(Clone, Debug)]
pub(crate) struct Quarantine(mpsc::Sender<NewQuarantined>);

impl Quarantine {
    /// Waits for a place in the queue.
    pub(crate) async fn add(&self, piece: NewQuarantined) {
        if self.0.send(piece).await.is_err() {
            lost("the quarantine is closed");
        }
    }

    /// Drops the piece when the queue is full.
    pub(crate) fn try_add(&self, piece: NewQuarantined) {
        if self.0.try_send(piece).is_err() {
            lost("the queue to the quarantine is full");
        }
    }
}

fn lost(reason: &'static str) {
    metrics::counter!("gateway_quarantine_lost_total").increment(1);
    tracing::debug!(reason, "a piece did not reach the quarantine");
}

/// Starts the writer; it ends when every way in is gone.
pub(crate) fn start(tables: Tables) -> (Quarantine, JoinHandle<()>) {
    let (sender, mut queue) = mpsc::channel(QUEUE);
    let keeper = tokio::spawn(async move {
        let throttle = Throttle::default();
        while let Some(piece) = queue.recv().await {
            if let Err(error) = tables.quarantine_add(piece).await {
                metrics::counter!("gateway_quarantine_lost_total").increment(1);
                if let Some(held_back) = throttle.pass() {
                    tracing::error!(%error, held_back, "a bad frame could not be put into quarantine");
                }
            }
        }
    });
    (Quarantine(sender), keeper)
}
