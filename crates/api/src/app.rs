//! What the interface is made of: the store, the clocks, and what other rooms lend it.
//!
//! Desks never import each other; what this crate needs of the alarm rules, the channels and the
//! demo comes in [`Parts`] as plain functions and values.

use crate::feed::Feed;
use crate::kept::Kept;
use crate::password::{BadPassword, Checker};
use crate::push::Sources;
use crate::rain::RainBoard;
use crate::throttle::Throttle;
use crate::trend::Trends;
use crate::views::demo::{ClockView, DemoLogin, StormView};
use crate::views::message::ChannelView;
use crate::views::overview::{HealthView, Overview, PartHealth};
use crate::views::rule::Transition;
use crate::views::storage::StorageView;
use crate::views::twin::{WhatIfAsk, WhatIfView};
use field::clock::Clock;
use field::rule::RuleSetting;
use field::time::Time;
use futures_util::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::Value;
use std::sync::Arc;
use store::Store;
use store::playback::Playback;
use tokio::sync::{Semaphore, watch};

/// A function lent by another room.
pub type Lent<A, R> = Arc<dyn Fn(A) -> R + Send + Sync>;

/// What is wrong with a rule's parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleFault {
    /// Which parameter; empty for all of them.
    pub param: String,
    /// What is wrong with it: an object with a `code`.
    pub problem: Value,
}

/// A rule to be replayed over stored history.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The rule, perhaps with other parameters than the stored ones.
    pub rule: RuleSetting,
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
}

/// 规则: what the alarm room lends.
#[derive(Clone)]
pub struct Rules {
    /// Every kind with its parameters, for the settings form.
    pub kinds: Vec<Value>,
    /// Whether a setting can be used.
    pub check: Lent<RuleSetting, Result<(), RuleFault>>,
    /// What a rule would have done; `Err` is for the log.
    pub replay: Lent<Replay, BoxFuture<'static, Result<Vec<Transition>, String>>>,
}

/// 演示: what the demo lends.
#[derive(Clone)]
pub struct Demo {
    /// Its clock.
    pub playback: Arc<Playback>,
    /// Whom the sign-in page offers.
    pub logins: Vec<DemoLogin>,
    /// What can be played.
    pub storms: Vec<StormView>,
    /// The after-action figures; `Err` is for the log.
    pub report: Lent<(), BoxFuture<'static, Result<Value, String>>>,
}

/// Trials on the supply network's live state.
pub type WhatIf = Lent<WhatIfAsk, BoxFuture<'static, Result<WhatIfView, WhatIfRefusal>>>;

/// Why a trial on a model was not made.
#[derive(Clone, Debug, PartialEq)]
pub enum WhatIfRefusal {
    /// No supply model is running.
    NotRunning,
    /// There is no such node or link.
    Unknown {
        /// `node` or `link`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A figure or a kind does not fit.
    Invalid {
        /// Which.
        what: &'static str,
        /// What would fit.
        why: String,
    },
    /// The engine failed; for the log.
    Failed(String),
}

/// 现况: what the gateway knows of a station right now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reach {
    /// The protocol in which a command would reach it; `None`: it is not on line.
    pub protocol: Option<String>,
    /// It is slowed down until then, because it sends more than its budget.
    pub throttled_until: Option<Time>,
}

/// Everything the interface is made of.
#[derive(Clone)]
pub struct Parts {
    /// Samples, journal, tables, photos.
    pub store: Store,
    /// The clock the city lives by; the demo's may run fast.
    pub clock: Arc<dyn Clock>,
    /// The machine's clock: sessions end by it.
    pub wall: Arc<dyn Clock>,
    /// Set in the demo.
    pub demo: Option<Demo>,
    /// Whether the data are synthetic: the screen says so.
    pub synthetic: bool,
    /// What the alarm room lends.
    pub rules: Rules,
    /// Every channel's state.
    pub channels: Lent<(), Vec<ChannelView>>,
    /// What the gateway knows of a station.
    pub reach: Lent<field::id::StationCode, Reach>,
    /// How further parts are: gateway, city.
    pub probes: Vec<Lent<(), PartHealth>>,
    /// VAPID public key, base64url.
    pub push_key: Option<String>,
    /// What the twin lends: trials on the supply network's live state.
    pub what_if: WhatIf,
    /// Renders the metrics.
    pub metrics: Option<PrometheusHandle>,
    /// Who may push data, and how JSON is read.
    pub push: crate::push::PushConfig,
    /// How long what is kept: shown, not done here.
    pub retention: store::retention::Retention,
    /// The address people use, such as `https://water.example`; cookies are `Secure` when it is https.
    pub public_url: Option<String>,
}

/// The state behind every handler. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

/// See [`App`].
pub(crate) struct Inner {
    parts: Parts,
    public_origin: Option<String>,
    pub(crate) passwords: Checker,
    pub(crate) throttle: Throttle,
    pub(crate) trends: Trends,
    pub(crate) rain: RainBoard,
    pub(crate) overview: Kept<Overview>,
    pub(crate) health: Kept<HealthView>,
    pub(crate) storage: Kept<StorageView>,
    pub(crate) feed: Feed,
    pub(crate) sources: Sources,
    /// One permit for each open stream.
    pub(crate) screens: Arc<Semaphore>,
    /// Turns `true` when the program ends: streams close.
    pub(crate) ending: watch::Receiver<bool>,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::ops::Deref for Inner {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl App {
    /// Puts it together.
    pub(crate) fn new(parts: Parts, ending: watch::Receiver<bool>) -> Result<Self, BadPassword> {
        let public_origin = parts.public_url.as_deref().map(origin_of);
        let feed = Feed::at(parts.store.tables.journal_head(), parts.store.samples.head());
        Ok(Self(Arc::new(Inner {
            public_origin,
            passwords: Checker::new()?,
            throttle: Throttle::default(),
            trends: Trends::default(),
            rain: RainBoard::default(),
            overview: Kept::default(),
            health: Kept::default(),
            storage: Kept::default(),
            feed,
            sources: Sources::new(&parts.push),
            screens: crate::stream::places(),
            ending,
            parts,
        })))
    }

    /// Scheme, host and port of the public address.
    pub(crate) fn public_origin(&self) -> Option<&str> {
        self.public_origin.as_deref()
    }

    /// Whether cookies go over https only.
    pub(crate) fn is_https(&self) -> bool {
        self.public_origin().is_some_and(|o| o.starts_with("https://"))
    }

    /// Now, on the city's clock.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// Where the city's clock last leapt to: silence is counted from there.
    pub(crate) fn leapt_at(&self) -> Option<Time> {
        match &self.demo {
            Some(demo) => demo.playback.state().leapt_at,
            None => self.clock.leapt().map(|leap| leap.to),
        }
    }

    /// What the clock shows.
    pub(crate) fn clock_view(&self) -> ClockView {
        match &self.demo {
            Some(demo) => ClockView::of(&demo.playback.state(), self.synthetic),
            None => ClockView::real(self.now(), self.clock.speed(), self.synthetic),
        }
    }
}

/// `https://water.example:8443/path` → `https://water.example:8443`.
fn origin_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.split('/').next().unwrap_or_default();
    format!("{}://{}", scheme.to_lowercase(), host.to_lowercase())
}
