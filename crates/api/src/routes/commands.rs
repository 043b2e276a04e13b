//! 指令: asking a station for something or telling it to, and allowing that. What is sent when is
//! the gateway's desk; here it is only written down.

use crate::access::{ADMINISTRATOR, Caller, STAFF};
use crate::app::App;
use crate::extract::{Ask, Body, Key, Of, next_cursor, page_size, station_code};
use crate::look;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::List;
use crate::views::command::{
    CommandActed, CommandAsk, CommandCard, CommandEdit, CommandView, InterlocksView, RefuseEdit,
};
use crate::views::line::LineView;
use axum::Json;
use axum::extract::State;
use field::command::{Command, Interlocks};
use field::id::CommandId;
use field::person::Role;
use store::lives::Acted;
use store::tables::{CommandFilter, NewCommand};
use store::{Actor, Subject, command};

/// Longest reason, characters.
const REASON_MAX: usize = 500;
/// How long a command may wait for its station, seconds: least, usual, most. An hour-old order to
/// start a pump is no order.
const WAIT_S: (u32, u32, u32) = (10, 600, 3_600);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/commands", STAFF, list)
            .says("Commands to stations, newest first")
            .asks::<CommandAsk>()
            .answers::<List<CommandView>>(),
        Route::post("/commands", STAFF, ask)
            .says("Asks a station for something or to do something; a harmless command is allowed at once, one an interlock forbids is refused at once")
            .acts()
            .takes::<CommandEdit>()
            .answers::<CommandActed>(),
        Route::get("/commands/{id}", STAFF, card)
            .says("One command with its timeline")
            .answers::<CommandCard>(),
        Route::post("/commands/{id}/allow", STAFF, allow)
            .says("Allows it; not the one who asked, and only an administrator what changes how a station works")
            .acts()
            .answers::<CommandActed>(),
        Route::post("/commands/{id}/refuse", STAFF, refuse)
            .says("Refuses it, or takes it back before it is sent")
            .acts()
            .takes::<RefuseEdit>()
            .answers::<CommandActed>(),
        Route::get("/stations/{code}/interlocks", STAFF, interlocks)
            .says("What keeps commands of a station back")
            .answers::<InterlocksView>(),
        Route::put("/stations/{code}/interlocks", ADMINISTRATOR, set_interlocks)
            .says("Sets what keeps commands of a station back")
            .takes::<InterlocksView>()
            .answers::<InterlocksView>(),
    ]
}

async fn list(State(app): State<App>, Ask(ask): Ask<CommandAsk>) -> Result<Json<List<CommandView>>, Problem> {
    let size = page_size(ask.limit);
    let filter = CommandFilter {
        open: ask.open,
        station: ask.station.as_deref().map(station_code).transpose()?,
        before_id: ask.cursor.map(CommandId),
        limit: size,
    };
    let found = app.store.tables.commands(&filter).await?;
    let next = next_cursor(&found, size, |c| c.id.0);
    let registry = app.store.tables.registry();
    let items = found.into_iter().map(|command| CommandView::of(&registry, command)).collect();
    Ok(Json(List { items, next }))
}

async fn found(app: &App, id: i64) -> Result<Command, Problem> {
    let command = app.store.tables.command(CommandId(id)).await?;
    command.ok_or_else(|| Problem::not_found("command", id))
}

async fn card(State(app): State<App>, Of(id): Of<i64>) -> Result<Json<CommandCard>, Problem> {
    let command = found(&app, id).await?;
    let timeline = look::timeline(&app, &[Subject::Command(command.id)]).await?;
    let command = CommandView::of(&app.store.tables.registry(), command);
    Ok(Json(CommandCard { command, timeline }))
}

fn acted(app: &App, acted: Acted<Command>) -> Json<CommandActed> {
    let registry = app.store.tables.registry();
    let line = look::slim(LineView::of(&registry, acted.line));
    Json(CommandActed { line, command: CommandView::of(&registry, acted.now) })
}

async fn ask(
    State(app): State<App>,
    caller: Caller,
    Key(key): Key,
    Body(edit): Body<CommandEdit>,
) -> Result<Json<CommandActed>, Problem> {
    check_reason(&edit.reason)?;
    let ask: field::command::Ask =
        serde_json::from_value(edit.command).map_err(|why| Problem::invalid("command", why))?;
    let (least, usual, most) = WAIT_S;
    let wait_s = edit.wait_s.unwrap_or(usual);
    if !(least..=most).contains(&wait_s) {
        return Err(Problem::invalid("wait_s", format!("{least}..{most}")));
    }
    let at = app.now();
    let new = NewCommand {
        station: station_code(&edit.station)?,
        ask,
        reason: edit.reason,
        by: caller.person,
        expires_at: at.plus_ms(i64::from(wait_s) * 1_000),
    };
    let asked = command::ask(&app.store, new, at, Some((key, caller.person))).await?;
    Ok(acted(&app, asked))
}

async fn allow(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
) -> Result<Json<CommandActed>, Problem> {
    let command = found(&app, id).await?;
    if command.ask.changes_the_station() && caller.role != Role::Administrator {
        return Err(ProblemCode::Forbidden.into());
    }
    let idem = Some((key, caller.person));
    let allowed = command::allow(&app.store, command.id, caller.person, app.now(), idem).await?;
    Ok(acted(&app, allowed))
}

async fn refuse(
    State(app): State<App>,
    caller: Caller,
    Of(id): Of<i64>,
    Key(key): Key,
    Body(edit): Body<RefuseEdit>,
) -> Result<Json<CommandActed>, Problem> {
    check_reason(&edit.reason)?;
    let idem = Some((key, caller.person));
    let id = CommandId(id);
    let refused = command::refuse(&app.store, id, caller.person, edit.reason, app.now(), idem).await?;
    Ok(acted(&app, refused))
}

async fn interlocks(State(app): State<App>, Of(code): Of<String>) -> Result<Json<InterlocksView>, Problem> {
    let code = station_code(&code)?;
    if app.store.tables.registry().station(&code).is_none() {
        return Err(Problem::not_found("station", code));
    }
    let Interlocks { pump_stop_level_m, gate_opening_max_m } = app.store.tables.interlocks(&code).await?;
    Ok(Json(InterlocksView { pump_stop_level_m, gate_opening_max_m }))
}

async fn set_interlocks(
    State(app): State<App>,
    caller: Caller,
    Of(code): Of<String>,
    Body(view): Body<InterlocksView>,
) -> Result<Json<InterlocksView>, Problem> {
    let code = station_code(&code)?;
    let InterlocksView { pump_stop_level_m, gate_opening_max_m } = view;
    let interlocks = Interlocks { pump_stop_level_m, gate_opening_max_m };
    let actor = Actor::Person(caller.person);
    command::set_interlocks(&app.store, &code, &interlocks, actor, app.now()).await?;
    Ok(Json(view))
}

fn check_reason(reason: &str) -> Result<(), Problem> {
    if reason.chars().count() > REASON_MAX {
        return Err(Problem::invalid("reason", format!("at most {REASON_MAX} characters")));
    }
    Ok(())
}
