//! What people were told: each step that the server answered with success, in that order.

use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// Steps remembered; a town's storm has some thousands.
const MOST: usize = 200_000;

/// One step the server said yes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// What it was done to, such as `order:12`.
    pub(crate) subject: String,
    /// What was done.
    pub(crate) act: String,
    /// The journal line it wrote.
    pub(crate) seq: i64,
    /// The key it was sent under.
    pub(crate) key: String,
}

/// The list; append-only.
#[derive(Debug, Default)]
pub(crate) struct Acts(Mutex<Vec<Answered>>);

impl Acts {
    /// Notes a step; beyond [`MOST`] nothing more is remembered.
    pub(super) fn note(&self, answered: Answered) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < MOST {
            list.push(answered);
        }
    }

    /// The steps from entry `after` on.
    pub(crate) fn after(&self, after: usize) -> Vec<Answered> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.get(after..).map(<[Answered]>::to_vec).unwrap_or_default()
    }
}
