//! 底图: what is drawn under the stations.

use crate::access::Who;
use crate::app::App;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::map::MapView;
use axum::Json;
use axum::extract::State;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/map", Who::SignedIn, map)
            .says("Towns, blocks, rivers, roads, reservoirs")
            .answers::<MapView>(),
    ]
}

async fn map(State(app): State<App>) -> Result<Json<MapView>, Problem> {
    let features = app.store.tables.map_features().await?;
    Ok(Json(MapView::of(&app.store.tables.registry(), &features)))
}
