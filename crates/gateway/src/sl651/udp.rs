//! The UDP listener: a datagram holds whole frames; its answers go back to where it came from.

use super::take::Taker;
use crate::error::GatewayError;
use crate::hub::Hub;
use crate::intake::{Arrival, PIPELINE, Refused};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use wire::sl651::{Cut, Cutter, NAME};

/// Longest datagram that is looked at: several frames of the greatest length.
const DATAGRAM: usize = 16_384;

/// What one datagram held.
type Datagram = (SocketAddr, Vec<Cut>);

pub(super) async fn bind(addr: SocketAddr) -> Result<UdpSocket, GatewayError> {
    UdpSocket::bind(addr).await.map_err(|source| GatewayError::bind("UDP", addr, source))
}

/// Takes what has arrived, keeps it, answers it, until shutdown. While it is being kept nothing is
/// read: the system's socket buffer is the queue, and what does not fit it is lost unconfirmed, so the
/// station sends it again.
pub(super) async fn listen(socket: UdpSocket, hub: Hub, taker: Arc<Taker>) {
    let mut buf = vec![0; DATAGRAM];
    loop {
        tokio::select! {
            biased;
            () = hub.stopped() => return,
            ready = socket.readable() => if let Err(error) = ready {
                tracing::error!(%error, "the UDP listener lost its socket; restart to listen again");
                return;
            },
        }
        let batch = receive(&socket, &mut buf);
        let taken = batch.into_iter().map(|(peer, pieces)| answer(&socket, &hub, &taker, peer, pieces));
        futures_util::future::join_all(taken).await;
    }
}

/// The datagrams that are there now, at most [`PIPELINE`].
fn receive(socket: &UdpSocket, buf: &mut [u8]) -> Vec<Datagram> {
    let mut batch = Vec::new();
    while batch.len() < PIPELINE {
        match socket.try_recv_from(buf) {
            Ok((length, peer)) => {
                let mut pieces = Vec::new();
                let mut cutter = Cutter::new();
                cutter.feed(buf.get(..length).unwrap_or_default(), |piece| pieces.push(piece));
                cutter.give_up(|piece| pieces.push(piece));
                batch.push((peer, pieces));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            // Some systems report here that an earlier answer found nobody: no harm to this one.
            Err(error) => {
                tracing::debug!(%error, "a datagram could not be received");
                break;
            }
        }
    }
    batch
}

async fn answer(socket: &UdpSocket, hub: &Hub, taker: &Taker, peer: SocketAddr, pieces: Vec<Cut>) {
    let arrival = Arrival { patient: false, ..hub.intake.arrival(peer.ip()) };
    for taken in taker.take_all(pieces, arrival, &[]).await {
        if let Some(bytes) = taken.part {
            // A datagram has no conversation in which what is missing could be asked for.
            let station = taken.frame.and_then(|frame| frame.station);
            let refused = Refused::new("multi_packet", "a report in parts (M3) is taken over TCP only");
            let arrival = hub.intake.arrival(peer.ip());
            hub.quarantine.try_add(hub.intake.refuse(NAME, station, bytes, refused, arrival));
        }
        if let Some(piece) = taken.quarantined {
            hub.quarantine.try_add(piece);
        }
        if let Some(bytes) = taken.answer
            && let Err(error) = socket.send_to(&bytes, peer).await
        {
            tracing::debug!(%error, %peer, "a confirmation could not be sent");
        }
    }
}
