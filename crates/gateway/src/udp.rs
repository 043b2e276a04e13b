//! The UDP listener: a datagram holds whole frames; its answers go back to where it came from.

use crate::error::GatewayError;
use crate::intake::{Intake, PIPELINE};
use crate::session;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use wire::sl651::{Cut, Cutter};

/// Longest datagram that is looked at: several frames of the greatest length.
const DATAGRAM: usize = 16_384;

/// What one datagram held.
type Datagram = (SocketAddr, Vec<Cut>);

pub(crate) async fn bind(addr: SocketAddr) -> Result<UdpSocket, GatewayError> {
    UdpSocket::bind(addr).await.map_err(|source| GatewayError::bind("UDP", addr, source))
}

/// Takes what has arrived, keeps it, answers it, until shutdown. While it is being kept nothing is
/// read: the system's socket buffer is the queue, and what does not fit it is lost unconfirmed, so the
/// station sends it again.
pub(crate) async fn listen(socket: UdpSocket, intake: Arc<Intake>, mut shutdown: watch::Receiver<bool>) {
    let mut buf = vec![0; DATAGRAM];
    loop {
        tokio::select! {
            biased;
            () = session::stop(&mut shutdown) => return,
            ready = socket.readable() => if let Err(error) = ready {
                tracing::error!(%error, "the UDP listener lost its socket; restart to listen again");
                return;
            },
        }
        let batch = receive(&socket, &mut buf);
        let taken = batch.into_iter().map(|(peer, pieces)| answer(&socket, &intake, peer, pieces));
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

async fn answer(socket: &UdpSocket, intake: &Intake, peer: SocketAddr, pieces: Vec<Cut>) {
    for taken in intake.take_all(pieces, intake.arrival(peer.ip())).await {
        if let Some(piece) = taken.quarantined {
            intake.quarantine.try_add(piece);
        }
        if let Some(bytes) = taken.answer
            && let Err(error) = socket.send_to(&bytes, peer).await
        {
            tracing::debug!(%error, %peer, "a confirmation could not be sent");
        }
    }
}
