//! 到期: once an hour, what was kept long enough is let go. Without a `[retention]` in the configuration
//! nothing ever is.

use field::clock::Clock;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::retention::Retention;
use tokio::sync::watch;

/// How often it is looked: days go, so an hour is early enough.
const EVERY: Duration = Duration::from_secs(3_600);
/// The first look comes so much after the start, which has enough to do.
const FIRST: Duration = Duration::from_secs(60);

/// Runs until `ended` turns true. What fails is tried again an hour later; nothing is lost by it.
pub(crate) async fn run(
    store: Store,
    clock: Arc<dyn Clock>,
    retention: Retention,
    mut ended: watch::Receiver<bool>,
) -> Result<(), Infallible> {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => return Ok(()),
            () = tokio::time::sleep(wait), if retention.lets_go() => {}
        }
        wait = EVERY;
        let due = retention.due(&store.tables.registry(), clock.now());
        match store.samples.retain(due).await {
            Ok(0) => {}
            Ok(bytes) => tracing::info!(bytes, "what was kept long enough was let go"),
            Err(error) => tracing::error!(%error, "old samples could not be let go; tried again in an hour"),
        }
    }
}
