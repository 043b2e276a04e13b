//! 假如: what-if trials on the live state. Computing one blocks for some milliseconds: call it from a
//! thread that may.

use super::M3_PER_FT3;
use field::time::Time;
use pipes::whatif::{Act, Effect, TAP_PRESSURE_MIN_MPA, WhatIfError};
use pipes::{Model, State};
use std::f64::consts::PI;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// Widest opening, mm: a main of two metres burst right across.
const OPENING_MAX_MM: f64 = 2_000.0;

/// The live state, for whoever wants to try something on it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Trials(Arc<RwLock<Option<Arc<Live>>>>);

#[derive(Debug)]
struct Live {
    model: Arc<Model>,
    state: State,
    minute: Time,
}

/// What is tried. Nodes and links by name.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialAct {
    /// Close a pipe or valve.
    Close {
        /// Link.
        link: String,
    },
    /// A pump trips.
    TripPump {
        /// Link.
        link: String,
    },
    /// Open a hydrant.
    OpenHydrant {
        /// Junction.
        node: String,
        /// Of its outlet.
        diameter_mm: f64,
    },
    /// A main bursts.
    BurstMain {
        /// Link.
        link: String,
        /// Of a hole of the same area.
        diameter_mm: f64,
    },
}

/// One trial: all acts at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What is done.
    pub acts: Vec<TrialAct>,
}

/// A tap whose pressure is too low; the node by its index on the map board.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowTap {
    /// The node.
    pub node: usize,
    /// Before, MPa.
    pub before_mpa: f64,
    /// After, MPa.
    pub after_mpa: f64,
}

/// 关阀方案 for a burst.
#[derive(Clone, Debug, PartialEq)]
pub struct Isolated {
    /// Links to close.
    pub close: Vec<usize>,
    /// Nodes of the segment that then stands dry.
    pub nodes: Vec<usize>,
    /// Its links.
    pub links: Vec<usize>,
    /// Reservoirs and tanks inside: it cannot be shut off from them.
    pub sources: Vec<usize>,
    /// Taps that lose water once it is closed.
    pub cut_off: Vec<usize>,
    /// Taps that then fall below the least pressure and did not before.
    pub newly_low: usize,
}

/// What a trial does.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    /// The minute whose state it was made on.
    pub minute: Time,
    /// How long it took, ms.
    pub took_ms: f64,
    /// Least service pressure, MPa.
    pub least_mpa: f64,
    /// Taps without water.
    pub cut_off: Vec<usize>,
    /// Their demand, m³/s.
    pub demand_lost_m3s: f64,
    /// Taps below the least pressure.
    pub low: Vec<LowTap>,
    /// Taps that were below it already.
    pub low_before: usize,
    /// Taps in all.
    pub taps: usize,
    /// What flows out of openings, m³/s.
    pub released_m3s: f64,
    /// How a burst is shut off.
    pub isolate: Option<Isolated>,
}

/// Why a trial could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrialError {
    /// No supply model runs yet.
    #[error("no supply model is running: there is no state to try anything on")]
    NotRunning,
    /// No such object.
    #[error("the model has no {kind} `{name}`; choose one on the map")]
    Unknown {
        /// `node` or `link`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// An opening out of range.
    #[error("an opening of {value} mm is outside 0 to {OPENING_MAX_MM} mm")]
    Opening {
        /// What was asked.
        value: f64,
    },
    /// The object is of another kind than the act needs.
    #[error("that is not a {wanted}; choose a {wanted} for this act")]
    Kind {
        /// What the act needs.
        wanted: &'static str,
    },
    /// The engine refused.
    #[error("{0}")]
    Refused(WhatIfError),
}

impl From<WhatIfError> for TrialError {
    fn from(error: WhatIfError) -> Self {
        match error {
            WhatIfError::Kind { wanted, .. } => Self::Kind { wanted },
            other => Self::Refused(other),
        }
    }
}

impl Trials {
    pub(super) fn show(&self, model: &Arc<Model>, state: &State, minute: Time) {
        let live = Live { model: Arc::clone(model), state: state.clone(), minute };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(live));
    }

    /// Tries something on the state of now; the state itself is not touched.
    ///
    /// # Errors
    /// [`TrialError`].
    pub fn try_out(&self, trial: &Trial) -> Result<TrialResult, TrialError> {
        let live = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let live = live.ok_or(TrialError::NotRunning)?;
        let began = Instant::now();
        let acts = trial.acts.iter().map(|act| live.act(act)).collect::<Result<Vec<_>, _>>()?;
        let effect = live.model.what_if(&live.state, &acts, TAP_PRESSURE_MIN_MPA)?;
        let burst = acts.iter().find_map(|act| match act {
            Act::BurstMain { link, .. } => Some(*link),
            _ => None,
        });
        let isolate = burst.map(|link| live.isolate(link)).transpose()?;
        Ok(live.result(effect, isolate, began))
    }
}

impl Live {
    fn act(&self, act: &TrialAct) -> Result<Act, TrialError> {
        let link = |name: &String| {
            self.model.link(name).ok_or_else(|| TrialError::Unknown { kind: "link", name: name.clone() })
        };
        let node = |name: &String| {
            self.model.node(name).ok_or_else(|| TrialError::Unknown { kind: "node", name: name.clone() })
        };
        Ok(match act {
            TrialAct::Close { link: name } => Act::Close { link: link(name)? },
            TrialAct::TripPump { link: name } => Act::TripPump { link: link(name)? },
            TrialAct::OpenHydrant { node: name, diameter_mm } => {
                Act::OpenHydrant { node: node(name)?, area_m2: area_m2(*diameter_mm)? }
            }
            TrialAct::BurstMain { link: name, diameter_mm } => {
                Act::BurstMain { link: link(name)?, area_m2: area_m2(*diameter_mm)? }
            }
        })
    }

    fn isolate(&self, link: usize) -> Result<Isolated, TrialError> {
        let found = self.model.isolate(&self.state, link).map_err(WhatIfError::from)?;
        let acts: Vec<Act> = found.close.iter().map(|link| Act::Close { link: *link }).collect();
        // Where there is no valve to close, closing changes nothing; too many are told by the list alone.
        let effect = self.model.what_if(&self.state, &acts, TAP_PRESSURE_MIN_MPA).ok();
        Ok(Isolated {
            close: found.close,
            nodes: found.nodes,
            links: found.links,
            sources: found.sources,
            newly_low: effect.as_ref().map_or(0, newly_low),
            cut_off: effect.map_or_else(Vec::new, |e| e.cut_off),
        })
    }

    fn result(&self, effect: Effect, isolate: Option<Isolated>, began: Instant) -> TrialResult {
        let m3s = M3_PER_FT3 / self.model.factors().flow;
        let low = effect.low.iter().map(|tap| LowTap {
            node: tap.node,
            before_mpa: tap.before_mpa,
            after_mpa: tap.after_mpa,
        });
        TrialResult {
            minute: self.minute,
            least_mpa: TAP_PRESSURE_MIN_MPA,
            low: low.collect(),
            low_before: effect.low_before,
            taps: effect.taps,
            demand_lost_m3s: effect.demand_lost * m3s,
            released_m3s: effect.released * m3s,
            cut_off: effect.cut_off,
            isolate,
            took_ms: began.elapsed().as_secs_f64() * 1e3,
        }
    }
}

fn newly_low(effect: &Effect) -> usize {
    effect.newly_failed(TAP_PRESSURE_MIN_MPA).saturating_sub(effect.cut_off.len())
}

fn area_m2(diameter_mm: f64) -> Result<f64, TrialError> {
    if diameter_mm > 0.0 && diameter_mm <= OPENING_MAX_MM {
        Ok(PI / 4.0 * (diameter_mm / 1e3).powi(2))
    } else {
        Err(TrialError::Opening { value: diameter_mm })
    }
}
