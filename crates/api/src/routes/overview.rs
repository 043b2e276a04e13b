//! 总览: the city at a glance.

use crate::access::{Caller, Who};
use crate::app::App;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::overview::{AlarmCounts, DutyCounts, OrderCounts, Overview, StationCounts};
use crate::views::station::{is_online, last_contact};
use axum::Json;
use axum::extract::State;
use field::alarm::{Alarm, AlarmState};
use field::order::OrderState;
use field::time::{MINUTE_MS, SECOND_MS, Time};
use std::collections::HashSet;
use store::Registry;
use store::tables::AlarmFilter;

/// An order not accepted for so long is late: the first escalation's time.
const LATE_MS: i64 = 3 * MINUTE_MS;
/// Silent stations named.
const SILENT_MAX: usize = 200;
/// Alarms of today looked at for the median.
const TODAY_MAX: usize = 2_000;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/overview", Who::SignedIn, overview).says("The city at a glance").answers::<Overview>()]
}

async fn overview(State(app): State<App>, caller: Caller) -> Result<Json<Overview>, Problem> {
    let kept = app.overview.or_compute(compute(&app)).await?;
    let quarantine = if caller.is_staff() { app.store.tables.quarantine_count_open().await? } else { 0 };
    Ok(Json(Overview { quarantine, ..(*kept).clone() }))
}

async fn compute(app: &App) -> Result<Overview, Problem> {
    let (registry, now) = (app.store.tables.registry(), app.now());
    let open = app.store.tables.open_alarms().await?;
    let today = AlarmFilter { since: Some(now.civil_day()), limit: TODAY_MAX, ..AlarmFilter::default() };
    let today = app.store.tables.alarms(&today).await?;
    let closed = AlarmFilter { open: Some(false), limit: 1, ..AlarmFilter::default() };
    let closed = app.store.tables.alarms(&closed).await?;
    let orders = app.store.tables.open_orders().await?;
    let late = |o: &&field::order::Order| o.state == OrderState::Sent && now.since_ms(o.sent_at) > LATE_MS;
    Ok(Overview {
        at: now.into(),
        stations: stations(app, &registry, now),
        alarms: alarms(&open, today.len()),
        orders: OrderCounts { open: orders.len(), late: orders.iter().filter(late).count() },
        acknowledge_p50_s: acknowledge_p50_s(&today),
        rain: app.rain.now(app).await?.areal,
        duty: duty(&registry, now),
        quarantine: 0,
        last_closed_alarm_at: closed.first().and_then(|a| a.closed_at).map(Into::into),
    })
}

fn stations(app: &App, registry: &Registry, now: Time) -> StationCounts {
    let leapt_at = app.leapt_at();
    let all = registry.stations().values();
    let silent: Vec<String> = all
        .filter(|s| !is_online(s, last_contact(&app.store.samples, registry, &s.code, now), now, leapt_at))
        .map(|s| s.code.to_string())
        .collect();
    let total = registry.stations().len();
    StationCounts {
        total,
        online: total - silent.len(),
        silent: silent.into_iter().take(SILENT_MAX).collect(),
    }
}

fn alarms(open: &[Alarm], today: usize) -> AlarmCounts {
    let count = |of: fn(&Alarm) -> bool| open.iter().filter(|a| of(a)).count();
    AlarmCounts {
        unacknowledged: count(|a| a.state.is_unacknowledged() && a.is_calling()),
        active: count(|a| a.state.is_active()),
        returned: count(|a| matches!(a.state, AlarmState::Returned | AlarmState::ReturnedUnacknowledged)),
        shelved: count(|a| a.shelf.is_some()),
        today,
    }
}

/// The median, over alarms that somebody took.
fn acknowledge_p50_s(alarms: &[Alarm]) -> Option<f64> {
    let taken = alarms.iter().filter_map(|a| a.acknowledged.map(|(_, at)| at.since_ms(a.raised_at)));
    let mut waits: Vec<i64> = taken.collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).map(|ms| *ms as f64 / SECOND_MS as f64)
}

fn duty(registry: &Registry, now: Time) -> DutyCounts {
    let on_duty: Vec<_> = registry.blocks().keys().filter_map(|b| registry.on_duty(*b, now)).collect();
    let people: HashSet<_> = on_duty.iter().map(|p| p.id).collect();
    DutyCounts { blocks: registry.blocks().len(), covered: on_duty.len(), people: people.len() }
}
