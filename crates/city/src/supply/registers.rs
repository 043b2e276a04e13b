//! 寄存器: the tables of the supply's PLCs, and the socket in front of them.

use super::day::Value;
use super::{MAP, Units};
use field::time::Time;
use std::sync::{Arc, OnceLock, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wire::cut::{Piece, StreamCutter};
use wire::modbus::{Answer, Exception, Frame, MAX_REGISTERS, MBAP, Map, Request, Table};

/// Registers of a PLC; a read beyond is refused.
const SIZE: usize = 32;
/// Connections at once.
const MOST: usize = 64;

/// One PLC's holding registers; empty until the first scan.
#[derive(Debug, Default)]
pub(crate) struct Registers(Vec<u16>);

/// The map that the registers are written by.
fn map() -> Option<&'static Map> {
    static PARSED: OnceLock<Option<Map>> = OnceLock::new();
    let parse = || {
        wire::modbus::BUNDLED
            .iter()
            .find(|(name, _)| *name == MAP)
            .and_then(|(_, text)| Map::parse(text).ok())
    };
    PARSED.get_or_init(parse).as_ref()
}

impl Registers {
    /// A scan of the instruments stands in the registers.
    pub(super) fn show(&mut self, at: Time, values: &[Value]) {
        let Some(map) = map() else { return };
        self.0 = vec![0; SIZE];
        self.put(map.time.as_ref().map_or(0, |time| time.address), map.words_of_time(at));
        for (id, value) in values {
            if let Some(element) = map.element(id) {
                self.put(element.address, map.words_of(element, *value));
            }
        }
    }

    fn put(&mut self, address: u16, words: Option<Vec<u16>>) {
        for (register, word) in self.0.iter_mut().skip(usize::from(address)).zip(words.unwrap_or_default()) {
            *register = word;
        }
    }

    /// Answers a request; `None` before the first scan.
    pub(super) fn answer(&self, request: &Request) -> Option<Answer> {
        if self.0.is_empty() {
            return None;
        }
        let refused = |exception| Answer::Exception { function: request.function(), exception };
        let Request::Read { table: Table::Holding, address, count } = request else {
            return Some(refused(Exception::ILLEGAL_FUNCTION));
        };
        let (from, count) = (usize::from(*address), usize::from(*count));
        if count == 0 || count > usize::from(MAX_REGISTERS) || from + count > SIZE {
            return Some(refused(Exception::ILLEGAL_ADDRESS));
        }
        let values = self.0.iter().skip(from).take(count).copied().collect();
        Some(Answer::Registers { table: Table::Holding, values })
    }
}

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, units: Units) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MOST => {
                    connections.spawn(connection(stream, Arc::clone(&units)));
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "a connection to the supply's PLCs could not be accepted"),
            },
        }
    }
}

async fn connection(mut stream: TcpStream, units: Units) {
    let _kept_delayed = stream.set_nodelay(true);
    let mut cutter = StreamCutter::new(MBAP);
    let mut buf = [0; 512];
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
    let Some(function) = frame.pdu.first().copied() else { return Vec::new() };
    let refused = |exception| Some(Answer::Exception { function: function & 0x7F, exception });
    let unit = usize::from(frame.unit).checked_sub(1).and_then(|n| units.get(n));
    let answer = match (unit, Request::decode(&frame.pdu, &mut Vec::new())) {
        (None, _) => refused(Exception::TARGET_SILENT),
        (_, Err(_)) => refused(Exception::ILLEGAL_VALUE),
        (Some(unit), Ok(request)) => unit.lock().unwrap_or_else(PoisonError::into_inner).answer(&request),
    };
    answer.map_or_else(Vec::new, |answer| Frame { pdu: answer.to_pdu(), ..frame }.to_bytes())
}
