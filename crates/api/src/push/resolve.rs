//! Which point a series feeds: by the station it names and its field, else at the source's own
//! station by its whole name.

use super::create;
use super::source::{Source, Target};
use crate::app::App;
use crate::problem::Problem;
use field::id::StationCode;
use field::station::Point;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
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
enum Place {
    Found(Arc<Point>),
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
    let _one = source.creating.lock().await;
    // Another request may have made them meanwhile.
    let (mut answers, missing) = look(&app.store.tables.registry(), source, asked);
    let made = create::points(app, &source.config.name, missing.iter().map(|(_, at)| at)).await?;
    for (n, at) in &missing {
        let why =
            || format!("{} new points at once, and no more than {} in all", made.len(), create::POINTS_MAX);
        put(&mut answers, *n, made.get(at).copied().ok_or_else(|| ("too_many_series", why())));
    }
    Ok(answers)
}

type Missing = Vec<(usize, (StationCode, String))>;

fn look(registry: &Registry, source: &Source, asked: &[Asked]) -> (Vec<Answer>, Missing) {
    let names = asked.iter().flat_map(|asked| asked.elements.iter().chain([&asked.name]));
    let wanted = names.map(|name| name.to_ascii_lowercase()).collect();
    let mut index = Index { registry, wanted, of: HashMap::new() };
    let mut missing = vec![];
    let answers = asked
        .iter()
        .enumerate()
        .map(|(n, asked)| match place(&mut index, source, asked) {
            Place::Found(point) => Ok(target(&point)),
            Place::Missing(station, element) => {
                missing.push((n, (station, element)));
                Err(("unknown_series", String::new()))
            }
            Place::Nowhere(code, why) => Err((code, why)),
        })
        .collect();
    (answers, missing)
}

fn place(index: &mut Index<'_>, source: &Source, asked: &Asked) -> Place {
    let named = asked.station.as_deref().and_then(|name| StationCode::new(name).ok());
    if let Some(code) = named.filter(|code| index.registry.station(code).is_some()) {
        if let Some(point) = asked.elements.iter().find_map(|element| index.point(&code, element)) {
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
    if index.registry.station(own).is_none() {
        let why =
            format!("station `{own}` of source `{}` is not in the registry: add it", source.config.name);
        return Place::Nowhere("unknown_station", why);
    }
    match index.point(own, &asked.name) {
        Some(point) => Place::Found(point),
        None => missing(own.clone(), asked.name.clone()),
    }
}

fn missing(station: StationCode, element: String) -> Place {
    if element.len() > NAME_MAX {
        return Place::Nowhere("name_too_long", format!("the series' name has more than {NAME_MAX} bytes"));
    }
    Place::Missing(station, element)
}

/// The elements that were asked for of stations that were asked for: a push source's own has thousands.
struct Index<'a> {
    registry: &'a Registry,
    /// In small letters.
    wanted: HashSet<String>,
    of: HashMap<StationCode, HashMap<String, Arc<Point>>>,
}

impl Index<'_> {
    fn point(&mut self, code: &StationCode, element: &str) -> Option<Arc<Point>> {
        if !self.of.contains_key(code) {
            let mut found = HashMap::new();
            let mut small = String::new();
            for point in self.registry.points_of(code) {
                for element in &point.elements {
                    small.clone_from(element);
                    small.make_ascii_lowercase();
                    if self.wanted.contains(&small) {
                        found.insert(small.clone(), Arc::clone(point));
                    }
                }
            }
            self.of.insert(code.clone(), found);
        }
        self.of.get(code)?.get(&element.to_ascii_lowercase()).cloned()
    }
}

pub(crate) fn target(point: &Point) -> Target {
    Target { point: point.id, min: point.min, max: point.max }
}

fn put(answers: &mut [Answer], n: usize, answer: Answer) {
    if let Some(place) = answers.get_mut(n) {
        *place = answer;
    }
}
