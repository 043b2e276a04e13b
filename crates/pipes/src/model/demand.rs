//! Demands laid out for adding up (用水量的排列).

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node and pattern numbers")]

/// Demands of all junctions by category (用水量).
#[derive(Debug, Clone, Default)]
pub(crate) struct DemandModel {
    /// Patterns that many junctions follow.
    pub columns: Vec<DemandColumn>,
    /// All other categories, grouped by node, nodes ascending.
    pub others: Vec<Demand>,
    /// Whether a category feeds water in.
    pub feeds: bool,
}

/// What every junction asks for by one pattern, ft³/s; 0 for most or few of them.
#[derive(Debug, Clone)]
pub(crate) struct DemandColumn {
    pub pattern: u32,
    pub base: Vec<f64>,
}

/// A category of a junction's demand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    pub node: u32,
    /// Index of the pattern; the number of patterns stands for a constant 1.
    pub pattern: u32,
    /// ft³/s.
    pub base: f64,
}

impl DemandModel {
    /// A pattern that at least one junction in this many follows becomes a column: vectors pass over the
    /// junctions that do not follow it quicker than one asks each of those that do.
    const COLUMN_FROM: usize = 8;

    /// Sorts the categories of `junctions` junctions.
    pub(crate) fn new(all: &[Demand], junctions: usize, patterns: usize) -> Self {
        let mut followers = vec![0; patterns + 1];
        for d in all {
            followers[d.pattern as usize] += 1;
        }
        let dense = (0u32..).zip(followers).filter(|(_, n)| n * Self::COLUMN_FROM >= junctions.max(1));
        let column = |pattern| DemandColumn { pattern, base: vec![0.0; junctions] };
        let mut sorted = Self {
            columns: dense.map(|(pattern, _)| column(pattern)).collect(),
            others: Vec::new(),
            feeds: all.iter().any(|d| d.base < 0.0),
        };
        for d in all {
            match sorted.columns.iter_mut().find(|c| c.pattern == d.pattern) {
                Some(column) => column.base[d.node as usize] += d.base,
                None => sorted.others.push(*d),
            }
        }
        sorted
    }

    /// Junctions and base demands of all categories.
    pub(crate) fn bases(&self) -> impl Iterator<Item = (usize, f64)> {
        let columns = self.columns.iter().flat_map(|c| c.base.iter().copied().enumerate());
        columns.chain(self.others.iter().map(|d| (d.node as usize, d.base)))
    }
}
