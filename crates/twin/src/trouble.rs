//! 异常: what keeps a model from running, or makes it run on less than it should. Codes and parameters;
//! the sentence is the interface's.

use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Trouble {
    /// There is no model file.
    #[error("`models/{file}` is not there; put one there to run this model")]
    NoModel {
        /// Its name.
        file: String,
    },
    /// The model cannot be run.
    #[error("`models/{file}`: {problems} problems, the first: {first}")]
    Model {
        /// The file.
        file: String,
        /// How many problems it has.
        problems: usize,
        /// The first, with its line.
        first: String,
    },
    /// `bindings.json` cannot be read.
    #[error("`models/bindings.json`: {why}")]
    Bindings {
        /// Why, with its place.
        why: String,
    },
    /// The bindings name an object the model does not have.
    #[error("the model has no {kind} `{name}`; the binding is left out")]
    NoObject {
        /// Which kind of object.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The bindings name a station, or a quantity of it, that is not registered.
    #[error("station `{station}` with a point of {quantity} is not registered; the binding is left out")]
    NoPoint {
        /// The station.
        station: String,
        /// The quantity.
        quantity: String,
    },
    /// The engine could not go on.
    #[error("the model could not go on at {at}: {why}; it starts anew")]
    Engine {
        /// The minute, RFC 3339.
        at: String,
        /// What it said.
        why: String,
    },
    /// What it remembered cannot be used.
    #[error("what the model remembered cannot be used ({why}); it warms up anew")]
    Memory {
        /// Why.
        why: String,
    },
}
