//! 往回找: finding a moment's place in the samples log.

use field::id::PacketSeq;
use field::time::{MINUTE_MS, Time};
use store::{Samples, StoreError};

/// Packets that arrive at the same time may stand in the log in either order; by this much.
const DISORDER_MS: i64 = 5 * MINUTE_MS;

/// The packet after which everything received at or after `time` stands, up to `upto`.
pub(crate) async fn before(samples: &Samples, time: Time, upto: PacketSeq) -> Result<PacketSeq, StoreError> {
    let time = time.plus_ms(-DISORDER_MS);
    // Invariant: everything up to `low` was received before `time`; `high` was not, or is the end.
    let (mut low, mut high) = (0, upto.0 + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let received_at = samples.received_at(PacketSeq(middle)).await?;
        if received_at.is_some_and(|at| at >= time) { high = middle } else { low = middle }
    }
    Ok(PacketSeq(low))
}
