//! 查询选项: `$top`, `$skip`, `$count`, `$orderby`, `$filter`, `$select`, `$expand` (OGC 18-088, 9.3).

use super::filter::{self, Expr};
use super::{DEPTH_MAX, QUERY_MAX, bad, url};
use crate::problem::Problem;

/// What a request asks of one collection or entity.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ask {
    pub(super) top: Option<usize>,
    pub(super) skip: usize,
    pub(super) count: bool,
    /// Keys in order of weight, and whether each goes down.
    pub(super) order: Vec<(Expr, bool)>,
    pub(super) filter: Option<Expr>,
    /// Properties; all where it is empty.
    pub(super) select: Vec<String>,
    /// Links to be followed, and what is asked there.
    pub(super) expand: Vec<(String, Self)>,
    /// `$skiptoken`: the last Observation of the page before.
    pub(super) after: Option<String>,
    /// The options as they came: the next page asks the same.
    pairs: Vec<(String, String)>,
}

impl Ask {
    /// Reads a query string.
    pub(super) fn read(query: &str) -> Result<Self, Problem> {
        if query.len() > QUERY_MAX {
            return Err(bad("query", format!("at most {QUERY_MAX} bytes")));
        }
        let parts = query.split('&').filter(|part| !part.is_empty());
        let pairs: Vec<(String, String)> = parts
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                url::decoded(name).zip(url::decoded(value)).ok_or_else(|| bad(part, "no UTF-8 behind `%`"))
            })
            .collect::<Result<_, _>>()?;
        Self::of(pairs, 0)
    }

    fn of(pairs: Vec<(String, String)>, depth: usize) -> Result<Self, Problem> {
        if depth > DEPTH_MAX {
            return Err(bad("$expand", format!("at most {DEPTH_MAX} deep")));
        }
        let mut ask = Self::default();
        for (name, value) in &pairs {
            ask.take(name, value.trim(), depth)?;
        }
        ask.pairs = pairs;
        Ok(ask)
    }

    fn take(&mut self, name: &str, value: &str, depth: usize) -> Result<(), Problem> {
        let number = || value.parse::<usize>().map_err(|_| bad(name, "a whole number from 0 on"));
        match name {
            "$top" => self.top = Some(number()?),
            "$skip" => self.skip = number()?,
            "$count" => {
                self.count = value.parse().map_err(|_| bad("$count", "true or false"))?;
            }
            "$filter" => self.filter = Some(filter::read(value).map_err(|why| bad("$filter", why))?),
            "$orderby" => {
                let keys = url::split(value, ',').into_iter().map(order);
                self.order = keys.collect::<Result<_, _>>()?;
            }
            "$select" => {
                self.select = value.split(',').map(|part| part.trim().to_owned()).collect();
            }
            "$expand" => {
                for item in url::split(value, ',') {
                    self.expand(item.trim(), depth)?;
                }
            }
            "$skiptoken" => self.after = Some(value.to_owned()),
            "$resultFormat" | "$format" if value.eq_ignore_ascii_case("json") => {}
            _ => return Err(bad(name, "not known here")),
        }
        Ok(())
    }

    /// `Datastreams`, `Datastreams($select=name;$expand=Sensor)`, `Datastreams/Sensor`.
    fn expand(&mut self, item: &str, depth: usize) -> Result<(), Problem> {
        let mut parts = url::split(item, '/').into_iter();
        let head = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        let (name, options) = match head.split_once('(') {
            Some((name, options)) => {
                let options = options.strip_suffix(')').ok_or_else(|| bad("$expand", "a bracket is open"))?;
                (name, options)
            }
            None => (head, ""),
        };
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_owned(), value.to_owned())
        };
        let options = url::split(options, ';').into_iter().filter(|part| !part.trim().is_empty());
        let inner = Self::of(options.map(pair).collect(), depth + 1)?;
        if self.expand.iter().all(|(known, _)| known != name) {
            self.expand.push((name.to_owned(), inner));
        }
        if let (false, Some((_, inner))) =
            (rest.is_empty(), self.expand.iter_mut().find(|(known, _)| known == name))
        {
            if depth >= DEPTH_MAX {
                return Err(bad("$expand", format!("at most {DEPTH_MAX} deep")));
            }
            inner.expand(&rest.join("/"), depth + 1)?;
        }
        Ok(())
    }

    /// The query of the next page.
    pub(super) fn next(&self, place: &Next) -> String {
        let kept = self.pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "$skip" | "$skiptoken"));
        let mut parts: Vec<String> = kept.map(|(name, value)| pair(name, value)).collect();
        parts.push(match place {
            Next::Skip(count) => pair("$skip", &count.to_string()),
            Next::After(token) => pair("$skiptoken", token),
        });
        parts.join("&")
    }
}

/// Where the next page begins.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// After so many.
    Skip(usize),
    /// After this one.
    After(String),
}

fn pair(name: &str, value: &str) -> String {
    format!("{name}={}", url::encoded(value))
}

fn order(text: &str) -> Result<(Expr, bool), Problem> {
    let text = text.trim();
    let (key, down) = match text.rsplit_once(' ') {
        Some((key, "desc")) => (key, true),
        Some((key, "asc")) => (key, false),
        _ => (text, false),
    };
    filter::read(key).map(|key| (key, down)).map_err(|why| bad("$orderby", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expanded_has_options_of_its_own() {
        let ask = Ask::read(
            "$top=5&$expand=Datastreams($select=name;$expand=Observations($top=1)),Datastreams/Sensor",
        )
        .unwrap();
        assert_eq!(ask.top, Some(5));
        let (name, inner) = &ask.expand[0];
        assert_eq!((name.as_str(), inner.select.as_slice()), ("Datastreams", &["name".to_owned()][..]));
        assert_eq!((inner.expand[0].1.top, inner.expand[1].0.as_str()), (Some(1), "Sensor"));
        assert_eq!(ask.expand.len(), 1);
    }

    #[test]
    fn the_next_page_asks_the_same() {
        let ask = Ask::read("$top=2&$filter=name%20eq%20%27a%26b%27&$skip=2").unwrap();
        assert_eq!(ask.next(&Next::Skip(4)), "$top=2&$filter=name%20eq%20'a%26b'&$skip=4");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in ["$top=-1", "$count=yes", "$search=x", "$filter=name eq", "$expand=A(", "$top=%zz"] {
            assert!(Ask::read(query).is_err(), "{query}");
        }
        let deep = "$expand=A($expand=B($expand=C($expand=D($expand=E))))";
        assert!(Ask::read(deep).is_err());
        assert!(Ask::read("$expand=A/B/C/D/E/F").is_err());
    }
}
