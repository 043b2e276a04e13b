//! Pages of Observations, read from the samples as far as they are needed.
//!
//! Promises: bounds on `phenomenonTime` and `resultTime` and what is asked of the Datastream narrow
//! what is read; the newest or oldest few are found without reading the rest; a page that follows
//! begins where the one before ended, also when samples came in between.

use super::ask::{Ask, Next};
use super::entity::{Row, period_ms};
use super::filter::{Expr, Names, Op, Value, holds};
use super::kind::{Key, Kind};
use super::page::{Entity, Page, order_keys, sorted, top};
use super::world::World;
use super::{OBSERVATIONS_MAX, bad};
use crate::problem::Problem;
use field::id::PointId;
use field::time::{DAY_MS, Time};
use serde_json::Value as Json;

/// Rows that may be put in another order than by time.
const SORTED_MAX: usize = 1_000_000;

/// In which order they come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// By Datastream, then by time.
    ByPoint,
    ByTime {
        newest_first: bool,
    },
    /// By something else: all must be read.
    Other,
}

impl Order {
    fn of(ask: &Ask) -> Self {
        match ask.order.as_slice() {
            [] => Self::ByPoint,
            [(Expr::Path(path), newest_first)] if is_time(path) => {
                Self::ByTime { newest_first: *newest_first }
            }
            _ => Self::Other,
        }
    }
}

fn is_time(path: &[String]) -> bool {
    matches!(path, [name] if name == "phenomenonTime" || name == "resultTime")
}

/// What is read: which points, and from when to when.
struct Scope<'a> {
    world: &'a World,
    points: Vec<PointId>,
    from: i64,
    to: i64,
    /// What must hold of each row.
    terms: Vec<&'a Expr>,
}

/// The page asked for, of the samples of these points.
pub(super) fn page(world: &World, points: Vec<PointId>, ask: &Ask) -> Result<Page<Row>, Problem> {
    let scope = Scope::of(world, points, ask.filter.as_ref())?;
    let count = if ask.count { Some(scope.count()?) } else { None };
    let (order, top) = (Order::of(ask), top(ask, OBSERVATIONS_MAX));
    if order == Order::Other {
        return scope.reordered(ask, top, count);
    }
    let after = ask.after.as_deref().map(token).transpose()?;
    let (mut items, mut skipped) = (vec![], 0);
    if top > 0 {
        scope.walk(order, after, &mut |row| {
            if skipped < ask.skip {
                skipped += 1;
            } else {
                items.push(row);
            }
            // One more says that another page follows.
            Ok(items.len() <= top)
        })?;
    }
    let next = (items.len() > top).then(|| items.truncate(top)).and(items.last());
    let next = next.map(|row| Next::After(format!("{}-{}", row.point, row.at.ms())));
    Ok(Page { items, count, next })
}

fn token(text: &str) -> Result<(PointId, i64), Problem> {
    match Key::read(Kind::Observation, &format!("'{text}'")) {
        Some(Key::Sample(point, at)) => Ok((point, at.ms())),
        _ => Err(bad("$skiptoken", "as `@iot.nextLink` gave it")),
    }
}

impl<'a> Scope<'a> {
    fn of(world: &'a World, mut points: Vec<PointId>, filter: Option<&'a Expr>) -> Result<Self, Problem> {
        points.sort_unstable();
        let (mut from, mut to) = (Time::MIN.ms(), Time::MAX.ms());
        let mut terms = vec![];
        for term in filter.map_or(vec![], Expr::terms) {
            if term.is_about("Datastream") {
                points = of_datastream(world, points, term)?;
                continue;
            }
            if let Some((least, most)) = bounds(term) {
                (from, to) = (from.max(least), to.min(most));
            }
            terms.push(term);
        }
        Ok(Self { world, points, from, to, terms })
    }

    /// Calls `visit` for each row in order, until it says no.
    fn walk(
        &self,
        order: Order,
        after: Option<(PointId, i64)>,
        visit: &mut dyn FnMut(Row) -> Result<bool, Problem>,
    ) -> Result<(), Problem> {
        let Order::ByTime { newest_first } = order else {
            for point in &self.points {
                let from = match after {
                    Some((last, _)) if *point < last => continue,
                    Some((last, at)) if *point == last => self.from.max(at + 1),
                    _ => self.from,
                };
                if !self.steps(std::slice::from_ref(point), (from, self.to), false, visit)? {
                    return Ok(());
                }
            }
            return Ok(());
        };
        let (mut from, mut to) = (self.from, self.to);
        if let Some((_, at)) = after {
            if newest_first { to = to.min(at + 1) } else { from = from.max(at) }
        }
        let mut behind = |row: Row| {
            let place = (row.at.ms(), row.point);
            let is_new =
                after.is_none_or(
                    |(point, at)| {
                        if newest_first { place < (at, point) } else { place > (at, point) }
                    },
                );
            if is_new { visit(row) } else { Ok(true) }
        };
        self.steps(&self.points, (from, to), newest_first, &mut behind).map(drop)
    }

    /// Reads in growing steps from one end, so that the first few rows cost little.
    fn steps(
        &self,
        points: &[PointId],
        (mut from, to): (i64, i64),
        newest_first: bool,
        visit: &mut dyn FnMut(Row) -> Result<bool, Problem>,
    ) -> Result<bool, Problem> {
        let latest = self.world.samples.latest_of(points);
        let newest = latest.iter().flatten().map(|(sample, _)| sample.at.ms()).max();
        let Some(newest) = newest else { return Ok(true) };
        let mut to = to.min(newest + 1);
        // Where nothing says when it begins, it begins with the first sample.
        let mut width = if newest_first || from > Time::MIN.ms() { DAY_MS } else { i64::MAX };
        while from < to {
            let (low, high) = if newest_first {
                (from.max(to.saturating_sub(width)), to)
            } else {
                (from, to.min(from.saturating_add(width)))
            };
            for row in self.rows(points, low, high, newest_first)? {
                if self.holds(&row)? && !visit(row)? {
                    return Ok(false);
                }
            }
            if newest_first {
                to = low
            } else {
                from = high
            }
            width = width.saturating_mul(2);
        }
        Ok(true)
    }

    /// The rows of a stretch by time, those of one moment by point; or the other way round.
    fn rows(&self, points: &[PointId], from: i64, to: i64, turned: bool) -> Result<Vec<Row>, Problem> {
        let mut rows = vec![];
        for id in points {
            let Some(point) = self.world.point(*id) else { continue };
            let (low, high) = (Time::from_ms(from), Time::from_ms(to));
            let found = self.world.samples.columns_blocking(&[*id], low, high)?;
            let Some(columns) = found.first() else { continue };
            self.world.read(columns.times.len())?;
            let period_ms = period_ms(point.quantity);
            for (n, (at, value)) in columns.times.iter().zip(&columns.values).enumerate() {
                let quality = columns.qualities.get(n).copied().unwrap_or_default();
                rows.push(Row { point: *id, at: Time::from_ms(*at), value: *value, quality, period_ms });
            }
        }
        if points.len() > 1 {
            rows.sort_unstable_by_key(|row| (row.at, row.point));
        }
        if turned {
            rows.reverse();
        }
        Ok(rows)
    }

    fn holds(&self, row: &Row) -> Result<bool, Problem> {
        let names = Sampled { world: self.world, row };
        for term in &self.terms {
            if !holds(term, &names)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn count(&self) -> Result<usize, Problem> {
        let mut count = 0;
        self.walk(Order::ByPoint, None, &mut |_| {
            count += 1;
            Ok(true)
        })?;
        Ok(count)
    }

    /// By something else than time: all are read and put in order.
    fn reordered(&self, ask: &Ask, top: usize, count: Option<usize>) -> Result<Page<Row>, Problem> {
        if ask.after.is_some() {
            return Err(bad("$skiptoken", "not with this $orderby"));
        }
        let mut rows = vec![];
        self.walk(Order::ByPoint, None, &mut |row| {
            rows.push(row);
            let fits = rows.len() <= SORTED_MAX;
            let why = || format!("more than {SORTED_MAX} Observations to be put in order");
            if fits { Ok(true) } else { Err(bad("$orderby", why())) }
        })?;
        let world = self.world;
        let rows = sorted(rows, ask, |row| order_keys(ask, &Sampled { world, row }))?;
        let (all, end) = (rows.len(), ask.skip.saturating_add(top));
        let items = rows.into_iter().skip(ask.skip).take(top).collect();
        Ok(Page { items, count, next: (top > 0 && end < all).then_some(Next::Skip(end)) })
    }
}

/// The points whose Datastream fits the term.
fn of_datastream(world: &World, points: Vec<PointId>, term: &Expr) -> Result<Vec<PointId>, Problem> {
    let mut kept = vec![];
    for id in points {
        // Asked of any sample of it: only the Datastream is looked at.
        let key = Key::Sample(id, Time::MIN);
        if holds(term, &Entity::new(world, Kind::Observation, &key))? {
            kept.push(id);
        }
    }
    Ok(kept)
}

/// From when to when (not included) samples can be of which a comparison of times holds.
fn bounds(term: &Expr) -> Option<(i64, i64)> {
    let Expr::Two(op, a, b) = term else { return None };
    let (op, path, value) = match (a.as_ref(), b.as_ref()) {
        (Expr::Path(path), Expr::Literal(value)) => (*op, path, value),
        (Expr::Literal(value), Expr::Path(path)) => (turned(*op), path, value),
        _ => return None,
    };
    if !is_time(path) {
        return None;
    }
    let (from, to) = value.span()?;
    let all = (Time::MIN.ms(), Time::MAX.ms());
    Some(match op {
        // A sample's label is its end: nothing labelled before `from` can lie behind it.
        Op::Gt | Op::Ge => (from, all.1),
        Op::Lt | Op::Le => (all.0, to.saturating_add(1)),
        Op::Eq => (from, to.saturating_add(1)),
        _ => all,
    })
}

const fn turned(op: Op) -> Op {
    match op {
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        other => other,
    }
}

/// A sample's properties under their names.
struct Sampled<'a> {
    world: &'a World,
    row: &'a Row,
}

impl Names for Sampled<'_> {
    fn value(&self, path: &[String]) -> Result<Value, Problem> {
        let at = self.row.at.ms();
        Ok(match path {
            [name] => match name.as_str() {
                "result" if self.row.value.is_nan() => Value::Null,
                "result" => Value::Number(self.row.value),
                "phenomenonTime" => {
                    let (from, to) = self.row.span();
                    Value::Span(from, to)
                }
                "resultTime" => Value::Span(at, at),
                "resultQuality" => Value::of(&serde_json::to_value(self.row.quality).unwrap_or(Json::Null)),
                "validTime" | "parameters" => Value::Null,
                _ => self.linked(path)?,
            },
            _ => self.linked(path)?,
        })
    }

    fn now(&self) -> Time {
        self.world.now
    }
}

impl Sampled<'_> {
    fn linked(&self, path: &[String]) -> Result<Value, Problem> {
        let key = Key::Sample(self.row.point, self.row.at);
        Entity::new(self.world, Kind::Observation, &key).value(path)
    }
}
