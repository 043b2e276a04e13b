//! 联锁: what the server itself looks at before something in the field may move.

use super::Ask;
use serde::{Deserialize, Serialize};

/// 联锁条件 of a station, as an administrator set them; what is not set is not checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Interlocks {
    /// 停泵水位, in the unit and datum of the station's level or depth point: below it no pump is
    /// started, and without a fresh level neither.
    pub pump_stop_level_m: Option<f64>,
    /// 闸门最大开度, m.
    pub gate_opening_max_m: Option<f64>,
}

/// What an interlock looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// The station is under maintenance: somebody may have hands in the machine.
    pub maintenance: bool,
    /// The newest usable level or depth, m, if it is fresh.
    pub level_m: Option<f64>,
}

/// 联锁: why a command may not move anything now.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Interlocked {
    /// Somebody works there.
    #[error("the station is under maintenance: end the maintenance first")]
    Maintenance,
    /// 水位低于停泵水位.
    #[error("the level is {level_m} m, below the pump's stop level of {stop_m} m")]
    LevelBelowStop {
        /// The level now.
        level_m: f64,
        /// The stop level.
        stop_m: f64,
    },
    /// There is no fresh level to judge by.
    #[error("no fresh level is known, so the pump's stop level of {stop_m} m cannot be checked")]
    LevelUnknown {
        /// The stop level.
        stop_m: f64,
    },
    /// 开度超限.
    #[error("an opening of {asked_m} m is more than the gate's greatest, {max_m} m")]
    OpeningTooLarge {
        /// What was asked for.
        asked_m: f64,
        /// The greatest allowed.
        max_m: f64,
    },
}

impl Interlocked {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Maintenance => "station_in_maintenance",
            Self::LevelBelowStop { .. } => "level_below_stop",
            Self::LevelUnknown { .. } => "level_unknown",
            Self::OpeningTooLarge { .. } => "opening_too_large",
        }
    }
}

impl Interlocks {
    /// Whether the command may move what it moves. Stopping a pump is never held back by a level.
    ///
    /// # Errors
    /// The first interlock that forbids it.
    pub fn check(&self, ask: &Ask, facts: Facts) -> Result<(), Interlocked> {
        if !ask.moves_something() {
            return Ok(());
        }
        if facts.maintenance {
            return Err(Interlocked::Maintenance);
        }
        match (ask, self) {
            (Ask::SwitchPump { on: true, .. }, Self { pump_stop_level_m: Some(stop_m), .. }) => {
                match facts.level_m {
                    None => Err(Interlocked::LevelUnknown { stop_m: *stop_m }),
                    Some(level_m) if level_m < *stop_m => {
                        Err(Interlocked::LevelBelowStop { level_m, stop_m: *stop_m })
                    }
                    Some(_) => Ok(()),
                }
            }
            (Ask::SetGate { opening_m, .. }, Self { gate_opening_max_m: Some(max_m), .. })
                if opening_m > max_m =>
            {
                Err(Interlocked::OpeningTooLarge { asked_m: *opening_m, max_m: *max_m })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Ask = Ask::SwitchPump { pump: 1, on: true };

    #[test]
    fn a_pump_is_not_started_below_its_stop_level_nor_blindly_but_always_stopped() {
        let locks = Interlocks { pump_stop_level_m: Some(2.0), gate_opening_max_m: Some(1.5) };
        let facts = |level_m| Facts { level_m, maintenance: false };
        let code = |ask: &Ask, facts| locks.check(ask, facts).map_err(Interlocked::code);
        assert_eq!(code(&START, facts(Some(1.9))), Err("level_below_stop"));
        assert_eq!(code(&START, facts(None)), Err("level_unknown"));
        assert_eq!(code(&START, facts(Some(2.0))), Ok(()));
        assert_eq!(code(&Ask::SwitchPump { pump: 1, on: false }, facts(None)), Ok(()));
        let hands = Facts { maintenance: true, level_m: Some(3.0) };
        assert_eq!(code(&START, hands), Err("station_in_maintenance"));
        assert_eq!(code(&Ask::SetClock, hands), Ok(()));
        let wide = Ask::SetGate { gate: 1, opening_m: 1.6 };
        assert_eq!(code(&wide, facts(None)), Err("opening_too_large"));
    }
}
