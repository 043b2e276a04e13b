//! 视图: what the interface sees. A domain type is never the wire's type.
//!
//! Plain data with `Serialize` and a schema; how each is made from the domain is beside it.

pub(crate) mod alarm;
pub(crate) mod demo;
pub(crate) mod line;
pub(crate) mod map;
pub(crate) mod message;
pub(crate) mod order;
pub(crate) mod overview;
pub(crate) mod packet;
pub(crate) mod person;
pub(crate) mod rain;
pub(crate) mod rule;
pub(crate) mod series;
pub(crate) mod station;
pub(crate) mod stream;
#[expect(dead_code, reason = "the word lists are there for their schemas only")]
pub(crate) mod words;

use serde::Serialize;
use utoipa::ToSchema;

/// A list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T: ToSchema> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Give it back as `cursor` to get what follows; `null` at the end.
    pub(crate) next: Option<String>,
}

impl<T: ToSchema> List<T> {
    /// A list that is whole.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
