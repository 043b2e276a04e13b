//! 串口服务器: a Modbus TCP socket with devices behind it, one unit number each, from 1.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wire::cut::{Piece, StreamCutter};
use wire::modbus::{Answer, Exception, Frame, MBAP, Request};

/// Connections at once; a PLC has four to sixteen.
const MOST: usize = 64;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// It is answered.
    Answer(Answer),
    /// The device is there and says nothing.
    Silence,
    /// There is no such device.
    Nobody,
}

/// Answers until it is dropped; `name` says in logs whose socket it is, `reply` what the device of that place,
/// from 0, makes of a request.
pub(crate) async fn serve<F>(listener: TcpListener, name: &'static str, reply: F)
where
    F: Fn(usize, &Request) -> Reply + Send + Sync + 'static,
{
    let reply = Arc::new(reply);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MOST => {
                    connections.spawn(connection(stream, Arc::clone(&reply)));
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, name, "a Modbus connection could not be accepted"),
            },
        }
    }
}

async fn connection<F: Fn(usize, &Request) -> Reply>(mut stream: TcpStream, reply: Arc<F>) {
    let _kept_delayed = stream.set_nodelay(true);
    let mut cutter = StreamCutter::new(MBAP);
    let mut buf = [0; 1_024];
    while let Ok(read @ 1..) = stream.read(&mut buf).await {
        let mut answers = Vec::new();
        let mut sound = true;
        cutter.feed(buf.get(..read).unwrap_or_default(), |piece| match piece {
            Piece::Frame(bytes) => answers.extend(answer(&bytes, &*reply)),
            Piece::Garbage(_) => sound = false,
        });
        if !sound || stream.write_all(&answers).await.is_err() {
            return;
        }
    }
}

/// The answer's bytes; none where the device is silent.
fn answer(bytes: &[u8], reply: &impl Fn(usize, &Request) -> Reply) -> Vec<u8> {
    let Some((frame, _)) = Frame::first_tcp(bytes) else { return Vec::new() };
    let Some(function) = frame.pdu.first().copied() else { return Vec::new() };
    let refused = |exception| Answer::Exception { function: function & 0x7F, exception };
    let place = usize::from(frame.unit).checked_sub(1);
    let answer = match Request::decode(&frame.pdu, &mut Vec::new()) {
        Err(_) => refused(Exception::ILLEGAL_VALUE),
        Ok(request) => match place.map_or(Reply::Nobody, |place| reply(place, &request)) {
            Reply::Answer(answer) => answer,
            Reply::Silence => return Vec::new(),
            Reply::Nobody => refused(Exception::TARGET_SILENT),
        },
    };
    Frame { pdu: answer.to_pdu(), ..frame }.to_bytes()
}
