//! 时钟.

use crate::access::Who;
use crate::app::App;
use crate::route::Route;
use crate::views::demo::ClockView;
use axum::Json;
use axum::extract::State;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/clock", Who::SignedIn, clock).says("What time it is in the city").answers::<ClockView>(),
    ]
}

async fn clock(State(app): State<App>) -> Json<ClockView> {
    Json(app.clock_view())
}
