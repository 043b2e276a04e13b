//! 人员 and 值班.

use crate::access::{STAFF, Who};
use crate::app::App;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::person::{self, DutyView, PersonView};
use axum::Json;
use axum::extract::State;
use field::time::Time;
use serde::Deserialize;
use utoipa::IntoParams;

/// At which moment.
#[derive(Deserialize, IntoParams)]
struct DutyAsk {
    /// RFC 3339; now when left out.
    at: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/persons", STAFF, persons).says("Everybody who works here").answers::<List<PersonView>>(),
        Route::get("/duty", Who::SignedIn, duty)
            .says("Who is on duty for each block, and until when")
            .asks::<DutyAsk>()
            .answers::<List<DutyView>>(),
    ]
}

async fn persons(State(app): State<App>) -> Json<List<PersonView>> {
    let registry = app.store.tables.registry();
    Json(List::whole(registry.persons().values().map(|p| PersonView::from(&**p)).collect()))
}

async fn duty(State(app): State<App>, Ask(ask): Ask<DutyAsk>) -> Result<Json<List<DutyView>>, Problem> {
    let at: Option<Time> =
        ask.at.map(|t| t.parse()).transpose().map_err(|error| Problem::invalid("at", error))?;
    let at = at.unwrap_or_else(|| app.now());
    let registry = app.store.tables.registry();
    let view = |id| {
        let on_duty = person::on_duty(&registry, id, at);
        let (person, until) = on_duty.map_or((None, None), |d| (Some(d.person), Some(d.until)));
        DutyView { block: person::block_brief(&registry, id), person, until }
    };
    Ok(Json(List::whole(registry.blocks().keys().copied().map(view).collect())))
}
