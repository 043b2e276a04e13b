//! 历史导入: samples of years past out of a file.

use crate::access::{ADMINISTRATOR, Who};
use crate::app::App;
use crate::extract::{Ask, Bytes};
use crate::history::{self, Import, Plan, Sheet};
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// Largest file over HTTP, bytes; `zhizhen samples import` takes larger ones.
const BODY_MAX: usize = 64 * 1024 * 1024;
const WHO: Who = ADMINISTRATOR;

#[derive(Deserialize, IntoParams)]
struct ImportAsk {
    /// Only say what would be done; the default.
    dry_run: Option<bool>,
    /// Write what can be read although some lines have problems.
    skip_bad: Option<bool>,
    /// What zone times without an offset are in, such as `+08:00`, the default.
    zone: Option<String>,
}

/// What the file does, and how far it was written.
#[derive(Serialize, ToSchema)]
struct SamplesImport {
    plan: Plan,
    /// Rows that are durable; null on a dry run, or when problems kept it from being written.
    written: Option<usize>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/samples/import", WHO, import)
            .says("Samples out of a CSV or Parquet file: what it would do, or doing it")
            .asks::<ImportAsk>()
            .takes_bytes(&["text/csv", "application/vnd.apache.parquet"], BODY_MAX)
            .answers::<SamplesImport>(),
    ]
}

async fn import(
    State(app): State<App>,
    Ask(ask): Ask<ImportAsk>,
    Bytes(body): Bytes,
) -> Result<Json<SamplesImport>, Problem> {
    let sheet = tokio::task::spawn_blocking(move || Sheet::read(&body)).await;
    let sheet = sheet.map_err(|_| Problem::new(ProblemCode::Internal))?;
    let plan = history::plan(&app.store, &sheet, &Import { zone: ask.zone.unwrap_or_default() }).await?;
    let blocked = plan.problem_count > 0 && !ask.skip_bad.unwrap_or(false);
    if ask.dry_run.unwrap_or(true) || blocked {
        return Ok(Json(SamplesImport { plan, written: None }));
    }
    match history::apply(&app.store, &plan, app.now()).await {
        Ok(outcome) => Ok(Json(SamplesImport { plan, written: Some(outcome.written) })),
        Err((outcome, error)) => {
            tracing::error!(%error, written = outcome.written, of = outcome.of, "an import was broken off");
            let why =
                format!("{} of {} rows are durable; give the same file again", outcome.written, outcome.of);
            Err(Problem::with(ProblemCode::DiskFull, json!({ "why": why, "written": outcome.written })))
        }
    }
}
