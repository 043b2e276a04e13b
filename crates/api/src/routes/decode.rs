//! 解码: any frame that a person pastes, explained; nothing of it is kept.

use crate::access::STAFF;
use crate::app::App;
use crate::extract::Body;
use crate::problem::Problem;
use crate::route::Route;
use crate::views::List;
use crate::views::decode::{DecodeEdit, DecodedFrame, ProtocolView};
use axum::Json;
use axum::extract::State;

/// Frames of one answer: more than anybody reads.
const FRAMES: usize = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/protocols", STAFF, protocols)
            .says("The protocols that can be decoded")
            .answers::<List<ProtocolView>>(),
        Route::post("/decode", STAFF, decode)
            .says("Explains frames: hexadecimal or text, one a line; nothing is kept")
            .takes::<DecodeEdit>()
            .answers::<List<DecodedFrame>>(),
    ]
}

async fn protocols(State(_): State<App>) -> Json<List<ProtocolView>> {
    Json(List::whole(wire::PROTOCOLS.iter().map(ProtocolView::from).collect()))
}

async fn decode(
    State(_): State<App>,
    Body(edit): Body<DecodeEdit>,
) -> Result<Json<List<DecodedFrame>>, Problem> {
    let asked = match edit.protocol.as_deref() {
        None => None,
        Some(name) => Some(wire::protocol(name).ok_or_else(|| Problem::not_found("protocol", name))?),
    };
    let lines: Vec<&str> = edit.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > FRAMES {
        return Err(Problem::invalid("text", format!("1..={FRAMES}")));
    }
    Ok(Json(List::whole(lines.into_iter().map(|line| DecodedFrame::of(line, asked)).collect())))
}
