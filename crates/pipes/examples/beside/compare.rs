//! The largest differences between two answers to one network.

use crate::results::Results;
use pipes::{Model, Runner};
use std::path::Path;

/// What the issue asks for: metres, shares of a flow, shares of the strongest quality.
pub(crate) const LIMITS: [f64; 3] = [0.003, 0.001, 0.01];

/// Flows below this share of the network's largest are judged as if they were that large.
const SMALL_FLOW: f64 = 0.01;

/// Single precision, in which EPANET's file has its values: one unit in the last place.
const SINGLE: f64 = 1.2e-7;

/// Largest differences of heads (m), flows and qualities (shares).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Differences(pub(crate) [f64; 3]);

impl Differences {
    fn see(&mut self, which: usize, size: f64) {
        if let Some(slot) = self.0.get_mut(which)
            && (size > *slot || size.is_nan())
        {
            *slot = size;
        }
    }

    pub(crate) fn within(&self) -> bool {
        self.0.iter().zip(LIMITS).all(|(d, limit)| *d <= limit)
    }

    /// True when each is within its limit or no larger than twice what it is in `other`.
    pub(crate) fn within_or_below(&self, other: &Self) -> bool {
        self.0.iter().zip(LIMITS).zip(other.0).all(|((d, limit), o)| *d <= limit || *d <= 2.0 * o)
    }

    fn or_larger(self, other: &Self) -> Self {
        let mut sum = self;
        other.0.iter().enumerate().for_each(|(i, d)| sum.see(i, *d));
        sum
    }
}

/// How a network came out.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) nodes: usize,
    pub(crate) links: usize,
    pub(crate) periods: usize,
    /// Heads not compared, because no open link joins their node to a source.
    pub(crate) cut_off: usize,
    pub(crate) ours: Differences,
    /// EPANET beside itself, where it was asked.
    pub(crate) spread: Option<Differences>,
}

/// What differences are measured by.
struct Measure {
    metre: f64,
    flow: f64,
    quality: f64,
}

impl Measure {
    fn new(results: &Results, metric: bool) -> Self {
        Self {
            metre: if metric { 1.0 } else { 0.3048 },
            flow: SMALL_FLOW * results.largest(results.links, |p, l| results.flow(p, l)).max(1e-9),
            quality: results.largest(results.nodes, |p, n| results.quality(p, n)).max(1e-9),
        }
    }

    fn head(&self, is: f64, wanted: f64) -> f64 {
        ((is - wanted).abs() - wanted.abs() * SINGLE).max(0.0) * self.metre
    }

    fn flow(&self, is: f64, wanted: f64) -> f64 {
        (is - wanted).abs() / wanted.abs().max(self.flow)
    }

    fn quality(&self, is: f64, wanted: f64) -> f64 {
        (is - wanted).abs() / self.quality
    }
}

/// Runs the network and compares it with EPANET's results in the folder.
pub(crate) fn compare(folder: &Path, name: &str) -> Result<Outcome, String> {
    let bytes = std::fs::read(folder.join(format!("{name}.inp"))).map_err(|e| e.to_string())?;
    let text: String = bytes.iter().map(|&b| char::from(b)).collect();
    let (project, problems) = pipes::read(&text);
    if let Some(problem) = problems.first() {
        return Err(format!("refused: {problem}"));
    }
    let model =
        Model::new(project).map_err(|p| format!("refused: {}", p.first().map_or("", |p| &p.message)))?;
    let wanted = Results::read(&folder.join(format!("{name}.out"))).ok_or("EPANET left no results")?;
    let measure = Measure::new(&wanted, model.factors().metric);
    let mut outcome = Outcome {
        name: name.to_owned(),
        nodes: wanted.nodes,
        links: wanted.links,
        periods: 0,
        cut_off: 0,
        ours: Differences::default(),
        spread: None,
    };
    // Which heads and flows mean something, period by period.
    let mut judged = Vec::new();
    let (mut state, mut runner) = (model.start(), Runner::new(&model));
    while outcome.periods < wanted.periods && runner.step(&mut state).map_err(|e| e.to_string())? {
        let since = state.time() - wanted.start;
        if since < 0 || since % wanted.step != 0 {
            continue;
        }
        let (period, joined) = (outcome.periods, model.joined_to_source(&state));
        outcome.periods += 1;
        outcome.cut_off += joined.iter().filter(|j| !**j).count();
        for (i, _) in joined.iter().enumerate().filter(|(_, joined)| **joined) {
            let Some(view) = model.node_view(&state, i) else { continue };
            outcome.ours.see(0, measure.head(view.head, wanted.head(period, i)));
            outcome.ours.see(2, measure.quality(view.quality, wanted.quality(period, i)));
        }
        let ends = |l: &pipes::project::Link| [l.from, l.to].iter().any(|&n| joined.get(n) == Some(&true));
        let flows: Vec<bool> = model.project().links.iter().map(ends).collect();
        for (i, _) in flows.iter().enumerate().filter(|(_, judged)| **judged) {
            let Some(view) = model.link_view(&state, i) else { continue };
            outcome.ours.see(1, measure.flow(view.flow, wanted.flow(period, i)));
        }
        judged.push([joined, flows]);
    }
    if outcome.periods != wanted.periods {
        return Err(format!("{} of EPANET's {} report periods were met", outcome.periods, wanted.periods));
    }
    for kind in ["listed", "higher", "lower"] {
        if let Some(other) = Results::read(&folder.join(format!("{name}~{kind}.out"))) {
            let own = itself(&wanted, &other, &measure, &judged);
            outcome.spread = Some(own.or_larger(&outcome.spread.unwrap_or_default()));
        }
    }
    Ok(outcome)
}

/// EPANET beside itself; elements by name, since the other file may list them in another order.
fn itself(a: &Results, b: &Results, measure: &Measure, judged: &[[Vec<bool>; 2]]) -> Differences {
    let mut largest = Differences::default();
    let ([nodes, links], [nodes_b, links_b]) = (a.names(), b.names());
    for (period, [heads, flows]) in judged.iter().enumerate().take(b.periods) {
        for (name, &i) in &nodes {
            if let (Some(true), Some(&j)) = (heads.get(i), nodes_b.get(name)) {
                largest.see(0, measure.head(b.head(period, j), a.head(period, i)));
                largest.see(2, measure.quality(b.quality(period, j), a.quality(period, i)));
            }
        }
        for (name, &i) in &links {
            if let (Some(true), Some(&j)) = (flows.get(i), links_b.get(name)) {
                largest.see(1, measure.flow(b.flow(period, j), a.flow(period, i)));
            }
        }
    }
    largest
}
