//! 测站台账: the list, the editor, maintenance, and the import of a file.

use crate::access::{ADMINISTRATOR, Caller, STAFF, Who};
use crate::app::App;
use crate::draft::{self, Draft, PointDraft, Registered};
use crate::extract::{Ask, Body, Bytes, IfMatch, Of, station_code};
use crate::import::{self, ImportProblem};
use crate::problem::{Problem, ProblemCode};
use crate::route::{CSV_MAX, Route};
use crate::views::List;
use crate::views::station::{MaintenanceView, StationEdit, StationSight, StationView, station_etag};
use axum::Json;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use field::id::{BlockId, PointId, StationCode};
use field::severity::Severity;
use field::station::{Maintenance, Station};
use field::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::tables::AlarmFilter;
use store::{Actor, Registry};
use utoipa::{IntoParams, ToSchema};

/// Longest maintenance: what takes longer is no maintenance but another station.
const MAINTENANCE_MAX_MS: i64 = 90 * DAY_MS;
/// Longest reason, characters.
const REASON_MAX: usize = 500;

/// Whether to write.
#[derive(Deserialize, IntoParams)]
struct ImportAsk {
    /// `true` (the default) only says what would be done.
    dry_run: Option<bool>,
}

/// What an import would do, or did.
#[derive(Serialize, ToSchema)]
struct ImportView {
    /// Codes of new stations.
    would_add: Vec<String>,
    /// Codes of stations that change.
    would_change: Vec<String>,
    /// How many are as the file says.
    unchanged: usize,
    /// Every problem; nothing is written while there is one.
    problems: Vec<ImportProblem>,
    /// Whether it was written.
    written: bool,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/stations", Who::SignedIn, list)
            .says("Every station, live")
            .answers::<List<StationView>>(),
        Route::get("/stations/{code}", Who::SignedIn, one).says("One station").answers::<StationView>(),
        Route::post("/stations", ADMINISTRATOR, add)
            .says("Registers a station")
            .takes::<StationEdit>()
            .answers::<StationView>(),
        Route::put("/stations/{code}", ADMINISTRATOR, put)
            .says("Changes a station and its points")
            .edits()
            .takes::<StationEdit>()
            .answers::<StationView>(),
        Route::put("/stations/{code}/maintenance", STAFF, begin_maintenance)
            .says("Its alarms call nobody until then")
            .takes::<MaintenanceView>()
            .answers::<StationView>(),
        Route::delete("/stations/{code}/maintenance", STAFF, end_maintenance)
            .says("Its alarms call people again")
            .answers::<StationView>(),
        Route::post("/stations/import", ADMINISTRATOR, import_file)
            .says("Registers the stations of a CSV file, all or none")
            .asks::<ImportAsk>()
            .takes_bytes(&["text/csv"], CSV_MAX)
            .answers::<ImportView>(),
    ]
}

async fn list(State(app): State<App>) -> Result<Json<List<StationView>>, Problem> {
    let mut worst: HashMap<StationCode, Severity> = HashMap::new();
    for alarm in app.store.tables.open_alarms().await? {
        let entry = worst.entry(alarm.station).or_insert(alarm.severity);
        *entry = (*entry).max(alarm.severity);
    }
    let registry = app.store.tables.registry();
    let sight = sight(&app, &registry);
    let view = |s: &std::sync::Arc<Station>| StationView::of(&sight, s, worst.get(&s.code).copied());
    Ok(Json(List::whole(registry.stations().values().map(view).collect())))
}

fn sight<'a>(app: &'a App, registry: &'a Registry) -> StationSight<'a> {
    StationSight {
        registry,
        samples: &app.store.samples,
        trends: &app.trends,
        now: app.now(),
        leapt_at: app.leapt_at(),
        reach: &app.reach,
    }
}

async fn one(State(app): State<App>, Of(code): Of<String>) -> Result<Response, Problem> {
    answer(&app, &station_code(&code)?, StatusCode::OK).await
}

async fn answer(app: &App, code: &StationCode, status: StatusCode) -> Result<Response, Problem> {
    let registry = app.store.tables.registry();
    let station = registry.station(code).ok_or_else(|| Problem::not_found("station", code))?;
    let filter = AlarmFilter { open: Some(true), station: Some(code.clone()), ..AlarmFilter::default() };
    let worst = app.store.tables.alarms(&filter).await?.iter().map(|a| a.severity).max();
    let view = StationView::of(&sight(app, &registry), station, worst);
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(&view.etag) {
        headers.insert(ETAG, etag);
    }
    Ok((status, headers, Json(view)).into_response())
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(edit): Body<StationEdit>,
) -> Result<Response, Problem> {
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    let registered = checked(edit, &tx.registry())?;
    let code = registered.station.code.clone();
    if tx.registry().station(&code).is_some() {
        return Err(Problem::with(ProblemCode::AlreadyThere, json!({ "what": "station", "id": code })));
    }
    import::write(&mut tx, registered).await?;
    tx.commit().await?;
    answer(&app, &code, StatusCode::CREATED).await
}

async fn put(
    State(app): State<App>,
    caller: Caller,
    Of(code): Of<String>,
    if_match: IfMatch,
    Body(edit): Body<StationEdit>,
) -> Result<Response, Problem> {
    let code = station_code(&code)?;
    if edit.code != code.as_str() {
        return Err(Problem::invalid("code", "a station keeps its code"));
    }
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    // One writer at a time: within the transaction nobody else changes it.
    let registry = tx.registry();
    let known = registry.station(&code).ok_or_else(|| Problem::not_found("station", &code))?;
    if_match.check(&station_etag(known, registry.points_of(&code).iter().map(|p| &**p)))?;
    let registered = checked(edit, &registry)?;
    import::write(&mut tx, registered).await?;
    tx.commit().await?;
    answer(&app, &code, StatusCode::OK).await
}

/// The edit as it will be written; else its first fault.
fn checked(edit: StationEdit, registry: &Registry) -> Result<Registered, Problem> {
    let points = edit.points.into_iter().map(|p| PointDraft {
        id: p.id.map(PointId),
        quantity: p.quantity,
        elements: p.elements,
        min: p.min,
        max: p.max,
    });
    let draft = Draft {
        code: edit.code,
        name: edit.name,
        name_en: edit.name_en,
        kind: edit.kind,
        position: edit.position.into(),
        block: edit.block.map(BlockId),
        report_interval_s: f64::from(edit.report_interval_s),
        ground_m: edit.ground_m,
        crown_m: edit.crown_m,
        points: Some(points.collect()),
    };
    draft::checked(&draft, registry).map_err(|faults| {
        let said: Vec<Value> = faults
            .iter()
            .map(|f| json!({ "column": f.column, "code": f.code, "value": f.value, "params": f.params }))
            .collect();
        let first = faults.first();
        let params = json!({
            "what": first.map_or("station", |f| f.column), "why": first.map(|f| f.code),
            "value": first.map(|f| &f.value), "faults": said,
        });
        Problem::with(ProblemCode::Invalid, params)
    })
}

async fn begin_maintenance(
    State(app): State<App>,
    caller: Caller,
    Of(code): Of<String>,
    Body(ask): Body<MaintenanceView>,
) -> Result<Response, Problem> {
    let (now, until) = (app.now(), ask.until.0);
    if !(1..=MAINTENANCE_MAX_MS).contains(&until.since_ms(now)) {
        return Err(Problem::invalid("until", "after now, at most 90 days"));
    }
    let length = ask.reason.trim().chars().count();
    if length == 0 || length > REASON_MAX {
        return Err(Problem::invalid("reason", format!("1 to {REASON_MAX} characters")));
    }
    let maintenance = Maintenance { until, reason: ask.reason.trim().to_owned() };
    set_maintenance(&app, &caller, &code, now, Some(maintenance)).await
}

async fn end_maintenance(
    State(app): State<App>,
    caller: Caller,
    Of(code): Of<String>,
) -> Result<Response, Problem> {
    let now = app.now();
    set_maintenance(&app, &caller, &code, now, None).await
}

async fn set_maintenance(
    app: &App,
    caller: &Caller,
    code: &str,
    now: Time,
    maintenance: Option<Maintenance>,
) -> Result<Response, Problem> {
    let code = station_code(code)?;
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), now).await?;
    let registry = tx.registry();
    let known = registry.station(&code).ok_or_else(|| Problem::not_found("station", &code))?;
    tx.station_put(&Station { maintenance, ..(**known).clone() }).await?;
    tx.commit().await?;
    answer(app, &code, StatusCode::OK).await
}

async fn import_file(
    State(app): State<App>,
    caller: Caller,
    Ask(ask): Ask<ImportAsk>,
    Bytes(csv): Bytes,
) -> Result<Json<ImportView>, Problem> {
    let registry = app.store.tables.registry();
    // Twenty thousand lines take a while: not on a thread that serves.
    let plan = tokio::task::spawn_blocking(move || import::plan(&csv, &registry)).await;
    let plan = plan.map_err(|_| Problem::new(ProblemCode::Internal))?;
    let codes = |rows: &[Registered]| rows.iter().map(|r| r.station.code.to_string()).collect();
    let mut view = ImportView {
        would_add: codes(&plan.add),
        would_change: codes(&plan.change),
        unchanged: plan.unchanged.len(),
        problems: plan.problems.clone(),
        written: false,
    };
    if !ask.dry_run.unwrap_or(true) && plan.is_good() {
        import::apply(&app.store.tables, plan, Actor::Person(caller.person), app.now()).await?;
        view.written = true;
    }
    Ok(Json(view))
}
