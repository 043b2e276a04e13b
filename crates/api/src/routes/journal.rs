//! 流水: who did what, and whether the chain holds.

use crate::access::{ADMINISTRATOR, STAFF};
use crate::app::App;
use crate::extract::{Ask, next_cursor, page_size};
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::line::{LineView, VerifiedView};
use axum::Json;
use axum::extract::State;
use field::id::JournalSeq;
use serde::Deserialize;
use store::{StoreError, Subject};
use utoipa::IntoParams;

/// Which lines.
#[derive(Deserialize, IntoParams)]
struct JournalAsk {
    /// Such as `alarm:12`; everything when left out.
    subject: Option<String>,
    cursor: Option<i64>,
    /// 1 to 500, default 100.
    limit: Option<usize>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/journal", STAFF, list)
            .says("Lines of the journal, newest first")
            .asks::<JournalAsk>()
            .answers::<List<LineView>>(),
        Route::get("/journal/verify", ADMINISTRATOR, verify)
            .says("Recomputes the chain of hashes")
            .answers::<VerifiedView>(),
    ]
}

async fn list(State(app): State<App>, Ask(ask): Ask<JournalAsk>) -> Result<Json<List<LineView>>, Problem> {
    let limit = page_size(ask.limit);
    let subject: Option<Subject> = ask
        .subject
        .map(|s| s.parse())
        .transpose()
        .map_err(|_| Problem::invalid("subject", "such as alarm:12"))?;
    let found = app.store.tables.journal_before(ask.cursor.map(JournalSeq), subject.as_ref(), limit).await?;
    let next = next_cursor(&found, limit, |l| l.seq.0);
    let registry = app.store.tables.registry();
    Ok(Json(List { items: found.into_iter().map(|l| LineView::of(&registry, l)).collect(), next }))
}

async fn verify(State(app): State<App>) -> Result<Json<VerifiedView>, Problem> {
    match app.store.tables.journal_verify().await {
        Ok(lines) => Ok(Json(VerifiedView { whole: true, lines: lines.0, broken_at: None })),
        Err(StoreError::Corrupt { where_, .. }) => {
            tracing::error!(at = where_, "the journal's chain is broken");
            Ok(Json(VerifiedView {
                whole: false,
                lines: app.store.tables.journal_head().0,
                broken_at: Some(where_),
            }))
        }
        Err(other) => Err(other.into()),
    }
}
