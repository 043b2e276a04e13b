//! 报警规则: their settings, and what they would have done.

use crate::access::{Caller, STAFF, Who};
use crate::app::{App, Replay};
use crate::extract::{Ask, Body, IfMatch, Of, station_code};
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::List;
use crate::views::rule::{ReplayAsk, ReplayView, RuleAsk, RuleEdit, RuleKinds, RuleView, TransitionView};
use crate::views::station::etag;
use axum::Json;
use axum::extract::State;
use field::id::RuleId;
use field::rule::RuleSetting;
use field::time::DAY_MS;
use serde_json::json;
use std::sync::Arc;
use store::{Actor, Registry};

/// Longest replay: a rainy season.
const REPLAY_MAX_MS: i64 = 100 * DAY_MS;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/rules", Who::SignedIn, list)
            .says("Rules, of one station or of all")
            .asks::<RuleAsk>()
            .answers::<List<RuleView>>(),
        Route::get("/rules/kinds", Who::SignedIn, kinds)
            .says("Every kind of rule with its parameters")
            .answers::<RuleKinds>(),
        Route::put("/rules/{id}", STAFF, put)
            .says("Changes a rule's settings")
            .edits()
            .takes::<RuleEdit>()
            .answers::<RuleView>(),
        Route::post("/rules/{id}/replay", STAFF, replay)
            .says("What the rule would have done over stored history; changes nothing")
            .takes::<ReplayAsk>()
            .answers::<ReplayView>(),
    ]
}

async fn list(State(app): State<App>, Ask(ask): Ask<RuleAsk>) -> Result<Json<List<RuleView>>, Problem> {
    let registry = app.store.tables.registry();
    let items = match ask.station {
        Some(station) => {
            let points = registry.points_of(&station_code(&station)?);
            points.iter().flat_map(|p| registry.rules_of(p.id)).map(|r| RuleView::from(&**r)).collect()
        }
        None => registry.rules().values().map(|r| RuleView::from(&**r)).collect(),
    };
    Ok(Json(List::whole(items)))
}

async fn kinds(State(app): State<App>) -> Json<RuleKinds> {
    Json(RuleKinds { items: app.rules.kinds.clone() })
}

fn rule(registry: &Registry, id: i64) -> Result<Arc<RuleSetting>, Problem> {
    registry.rule(RuleId(id)).cloned().ok_or_else(|| Problem::not_found("rule", id))
}

fn check(app: &App, rule: &RuleSetting) -> Result<(), Problem> {
    (app.rules.check)(rule.clone()).map_err(|fault| {
        Problem::with(ProblemCode::BadRule, json!({ "param": fault.param, "why": fault.problem }))
    })
}

async fn put(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    if_match: IfMatch,
    Body(edit): Body<RuleEdit>,
) -> Result<Json<RuleView>, Problem> {
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    // One writer at a time: within the transaction nobody else changes it.
    let known = rule(&tx.registry(), id)?;
    if_match.check(&etag(&*known))?;
    let edited = RuleSetting { params: edit.params, enabled: edit.enabled, ..(*known).clone() };
    check(&app, &edited)?;
    tx.rule_put(&edited).await?;
    tx.commit().await?;
    Ok(Json(RuleView::from(&edited)))
}

async fn replay(
    State(app): State<App>,
    Of(id): Of<i64>,
    Body(ask): Body<ReplayAsk>,
) -> Result<Json<ReplayView>, Problem> {
    let mut rule = (*rule(&app.store.tables.registry(), id)?).clone();
    if let Some(params) = ask.params {
        rule.params = params;
        check(&app, &rule)?;
    }
    let (from, to) = (ask.from.0, ask.to.0);
    if !(1..=REPLAY_MAX_MS).contains(&to.since_ms(from)) {
        return Err(Problem::invalid("to", "after `from`, at most 100 days"));
    }
    let transitions = (app.rules.replay)(Replay { rule, from, to }).await.map_err(|error| {
        tracing::error!(rule = id, error, "replay failed");
        Problem::new(ProblemCode::Internal)
    })?;
    Ok(Json(ReplayView { transitions: transitions.into_iter().map(TransitionView::from).collect() }))
}
