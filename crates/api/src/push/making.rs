//! 建点排队: series without a point wait in one line, and whoever is first makes points for all of them: one
//! change of the registry for sixteen senders, not sixteen.

use super::source::Target;
use crate::problem::Problem;
use field::id::StationCode;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a point is wanted: station and element.
pub(crate) type At = (StationCode, String);

/// The line of one source.
#[derive(Debug, Default)]
pub(crate) struct Making {
    /// One at a time makes points.
    turn: tokio::sync::Mutex<()>,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    callers: usize,
    /// Not made yet.
    wanted: HashSet<At>,
    /// What was made for somebody who may still stand in the line; `None`: no more are made.
    made: HashMap<At, Option<Target>>,
}

/// Somebody in the line; the last one to go leaves it empty.
struct Caller<'a>(&'a Making);

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        let mut line = self.0.line();
        line.callers -= 1;
        if line.callers == 0 {
            *line = Line::default();
        }
    }
}

impl Making {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Points for these names. `make` is handed all names that wait, of which some may have a point by then;
    /// it answers those that have one now.
    pub(crate) async fn points<F>(
        &self,
        names: &HashSet<At>,
        make: impl FnOnce(HashSet<At>) -> F,
    ) -> Result<HashMap<At, Target>, Problem>
    where
        F: Future<Output = Result<HashMap<At, Target>, Problem>>,
    {
        let _caller = self.enter(names);
        let _turn = self.turn.lock().await;
        if let Some(all) = self.not_made(names) {
            let made = make(all.clone()).await?;
            self.line().made.extend(all.into_iter().map(|at| {
                let target = made.get(&at).copied();
                (at, target)
            }));
        }
        let line = self.line();
        let of = |at: &At| Some((at.clone(), line.made.get(at).copied().flatten()?));
        Ok(names.iter().filter_map(of).collect())
    }

    fn enter(&self, names: &HashSet<At>) -> Caller<'_> {
        let mut line = self.line();
        line.callers += 1;
        line.wanted.extend(names.iter().cloned());
        Caller(self)
    }

    /// All that wait, unless somebody has made all of these.
    fn not_made(&self, names: &HashSet<At>) -> Option<HashSet<At>> {
        let mut line = self.line();
        if names.iter().all(|at| line.made.contains_key(at)) {
            return None;
        }
        let mut all = std::mem::take(&mut line.wanted);
        // Taken by somebody who could not make them.
        all.extend(names.iter().filter(|at| !line.made.contains_key(*at)).cloned());
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemCode;
    use field::id::PointId;

    fn names(of: &[&str]) -> HashSet<At> {
        of.iter().map(|name| (StationCode::new("A").unwrap(), (*name).to_owned())).collect()
    }

    fn made(all: &HashSet<At>) -> HashMap<At, Target> {
        let target = Target { point: PointId(1), min: 0.0, max: 1.0 };
        all.iter().filter(|(_, name)| name != "too much").map(|at| (at.clone(), target)).collect()
    }

    #[tokio::test]
    async fn who_waits_is_served_by_who_is_first_and_a_failure_is_nobody_elses() {
        let making = Making::default();
        let (first, second, third) = (names(&["a"]), names(&["b", "too much"]), names(&["b", "c"]));
        let batches = Mutex::new(vec![]);
        let batch = |all: HashSet<At>| {
            batches.lock().unwrap().push(all.len());
            async move { Ok(made(&all)) }
        };
        // The first one fails when the others stand in the line already.
        let fails = |_| async {
            tokio::task::yield_now().await;
            Err(ProblemCode::Internal.into())
        };
        let (a, b, c) = tokio::join!(
            making.points(&first, fails),
            making.points(&second, batch),
            making.points(&third, batch)
        );
        assert!(a.is_err());
        assert_eq!((b.unwrap().len(), c.unwrap().len()), (1, 2));
        assert_eq!(batches.lock().unwrap().iter().sum::<usize>(), 3, "`b` once");
        assert_eq!(making.line().made.len(), 0, "nobody waits: nothing is kept");
    }
}
