//! An answer that is costly to compute and the same for everybody, kept for a moment.
//!
//! Promises: computing takes at most a twentieth of the time, however costly it is and however many
//! ask: an answer is kept at least [`FRESH_MIN`] and 20 times as long as it took. One computation at
//! a time; the others wait for it.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// An answer is kept at least so long: at 600 times speed a second is ten minutes.
const FRESH_MIN: Duration = Duration::from_millis(900);
/// … and so many times as long as it took.
const FRESH_PER_COST: u32 = 20;

/// Keeps the newest answer.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<Option<(Arc<T>, Instant)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// The answer, at most a moment old.
    ///
    /// # Errors
    /// What `compute` says; nothing is kept then.
    pub(crate) async fn or_compute<E>(
        &self,
        compute: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let mut kept = self.0.lock().await;
        if let Some((answer, until)) = kept.as_ref()
            && Instant::now() < *until
        {
            return Ok(Arc::clone(answer));
        }
        let begun = Instant::now();
        let answer = Arc::new(compute.await?);
        let fresh = (begun.elapsed() * FRESH_PER_COST).max(FRESH_MIN);
        *kept = Some((Arc::clone(&answer), Instant::now() + fresh));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_computed_once_for_many_and_a_failure_is_not_kept() {
        let kept = Kept::default();
        assert_eq!(kept.or_compute(async { Err("no") }).await, Err("no"));
        assert_eq!(kept.or_compute(async { Ok::<_, &str>(1) }).await.as_deref(), Ok(&1));
        assert_eq!(kept.or_compute(async { Ok::<_, &str>(2) }).await.as_deref(), Ok(&1));
    }
}
