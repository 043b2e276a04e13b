//! 地下水: an unsaturated zone over a saturated one under a subcatchment (Reference Manual I, ch. 5).
#![expect(clippy::indexing_slicing, reason = "one entry a subcatchment, nodes checked when read")]

use serde::{Deserialize, Serialize};

use super::ode;
use crate::balance::GroundTotals;
use crate::date::month;
use crate::expression::Expression;
use crate::model::Model;
use crate::project::{Index, Project};
use crate::state::State;
use crate::units::{Units, max, min};

const ODE_TOLERANCE: f64 = 0.0001;
/// Least room left in a zone: of moisture, and ft.
const ROOM: f64 = 0.001;

/// Parameters in ft and s.
#[derive(Debug, Clone)]
pub(crate) struct GroundData {
    pub(crate) node: Index,
    surface: f64,
    pub(crate) bottom: f64,
    water_table: f64,
    moisture: f64,
    threshold: Option<f64>,
    fixed_depth: f64,
    /// a1, b1, a2, b2, a3 in the model's units.
    formula: [f64; 5],
    porosity: f64,
    wilting_point: f64,
    field_capacity: f64,
    conductivity: f64,
    conductivity_slope: f64,
    tension_slope: f64,
    upper_evaporation: f64,
    lower_evaporation_depth: f64,
    seepage: f64,
    pattern: Option<Index>,
    lateral: Option<Expression>,
    deep: Option<Expression>,
}

impl GroundData {
    /// Of every subcatchment.
    pub(crate) fn of(project: &Project, u: &Units) -> Vec<Option<Self>> {
        let mut list = vec![None; project.subcatchments.len()];
        for g in &project.groundwater {
            let Some(a) = project.aquifers.get(g.aquifer) else { continue };
            let expression = |deep: bool| {
                let own =
                    |f: &&crate::project::GroundFlow| f.subcatchment == g.subcatchment && f.deep == deep;
                project.ground_flows.iter().find(own).map(|f| f.expression.clone())
            };
            list[g.subcatchment] = Some(Self {
                node: g.node,
                surface: g.surface / u.length,
                bottom: g.bottom.unwrap_or(a.bottom) / u.length,
                water_table: g.water_table.unwrap_or(a.water_table) / u.length,
                moisture: g.moisture.unwrap_or(a.moisture),
                threshold: g.threshold.map(|v| v / u.length),
                fixed_depth: g.fixed_depth / u.length,
                formula: [g.a1, g.b1, g.a2, g.b2, g.a3],
                porosity: a.porosity,
                wilting_point: a.wilting_point,
                field_capacity: a.field_capacity,
                conductivity: a.conductivity / u.rainfall,
                conductivity_slope: a.conductivity_slope,
                tension_slope: a.tension_slope / u.length,
                upper_evaporation: a.upper_evaporation,
                lower_evaporation_depth: a.lower_evaporation_depth / u.length,
                seepage: a.seepage / u.rainfall,
                pattern: a.pattern,
                lateral: expression(false),
                deep: expression(true),
            });
        }
        list
    }

    fn depth(&self) -> f64 {
        self.surface - self.bottom
    }
}

/// State of the ground below a subcatchment.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct GroundState {
    /// Moisture of the upper zone.
    pub(crate) theta: f64,
    /// Depth of the lower zone, ft.
    pub(crate) lower: f64,
    /// To the node, ft/s over the subcatchment.
    pub(crate) old_flow: f64,
    pub(crate) new_flow: f64,
    pub(crate) evaporation: f64,
    /// What the upper zone can still take, ft over pervious ground.
    pub(crate) room: f64,
    pub(crate) stats: GroundStats,
}

/// Sums over the run: ft, and moisture and ft times s.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct GroundStats {
    pub(crate) infiltration: f64,
    pub(crate) evaporation: f64,
    pub(crate) lateral: f64,
    pub(crate) deep: f64,
    pub(crate) moisture: f64,
    pub(crate) water_table: f64,
    pub(crate) max_flow: f64,
}

impl GroundState {
    pub(crate) fn new(g: &GroundData, pervious: f64) -> Self {
        let theta = if g.moisture >= g.porosity { g.porosity - ROOM } else { g.moisture };
        let mut lower = g.water_table - g.bottom;
        if lower >= g.depth() {
            lower = g.surface - g.bottom - ROOM;
        }
        Self {
            theta,
            lower,
            // Where no ground is pervious nothing bounds it; not infinite, which cannot be stored.
            room: min((g.surface - g.water_table) * (g.porosity - theta) / pervious, f64::MAX),
            ..Self::default()
        }
    }

    /// Water in the ground, ft.
    pub(crate) fn volume(&self, g: &GroundData) -> f64 {
        (g.surface - g.bottom - self.lower) * self.theta + self.lower * g.porosity
    }
}

/// What stands fixed during one step.
struct Step<'m> {
    g: &'m GroundData,
    u: &'m Units,
    area: f64,
    dt: f64,
    infil: f64,
    most_evaporation: f64,
    available: f64,
    pattern: f64,
    total: f64,
    channel: f64,
    water: f64,
    most_perc: f64,
    most_out: f64,
    most_in: f64,
}

/// Rates, ft/s.
#[derive(Default)]
struct Fluxes {
    upper_evaporation: f64,
    lower_evaporation: f64,
    percolation: f64,
    deep: f64,
    lateral: f64,
}

impl Step<'_> {
    fn fluxes(&self, theta: f64, lower: f64, k: &mut f64) -> Fluxes {
        let g = self.g;
        let lower = min(max(lower, 0.0), self.total);
        let upper = self.total - lower;
        let mut f = Fluxes::default();
        self.evaporate(&mut f, theta, upper);
        if upper > 0.0 && theta > g.field_capacity {
            let hydcon = g.conductivity * ((theta - g.porosity) * g.conductivity_slope).exp();
            let dhdz = 1.0 + g.tension_slope * 2.0 * (theta - g.field_capacity) / upper;
            *k = hydcon;
            f.percolation = hydcon * dhdz;
        }
        f.percolation = min(f.percolation, self.most_perc);
        let perc = f.percolation;
        let variable = |i: usize| self.variable(i, theta, lower, *k, perc);
        f.deep = match &g.deep {
            Some(e) => e.value(&variable) / self.u.rainfall,
            None => g.seepage * lower / self.total,
        };
        f.deep = min(f.deep, lower / self.dt);
        f.lateral = self.formula(lower);
        if let Some(e) = &g.lateral {
            f.lateral += e.value(&variable) / self.u.ground_flow;
        }
        f.lateral =
            if f.lateral >= 0.0 { min(f.lateral, self.most_out) } else { max(f.lateral, self.most_in) };
        f
    }

    fn evaporate(&self, f: &mut Fluxes, theta: f64, upper: f64) {
        let g = self.g;
        if self.infil > 0.0 {
            return;
        }
        let share = g.upper_evaporation * self.pattern;
        if theta > g.wilting_point {
            f.upper_evaporation = min(share * self.most_evaporation, self.available);
        }
        if g.lower_evaporation_depth > 0.0 {
            let part = (g.lower_evaporation_depth - upper) / g.lower_evaporation_depth;
            let part = min(max(0.0, part), 1.0);
            f.lower_evaporation =
                min(part * (1.0 - share) * self.most_evaporation, self.available - f.upper_evaporation);
        }
    }

    /// Flow to the node by the standard formula (Reference Manual I, eq. 5-22).
    fn formula(&self, lower: f64) -> f64 {
        if lower <= self.channel {
            return 0.0;
        }
        let (l, [a1, b1, a2, b2, a3]) = (self.u.length, self.g.formula);
        let t1 = if b1 == 0.0 { a1 } else { a1 * ((lower - self.channel) * l).powf(b1) };
        let t2 = if b2 == 0.0 {
            a2
        } else if self.water > self.channel {
            a2 * ((self.water - self.channel) * l).powf(b2)
        } else {
            0.0
        };
        let t3 = a3 * lower * self.water * l * l;
        let q = (t1 - t2 + t3) / self.u.ground_flow;
        if q < 0.0 && a3 != 0.0 { 0.0 } else { q }
    }

    fn variable(&self, i: usize, theta: f64, lower: f64, k: f64, perc: f64) -> f64 {
        let u = self.u;
        match i {
            0 => lower * u.length,
            1 => self.water * u.length,
            2 => self.channel * u.length,
            3 => self.total * u.length,
            4 => self.g.conductivity * u.rainfall,
            5 => k * u.rainfall,
            6 => theta,
            7 => self.g.porosity,
            8 => self.infil * u.rainfall,
            9 => perc * u.rainfall,
            10 => self.area * u.land_area,
            _ => 0.0,
        }
    }

    fn derivatives(&self, [theta, lower]: [f64; 2], k: &mut f64) -> [f64; 2] {
        let f = self.fluxes(theta, lower, k);
        let upper_net = self.infil - f.upper_evaporation - f.percolation;
        let lower_net = f.percolation - f.deep - f.lower_evaporation - f.lateral;
        let (depth, space) = (self.total - lower, self.g.porosity - theta);
        [if depth > 0.0 { upper_net / depth } else { 0.0 }, if space > 0.0 { lower_net / space } else { 0.0 }]
    }
}

impl State {
    /// One runoff step of the ground under a subcatchment: `evaporation` from its surface and
    /// `infiltration` into it, ft³.
    pub(crate) fn groundwater(
        &mut self,
        model: &Model,
        j: usize,
        evaporation: f64,
        infiltration: f64,
        dt: f64,
    ) {
        let (Some(g), Some(old)) = (&model.ground[j], self.ground[j]) else { return };
        let pervious = model.lids[j].pervious(&model.subs[j]);
        let (area, total) = (model.subs[j].area, g.depth());
        if pervious <= 0.0 || total <= 0.0 {
            return;
        }
        let infil = infiltration / area / dt;
        let most_evaporation = self.climate.evaporation * pervious;
        let (n, invert) = (g.node, model.nodes.invert[g.node]);
        let head = if g.fixed_depth > 0.0 { g.fixed_depth } else { self.depth[n] };
        let node_flow = (self.inflow[n] + self.volume[n] / dt) / area;
        let month = month(model.date_at(self.new_runoff_time)) - 1;
        let step = Step {
            g,
            u: &model.units,
            area,
            dt,
            infil,
            most_evaporation,
            available: max(most_evaporation - evaporation / area / dt, 0.0),
            pattern: g.pattern.and_then(|p| model.patterns[p].factors.get(month).copied()).unwrap_or(1.0),
            total,
            channel: g.threshold.unwrap_or(invert) - g.bottom,
            water: head + invert - g.bottom,
            most_perc: max(0.0, (total - old.lower) * (old.theta - g.field_capacity)) / dt,
            most_out: old.lower * g.porosity / dt,
            most_in: -min((total - old.lower) * (g.porosity - old.theta) / dt, node_flow),
        };
        let mut k = self.ground_conductivity;
        let [mut theta, mut lower] = ode::integrate_exactly([old.theta, old.lower], dt, ODE_TOLERANCE, |x| {
            step.derivatives(x, &mut k)
        });
        theta = max(theta, g.wilting_point);
        if theta >= g.porosity {
            theta = g.porosity - ROOM;
            lower = total - ROOM;
        }
        lower = max(lower, 0.0);
        if lower >= total {
            lower = total - ROOM;
        }
        let f = step.fluxes(theta, lower, &mut k);
        self.ground_conductivity = k;
        let mut new = GroundState {
            theta,
            lower,
            old_flow: old.new_flow,
            new_flow: f.lateral,
            evaporation: f.upper_evaporation + f.lower_evaporation,
            room: (total - lower) * (g.porosity - theta) / pervious,
            stats: old.stats,
        };
        self.balance.ground.add(&f, infil, 0.5 * (new.old_flow + new.new_flow), area * dt);
        let s = &mut new.stats;
        s.infiltration += infil * dt;
        s.evaporation += new.evaporation * dt;
        s.lateral += f.lateral * dt;
        s.deep += f.deep * dt;
        s.moisture += theta * dt;
        s.water_table += (lower + g.bottom) * dt;
        if f.lateral.abs() > s.max_flow.abs() {
            s.max_flow = f.lateral;
        }
        self.ground[j] = Some(new);
    }

    /// Water in the ground under all subcatchments, ft³.
    pub(crate) fn ground_storage(&self, model: &Model) -> f64 {
        let each = self.ground.iter().zip(&model.ground).zip(&model.subs);
        each.fold(0.0, |t, ((s, g), m)| match (s, g) {
            (Some(s), Some(g)) => t + s.volume(g) * m.area,
            _ => t,
        })
    }
}

impl GroundTotals {
    fn add(&mut self, f: &Fluxes, infil: f64, lateral: f64, volume: f64) {
        self.infiltration += infil * volume;
        self.upper_evaporation += f.upper_evaporation * volume;
        self.lower_evaporation += f.lower_evaporation * volume;
        self.deep += f.deep * volume;
        self.lateral += lateral * volume;
    }
}
