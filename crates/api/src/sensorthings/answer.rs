//! From a path and a query to an answer.

use super::ask::Ask;
use super::kind::{Key, Kind};
use super::page::Page;
use super::path::{Part, parts};
use super::world::World;
use super::{bad, entity::Row, observations, page};
use crate::problem::Problem;
use field::id::PointId;
use serde_json::{Map, Value, json};

/// What is answered.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Json(Value),
    /// `…/$value`.
    Text(String),
}

/// What the service's root says it can (OGC 18-088, clause 9.2.1).
const CONFORMANCE: &[&str] = &[
    "datamodel",
    "resource-path/resource-path-to-entities",
    "request-data/order",
    "request-data/expand",
    "request-data/select",
    "request-data/status-code",
    "request-data/query-status-code",
    "request-data/orderby",
    "request-data/top",
    "request-data/skip",
    "request-data/count",
    "request-data/filter",
    "request-data/built-in-filter-operations",
    "request-data/pagination",
];

/// What a path has led to.
enum Place {
    One(Kind, Key),
    Many(Kind, Members),
}

/// The members of a collection.
enum Members {
    Keys(Vec<Key>),
    /// Observations: the samples of these points.
    Samples(Vec<PointId>),
}

/// Answers a request: `path` behind the service's root, `query` as it came.
pub(crate) fn answer(world: &World, path: &str, query: &str) -> Result<Answer, Problem> {
    let ask = Ask::read(query)?;
    let parts = parts(path);
    let Some((first, rest)) = parts.split_first() else { return Ok(Answer::Json(root(world))) };
    let kind = Kind::of_set(&first.name).ok_or_else(|| Problem::not_found("entity set", &first.name))?;
    let mut place = world.enter(kind, world.members(kind), first)?;
    let mut trail = first.written();
    for (n, part) in rest.iter().enumerate() {
        let last = rest.len() - n == 1;
        let (kind, key) = match place {
            Place::One(kind, key) => (kind, key),
            Place::Many(kind, members) if part.name == "$ref" && last => {
                return world.references(kind, members, &ask, &trail);
            }
            Place::Many(..) => return Err(Problem::not_found("entity", path)),
        };
        if part.name == "$ref" && last {
            return Ok(Answer::Json(json!({ "@iot.selfLink": world.link(kind, &key) })));
        }
        place = match kind.link(&part.name) {
            Some((to, true)) => world.enter(to, world.linked(&key, to), part)?,
            Some((to, false)) if !part.has_key() => {
                let one = world.one(&key, to).ok_or_else(|| Problem::not_found(to.set(), path))?;
                Place::One(to, one)
            }
            _ => return world.property(kind, &key, rest.get(n..).unwrap_or_default()),
        };
        trail = format!("{trail}/{}", part.written());
    }
    match place {
        Place::One(kind, key) => {
            let known = world.written(kind, &key, &ask)?;
            known.map(Answer::Json).ok_or_else(|| Problem::not_found(kind.set(), path))
        }
        Place::Many(kind, members) => {
            let page = world.collection(kind, members, &ask)?;
            let mut body = Map::new();
            if let Some(count) = page.count {
                body.insert("@iot.count".to_owned(), count.into());
            }
            if let Some(next) = &page.next {
                let link = format!("{}/{trail}?{}", world.base, ask.next(next));
                body.insert("@iot.nextLink".to_owned(), link.into());
            }
            body.insert("value".to_owned(), page.items.into());
            Ok(Answer::Json(body.into()))
        }
    }
}

fn root(world: &World) -> Value {
    let set = |kind: &Kind| json!({ "name": kind.set(), "url": format!("{}/{}", world.base, kind.set()) });
    let conformance =
        CONFORMANCE.iter().map(|c| format!("http://www.opengis.net/spec/iot_sensing/1.1/req/{c}"));
    json!({
        "value": Kind::ALL.iter().map(set).collect::<Vec<_>>(),
        "serverSettings": { "conformance": conformance.collect::<Vec<_>>() },
    })
}

impl World {
    fn members(&self, kind: Kind) -> Members {
        match kind {
            Kind::Observation => Members::Samples(self.registry.points().keys().copied().collect()),
            kind => Members::Keys(self.all(kind)),
        }
    }

    fn linked(&self, key: &Key, to: Kind) -> Members {
        match to {
            Kind::Observation => Members::Samples(self.points_of(key)),
            to => Members::Keys(self.many(key, to)),
        }
    }

    /// The collection, or the member that a key names.
    fn enter(&self, kind: Kind, members: Members, part: &Part) -> Result<Place, Problem> {
        let Some(key) = part.key(kind)? else { return Ok(Place::Many(kind, members)) };
        let within = match (&members, &key) {
            (Members::Keys(keys), key) => keys.contains(key),
            (Members::Samples(points), Key::Sample(point, _)) => points.contains(point),
            _ => false,
        };
        let there = within && self.entity(kind, &key).is_some();
        if there { Ok(Place::One(kind, key)) } else { Err(Problem::not_found(kind.set(), key.written())) }
    }

    /// `…/$ref`: the addresses alone.
    fn references(&self, kind: Kind, members: Members, ask: &Ask, trail: &str) -> Result<Answer, Problem> {
        let Page { items: keys, next, count } = match members {
            Members::Keys(keys) => page::page(self, kind, keys, ask)?,
            Members::Samples(points) => {
                let Page { items, count, next } = observations::page(self, points, ask)?;
                let items = items.into_iter().map(|row| Key::Sample(row.point, row.at)).collect();
                Page { items, count, next }
            }
        };
        let link = |key: &Key| json!({ "@iot.selfLink": self.link(kind, key) });
        let mut body = Map::new();
        if let Some(count) = count {
            body.insert("@iot.count".to_owned(), count.into());
        }
        if let Some(next) = next {
            let link = format!("{}/{trail}/$ref?{}", self.base, ask.next(&next));
            body.insert("@iot.nextLink".to_owned(), link.into());
        }
        body.insert("value".to_owned(), keys.iter().map(link).collect::<Vec<_>>().into());
        Ok(Answer::Json(body.into()))
    }

    /// `…/name`, `…/properties/kind`, `…/name/$value`.
    fn property(&self, kind: Kind, key: &Key, path: &[Part]) -> Result<Answer, Problem> {
        let unknown = |name: &str| Problem::not_found("property", name);
        let own = self.entity(kind, key).ok_or_else(|| unknown(&key.written()))?;
        let (bare, path) = match path.split_last() {
            Some((last, path)) if last.name == "$value" => (true, path),
            _ => (false, path),
        };
        let mut value = Value::Object(own);
        let mut last = "";
        for part in path {
            let name = if part.name == "id" { "@iot.id" } else { &part.name };
            value = value.get_mut(name).map(Value::take).ok_or_else(|| unknown(name))?;
            last = name;
        }
        Ok(match (bare, value) {
            (true, Value::String(text)) => Answer::Text(text),
            (true, value) => Answer::Text(value.to_string()),
            (false, value) => {
                let body: Map<String, Value> = [(last.to_owned(), value)].into_iter().collect();
                Answer::Json(body.into())
            }
        })
    }

    fn collection(&self, kind: Kind, members: Members, ask: &Ask) -> Result<Page<Value>, Problem> {
        match members {
            Members::Keys(keys) => {
                let Page { items, count, next } = page::page(self, kind, keys, ask)?;
                let mut written = Vec::with_capacity(items.len());
                for key in items {
                    written.extend(self.written(kind, &key, ask)?);
                }
                Ok(Page { items: written, count, next })
            }
            Members::Samples(points) => {
                let Page { items, count, next } = observations::page(self, points, ask)?;
                let write = |row: &Row| {
                    let key = Key::Sample(row.point, row.at);
                    self.furnished(Kind::Observation, &key, row.entity(), ask)
                };
                let items = items.iter().map(write).collect::<Result<_, _>>()?;
                Ok(Page { items, count, next })
            }
        }
    }

    /// An entity with what was asked of it; `None` where there is none.
    fn written(&self, kind: Kind, key: &Key, ask: &Ask) -> Result<Option<Value>, Problem> {
        let Some(own) = self.entity(kind, key) else { return Ok(None) };
        self.furnished(kind, key, own, ask).map(Some)
    }

    fn furnished(
        &self,
        kind: Kind,
        key: &Key,
        mut own: Map<String, Value>,
        ask: &Ask,
    ) -> Result<Value, Problem> {
        self.spend(1)?;
        let selected = |name: &str| ask.select.is_empty() || ask.select.iter().any(|s| s == name);
        for name in &ask.select {
            let known = own.contains_key(name) || kind.link(name).is_some();
            if !known && !matches!(name.as_str(), "id" | "@iot.selfLink" | "*") {
                return Err(bad("$select", format!("{} have no `{name}`", kind.set())));
            }
        }
        if !selected("*") {
            own.retain(|name, _| selected(name) || (name == "@iot.id" && selected("id")));
        }
        let link = self.link(kind, key);
        for (name, ..) in kind.links().iter().filter(|(name, ..)| selected(name)) {
            own.insert(format!("{name}@iot.navigationLink"), format!("{link}/{name}").into());
        }
        for (name, inner) in &ask.expand {
            self.expanded(kind, key, name, inner, &mut own)?;
        }
        if selected("@iot.selfLink") {
            own.insert("@iot.selfLink".to_owned(), link.into());
        }
        Ok(own.into())
    }

    fn expanded(
        &self,
        kind: Kind,
        key: &Key,
        name: &str,
        ask: &Ask,
        into: &mut Map<String, Value>,
    ) -> Result<(), Problem> {
        let unknown = || bad("$expand", format!("{} have no link `{name}`", kind.set()));
        let (to, many) = kind.link(name).ok_or_else(unknown)?;
        into.remove(&format!("{name}@iot.navigationLink"));
        if !many {
            let one = self.one(key, to).map(|key| self.written(to, &key, ask)).transpose()?.flatten();
            into.insert(name.to_owned(), one.unwrap_or_default());
            return Ok(());
        }
        let page = self.collection(to, self.linked(key, to), ask)?;
        if let Some(count) = page.count {
            into.insert(format!("{name}@iot.count"), count.into());
        }
        if let Some(next) = &page.next {
            let link = format!("{}/{name}?{}", self.link(kind, key), ask.next(next));
            into.insert(format!("{name}@iot.nextLink"), link.into());
        }
        into.insert(name.to_owned(), page.items.into());
        Ok(())
    }
}
