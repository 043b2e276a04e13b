//! 雨情.

use crate::access::Who;
use crate::app::App;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::rain::{RainAsk, RainView};
use axum::Json;
use axum::extract::State;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/rain", Who::SignedIn, rain)
            .says("Sums of every gauge, their mean, and the city's hyetograph")
            .asks::<RainAsk>()
            .answers::<RainView>(),
    ]
}

async fn rain(State(app): State<App>, Ask(ask): Ask<RainAsk>) -> Result<Json<RainView>, Problem> {
    let window_h = ask.window_h.unwrap_or(1);
    if ![1, 3, 6, 24].contains(&window_h) {
        return Err(Problem::invalid("window_h", "1, 3, 6 or 24"));
    }
    Ok(Json(app.rain.now(&app).await?.view(window_h)))
}
