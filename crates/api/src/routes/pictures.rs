//! 图片: what stations sent as files (SL 651 function 36H), newest first.

use crate::access::STAFF;
use crate::app::App;
use crate::extract::{Ask, Of, station_code};
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::picture::{PictureAsk, PictureView};
use axum::Json;
use axum::extract::State;
use field::id::JournalSeq;
use store::{Line, Subject};

/// Pictures of a page.
const PAGE: usize = 24;
/// Journal lines looked at for one page: a station whose files are rarer is asked again by the cursor.
const LOOK_MAX: usize = 5_000;
/// Lines read at once.
const LINES: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/stations/{code}/pictures", STAFF, list)
            .says("Pictures a station sent, newest first; `/photos/{key}` has each")
            .asks::<PictureAsk>()
            .answers::<List<PictureView>>(),
    ]
}

async fn list(
    State(app): State<App>,
    Of(code): Of<String>,
    Ask(ask): Ask<PictureAsk>,
) -> Result<Json<List<PictureView>>, Problem> {
    let code = station_code(&code)?;
    if app.store.tables.registry().station(&code).is_none() {
        return Err(Problem::not_found("station", code));
    }
    let subject = Subject::Station(code);
    let (mut before, mut items, mut looked) = (ask.cursor.map(JournalSeq), vec![], 0);
    loop {
        let lines = app.store.tables.journal_before(before, Some(&subject), LINES).await?;
        looked += lines.len();
        for line in &lines {
            before = Some(line.seq);
            items.extend(picture(line));
            if items.len() == PAGE {
                return Ok(Json(List { items, next: before.map(|seq| seq.to_string()) }));
            }
        }
        if lines.len() < LINES {
            return Ok(Json(List { items, next: None }));
        }
        if looked >= LOOK_MAX {
            return Ok(Json(List { items, next: before.map(|seq| seq.to_string()) }));
        }
    }
}

/// The picture a line tells of; `None` for every other line.
fn picture(line: &Line) -> Option<PictureView> {
    (line.act == "file").then(|| PictureView::of(line)).flatten()
}
