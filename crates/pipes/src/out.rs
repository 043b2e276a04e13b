//! EPANET's binary results (二进制结果; EPANET manual, Appendix D; `output.c`): the same elements, order
//! and report periods. Makes bytes; whoever calls writes them.

use crate::model::{LinkType, Model};
use crate::project::{FlowUnits, PressureUnits, QualityKind, Statistic, ValveKind};
use crate::state::State;

const MAGIC: i32 = 516_114_521;
/// The version EPANET itself writes so that older readers open the file.
const VERSION: i32 = 20_012;
const ID: usize = 32;
const TITLE: usize = 80;
const FILE: usize = 260;
const NODE_VALUES: usize = 4;
const LINK_VALUES: usize = 8;

/// Writes results as the run goes (结果文件).
///
/// The file is: [`Self::prolog`], [`Self::energy`] (fixed length, known only at the end: write it
/// again over its place), one [`Self::period`] for each moment that is due, [`Self::epilog`].
#[derive(Debug, Clone)]
pub struct BinaryResults {
    next: i64,
    periods: i32,
    sums: Option<Sums>,
}

#[derive(Debug, Clone)]
struct Sums {
    statistic: Statistic,
    add: Vec<f32>,
    low: Vec<f32>,
    high: Vec<f32>,
}

fn int(bytes: &mut Vec<u8>, value: usize) {
    bytes.extend(i32::try_from(value).unwrap_or(i32::MAX).to_le_bytes());
}

#[expect(clippy::cast_possible_truncation, reason = "the format has single precision")]
fn real(bytes: &mut Vec<u8>, value: f64) {
    bytes.extend((value as f32).to_le_bytes());
}

/// Text in a field of fixed width, cut between characters, ending in a zero.
fn text(bytes: &mut Vec<u8>, value: &str, width: usize) {
    let mut end = value.len().min(width - 1);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let from = bytes.len();
    bytes.extend(value.as_bytes().get(..end).unwrap_or_default());
    bytes.resize(from + width, 0);
}

impl BinaryResults {
    /// Results of a run of this model.
    #[must_use]
    pub fn new(m: &Model) -> Self {
        let statistic = m.project.times.statistic;
        let sums = (statistic != Statistic::Series).then(|| {
            let n = Self::values(m);
            Sums {
                statistic,
                add: vec![0.0; n],
                low: vec![f32::INFINITY; n],
                high: vec![f32::NEG_INFINITY; n],
            }
        });
        Self { next: m.clocks.report_start, periods: 0, sums }
    }

    /// Values of one period: four a node and eight a link.
    #[must_use]
    pub fn values(m: &Model) -> usize {
        NODE_VALUES * m.project.nodes.len() + LINK_VALUES * m.project.links.len()
    }

    /// Periods written so far.
    #[must_use]
    pub const fn periods(&self) -> i32 {
        self.periods
    }

    /// Everything that is known before the run.
    #[must_use]
    pub fn prolog(&self, m: &Model, input: &str) -> Vec<u8> {
        let p = &m.project;
        let mut b = Vec::new();
        let tanks = m.tanks.len();
        let (quality, traced) = match p.options.quality {
            QualityKind::None => (0, 0),
            QualityKind::Chemical { .. } => (1, 0),
            QualityKind::Age => (2, 0),
            QualityKind::Trace { node } => (3, node + 1),
        };
        b.extend(MAGIC.to_le_bytes());
        b.extend(VERSION.to_le_bytes());
        for n in [p.nodes.len(), tanks, p.links.len(), m.pumps.len(), m.valves.len(), quality, traced] {
            int(&mut b, n);
        }
        int(&mut b, flow_code(p.options.flow_units));
        int(&mut b, pressure_code(m.factors.pressure_units));
        int(&mut b, p.times.statistic as usize);
        for t in [m.clocks.report_start, m.clocks.report, m.clocks.duration] {
            b.extend(i32::try_from(t).unwrap_or(i32::MAX).to_le_bytes());
        }
        for i in 0..3 {
            text(&mut b, p.title.get(i).map_or("", |t| t.trim_end()), TITLE);
        }
        text(&mut b, input, FILE);
        text(&mut b, "", FILE);
        let (name, unit) = quality_names(m);
        text(&mut b, &name, ID);
        text(&mut b, &unit, ID);
        p.nodes.iter().for_each(|n| text(&mut b, &n.name, ID));
        p.links.iter().for_each(|l| text(&mut b, &l.name, ID));
        p.links.iter().for_each(|l| int(&mut b, l.from + 1));
        p.links.iter().for_each(|l| int(&mut b, l.to + 1));
        for &k in &m.link_at {
            int(&mut b, type_code(m.types.get(k as usize).copied()));
        }
        for t in &m.tanks {
            int(&mut b, m.node_of.get(t.node as usize).map_or(0, |&n| n as usize + 1));
        }
        m.tanks.iter().for_each(|t| real(&mut b, t.area));
        p.nodes.iter().for_each(|n| real(&mut b, n.elevation));
        for &k in &m.link_at {
            real(&mut b, m.length.get(k as usize).map_or(0.0, |l| l * m.factors.head));
        }
        for &k in &m.link_at {
            let k = k as usize;
            let pump = matches!(m.types.get(k), Some(LinkType::Pump(_)));
            real(&mut b, if pump { 0.0 } else { m.diameter.get(k).map_or(0.0, |d| d * m.factors.diameter) });
        }
        b
    }

    /// The energy section for the run so far (`saveenergy`).
    #[must_use]
    pub fn energy(&self, m: &Model, state: &State) -> Vec<u8> {
        let mut b = Vec::new();
        for line in crate::report::energy(m, state) {
            int(&mut b, line.link + 1);
            for v in [
                line.utilisation,
                line.efficiency,
                line.kwh_per_volume,
                line.kw_mean,
                line.kw_max,
                line.cost_per_day,
            ] {
                real(&mut b, v);
            }
        }
        real(&mut b, state.power_peak * m.project.options.demand_charge);
        b
    }

    /// The bytes of the moment a state stands at; empty when no period is due (or one statistic of
    /// all of them is wanted).
    pub fn period(&mut self, m: &Model, state: &State) -> Vec<u8> {
        if state.time < self.next {
            return Vec::new();
        }
        self.next += m.clocks.report;
        let values = values(m, state);
        match &mut self.sums {
            Some(sums) => {
                self.periods += 1;
                sums.take(&values, m.project.nodes.len(), m.project.links.len());
                Vec::new()
            }
            None => {
                self.periods += 1;
                values.iter().flat_map(|v| v.to_le_bytes()).collect()
            }
        }
    }

    /// The one statistic of all periods so far, where the model asks for one in place of the series.
    #[must_use]
    pub fn statistic(&self, m: &Model) -> Vec<u8> {
        let values = self.sums.as_ref().map(|sums| sums.result(self.periods, m)).unwrap_or_default();
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    /// What comes after the last period.
    #[must_use]
    pub fn epilog(&self, m: &Model, state: &State) -> Vec<u8> {
        let mut b = Vec::new();
        let mut periods = self.periods;
        if self.sums.is_some() {
            b.extend(self.statistic(m));
            periods = 1;
        }
        #[expect(clippy::cast_precision_loss, reason = "a duration is far below 2^52 s")]
        let hours = if m.clocks.duration > 0 { m.clocks.duration as f64 / 3600.0 } else { 1.0 };
        let r = state.quality.as_ref().map(crate::QualityState::reacted).unwrap_or_default();
        for v in [r.bulk, r.wall, r.tank, r.source] {
            real(&mut b, v / hours);
        }
        b.extend(periods.to_le_bytes());
        b.extend(i32::from(!state.warnings.is_empty()).to_le_bytes());
        b.extend(MAGIC.to_le_bytes());
        b
    }
}

/// All values of a moment in the file's order.
#[expect(clippy::cast_possible_truncation, reason = "the format has single precision")]
fn values(m: &Model, state: &State) -> Vec<f32> {
    let (nodes, links) = (m.project.nodes.len(), m.project.links.len());
    let mut out = Vec::with_capacity(NODE_VALUES * nodes + LINK_VALUES * links);
    let views: Vec<_> = (0..nodes).filter_map(|i| m.node_view(state, i)).collect();
    out.extend(views.iter().map(|v| v.demand as f32));
    out.extend(views.iter().map(|v| v.head as f32));
    out.extend(views.iter().map(|v| v.pressure as f32));
    out.extend(views.iter().map(|v| v.quality as f32));
    let views: Vec<_> = (0..links).filter_map(|i| m.link_view(state, i)).collect();
    out.extend(views.iter().map(|v| v.flow as f32));
    out.extend(views.iter().map(|v| v.velocity as f32));
    out.extend(views.iter().map(|v| v.head_loss as f32));
    out.extend(views.iter().map(|v| v.quality as f32));
    out.extend(views.iter().map(|v| f32::from(v.status as u8)));
    out.extend(views.iter().map(|v| v.setting as f32));
    out.extend(views.iter().map(|v| v.reaction as f32));
    out.extend(views.iter().map(|v| v.friction as f32));
    out
}

impl Sums {
    fn take(&mut self, values: &[f32], nodes: usize, links: usize) {
        let flows = NODE_VALUES * nodes..NODE_VALUES * nodes + links;
        let statuses = NODE_VALUES * nodes + 4 * links..NODE_VALUES * nodes + 5 * links;
        for (i, &v) in values.iter().enumerate() {
            let v = if flows.contains(&i) {
                v.abs()
            } else if statuses.contains(&i) {
                f32::from(u8::from(v >= 3.0))
            } else {
                v
            };
            let (Some(add), Some(low), Some(high)) =
                (self.add.get_mut(i), self.low.get_mut(i), self.high.get_mut(i))
            else {
                continue;
            };
            *add += v;
            *low = low.min(v);
            *high = high.max(v);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "periods are few")]
    fn result(&self, periods: i32, m: &Model) -> Vec<f32> {
        let (nodes, links) = (m.project.nodes.len(), m.project.links.len());
        let statuses = NODE_VALUES * nodes + 4 * links..NODE_VALUES * nodes + 5 * links;
        self.add
            .iter()
            .zip(self.low.iter().zip(&self.high))
            .enumerate()
            .map(|(i, (add, (low, high)))| {
                let v = match self.statistic {
                    Statistic::Average | Statistic::Series => add / periods.max(1) as f32,
                    Statistic::Minimum => *low,
                    Statistic::Maximum => *high,
                    Statistic::Range => high - low,
                };
                if statuses.contains(&i) { if v < 0.5 { 2.0 } else { 3.0 } } else { v }
            })
            .collect()
    }
}

pub(crate) fn quality_names(m: &Model) -> (String, String) {
    match &m.project.options.quality {
        QualityKind::None => ("Chemical".to_owned(), String::new()),
        QualityKind::Chemical { name, unit } => (name.clone(), unit.clone()),
        QualityKind::Age => ("AGE".to_owned(), "hrs".to_owned()),
        QualityKind::Trace { .. } => ("% from".to_owned(), "% from".to_owned()),
    }
}

const fn flow_code(units: FlowUnits) -> usize {
    match units {
        FlowUnits::Cfs => 0,
        FlowUnits::Gpm => 1,
        FlowUnits::Mgd => 2,
        FlowUnits::Imgd => 3,
        FlowUnits::Afd => 4,
        FlowUnits::Lps => 5,
        FlowUnits::Lpm => 6,
        FlowUnits::Mld => 7,
        FlowUnits::Cmh => 8,
        FlowUnits::Cmd => 9,
        FlowUnits::Cms => 10,
    }
}

const fn pressure_code(units: PressureUnits) -> usize {
    match units {
        PressureUnits::Psi => 0,
        PressureUnits::Kpa => 1,
        PressureUnits::Metres => 2,
        PressureUnits::Bar => 3,
        PressureUnits::Feet => 4,
    }
}

const fn type_code(kind: Option<LinkType>) -> usize {
    match kind {
        Some(LinkType::CheckValve) => 0,
        Some(LinkType::Pump(_)) => 2,
        Some(LinkType::Valve(ValveKind::Prv)) => 3,
        Some(LinkType::Valve(ValveKind::Psv)) => 4,
        Some(LinkType::Valve(ValveKind::Pbv)) => 5,
        Some(LinkType::Valve(ValveKind::Fcv)) => 6,
        Some(LinkType::Valve(ValveKind::Tcv)) => 7,
        Some(LinkType::Valve(ValveKind::Gpv)) => 8,
        Some(LinkType::Valve(ValveKind::Pcv)) => 9,
        _ => 1,
    }
}
