//! 选项与时间: what the whole run goes by.

use serde::{Deserialize, Serialize};

/// Units of flow (流量单位); they decide whether the rest of the file is US or metric
/// (EPANET manual, Appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the units")]
pub enum FlowUnits {
    Cfs,
    #[default]
    Gpm,
    Mgd,
    Imgd,
    Afd,
    Lps,
    Lpm,
    Mld,
    Cmh,
    Cmd,
    Cms,
}

/// Units of pressure (压力单位).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the units")]
pub enum PressureUnits {
    Psi,
    Kpa,
    Metres,
    Bar,
    Feet,
}

/// Head loss formula (水头损失公式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Formula {
    /// Hazen-Williams (海曾-威廉).
    #[default]
    HazenWilliams,
    /// Darcy-Weisbach (达西-魏斯巴赫).
    DarcyWeisbach,
    /// Chezy-Manning (谢才-曼宁).
    ChezyManning,
}

/// What quality analysis is made (水质分析).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum QualityKind {
    /// None.
    #[default]
    None,
    /// A substance: its name and unit.
    Chemical {
        /// Name of the substance.
        name: String,
        /// Unit of mass per litre.
        unit: String,
    },
    /// Age of water, h (水龄).
    Age,
    /// Share of water from one node, % (来源追踪).
    Trace {
        /// Node index.
        node: usize,
    },
}

/// What the reported series are turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Statistic {
    #[default]
    Series,
    Average,
    Minimum,
    Maximum,
    Range,
}

/// `[TIMES]`, s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's words")]
pub struct Times {
    pub duration: i64,
    pub hydraulic_step: i64,
    /// 0: a tenth of the hydraulic step.
    pub quality_step: i64,
    /// 0: a tenth of the hydraulic step.
    pub rule_step: i64,
    pub pattern_step: i64,
    pub pattern_start: i64,
    pub report_step: i64,
    pub report_start: i64,
    pub start_clock: i64,
    pub statistic: Statistic,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            duration: 0,
            hydraulic_step: 3600,
            quality_step: 0,
            rule_step: 0,
            pattern_step: 3600,
            pattern_start: 0,
            report_step: 3600,
            report_start: 0,
            start_clock: 0,
            statistic: Statistic::Series,
        }
    }
}

/// What follows when the trials end without balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unbalanced {
    /// Stop the run.
    #[default]
    Stop,
    /// Go on after so many more trials with all statuses held.
    Continue(u32),
}

/// `[OPTIONS]`, `[ENERGY]` and the global lines of `[REACTIONS]`, file units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's words")]
pub struct Options {
    pub flow_units: FlowUnits,
    pub pressure_units: Option<PressureUnits>,
    pub formula: Formula,
    pub specific_gravity: f64,
    /// Multiplier of water's, or the figure itself below 10⁻³.
    pub viscosity: Option<f64>,
    pub diffusivity: Option<f64>,
    pub trials: u32,
    pub accuracy: f64,
    pub head_error: f64,
    pub flow_change: f64,
    pub check_frequency: u32,
    pub maximum_check: u32,
    pub damp_limit: f64,
    pub head_tolerance: f64,
    pub flow_tolerance: f64,
    pub resistance_tolerance: f64,
    pub unbalanced: Unbalanced,
    pub default_pattern: String,
    pub demand_multiplier: f64,
    /// Flow varies with pressure to this power (0.5); EPANET's `EMITTER EXPONENT`.
    pub emitter_exponent: f64,
    pub emitter_backflow: bool,
    pub pressure_driven: bool,
    pub minimum_pressure: f64,
    pub required_pressure: f64,
    pub pressure_exponent: f64,
    pub quality: QualityKind,
    pub quality_tolerance: Option<f64>,
    pub map: String,
    pub energy_price: f64,
    pub energy_pattern: Option<usize>,
    pub pump_efficiency: f64,
    pub demand_charge: f64,
    pub bulk_order: f64,
    pub wall_order: f64,
    pub tank_order: f64,
    pub global_bulk: f64,
    pub global_wall: f64,
    pub limiting_potential: f64,
    pub roughness_correlation: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flow_units: FlowUnits::Gpm,
            pressure_units: None,
            formula: Formula::HazenWilliams,
            specific_gravity: 1.0,
            viscosity: None,
            diffusivity: None,
            trials: 200,
            accuracy: 0.001,
            head_error: 0.0,
            flow_change: 0.0,
            check_frequency: 2,
            maximum_check: 10,
            damp_limit: 0.0,
            head_tolerance: 0.0005,
            flow_tolerance: 0.0001,
            resistance_tolerance: 1e-7,
            unbalanced: Unbalanced::Stop,
            default_pattern: "1".to_owned(),
            demand_multiplier: 1.0,
            emitter_exponent: 0.5,
            emitter_backflow: true,
            pressure_driven: false,
            minimum_pressure: 0.0,
            required_pressure: 0.1,
            pressure_exponent: 0.5,
            quality: QualityKind::None,
            quality_tolerance: None,
            map: String::new(),
            energy_price: 0.0,
            energy_pattern: None,
            pump_efficiency: 75.0,
            demand_charge: 0.0,
            bulk_order: 1.0,
            wall_order: 1.0,
            tank_order: 1.0,
            global_bulk: 0.0,
            global_wall: 0.0,
            limiting_potential: 0.0,
            roughness_correlation: 0.0,
        }
    }
}
