//! 已知点表: the maps that explain stored polls, so that the frame-trace page can name elements.
//!
//! A process-wide list of data, put in at start: the bundled maps always, a site's own by
//! [`install`]. Old versions stay known as long as somebody installs their text.

use super::map::{Map, MapError};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, RwLock};

/// The maps of `devices/modbus`: name and text.
pub const BUNDLED: &[(&str, &str)] = &[
    ("pump-station", include_str!("../../../../devices/modbus/pump-station.toml")),
    ("supply-point", include_str!("../../../../devices/modbus/supply-point.toml")),
    ("sl651-gauge", include_str!("../../../../devices/modbus/sl651-gauge.toml")),
    ("power-meter", include_str!("../../../../devices/modbus/power-meter.toml")),
];

/// Most maps known at once: a site has a dozen kinds of devices, and some versions of each.
const MOST: usize = 1_000;

type Known = RwLock<BTreeMap<String, Arc<Map>>>;

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let bundled = BUNDLED.iter().filter_map(|(_, text)| Map::parse(text).ok());
        RwLock::new(bundled.map(|map| (map.key().to_owned(), Arc::new(map))).collect())
    })
}

/// Reads a map and remembers it under its key.
///
/// # Errors
/// [`MapError`].
pub fn install(text: &str) -> Result<Arc<Map>, MapError> {
    let map = Arc::new(Map::parse(text)?);
    let mut known = known().write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if known.len() < MOST {
        known.insert(map.key().to_owned(), Arc::clone(&map));
    }
    Ok(map)
}

/// The map of that key (`name@mark`).
#[must_use]
pub fn installed(key: &str) -> Option<Arc<Map>> {
    known().read().unwrap_or_else(std::sync::PoisonError::into_inner).get(key).cloned()
}
