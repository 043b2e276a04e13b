//! 存储: what each class of points takes, and how long it is kept.

use crate::access::STAFF;
use crate::app::App;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::storage::{ClassView, StorageView};
use axum::Json;
use axum::extract::State;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/storage", STAFF, storage)
            .says("What each class of points takes on disk, and how long it is kept")
            .answers::<StorageView>(),
    ]
}

async fn storage(State(app): State<App>) -> Result<Json<StorageView>, Problem> {
    let view = app.storage.or_compute(compute(&app)).await?;
    Ok(Json((*view).clone()))
}

async fn compute(app: &App) -> Result<StorageView, Problem> {
    let (retention, registry) = (&app.retention, app.store.tables.registry());
    let classes = retention.classes(&registry);
    let mut points = vec![0; retention.class.len() + 1];
    for class in classes.of.values() {
        points.get_mut(*class).into_iter().for_each(|count| *count += 1);
    }
    if let Some(others) = points.last_mut() {
        *others = registry.points().len() - classes.of.len();
    }
    let taken = app.store.samples.storage_of(classes).await?;
    let all = app.store.samples.storage();
    let days = retention.class.iter().map(|c| (Some(c.name.clone()), c.rows_days, c.rollups_days));
    let days = days.chain([(None, retention.rows_days, retention.rollups_days)]);
    let class = |((name, rows_days, rollups_days), (points, taken)): (
        (Option<String>, _, _),
        (usize, store::ClassStorage),
    )| {
        ClassView {
            name,
            points,
            rows: taken.rows,
            rows_bytes: taken.rows_bytes,
            rollups_bytes: taken.rollups_bytes,
            rows_from: taken.rows_from.map(Into::into),
            rollups_from: taken.rollups_from.map(Into::into),
            rows_days,
            rollups_days,
        }
    };
    Ok(StorageView {
        classes: days.zip(points.into_iter().zip(taken)).map(class).collect(),
        frames_bytes: all.frames_bytes,
        frames_plain_bytes: all.frames_plain,
        frames_days: retention.frames_days,
        log_bytes: all.log_bytes,
        segments: all.segments,
        merged: all.merged,
    })
}
