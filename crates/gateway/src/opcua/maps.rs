//! 点表: node maps, as data: which node is which element, and how its number becomes the element's.

use super::config::Server;
use crate::error::GatewayError;
use ::opcua::types::NodeId;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// The protocol's name in the store and in configuration.
pub(super) use wire::opcua::NAME;

/// The maps that come with the program.
const BUNDLED: [&str; 1] = [include_str!("../../../../devices/opcua/pump-station.toml")];

/// Nodes of one map, and of one server: both stacks of servers we know take as many items at once.
const MAX_NODES: usize = 1_000;
pub(super) const MAX_ITEMS: usize = 50_000;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    name: String,
    /// For people; not read.
    #[serde(rename = "title", default)]
    _title: String,
    #[serde(rename = "node")]
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    id: String,
    element: String,
    #[serde(default = "one")]
    scale: f64,
    #[serde(default)]
    offset: f64,
    /// A command may write it.
    #[serde(default)]
    writable: bool,
    /// For people; not read.
    #[serde(rename = "unit", default)]
    _unit: String,
}

const fn one() -> f64 {
    1.0
}

/// 监视项: one node that is subscribed to for one station.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The node.
    pub node: NodeId,
    /// The station's code, as configured.
    pub station: String,
    /// The element its number is.
    pub element: String,
    /// Element = number × scale + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// A command may write it.
    pub writable: bool,
}

/// Everything that is subscribed to at one server.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Each with its place in `by_node`.
    pub all: Vec<Item>,
    /// Which items a node feeds.
    pub by_node: HashMap<NodeId, Vec<usize>>,
}

/// The maps by name; a site's own wins over a bundled one of that name.
#[derive(Debug)]
pub(super) struct Maps(BTreeMap<String, Map>);

impl Maps {
    pub(super) fn read(own: &[String]) -> Result<Self, GatewayError> {
        let mut maps = BTreeMap::new();
        for text in BUNDLED.into_iter().chain(own.iter().map(String::as_str)) {
            let bad = |what: String| GatewayError::setting(NAME, format!("node map: {what}"));
            let map: Map = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
            if map.nodes.len() > MAX_NODES {
                return Err(bad(format!("`{}` has more than {MAX_NODES} nodes; divide it", map.name)));
            }
            let odd = |n: &&Node| !n.scale.is_finite() || n.scale == 0.0 || !n.offset.is_finite();
            if let Some(node) = map.nodes.iter().find(odd) {
                return Err(bad(format!(
                    "scale and offset of `{}` must be finite numbers, scale not 0",
                    node.id
                )));
            }
            maps.insert(map.name.clone(), map);
        }
        Ok(Self(maps))
    }

    /// What is to be subscribed to at a server.
    pub(super) fn items(&self, server: &Server) -> Result<Items, GatewayError> {
        let bad = |what: String| GatewayError::setting(NAME, format!("server {}: {what}", server.url));
        let mut items = Items::default();
        for station in &server.stations {
            let map = self.0.get(&station.map).ok_or_else(|| {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                bad(format!("there is no node map `{}`; known are: {}", station.map, known.join(", ")))
            })?;
            for node in &map.nodes {
                let id = node.id.replace("{at}", &station.at);
                let id: NodeId = id.parse().map_err(|_| {
                    bad(format!("`{id}` is no node id; it looks like ns=2;s=Name or ns=2;i=17"))
                })?;
                items.by_node.entry(id.clone()).or_default().push(items.all.len());
                items.all.push(Item {
                    node: id,
                    station: station.code.clone(),
                    element: node.element.clone(),
                    scale: node.scale,
                    offset: node.offset,
                    writable: node.writable,
                });
            }
        }
        if items.all.len() > MAX_ITEMS {
            return Err(bad(format!("{} nodes; a server has at most {MAX_ITEMS}", items.all.len())));
        }
        Ok(items)
    }
}
