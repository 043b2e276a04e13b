//! 串口服务器: the socket in front of the PLCs: Modbus TCP, one unit number each.

use super::Units;
use super::memory::{Reply, lock};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wire::cut::{Piece, StreamCutter};
use wire::modbus::{Answer, Exception, Frame, MBAP, Request};

/// Connections at once; a PLC has four to sixteen.
const MOST: usize = 64;

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, units: Units) {
    let units = Arc::new(units);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MOST => {
                    connections.spawn(connection(stream, units.clone()));
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "a connection to the PLCs could not be accepted"),
            },
        }
    }
}

async fn connection(mut stream: TcpStream, units: Arc<Units>) {
    let _kept_delayed = stream.set_nodelay(true);
    let mut cutter = StreamCutter::new(MBAP);
    let mut buf = [0; 1_024];
    while let Ok(read @ 1..) = stream.read(&mut buf).await {
        let mut answers = Vec::new();
        let mut sound = true;
        cutter.feed(buf.get(..read).unwrap_or_default(), |piece| match piece {
            Piece::Frame(bytes) => answers.extend(answer(&bytes, &units)),
            Piece::Garbage(_) => sound = false,
        });
        if !sound || stream.write_all(&answers).await.is_err() {
            return;
        }
    }
}

/// The answer's bytes; none where the PLC is silent.
fn answer(bytes: &[u8], units: &Units) -> Vec<u8> {
    let Some((frame, _)) = Frame::first_tcp(bytes) else { return Vec::new() };
    let memory = usize::from(frame.unit).checked_sub(1).and_then(|n| units.get(n));
    let Some(function) = frame.pdu.first().copied() else { return Vec::new() };
    let refused = |exception| Answer::Exception { function: function & 0x7F, exception };
    let answer = match (memory, Request::decode(&frame.pdu, &mut Vec::new())) {
        (None, _) => refused(Exception::TARGET_SILENT),
        (_, Err(_)) => refused(Exception::ILLEGAL_VALUE),
        (Some(memory), Ok(request)) => match lock(memory).reply(&request) {
            Reply::Answer(answer) => answer,
            Reply::Silence => return Vec::new(),
        },
    };
    Frame { pdu: answer.to_pdu(), ..frame }.to_bytes()
}
