//! Puts views together from the store: the same for lists, cards, acts and the stream.

use crate::access::Caller;
use crate::app::App;
use crate::problem::Problem;
use crate::views::alarm::{AlarmSight, AlarmView, PumpNear, RainNear, SpotView};
use crate::views::line::LineView;
use crate::views::message::MessageView;
use crate::views::order::OrderView;
use crate::views::person::{self, PersonBrief};
use field::alarm::Alarm;
use field::id::{AlarmId, BlockId, MessageId, StationCode};
use field::message::{Delivery, Message};
use field::order::Order;
use field::place::Position;
use field::station::{Quantity, StationKind};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use store::tables::MessageFilter;
use store::{Registry, Subject};

/// Below so many alarms, their orders are looked up one by one; above, all open orders at once.
const ONE_BY_ONE_MAX: usize = 64;
/// Neighbours on a card: what fits at a glance.
const NEAR: usize = 3;
/// Pumps on a card.
const NEAR_PUMPS: usize = 2;
/// Lines of a timeline: more than a life has.
const TIMELINE_MAX: usize = 300;
/// Messages on a card.
const MESSAGES_MAX: usize = 200;

/// Alarms with their present values and orders, in the order given.
pub(crate) async fn alarm_views(app: &App, alarms: Vec<Alarm>) -> Result<Vec<AlarmView>, Problem> {
    let orders = orders_of(app, &alarms).await?;
    let registry = app.store.tables.registry();
    let sight =
        AlarmSight { registry: &registry, samples: &app.store.samples, trends: &app.trends, now: app.now() };
    Ok(alarms
        .into_iter()
        .map(|a| {
            let order = orders.get(&a.id);
            AlarmView::of(&sight, a, order)
        })
        .collect())
}

/// One alarm.
pub(crate) async fn alarm_view(app: &App, alarm: Alarm) -> Result<AlarmView, Problem> {
    let id = alarm.id;
    alarm_views(app, vec![alarm]).await?.pop().ok_or_else(|| Problem::not_found("alarm", id))
}

async fn orders_of(app: &App, alarms: &[Alarm]) -> Result<HashMap<AlarmId, Order>, Problem> {
    let mut found = HashMap::new();
    if alarms.len() > ONE_BY_ONE_MAX {
        for order in app.store.tables.open_orders().await? {
            found.extend(order.alarms.iter().map(|a| (*a, order.clone())));
        }
        return Ok(found);
    }
    for alarm in alarms {
        if let Some(order) = app.store.tables.order_of_alarm(alarm.id).await? {
            found.insert(alarm.id, order);
        }
    }
    Ok(found)
}

/// Orders with their alarms, as `caller` sees them.
pub(crate) async fn order_views(
    app: &App,
    caller: &Caller,
    orders: Vec<Order>,
) -> Result<Vec<OrderView>, Problem> {
    let ids: HashSet<AlarmId> = orders.iter().flat_map(|o| o.alarms.iter().copied()).collect();
    let ids: Vec<AlarmId> = ids.into_iter().collect();
    let alarms = app.store.tables.alarms_by_id(&ids).await?;
    let alarms: HashMap<AlarmId, Alarm> = alarms.into_iter().map(|a| (a.id, a)).collect();
    let registry = app.store.tables.registry();
    let view = |order: Order| {
        let own: Vec<Alarm> = order.alarms.iter().filter_map(|id| alarms.get(id).cloned()).collect();
        OrderView::of(&registry, caller, order, &own)
    };
    Ok(orders.into_iter().map(view).collect())
}

/// One order.
pub(crate) async fn order_view(app: &App, caller: &Caller, order: Order) -> Result<OrderView, Problem> {
    let id = order.id;
    order_views(app, caller, vec![order]).await?.pop().ok_or_else(|| Problem::not_found("order", id))
}

/// Messages with their deliveries, in the order given.
pub(crate) async fn message_views(app: &App, messages: Vec<Message>) -> Result<Vec<MessageView>, Problem> {
    let ids: Vec<MessageId> = messages.iter().map(|m| m.id).collect();
    let mut deliveries: HashMap<MessageId, Vec<Delivery>> = HashMap::new();
    for delivery in app.store.tables.deliveries_of(&ids).await? {
        deliveries.entry(delivery.message).or_default().push(delivery);
    }
    let registry = app.store.tables.registry();
    let view = |m: Message| {
        let own = deliveries.remove(&m.id).unwrap_or_default();
        MessageView::of(&registry, m, own)
    };
    Ok(messages.into_iter().map(view).collect())
}

/// The messages about an alarm or an order, oldest first; a block owner sees only his own.
pub(crate) async fn messages_about(
    app: &App,
    caller: &Caller,
    filter: MessageFilter,
) -> Result<Vec<MessageView>, Problem> {
    let person = (!caller.is_staff()).then_some(caller.person);
    let filter = MessageFilter { person, limit: MESSAGES_MAX, ..filter };
    let mut messages = app.store.tables.messages(&filter).await?;
    messages.reverse();
    message_views(app, messages).await
}

/// What a person needs to know about a spot: rain and pumps nearby, the people of the block.
pub(crate) async fn spot(app: &App, position: Position, block: BlockId) -> Result<SpotView, Problem> {
    let registry = app.store.tables.registry();
    let chain = registry.block(block).map(|b| b.chain);
    Ok(SpotView {
        rain_near: rain_near(app, position).await?,
        pump_near: pump_near(app, &registry, position),
        owner: person::on_duty(&registry, block, app.now()),
        neighbour: chain.map(|c| person::brief(&registry, c.b)),
        supervisor: chain.map(|c| person::brief(&registry, c.supervisor)),
    })
}

async fn rain_near(app: &App, position: Position) -> Result<Vec<RainNear>, Problem> {
    let rainfall = app.rain.now(app).await?;
    let mut near: Vec<_> =
        rainfall.gauges.iter().map(|g| (Position::from(g.position).distance_m(position), g)).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let view = |(distance_m, g): &(f64, &crate::views::rain::RainGauge)| RainNear {
        station: g.station.clone(),
        name: g.name.clone(),
        name_en: g.name_en.clone(),
        mm_1h: g.h1,
        distance_m: distance_m.round(),
    };
    Ok(near.iter().take(NEAR).map(view).collect())
}

fn pump_near(app: &App, registry: &Registry, position: Position) -> Vec<PumpNear> {
    let latest = |code: &StationCode, quantity: Quantity| {
        let point = registry.points_of(code).iter().find(|p| p.quantity == quantity)?;
        app.store.samples.latest_by(point.id, app.now())?.0.usable()
    };
    let near = registry.nearest(StationKind::Pump, position, NEAR_PUMPS);
    near.into_iter()
        .map(|(s, distance_m)| PumpNear {
            station: s.code.to_string(),
            name: s.name.clone(),
            name_en: s.name_en.clone(),
            running: latest(&s.code, Quantity::PumpsRunning),
            level: latest(&s.code, Quantity::Level).or_else(|| latest(&s.code, Quantity::Depth)),
            distance_m: distance_m.round(),
        })
        .collect()
}

/// A dispatcher who can be called.
pub(crate) fn dispatcher(registry: &Registry) -> Option<PersonBrief> {
    let desk = || registry.persons().values().filter(|p| p.role == field::person::Role::Dispatcher);
    let found = desk().find(|p| p.mobile.is_some()).or_else(|| desk().next());
    found.map(|p| PersonBrief::from(&**p))
}

/// What happened to several things, oldest first, without the bulk of evidence.
pub(crate) async fn timeline(app: &App, subjects: &[Subject]) -> Result<Vec<LineView>, Problem> {
    let registry = app.store.tables.registry();
    let mut lines = Vec::new();
    for subject in subjects {
        lines.extend(app.store.tables.journal_of(subject, TIMELINE_MAX).await?);
    }
    lines.sort_by_key(|l| l.seq);
    Ok(lines.into_iter().map(|l| slim(LineView::of(&registry, l))).collect())
}

/// What a timeline tells of an alarm, as JSON pointers.
const TOLD_OF_ALARM: &[&str] =
    &["/id", "/kind", "/state", "/severity", "/evidence/value", "/evidence/threshold"];
/// What a timeline tells of an order.
const TOLD_OF_ORDER: &[&str] = &["/id", "/state", "/severity", "/assignee", "/escalation", "/arrival"];

/// A line without the bulk: of whole alarms and orders only what a timeline tells.
pub(crate) fn slim(mut line: LineView) -> LineView {
    let Value::Object(body) = &mut line.body else { return line };
    for (name, told) in [("alarm", TOLD_OF_ALARM), ("order", TOLD_OF_ORDER)] {
        if let Some(whole) = body.remove(name) {
            let told = told.iter().filter_map(|pointer| {
                let name = pointer.rsplit('/').next()?;
                Some((name.to_owned(), whole.pointer(pointer)?.clone()))
            });
            body.insert(name.to_owned(), told.collect());
        }
    }
    if let Some(Value::Object(act)) = body.get_mut("act") {
        act.remove("evidence");
    }
    line
}
