//! 资源路径: `Things('3307820001')/Datastreams(17)/Observations` taken apart (OGC 18-088, 9.2).

use super::kind::{Key, Kind};
use super::url;
use crate::problem::Problem;

/// One part of a path.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    /// What stands before the bracket.
    pub(super) name: String,
    /// What stands in it.
    key: Option<String>,
}

impl Part {
    /// The key of that kind; `None` where the part has none.
    pub(super) fn key(&self, kind: Kind) -> Result<Option<Key>, Problem> {
        let Some(text) = &self.key else { return Ok(None) };
        let unknown = || Problem::not_found(kind.set(), text);
        Key::read(kind, text).map(Some).ok_or_else(unknown)
    }

    /// As a path writes it.
    pub(super) fn written(&self) -> String {
        let name = &self.name;
        self.key.as_ref().map_or_else(|| name.clone(), |key| format!("{name}({})", url::encoded(key)))
    }

    /// Whether it has a key.
    pub(super) const fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

/// The parts of a path behind the service's root, in order.
pub(super) fn parts(path: &str) -> Vec<Part> {
    let parts = url::split(path.trim_matches('/'), '/');
    parts.into_iter().filter(|part| !part.is_empty()).map(part).collect()
}

fn part(text: &str) -> Part {
    match text.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?))) {
        Some((name, key)) => Part { name: name.to_owned(), key: Some(key.to_owned()) },
        None => Part { name: text.to_owned(), key: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart_at_its_slashes() {
        let all = parts("/Things('3307820001')/Datastreams(17)/name/$value");
        let names: Vec<&str> = all.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["Things", "Datastreams", "name", "$value"]);
        assert_eq!(all[1].key(Kind::Datastream).unwrap(), Some(Key::Point(field::id::PointId(17))));
        assert!(all[1].key(Kind::Thing).is_err() && !all[2].has_key());
    }
}
