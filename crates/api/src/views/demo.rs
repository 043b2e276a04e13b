//! The clock, and the demo's playback.

use super::words::{self, Stamp};
use field::person::Role;
use field::time::Time;
use serde::{Deserialize, Serialize};
use store::playback::PlaybackState;
use utoipa::ToSchema;

/// The server's clock; in the demo the playback's state too.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ClockView {
    pub(crate) now: Stamp,
    /// Seconds of this clock per second.
    pub(crate) speed: f64,
    pub(crate) paused: bool,
    /// Whether this is the demo.
    pub(crate) demo: bool,
    /// Whether the data are synthetic.
    pub(crate) synthetic: bool,
    /// The storm being played.
    pub(crate) storm: Option<String>,
    /// The moment of its hour 0 on this clock.
    pub(crate) storm_began_at: Option<Stamp>,
    /// Whether simulated people answer.
    pub(crate) people: bool,
    /// Whether a simulated dispatcher closes orders.
    pub(crate) dispatcher: bool,
    /// When the clock last leapt.
    pub(crate) leapt_at: Option<Stamp>,
}

/// 暴雨: one storm that can be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StormView {
    /// Such as `2021-06-30`.
    pub id: String,
    /// 名称.
    pub title: String,
    /// Name in English.
    pub title_en: String,
    /// When it happened: its hour 0.
    #[schema(value_type = Stamp)]
    pub starts_at: Time,
    /// How long, hours.
    pub hours: f64,
    /// Areal mean, mm.
    pub areal_mm: f64,
    /// Named gauges' totals.
    pub gauges: Vec<StormGauge>,
}

/// A named gauge's total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StormGauge {
    /// Its name.
    pub name: String,
    /// Its total, mm.
    pub mm: f64,
}

/// The playback and what it can play.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlaybackView {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) clock: ClockView,
    pub(crate) storms: Vec<StormView>,
}

/// What to change of the playback; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaybackAsk {
    /// Starts this storm; an empty text ends the present one.
    pub(crate) storm: Option<String>,
    /// 1 to 600.
    pub(crate) speed: Option<f64>,
    pub(crate) paused: Option<bool>,
    pub(crate) people: Option<bool>,
    pub(crate) dispatcher: Option<bool>,
}

/// 演示账号: somebody the demo lets sign in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DemoLogin {
    /// Name to sign in with.
    pub login: String,
    /// Password, of the demo only.
    pub password: String,
    /// What they may do.
    #[schema(value_type = words::Role)]
    pub role: Role,
    /// 姓名.
    pub name: String,
    /// Name in Latin letters.
    pub name_en: String,
}

impl ClockView {
    /// The clock of a playback.
    pub(crate) fn of(state: &PlaybackState, synthetic: bool) -> Self {
        Self {
            now: state.now.into(),
            speed: state.speed,
            paused: state.paused,
            demo: true,
            synthetic,
            storm: state.storm.clone(),
            storm_began_at: state.storm_began_at.map(Stamp),
            people: state.people,
            dispatcher: state.dispatcher,
            leapt_at: state.leapt_at.map(Stamp),
        }
    }

    /// The real clock.
    pub(crate) fn real(now: Time, speed: f64, synthetic: bool) -> Self {
        Self {
            now: now.into(),
            speed,
            paused: false,
            demo: false,
            synthetic,
            storm: None,
            storm_began_at: None,
            people: false,
            dispatcher: false,
            leapt_at: None,
        }
    }
}
