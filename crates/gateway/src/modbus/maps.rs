//! The maps of a start: bundled, the site's own, and those that older stored polls name.

use super::Config;
use crate::error::GatewayError;
use serde_json::{Map as Object, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tables;
use wire::modbus::{BUNDLED, Map, install};

/// Setting that holds the text of every map ever polled with, by its key: a stored poll is explained
/// by the map it was read with, however often the file has changed since.
const SETTING: &str = "modbus.maps";
/// Most texts kept: beyond, old polls are shown by their registers.
const MOST: usize = 500;

/// The maps by name; a site's own wins over a bundled one of that name.
pub(super) async fn known(
    config: &Config,
    tables: &Tables,
) -> Result<BTreeMap<String, Arc<Map>>, GatewayError> {
    let mut kept = kept(tables).await;
    let before = kept.len();
    for text in kept.values().filter_map(Value::as_str) {
        if let Err(error) = install(text) {
            tracing::warn!(%error, "a register map of an older version is no longer understood; polls read with it are shown by their registers");
        }
    }
    let mut maps = BTreeMap::new();
    let bundled = BUNDLED.iter().map(|(_, text)| *text);
    for text in bundled.chain(config.maps.iter().map(String::as_str)) {
        let map = install(text).map_err(|error| GatewayError::setting("modbus", error.to_string()))?;
        let used = config.connections.iter().flat_map(|c| &c.devices).any(|device| device.map == map.name);
        if used && kept.len() < MOST {
            kept.insert(map.key().to_owned(), Value::from(text));
        }
        maps.insert(map.name.clone(), map);
    }
    if kept.len() != before
        && let Err(error) = tables.setting_keep(SETTING, &Value::Object(kept)).await
    {
        tracing::warn!(%error, "the register maps could not be kept; polls stay readable by their registers");
    }
    Ok(maps)
}

async fn kept(tables: &Tables) -> Object<String, Value> {
    match tables.setting(SETTING).await {
        Ok(Some(Value::Object(kept))) => kept,
        Ok(_) => Object::new(),
        Err(error) => {
            tracing::warn!(%error, "the register maps of older polls could not be read");
            Object::new()
        }
    }
}
