//! 查询: many points' samples at once: as they are, thinned for a chart, or by windows.
//!
//! Promises: thinning never loses a peak; a window says how many of its values were good and counts
//! only those. Windows of period values (rain) are open at their start and closed at their end, as
//! the periods are; all others are closed at their start. Never writes.

mod ask;
mod figures;
mod lttb;
mod thin;
mod window;

pub(crate) use ask::{points_of, stretch};
pub(crate) use figures::{FIGURES, Figure, Figures, from_kept, kept_step};
pub(crate) use lttb::lttb;
pub(crate) use thin::thin;
pub use window::{Bucket, HOLD_MS, Step, windows};

use field::id::PointId;
use field::sample::Quality;
use field::time::Time;
use store::{Store, StoreError};

/// One point's samples, column by column, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Milliseconds since 1970.
    pub times: Vec<i64>,
    /// NaN: missing.
    pub values: Vec<f64>,
    /// How far to trust each.
    pub qualities: Vec<Quality>,
    /// The packet or batch each came in, 0 where that is not kept any more; empty when none is known.
    pub packets: Vec<i64>,
}

impl Columns {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    pub(crate) fn push(&mut self, at: i64, value: f64, quality: Quality) {
        self.times.push(at);
        self.values.push(value);
        self.qualities.push(quality);
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (i64, f64, Quality)> + '_ {
        self.times
            .iter()
            .zip(&self.values)
            .zip(&self.qualities)
            .map(|((at, value), quality)| (*at, *value, *quality))
    }
}

/// The samples of each point in `from..to`, in the order asked.
///
/// # Errors
/// What the store says.
pub async fn columns(
    store: &Store,
    points: &[PointId],
    from: Time,
    to: Time,
) -> Result<Vec<Columns>, StoreError> {
    let all = store.samples.columns(points, from, to).await?;
    let ours = |c: store::samples::Columns| {
        // The store leaves them out where all are good.
        let qualities = if c.qualities.is_empty() { vec![Quality::Good; c.times.len()] } else { c.qualities };
        Columns { times: c.times, values: c.values, qualities, packets: c.packets }
    };
    Ok(all.into_iter().map(ours).collect())
}
