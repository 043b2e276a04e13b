//! 报警台: rules over windows of samples, verdicts into alarms.
//!
//! - [`rules`]: one file a rule; pure.
//! - [`form`]: what a rule can be set to, for the settings form and for checking settings.
//! - [`window`]: what a rule may look at.
//! - [`plan`]: which rule watches which point.
//! - [`defaults`]: the rules a station gets when nobody has said otherwise.
//! - [`evaluator`]: packets in, transitions out; the same for the live desk and the replay.
//! - [`desk`]: the live desk: tails the samples log, writes alarms.
//! - [`replay()`]: what a rule would have found over stored history.
//!
//! Never: HTTP, device sockets, SQL; no other desk.

pub mod defaults;
pub mod desk;
pub mod evaluator;
pub mod form;
mod marks;
mod past;
pub mod plan;
mod replay;
pub mod rules;
pub mod window;

pub use defaults::{NewRule, defaults, defaults_with};
pub use desk::{Desk, run};
pub use evaluator::{Mark, Transition};
pub use replay::{MAX_SPAN_MS, MAX_TRANSITIONS, ReplayError, replay};
pub use rules::{RuleKind, rule_kinds};
