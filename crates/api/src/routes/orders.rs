//! 工单: the board, the phone's card, and each step.

use crate::access::{self, CREW, Caller, DISPATCHER, Who};
use crate::app::App;
use crate::extract::{Ask, Body, Key, Of, next_cursor, page_size, station_code};
use crate::look;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::List;
use crate::views::line::LineView;
use crate::views::order::{
    self, ArriveAsk, CloseAsk, HandleAsk, OrderActed, OrderAsk, OrderCard, OrderContext, OrderView,
    ReassignAsk, SpotLevel,
};
use crate::views::station::thresholds_of;
use axum::Json;
use axum::extract::State;
use field::id::{OrderId, PersonId};
use field::order::{Handling, Order, OrderAct};
use field::person::Role;
use field::place::Position;
use field::severity::Severity;
use store::tables::{MessageFilter, OrderFilter};
use store::{Actor, Registry, Subject, lives};

/// Longest reason, characters.
const REASON_MAX: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    let act = |path: &str, says: &str, route: fn(&str) -> Route| {
        route(path).says(says).acts().answers::<OrderActed>()
    };
    vec![
        Route::get("/orders", Who::SignedIn, list)
            .says("Orders, newest first; a block owner sees those of his blocks and those he is asked to do")
            .asks::<OrderAsk>()
            .answers::<List<OrderView>>(),
        Route::get("/orders/{id}", Who::SignedIn, card)
            .says("One order with all that a person on the way needs")
            .answers::<OrderCard>(),
        act("/orders/{id}/accept", "Takes it on; also acknowledges its alarms", |p| {
            Route::post(p, CREW, accept)
        }),
        act("/orders/{id}/depart", "Sets off", |p| Route::post(p, CREW, depart)),
        act("/orders/{id}/arrive", "Is there; proven when the phone is near the spot", |p| {
            Route::post(p, CREW, arrive).takes::<ArriveAsk>()
        }),
        act("/orders/{id}/handle", "Says what was done", |p| {
            Route::post(p, CREW, handle).takes::<HandleAsk>()
        }),
        act("/orders/{id}/reassign", "Gives it to somebody else; a block owner hands his own on", |p| {
            Route::post(p, CREW, reassign).takes::<ReassignAsk>()
        }),
        act("/orders/{id}/close", "Closes it; a reason is needed while an alarm holds", |p| {
            Route::post(p, DISPATCHER, close).takes::<CloseAsk>()
        }),
    ]
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Ask(ask): Ask<OrderAsk>,
) -> Result<Json<List<OrderView>>, Problem> {
    let size = page_size(ask.limit);
    let filter = OrderFilter {
        open: Some(ask.open.unwrap_or(true)),
        assignee: ask.mine.unwrap_or(false).then_some(caller.person),
        station: ask.station.as_deref().map(station_code).transpose()?,
        before_id: ask.cursor.map(OrderId),
        limit: size,
    };
    let mut found = app.store.tables.orders(&filter).await?;
    let next = next_cursor(&found, size, |o| o.id.0);
    if !caller.is_staff() {
        let own = access::blocks_of(&app.store.tables.registry(), caller.person);
        found.retain(|o| o.assignee == caller.person || own.contains(&o.block));
    }
    Ok(Json(List { items: look::order_views(&app, &caller, found).await?, next }))
}

/// The order, if the caller may see it.
async fn seen(app: &App, caller: &Caller, id: i64) -> Result<Order, Problem> {
    let order = app.store.tables.order(OrderId(id)).await?.ok_or_else(|| Problem::not_found("order", id))?;
    let registry = app.store.tables.registry();
    if order.assignee == caller.person || caller.answers_for(&registry, order.block) {
        Ok(order)
    } else {
        Err(ProblemCode::Forbidden.into())
    }
}

async fn card(State(app): State<App>, caller: Caller, Of(id): Of<i64>) -> Result<Json<OrderCard>, Problem> {
    let order = seen(&app, &caller, id).await?;
    let registry = app.store.tables.registry();
    let mut subjects = vec![Subject::Order(order.id)];
    subjects.extend(order.alarms.iter().copied().map(Subject::Alarm));
    let filter = MessageFilter { order: Some(order.id), ..MessageFilter::default() };
    let kind = registry.station(&order.station).map(|s| s.kind);
    let card = OrderContext {
        spot: look::spot(&app, order.spot, order.block).await?,
        level: level(&app, &registry, &order),
        dispatcher: look::dispatcher(&registry),
        bring: order::bring(kind, order.severity),
        timeline: look::timeline(&app, &subjects).await?,
        messages: look::messages_about(&app, &caller, filter).await?,
    };
    Ok(Json(OrderCard { order: look::order_view(&app, &caller, order).await?, card }))
}

fn level(app: &App, registry: &Registry, order: &Order) -> Option<SpotLevel> {
    let point = registry.headline_of(&order.station)?;
    let (sample, _) = app.store.samples.latest_by(point.id, app.now())?;
    let thresholds = thresholds_of(registry, point.id);
    let reached = thresholds.and_then(|t| t.reached(sample.value?)).map(|(_, threshold)| threshold);
    let lowest = || thresholds.and_then(|t| Severity::ALL.into_iter().find_map(|s| t.get(s)));
    Some(SpotLevel {
        at: sample.at.into(),
        value: sample.value,
        unit: point.unit().to_owned(),
        trend_per_10min: app.trends.per_10min(point.id, app.now()),
        threshold: reached.or_else(lowest),
    })
}

async fn act(
    app: &App,
    caller: &Caller,
    id: i64,
    act: OrderAct,
    key: String,
) -> Result<Json<OrderActed>, Problem> {
    let (actor, idem) = (Actor::Person(caller.person), Some((key, caller.person)));
    let acted = lives::order_act(&app.store.tables, OrderId(id), act, actor, app.now(), idem).await?;
    let line = look::slim(LineView::of(&app.store.tables.registry(), acted.line));
    Ok(Json(OrderActed { line, order: look::order_view(app, caller, acted.now).await? }))
}

async fn accept(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
) -> Result<Json<OrderActed>, Problem> {
    seen(&app, &caller, id).await?;
    act(&app, &caller, id, OrderAct::Accept { by: caller.person }, key).await
}

async fn depart(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
) -> Result<Json<OrderActed>, Problem> {
    seen(&app, &caller, id).await?;
    act(&app, &caller, id, OrderAct::Depart { by: caller.person }, key).await
}

async fn arrive(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
    Body(ask): Body<ArriveAsk>,
) -> Result<Json<OrderActed>, Problem> {
    seen(&app, &caller, id).await?;
    let position = ask.position.map(|p| {
        tracing::debug!(order = id, accuracy_m = p.accuracy_m, "arrival with a position");
        Position { lon: p.lon, lat: p.lat }
    });
    act(&app, &caller, id, OrderAct::Arrive { by: caller.person, position }, key).await
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
    Body(ask): Body<HandleAsk>,
) -> Result<Json<OrderActed>, Problem> {
    seen(&app, &caller, id).await?;
    if ask.photos.len() > Handling::MAX_PHOTOS {
        return Err(ProblemCode::BadHandling.into());
    }
    for photo in &ask.photos {
        if app.store.photos.get(photo).await?.is_none() {
            return Err(Problem::not_found("photo", photo));
        }
    }
    let handling = Handling { text: ask.text, photos: ask.photos };
    act(&app, &caller, id, OrderAct::Handle { by: caller.person, handling }, key).await
}

async fn reassign(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
    Body(ask): Body<ReassignAsk>,
) -> Result<Json<OrderActed>, Problem> {
    check_reason(Some(&ask.reason))?;
    let order = seen(&app, &caller, id).await?;
    let registry = app.store.tables.registry();
    let to = match ask.to.map(PersonId) {
        Some(to) => registry.person(to).map(|p| p.id).ok_or_else(|| Problem::not_found("person", to))?,
        None => next_of_chain(&registry, &order)?,
    };
    // Handing on one's own order needs no dispatcher; anybody else's does. Once handed on it is no
    // longer one's own: a key said again goes through, to get its answer.
    let said_before = app.store.tables.idempotent(&key, caller.person).await?.is_some();
    if caller.role != Role::Dispatcher && order.assignee != caller.person && !said_before {
        return Err(ProblemCode::NotYours.into());
    }
    act(&app, &caller, id, OrderAct::Reassign { by: caller.person, to, reason: ask.reason }, key).await
}

/// B for A's order, the supervisor for anybody else's.
fn next_of_chain(registry: &Registry, order: &Order) -> Result<PersonId, Problem> {
    let chain = registry
        .block(order.block)
        .map(|b| b.chain)
        .ok_or_else(|| Problem::not_found("block", order.block))?;
    Ok(if order.assignee == chain.a { chain.b } else { chain.supervisor })
}

async fn close(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
    Body(ask): Body<CloseAsk>,
) -> Result<Json<OrderActed>, Problem> {
    check_reason(ask.reason.as_deref())?;
    // Whether an alarm still holds is looked up within the transaction.
    let close = OrderAct::Close { by: caller.person, alarm_active: true, reason: ask.reason };
    act(&app, &caller, id, close, key).await
}

fn check_reason(reason: Option<&str>) -> Result<(), Problem> {
    match reason {
        Some(text) if text.chars().count() > REASON_MAX => {
            Err(Problem::invalid("reason", format!("at most {REASON_MAX} characters")))
        }
        _ => Ok(()),
    }
}
