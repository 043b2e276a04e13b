//! The socket in front of the PLCs.

use super::Units;
use super::memory::lock;
use crate::modbus::Reply;
use tokio::net::TcpListener;
use wire::modbus::Request;

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, units: Units) {
    let reply = move |unit: usize, request: &Request| {
        units.get(unit).map_or(Reply::Nobody, |memory| lock(memory).reply(request))
    };
    crate::modbus::serve(listener, "PLCs", reply).await;
}
