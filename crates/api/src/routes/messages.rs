//! 消息: the ledger of what was sent to whom.

use crate::access::{Caller, STAFF, Who};
use crate::app::App;
use crate::extract::{Ask, Of, next_cursor, page_size};
use crate::look;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::List;
use crate::views::message::{MessageView, PersonLedger};
use crate::views::person;
use axum::Json;
use axum::extract::State;
use field::id::{AlarmId, MessageId, OrderId, PersonId};
use serde::Deserialize;
use store::Actor;
use store::tables::MessageFilter;
use utoipa::IntoParams;

/// Which messages.
#[derive(Deserialize, IntoParams)]
struct MessageAsk {
    /// Only to this person; a block owner always gets only his own.
    person: Option<i64>,
    /// Only about this alarm.
    alarm: Option<i64>,
    /// Only about this order.
    order: Option<i64>,
    cursor: Option<i64>,
    /// 1 to 500, default 100.
    limit: Option<usize>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/messages", Who::SignedIn, list)
            .says("Messages, newest first, with what became of each on each channel")
            .asks::<MessageAsk>()
            .answers::<List<MessageView>>(),
        Route::get("/messages/people", STAFF, people)
            .says("How each person's messages fared")
            .answers::<List<PersonLedger>>(),
        Route::post("/messages/{id}/read", Who::SignedIn, read)
            .says("The person has read it; twice does no harm")
            .answers::<MessageView>(),
    ]
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Ask(ask): Ask<MessageAsk>,
) -> Result<Json<List<MessageView>>, Problem> {
    let limit = page_size(ask.limit);
    let filter = MessageFilter {
        person: if caller.is_staff() { ask.person.map(PersonId) } else { Some(caller.person) },
        alarm: ask.alarm.map(AlarmId),
        order: ask.order.map(OrderId),
        before_id: ask.cursor.map(MessageId),
        limit,
    };
    let found = app.store.tables.messages(&filter).await?;
    let next = next_cursor(&found, limit, |m| m.id.0);
    Ok(Json(List { items: look::message_views(&app, found).await?, next }))
}

async fn people(State(app): State<App>) -> Result<Json<List<PersonLedger>>, Problem> {
    let registry = app.store.tables.registry();
    let counts = app.store.tables.message_counts_by_person().await?;
    let ledger = |(id, c): (PersonId, store::tables::PersonCounts)| PersonLedger {
        person: person::brief(&registry, id),
        asked: c.asked,
        sent: c.sent,
        delivered: c.delivered,
        read: c.read,
        failed: c.failed,
    };
    Ok(Json(List::whole(counts.into_iter().map(ledger).collect())))
}

async fn read(State(app): State<App>, caller: Caller, Of(id): Of<i64>) -> Result<Json<MessageView>, Problem> {
    let found = || app.store.tables.message(MessageId(id));
    let message = found().await?.ok_or_else(|| Problem::not_found("message", id))?;
    if message.person != caller.person {
        return Err(ProblemCode::Forbidden.into());
    }
    if message.read_at.is_none() {
        let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
        if tx.message_read(message.id).await? {
            tx.commit().await?;
        }
    }
    let message = found().await?.ok_or_else(|| Problem::not_found("message", id))?;
    let view = look::message_views(&app, vec![message]).await?.pop();
    view.map(Json).ok_or_else(|| Problem::not_found("message", id))
}
