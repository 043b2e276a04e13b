//! 接口: HTTP and server-sent events over the store.
//!
//! Promises: every route states who may call it, and the router, the OpenAPI document and the access
//! test are made from that one table; an act is done once however often it is said; what a stream
//! missed it gets. Never: SQL, rules, channels — those rooms lend what is needed in [`Parts`].

mod access;
mod app;
mod draft;
mod extract;
mod feed;
mod health;
pub mod history;
pub mod import;
mod kept;
mod look;
mod openapi;
mod password;
mod problem;
mod push;
pub mod query;
mod rain;
mod risk;
mod route;
mod routes;
mod sensorthings;
mod serve;
mod session;
mod stream;
pub mod table;
mod thin;
mod throttle;
mod trend;
mod views;

pub use access::Who;
pub use app::{Demo, Lent, Parts, Reach, Replay, RuleFault, Rules, WhatIf, WhatIfRefusal};
pub use draft::{FaultCode, Registered};
pub use health::disk_probe;
pub use password::{BadPassword, hash_password};
pub use problem::ProblemCode;
pub use push::{PushConfig, PushSource, Token};
pub use serve::{Limits, ServeError, bind, serve, serve_within};
pub use views::demo::{DemoLogin, StormGauge, StormView};
pub use views::message::{ChannelBudget, ChannelView};
pub use views::overview::PartHealth;
pub use views::rule::Transition;
pub use views::twin::{IsolationView, LowTapView, WhatIfAct, WhatIfAsk, WhatIfView};

/// The OpenAPI 3.1 document as pretty JSON: what `docs/openapi.json` holds.
#[must_use]
pub fn openapi() -> String {
    openapi::document(routes::table())
}

/// Every route: method, path, who may call it.
#[must_use]
pub fn routes() -> Vec<(String, String, Who)> {
    routes::table().into_iter().map(|r| (r.method.to_string(), r.path.replace("{*", "{"), r.who)).collect()
}
