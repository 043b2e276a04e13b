//! Which point a series feeds: by the station it names and its field, else at the source's own
//! station by its whole name.

use super::create;
use super::making::At;
use super::names::Names;
use super::source::{Source, Target};
use crate::app::App;
use crate::problem::Problem;
use field::id::StationCode;
use field::station::Point;
use std::sync::{Arc, PoisonError};
use store::Registry;

/// A series nobody has looked up yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Asked {
    /// The station it names.
    pub(crate) station: Option<String>,
    /// Names a point may list for it among its elements, the best first; the last one is what a
    /// point made for it lists.
    pub(crate) elements: Vec<String>,
    /// Its whole name: what a point at the source's own station lists.
    pub(crate) name: String,
}

/// What became of it.
pub(crate) type Answer = Result<Target, (&'static str, String)>;

/// Longest name of a series that becomes a point.
const NAME_MAX: usize = 512;

/// Where a series belongs.
enum Place<'r> {
    Found(&'r Arc<Point>),
    /// At this station, under this element, if it may be made.
    Missing(StationCode, String),
    Nowhere(&'static str, String),
}

/// Looks series up, and makes points for those that are new where the source may.
pub(crate) async fn resolve(app: &App, source: &Source, asked: &[Asked]) -> Result<Vec<Answer>, Problem> {
    let registry = app.store.tables.registry();
    let (mut answers, missing) = look(&registry, source, asked);
    if missing.is_empty() {
        return Ok(answers);
    }
    if !source.config.create {
        for (n, (station, element)) in missing {
            let why = format!(
                "station `{station}` has no point with element `{element}`: add it, or let source `{}` create points",
                source.config.name
            );
            put(&mut answers, n, Err(("unknown_series", why)));
        }
        return Ok(answers);
    }
    let wanted = missing.iter().map(|(_, at)| at.clone()).collect();
    let made = source.making.points(&wanted, |all| create::points(app, source, all)).await?;
    for (n, at) in &missing {
        let why = || format!("no more than {} points of a station are made", create::POINTS_MAX);
        put(&mut answers, *n, made.get(at).copied().ok_or_else(|| ("too_many_series", why())));
    }
    Ok(answers)
}

type Missing = Vec<(usize, At)>;

fn look(registry: &Registry, source: &Source, asked: &[Asked]) -> (Vec<Answer>, Missing) {
    let mut names = source.names.lock().unwrap_or_else(PoisonError::into_inner);
    names.follow(registry);
    let names = &*names;
    let mut missing = vec![];
    let answers = asked
        .iter()
        .enumerate()
        .map(|(n, asked)| match place(registry, names, source, asked) {
            Place::Found(point) => Ok(target(point)),
            Place::Missing(station, element) => {
                missing.push((n, (station, element)));
                Err(("unknown_series", String::new()))
            }
            Place::Nowhere(code, why) => Err((code, why)),
        })
        .collect();
    (answers, missing)
}

fn place<'r>(registry: &'r Registry, names: &Names, source: &Source, asked: &Asked) -> Place<'r> {
    let named = asked.station.as_deref().and_then(|name| StationCode::new(name).ok());
    if let Some(code) = named.filter(|code| registry.station(code).is_some()) {
        if let Some(point) = asked.elements.iter().find_map(|element| names.find(registry, &code, element)) {
            return Place::Found(point);
        }
        let element = asked.elements.last().cloned().unwrap_or_default();
        return missing(code, element);
    }
    let Some(own) = &source.config.station else {
        let name = asked.station.as_deref().unwrap_or_default();
        let why = format!(
            "station `{name}` is not in the registry, and source `{}` has no `station` of its own",
            source.config.name
        );
        return Place::Nowhere("unknown_station", why);
    };
    if registry.station(own).is_none() {
        let why =
            format!("station `{own}` of source `{}` is not in the registry: add it", source.config.name);
        return Place::Nowhere("unknown_station", why);
    }
    match names.find(registry, own, &asked.name) {
        Some(point) => Place::Found(point),
        None => missing(own.clone(), asked.name.clone()),
    }
}

fn missing<'r>(station: StationCode, element: String) -> Place<'r> {
    if element.len() > NAME_MAX {
        return Place::Nowhere("name_too_long", format!("the series' name has more than {NAME_MAX} bytes"));
    }
    Place::Missing(station, element)
}

pub(crate) fn target(point: &Point) -> Target {
    Target { point: point.id, min: point.min, max: point.max }
}

fn put(answers: &mut [Answer], n: usize, answer: Answer) {
    if let Some(place) = answers.get_mut(n) {
        *place = answer;
    }
}
