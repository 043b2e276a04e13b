//! A page of entities that the register holds: which are in it, and where the next one begins.

use super::ask::{Ask, Next};
use super::filter::{Names, Value, compare, holds, value};
use super::kind::{Key, Kind};
use super::world::World;
use super::{TOP, TOP_MAX, bad};
use crate::problem::Problem;
use field::time::Time;
use serde_json::Value as Json;
use std::cell::OnceCell;
use std::cmp::Ordering;

/// Keys of a page, how many there are in all where that was asked, and where the next page begins.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) count: Option<usize>,
    pub(super) next: Option<Next>,
}

/// An entity's properties under their names; made when first asked for.
pub(super) struct Entity<'a> {
    world: &'a World,
    kind: Kind,
    key: &'a Key,
    own: OnceCell<Option<serde_json::Map<String, Json>>>,
}

impl<'a> Entity<'a> {
    pub(super) const fn new(world: &'a World, kind: Kind, key: &'a Key) -> Self {
        Self { world, kind, key, own: OnceCell::new() }
    }
}

impl Names for Entity<'_> {
    fn value(&self, path: &[String]) -> Result<Value, Problem> {
        let Some((head, rest)) = path.split_first() else { return Ok(Value::Null) };
        if let Some((to, many)) = self.kind.link(head) {
            if rest.is_empty() || to == Kind::Observation {
                return Err(bad("$filter", format!("`{head}` is a link: a property of what it leads to")));
            }
            let keys = if many {
                self.world.many(self.key, to)
            } else {
                self.world.one(self.key, to).into_iter().collect()
            };
            let of = |key: &Key| Entity::new(self.world, to, key).value(rest);
            let found: Vec<Value> = keys.iter().map(of).collect::<Result<_, _>>()?;
            return Ok(match (many, found.into_iter()) {
                (true, found) => Value::Many(found.collect()),
                (false, mut found) => found.next().unwrap_or(Value::Null),
            });
        }
        if head == "id" || head == "@iot.id" {
            return Ok(Value::of(&self.key.id()));
        }
        let own = self.own.get_or_init(|| self.world.entity(self.kind, self.key));
        let Some(own) = own else { return Ok(Value::Null) };
        let unknown = || bad("$filter", format!("{} have no `{head}`", self.kind.set()));
        let first = own.get(head).ok_or_else(unknown)?;
        let last = rest.iter().try_fold(first, |json, name| json.get(name));
        Ok(last.map_or(Value::Null, Value::of))
    }

    fn now(&self) -> Time {
        self.world.now
    }
}

/// How many entities a page has.
pub(super) fn top(ask: &Ask, max: usize) -> usize {
    ask.top.unwrap_or(TOP).min(max)
}

/// The page asked for, of these.
pub(super) fn page(world: &World, kind: Kind, mut keys: Vec<Key>, ask: &Ask) -> Result<Page<Key>, Problem> {
    if ask.after.is_some() {
        return Err(bad("$skiptoken", "only Observations have it"));
    }
    if let Some(filter) = &ask.filter {
        let mut kept = Vec::with_capacity(keys.len());
        for key in keys {
            if holds(filter, &Entity::new(world, kind, &key))? {
                kept.push(key);
            }
        }
        keys = kept;
    }
    if !ask.order.is_empty() {
        keys = sorted(keys, ask, |key| order_keys(ask, &Entity::new(world, kind, key)))?;
    }
    let (all, top) = (keys.len(), top(ask, TOP_MAX));
    let end = ask.skip.saturating_add(top);
    Ok(Page {
        items: keys.into_iter().skip(ask.skip).take(top).collect(),
        count: ask.count.then_some(all),
        next: (top > 0 && end < all).then_some(Next::Skip(end)),
    })
}

/// In the order asked for; what is equal there stays as it was.
pub(super) fn sorted<T>(
    items: Vec<T>,
    ask: &Ask,
    keys: impl Fn(&T) -> Result<Vec<Value>, Problem>,
) -> Result<Vec<T>, Problem> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        keyed.push((keys(&item)?, item));
    }
    keyed.sort_by(|(a, _), (b, _)| {
        let orders = a.iter().zip(b).zip(&ask.order).map(|((a, b), (_, down))| {
            let order = compare(a, b);
            if *down { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// What an entity is put in order by.
pub(super) fn order_keys(ask: &Ask, names: &dyn Names) -> Result<Vec<Value>, Problem> {
    ask.order.iter().map(|(expr, _)| value(expr, names)).collect()
}
