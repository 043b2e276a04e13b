//! 通道: their state, and a test message.

use crate::access::{ADMINISTRATOR, Caller, STAFF};
use crate::app::App;
use crate::extract::{Body, Key, Of};
use crate::look;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::message::{ChannelTest, ChannelView, MessageView};
use axum::Json;
use axum::extract::State;
use field::id::PersonId;
use field::person::ChannelKind;
use field::severity::Severity;
use serde_json::json;
use store::Actor;
use store::tables::{MessageFilter, NewMessage};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/channels", STAFF, list).says("Every channel's state").answers::<List<ChannelView>>(),
        Route::post("/channels/{channel}/test", ADMINISTRATOR, test)
            .says("Sends a test message to a person on one channel")
            .acts()
            .takes::<ChannelTest>()
            .answers::<MessageView>(),
    ]
}

async fn list(State(app): State<App>) -> Json<List<ChannelView>> {
    Json(List::whole((app.channels)(())))
}

async fn test(
    State(app): State<App>,
    caller: Caller,
    Of(channel): Of<String>,
    Key(key): Key,
    Body(ask): Body<ChannelTest>,
) -> Result<Json<MessageView>, Problem> {
    let channel = ChannelKind::from_code(&channel).ok_or_else(|| Problem::not_found("channel", &channel))?;
    let person = ask.person.map_or(caller.person, PersonId);
    let registry = app.store.tables.registry();
    registry.person(person).ok_or_else(|| Problem::not_found("person", person))?;
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    let at = tx.at();
    let new = NewMessage {
        // The key makes the message one, however often it is asked for.
        key: format!("test:{}:{key}", caller.person),
        person,
        severity: Severity::Blue,
        alarm: None,
        order: None,
        template: "test".to_owned(),
        params: json!({ "channel": channel.code() }),
        deliver: vec![(channel, at)],
    };
    let message = match tx.message_insert(new).await? {
        Some(message) => {
            tx.commit().await?;
            message
        }
        None => {
            let filter = MessageFilter { person: Some(person), ..MessageFilter::default() };
            let known = app.store.tables.messages(&filter).await?;
            let own = format!("test:{}:{key}", caller.person);
            known.into_iter().find(|m| m.key == own).ok_or_else(|| Problem::not_found("message", own))?
        }
    };
    let view = look::message_views(&app, vec![message]).await?.pop();
    view.map(Json).ok_or_else(|| Problem::not_found("message", ""))
}
