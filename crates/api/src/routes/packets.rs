//! 原始报文: the raw frames behind the readings.

use crate::access::STAFF;
use crate::app::App;
use crate::extract::{Ask, Of, station_code};
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::packet::{PacketAsk, PacketView};
use axum::Json;
use axum::extract::State;
use field::id::PacketSeq;

/// Packets of one answer, when the caller does not say and at most.
const LIMITS: (usize, usize) = (20, 200);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/packets", STAFF, newest)
            .says("The newest packets of a station")
            .asks::<PacketAsk>()
            .answers::<List<PacketView>>(),
        Route::get("/packets/{seq}", STAFF, packet)
            .says("One packet: its bytes, what they mean, what was read")
            .answers::<PacketView>(),
    ]
}

async fn newest(State(app): State<App>, Ask(ask): Ask<PacketAsk>) -> Result<Json<List<PacketView>>, Problem> {
    let station = station_code(&ask.station)?;
    let limit = ask.limit.unwrap_or(LIMITS.0).clamp(1, LIMITS.1);
    let packets = app.store.samples.packets_of(&station, limit).await?;
    Ok(Json(List::whole(packets.into_iter().map(PacketView::from).collect())))
}

async fn packet(State(app): State<App>, Of(seq): Of<i64>) -> Result<Json<PacketView>, Problem> {
    let packet = app.store.samples.packet(PacketSeq(seq)).await?;
    packet.map(|p| Json(PacketView::from(p))).ok_or_else(|| Problem::not_found("packet", seq))
}
