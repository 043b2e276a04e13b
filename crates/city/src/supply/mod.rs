//! 供水: the town's water supply by `pipes`, on the network as it really is, and the PLCs that measure it.
//!
//! Every five minutes of the town's clock the network is solved with the demands of that hour – the day's
//! course, each zone a little different from hour to hour – and every PLC's registers are written, with
//! its instruments' noise. PLCs are asked in Modbus TCP, a unit number each, in the stations' order. A
//! moment is a function of the seed and the clock; nothing here knows of storms.

mod day;
mod registers;
#[cfg(test)]
mod tests;

use crate::error::CityError;
use crate::hands::TownClock;
use crate::town::Town;
use day::Day;
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use registers::Registers;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use registers::serve;

/// Name of the supply stations' register map in `devices/modbus`.
pub const MAP: &str = "supply-point";
/// A scan of the instruments every so often.
const SCAN_MS: i64 = 5 * MINUTE_MS;

/// The PLCs' registers by unit number, from 1.
pub(crate) type Units = Arc<Vec<Mutex<Registers>>>;

/// The unit number of each station of the supply, with its code: what a server has to ask.
#[must_use]
pub fn units(town: &Town) -> Vec<(u8, String)> {
    (1..).zip(town.supply.stations.iter().map(|s| s.code.to_string())).collect()
}

/// The registers of a town's PLCs, silent until the first scan.
pub(crate) fn registers(town: &Town) -> Units {
    Arc::new(town.supply.stations.iter().map(|_| Mutex::new(Registers::default())).collect())
}

/// Scans for as long as the town lives.
///
/// # Errors
/// [`CityError::Supply`] when the network as generated cannot be computed: a mistake of ours.
pub(crate) fn start(
    town: &Town,
    units: Units,
    clock: TownClock,
) -> Result<impl Future<Output = ()> + use<>, CityError> {
    let day = Day::of(town)?;
    Ok(scans(day, units, clock))
}

async fn scans(mut day: Day, units: Units, mut clock: TownClock) {
    clock.started().await;
    loop {
        let at = Time::from_ms(clock.now().ms().div_euclid(SCAN_MS) * SCAN_MS);
        // A solution is a matter of milliseconds, the first of a day of half a second.
        let solved = tokio::task::spawn_blocking(move || {
            let values = day.at(at);
            (day, values)
        });
        let Ok((back, values)) = solved.await else { return };
        day = back;
        match values {
            Ok(values) => {
                for (unit, values) in units.iter().zip(values) {
                    unit.lock().unwrap_or_else(PoisonError::into_inner).show(at, &values);
                }
            }
            Err(error) => tracing::warn!(%error, %at, "the town's water supply could not be computed"),
        }
        clock.until(at.plus_ms(SCAN_MS)).await;
    }
}
