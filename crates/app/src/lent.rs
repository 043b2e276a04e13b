//! What one room lends another: desks never import each other, so plain functions go through here.

use api::{
    ChannelBudget, ChannelView, DemoLogin, IsolationView, LowTapView, Replay, RuleFault, Rules, StormGauge,
    StormView, WhatIfAct, WhatIfAsk, WhatIfRefusal, WhatIfView,
};
use city::Town;
use city::storm::STORMS;
use city::town::DEMO_PASSWORD;
use field::alarm::AlarmState;
use field::person::Role;
use std::sync::Arc;
use store::Store;

/// What the interface may ask the alarm room.
pub(crate) fn rules(store: &Store) -> Rules {
    let store = store.clone();
    Rules {
        kinds: alarm::rules::rule_kinds(),
        check: Arc::new(|setting: field::rule::RuleSetting| check(&setting.kind, &setting.params)),
        replay: Arc::new(move |ask: Replay| {
            let store = store.clone();
            Box::pin(async move { replay(&store, ask).await })
        }),
    }
}

/// What the interface may ask the gateway of a station.
pub(crate) fn reach(sight: gateway::Sight) -> api::Lent<field::id::StationCode, api::Reach> {
    Arc::new(move |station| api::Reach {
        protocol: sight.reached_by(&station).map(str::to_owned),
        throttled_until: sight.throttled_until(&station),
    })
}

fn check(kind: &str, params: &serde_json::Value) -> Result<(), RuleFault> {
    let unknown =
        || RuleFault { param: String::new(), problem: serde_json::json!({ "code": "unknown_kind" }) };
    let kind = alarm::RuleKind::of(kind).ok_or_else(unknown)?;
    kind.check_params(params).map_err(|bad| RuleFault {
        param: bad.param,
        problem: serde_json::to_value(&bad.problem).unwrap_or_default(),
    })
}

async fn replay(store: &Store, ask: Replay) -> Result<Vec<api::Transition>, String> {
    let found = alarm::replay(store, &ask.rule, ask.from, ask.to).await.map_err(|why| why.to_string())?;
    let view = |t: alarm::Transition| {
        Some(api::Transition {
            at: t.at,
            from: t.from.map(|_| AlarmState::Raised),
            to: if t.to.is_some() { AlarmState::Raised } else { AlarmState::Returned },
            severity: t.to.or(t.from)?,
            value: t.value,
        })
    };
    Ok(found.into_iter().filter_map(view).collect())
}

/// How the channels are doing.
pub(crate) fn channels(board: Arc<dispatch::ChannelBoard>) -> api::Lent<(), Vec<ChannelView>> {
    Arc::new(move |()| {
        let view = |state: dispatch::ChannelState| ChannelView {
            channel: state.channel,
            configured: state.configured,
            budget: state.configured.then(|| ChannelBudget {
                per_minute: state.per_minute,
                left: u32::try_from(state.left).unwrap_or(u32::MAX),
            }),
            waiting: i64::try_from(state.waiting).unwrap_or(i64::MAX),
            last_error: state.last_error.map(|e| e.text),
        };
        board.states().into_iter().map(view).collect()
    })
}

/// What-if trials on the supply network as it is now, on a thread that may block.
pub(crate) fn what_if(trials: twin::Trials) -> api::WhatIf {
    Arc::new(move |ask: WhatIfAsk| {
        let trials = trials.clone();
        Box::pin(async move {
            let trial = twin::Trial { acts: ask.acts.into_iter().map(act).collect() };
            let tried = tokio::task::spawn_blocking(move || trials.try_out(&trial)).await;
            tried.map_err(|why| WhatIfRefusal::Failed(why.to_string()))?.map(effect).map_err(refusal)
        })
    })
}

fn act(act: WhatIfAct) -> twin::TrialAct {
    match act {
        WhatIfAct::Close { link } => twin::TrialAct::Close { link },
        WhatIfAct::TripPump { link } => twin::TrialAct::TripPump { link },
        WhatIfAct::OpenHydrant { node, diameter_mm } => twin::TrialAct::OpenHydrant { node, diameter_mm },
        WhatIfAct::BurstMain { link, diameter_mm } => twin::TrialAct::BurstMain { link, diameter_mm },
    }
}

fn refusal(error: twin::TrialError) -> WhatIfRefusal {
    match error {
        twin::TrialError::NotRunning => WhatIfRefusal::NotRunning,
        twin::TrialError::Unknown { kind, name } => WhatIfRefusal::Unknown { kind, name },
        twin::TrialError::Opening { .. } => {
            WhatIfRefusal::Invalid { what: "diameter_mm", why: "0..=2000".to_owned() }
        }
        twin::TrialError::Kind { wanted } => {
            WhatIfRefusal::Invalid { what: "acts", why: format!("not_a_{wanted}") }
        }
        twin::TrialError::Refused(why) => WhatIfRefusal::Failed(why.to_string()),
    }
}

fn effect(tried: twin::TrialResult) -> WhatIfView {
    let low = |tap: twin::LowTap| LowTapView {
        node: tap.node,
        before_mpa: tap.before_mpa,
        after_mpa: tap.after_mpa,
    };
    WhatIfView {
        minute: tried.minute,
        took_ms: tried.took_ms,
        least_mpa: tried.least_mpa,
        cut_off: tried.cut_off,
        demand_lost_m3s: tried.demand_lost_m3s,
        low: tried.low.into_iter().map(low).collect(),
        low_before: tried.low_before,
        taps: tried.taps,
        released_m3s: tried.released_m3s,
        isolate: tried.isolate.map(|i| IsolationView {
            close: i.close,
            nodes: i.nodes,
            links: i.links,
            sources: i.sources,
            cut_off: i.cut_off,
            newly_low: i.newly_low,
        }),
    }
}

/// How many owners the sign-in page offers: enough to be somebody, few enough to find them.
const OWNERS_OFFERED: usize = 12;

/// Whom the demo lets sign in.
pub(crate) fn logins(town: &Town) -> Vec<DemoLogin> {
    let of_role = |role: Role, most: usize| town.persons.iter().filter(move |p| p.role == role).take(most);
    of_role(Role::Dispatcher, usize::MAX)
        .chain(of_role(Role::Administrator, usize::MAX))
        .chain(of_role(Role::BlockOwner, OWNERS_OFFERED))
        .map(|p| DemoLogin {
            login: p.login.clone(),
            password: DEMO_PASSWORD.to_owned(),
            role: p.role,
            name: p.name.clone(),
            name_en: p.name_en.clone(),
        })
        .collect()
}

/// What can be played.
pub(crate) fn storms() -> Vec<StormView> {
    STORMS
        .iter()
        .map(|storm| {
            let listed = storm.listed();
            StormView {
                id: listed.id.to_owned(),
                title: listed.title.to_owned(),
                title_en: listed.title_en.to_owned(),
                starts_at: listed.starts_at,
                hours: listed.hours,
                areal_mm: listed.areal_mm,
                gauges: listed
                    .gauges
                    .iter()
                    .map(|g| StormGauge { name: g.name.to_owned(), mm: g.mm })
                    .collect(),
            }
        })
        .collect()
}
