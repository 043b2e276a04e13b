//! EPANET's binary results (manual, Appendix D), read.

use std::collections::HashMap;
use std::path::Path;

/// Bytes of the part before the names: header, title, files, chemical.
const HEADER: usize = 884;

/// A file of results.
pub(crate) struct Results {
    bytes: Vec<u8>,
    pub(crate) nodes: usize,
    pub(crate) links: usize,
    pub(crate) periods: usize,
    /// First report period and the time between two, s.
    pub(crate) start: i64,
    pub(crate) step: i64,
    first: usize,
}

impl Results {
    /// The file's results; `None` when there is no whole file.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok().filter(|b| b.len() > HEADER)?;
        let int = |at: usize| Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let count = |at: usize| usize::try_from(int(at)?).ok();
        let (nodes, tanks, links, pumps) = (count(8)?, count(12)?, count(16)?, count(20)?);
        let prolog = HEADER + 32 * (nodes + links) + 12 * links + 8 * tanks + 4 * nodes + 8 * links;
        let (periods, start, step) =
            (count(bytes.len() - 12)?, i64::from(int(48)?), i64::from(int(52)?).max(1));
        Some(Self { nodes, links, periods, start, step, first: prolog + 28 * pumps + 4, bytes })
    }

    fn value(&self, period: usize, index: usize) -> f64 {
        let at = self.first + 4 * (period * (4 * self.nodes + 8 * self.links) + index);
        let four = self.bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        f64::from(four.map_or(f32::NAN, f32::from_le_bytes))
    }

    pub(crate) fn head(&self, period: usize, node: usize) -> f64 {
        self.value(period, self.nodes + node)
    }

    pub(crate) fn quality(&self, period: usize, node: usize) -> f64 {
        self.value(period, 3 * self.nodes + node)
    }

    pub(crate) fn flow(&self, period: usize, link: usize) -> f64 {
        self.value(period, 4 * self.nodes + link)
    }

    /// The largest size of what `of` gives for every period and each of `count` elements.
    pub(crate) fn largest(&self, count: usize, of: impl Fn(usize, usize) -> f64) -> f64 {
        (0..self.periods)
            .flat_map(|p| (0..count).map(move |i| (p, i)))
            .fold(0.0, |a: f64, (p, i)| a.max(of(p, i).abs()))
    }

    /// Indices of the nodes and of the links by name.
    pub(crate) fn names(&self) -> [HashMap<&[u8], usize>; 2] {
        let name = |i: usize| {
            let field = self.bytes.get(HEADER + 32 * i..HEADER + 32 * (i + 1)).unwrap_or_default();
            field.split(|&b| b == 0).next().unwrap_or_default()
        };
        [
            (0..self.nodes).map(|i| (name(i), i)).collect(),
            (0..self.links).map(|i| (name(self.nodes + i), i)).collect(),
        ]
    }
}
