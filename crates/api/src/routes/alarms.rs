//! 报警: the list by risk, the card, and what people do with them.

use crate::access::{self, CREW, Caller, DISPATCHER, Who};
use crate::app::App;
use crate::extract::{Ask, Body, Key, Of, next_cursor, page_size, station_code};
use crate::look;
use crate::problem::{Problem, ProblemCode};
use crate::risk::risk;
use crate::route::Route;
use crate::views::List;
use crate::views::alarm::{AlarmActed, AlarmAsk, AlarmCard, AlarmView, ShelveAsk};
use crate::views::line::LineView;
use axum::Json;
use axum::extract::State;
use field::alarm::{Alarm, AlarmAct, Shelf};
use field::id::{AlarmId, StationCode};
use field::severity::Severity;
use field::time::MINUTE_MS;
use store::tables::{AlarmFilter, MessageFilter};
use store::{Actor, Registry, Subject, lives};

/// Longest reason, characters.
const REASON_MAX: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    let act = |path: &str, says: &str, route: fn(&str) -> Route| {
        route(path).says(says).acts().answers::<AlarmActed>()
    };
    vec![
        Route::get("/alarms", Who::SignedIn, list)
            .says("Open alarms by risk, or closed ones newest first; a block owner sees those of his blocks")
            .asks::<AlarmAsk>()
            .answers::<List<AlarmView>>(),
        Route::get("/alarms/{id}", Who::SignedIn, card)
            .says("One alarm with all that a decision needs")
            .answers::<AlarmCard>(),
        act("/alarms/{id}/acknowledge", "Takes it", |p| Route::post(p, CREW, acknowledge)),
        act("/alarms/{id}/shelve", "Puts it aside for a while, with a reason", |p| {
            Route::post(p, DISPATCHER, shelve).takes::<ShelveAsk>()
        }),
        act("/alarms/{id}/unshelve", "Takes it off the shelf", |p| Route::post(p, DISPATCHER, unshelve)),
        act("/alarms/{id}/close", "Closes it, when the condition has gone and it was taken", |p| {
            Route::post(p, DISPATCHER, close)
        }),
    ]
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Ask(ask): Ask<AlarmAsk>,
) -> Result<Json<List<AlarmView>>, Problem> {
    let size = page_size(ask.limit);
    let station = ask.station.as_deref().map(station_code).transpose()?;
    let severity = ask.severity.as_deref().map(severity_of).transpose()?;
    if ask.open.unwrap_or(true) {
        return open(&app, &caller, station.as_ref(), severity, ask.cursor, size).await;
    }
    let before_id = ask.cursor.map(AlarmId);
    let filter = AlarmFilter {
        open: Some(false),
        station,
        severity,
        before_id,
        limit: size,
        ..AlarmFilter::default()
    };
    let found = app.store.tables.alarms(&filter).await?;
    let next = next_cursor(&found, size, |a| a.id.0);
    let found = visible(&app.store.tables.registry(), &caller, found);
    Ok(Json(List { items: look::alarm_views(&app, found).await?, next }))
}

/// Highest risk first; the cursor counts alarms, because their order changes by the minute.
async fn open(
    app: &App,
    caller: &Caller,
    station: Option<&StationCode>,
    severity: Option<Severity>,
    cursor: Option<i64>,
    size: usize,
) -> Result<Json<List<AlarmView>>, Problem> {
    let registry = app.store.tables.registry();
    let (now, skip) = (app.now(), cursor.and_then(|c| usize::try_from(c).ok()).unwrap_or(0));
    let mut found = visible(&registry, caller, app.store.tables.open_alarms().await?);
    found.retain(|a| station.is_none_or(|s| a.station == *s) && severity.is_none_or(|s| a.severity == s));
    found.sort_by_cached_key(|a| {
        let kind = registry.station(&a.station).map(|s| s.kind);
        (-risk(a, kind, app.trends.per_10min(a.point, now), now), -a.id.0)
    });
    let more = found.len() > skip + size;
    let page: Vec<Alarm> = found.into_iter().skip(skip).take(size).collect();
    let next = more.then(|| (skip + size).to_string());
    Ok(Json(List { items: look::alarm_views(app, page).await?, next }))
}

fn visible(registry: &Registry, caller: &Caller, mut alarms: Vec<Alarm>) -> Vec<Alarm> {
    if !caller.is_staff() {
        let own = access::blocks_of(registry, caller.person);
        alarms.retain(|a| own.contains(&a.block));
    }
    alarms
}

fn severity_of(text: &str) -> Result<Severity, Problem> {
    let found = Severity::ALL.into_iter().find(|s| s.code() == text);
    found.ok_or_else(|| Problem::invalid("severity", "blue, yellow, orange, red"))
}

/// The alarm, if the caller may see it.
async fn seen(app: &App, caller: &Caller, id: i64) -> Result<Alarm, Problem> {
    let alarm = app.store.tables.alarm(AlarmId(id)).await?.ok_or_else(|| Problem::not_found("alarm", id))?;
    if caller.answers_for(&app.store.tables.registry(), alarm.block) {
        Ok(alarm)
    } else {
        Err(ProblemCode::Forbidden.into())
    }
}

async fn card(State(app): State<App>, caller: Caller, Of(id): Of<i64>) -> Result<Json<AlarmCard>, Problem> {
    let alarm = seen(&app, &caller, id).await?;
    let order = app.store.tables.order_of_alarm(alarm.id).await?;
    let registry = app.store.tables.registry();
    let place = registry.station(&alarm.station).map(|s| s.position);
    let place = place.or_else(|| registry.block(alarm.block).map(|b| b.ring.middle()));
    let position = place.ok_or_else(|| Problem::not_found("station", &alarm.station))?;
    let mut subjects = vec![Subject::Alarm(alarm.id)];
    subjects.extend(order.map(|o| Subject::Order(o.id)));
    let filter = MessageFilter { alarm: Some(alarm.id), ..MessageFilter::default() };
    Ok(Json(AlarmCard {
        spot: look::spot(&app, position, alarm.block).await?,
        timeline: look::timeline(&app, &subjects).await?,
        messages: look::messages_about(&app, &caller, filter).await?,
        alarm: look::alarm_view(&app, alarm).await?,
    }))
}

async fn act(
    app: &App,
    caller: &Caller,
    id: i64,
    act: AlarmAct,
    key: String,
) -> Result<Json<AlarmActed>, Problem> {
    let alarm = seen(app, caller, id).await?;
    let (actor, idem) = (Actor::Person(caller.person), Some((key, caller.person)));
    let acted = lives::alarm_act(&app.store.tables, alarm.id, act, actor, app.now(), idem).await?;
    let line = look::slim(LineView::of(&app.store.tables.registry(), acted.line));
    Ok(Json(AlarmActed { line, alarm: look::alarm_view(app, acted.now).await? }))
}

async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
) -> Result<Json<AlarmActed>, Problem> {
    act(&app, &caller, id, AlarmAct::Acknowledge { by: caller.person }, key).await
}

async fn shelve(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
    Body(ask): Body<ShelveAsk>,
) -> Result<Json<AlarmActed>, Problem> {
    if ask.reason.chars().count() > REASON_MAX {
        return Err(Problem::invalid("reason", format!("at most {REASON_MAX} characters")));
    }
    let until = app.now().plus_ms(ask.minutes.saturating_mul(MINUTE_MS));
    act(&app, &caller, id, AlarmAct::Shelve(Shelf { by: caller.person, reason: ask.reason, until }), key)
        .await
}

async fn unshelve(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
) -> Result<Json<AlarmActed>, Problem> {
    act(&app, &caller, id, AlarmAct::Unshelve, key).await
}

async fn close(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
) -> Result<Json<AlarmActed>, Problem> {
    act(&app, &caller, id, AlarmAct::Close, key).await
}
