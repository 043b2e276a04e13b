//! 水质参数 of a model in the kernel's units (Reference Manual III, ch. 3–5).
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use super::LITRES_IN_FT3;
use super::land::{BuildUpData, WashOffData};
use crate::expression::Expression;
use crate::project::{Index, Normalizer, Project, QualityUnits};
use crate::units::{SECONDS_A_DAY, Units};

/// 污染物.
#[derive(Debug, Clone)]
pub(crate) struct PollutantData {
    pub(crate) name: String,
    pub(crate) units: QualityUnits,
    /// From mass in its own unit to lb or kg; 1 for counts.
    pub(crate) mass: f64,
    pub(crate) rain: f64,
    pub(crate) groundwater: f64,
    pub(crate) rdii: f64,
    /// 1/s.
    pub(crate) decay: f64,
    pub(crate) snow_only: bool,
    pub(crate) co_pollutant: Option<(Index, f64)>,
    pub(crate) dry_weather: f64,
    pub(crate) initial: f64,
}

/// 用地类型, with a build-up and a wash-off function a pollutant.
#[derive(Debug, Clone)]
pub(crate) struct LandUseData {
    pub(crate) sweep_interval: f64,
    pub(crate) sweep_removal: f64,
    pub(crate) sweep_days: f64,
    pub(crate) build_up: Vec<BuildUpData>,
    pub(crate) wash_off: Vec<WashOffData>,
}

/// A pollutant that flows into a node directly.
#[derive(Debug, Clone)]
pub(crate) struct InflowData {
    pub(crate) pollutant: Index,
    pub(crate) mass: bool,
    pub(crate) factor: f64,
    pub(crate) series: Option<Index>,
    pub(crate) scale: f64,
    pub(crate) baseline: f64,
    pub(crate) pattern: Option<Index>,
}

/// A pollutant's concentration in dry weather inflow, with a pattern of each kind.
#[derive(Debug, Clone)]
pub(crate) struct DryWeatherData {
    pub(crate) pollutant: Index,
    pub(crate) average: f64,
    pub(crate) patterns: [Option<Index>; 4],
}

/// 处理: what is done to a pollutant at a node.
#[derive(Debug, Clone)]
pub(crate) struct TreatmentData {
    pub(crate) removal: bool,
    pub(crate) expression: Expression,
}

/// Everything of water quality; empty where nothing is computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct QualityData {
    pub(crate) pollutants: Vec<PollutantData>,
    pub(crate) land_uses: Vec<LandUseData>,
    /// Share of each subcatchment under each land use.
    pub(crate) cover: Vec<Vec<f64>>,
    /// Mass an acre or hectare at the start, of each subcatchment and pollutant.
    pub(crate) loading: Vec<Vec<f64>>,
    /// Length of curb of each subcatchment, as the file has it.
    pub(crate) curb: Vec<f64>,
    /// Of each node.
    pub(crate) inflow: Vec<Vec<InflowData>>,
    /// Of each node.
    pub(crate) dry_weather: Vec<Vec<DryWeatherData>>,
    /// Of each node, one a pollutant.
    pub(crate) treatment: Vec<Option<Vec<Option<TreatmentData>>>>,
}

impl QualityData {
    /// Pollutants computed.
    pub(crate) fn count(&self) -> usize {
        self.pollutants.len()
    }

    pub(crate) fn of(project: &Project, units: &Units) -> Self {
        let q = &project.quality;
        if q.pollutants.is_empty() || project.options.ignore_quality {
            return Self::default();
        }
        let (subs, nodes, count) = (project.subcatchments.len(), project.nodes.len(), q.pollutants.len());
        let mut data = Self {
            pollutants: q.pollutants.iter().map(|p| PollutantData::new(p, units)).collect(),
            land_uses: land_uses(project, units),
            cover: vec![vec![0.0; q.land_uses.len()]; subs],
            loading: vec![vec![0.0; count]; subs],
            curb: project.subcatchments.iter().map(|s| s.curb).collect(),
            inflow: vec![Vec::new(); nodes],
            dry_weather: vec![Vec::new(); nodes],
            treatment: vec![None; nodes],
        };
        for (sub, land, percent) in &q.coverages {
            data.cover[*sub][*land] = percent / 100.0;
        }
        for (sub, pollutant, mass) in &q.loadings {
            data.loading[*sub][*pollutant] = *mass;
        }
        for i in &q.inflows {
            let factor = if i.mass { i.factor / LITRES_IN_FT3 } else { i.factor };
            data.inflow[i.node].push(InflowData {
                pollutant: i.pollutant,
                mass: i.mass,
                factor,
                series: i.series,
                scale: i.scale,
                baseline: i.baseline,
                pattern: i.pattern,
            });
        }
        for d in &q.dry_weather {
            let mut patterns = [None; 4];
            for p in &d.patterns {
                patterns[project.patterns[*p].kind as usize] = Some(*p);
            }
            let entry = DryWeatherData { pollutant: d.pollutant, average: d.average, patterns };
            data.dry_weather[d.node].push(entry);
        }
        for t in &q.treatments {
            let list = data.treatment[t.node].get_or_insert_with(|| vec![None; count]);
            list[t.pollutant] = Some(TreatmentData { removal: t.removal, expression: t.expression.clone() });
        }
        data
    }
}

impl PollutantData {
    fn new(p: &crate::project::Pollutant, units: &Units) -> Self {
        Self {
            name: p.name.clone(),
            units: p.units,
            mass: match p.units {
                QualityUnits::Mg => units.mass,
                QualityUnits::Ug => units.mass / 1000.0,
                QualityUnits::Count => 1.0,
            },
            rain: p.rain,
            groundwater: p.groundwater,
            rdii: p.rdii,
            decay: p.decay / SECONDS_A_DAY,
            snow_only: p.snow_only,
            co_pollutant: p.co_pollutant,
            dry_weather: p.dry_weather,
            initial: p.initial,
        }
    }
}

fn land_uses(project: &Project, units: &Units) -> Vec<LandUseData> {
    let q = &project.quality;
    let count = q.pollutants.len();
    let mut list: Vec<LandUseData> = q
        .land_uses
        .iter()
        .map(|l| LandUseData {
            sweep_interval: l.sweep_interval,
            sweep_removal: l.sweep_removal,
            sweep_days: l.sweep_days,
            build_up: vec![BuildUpData::default(); count],
            wash_off: vec![WashOffData::default(); count],
        })
        .collect();
    for b in &q.build_up {
        let per_curb = b.per == Normalizer::Curb;
        list[b.land_use].build_up[b.pollutant] = BuildUpData::new(b.function, b.coefficients, per_curb);
    }
    for w in &q.wash_off {
        list[w.land_use].wash_off[w.pollutant] = WashOffData::new(w, units);
    }
    list
}
