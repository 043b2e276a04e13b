//! 寄存器: the tables of the supply's PLCs, and the socket in front of them.

use super::day::Value;
use super::{MAP, Units};
use crate::modbus::Reply;
use field::time::Time;
use std::sync::{OnceLock, PoisonError};
use tokio::net::TcpListener;
use wire::modbus::{Answer, Exception, MAX_REGISTERS, Map, Request, Table};

/// Registers of a PLC; a read beyond is refused.
const SIZE: usize = 32;

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
    let reply = move |unit: usize, request: &Request| match units.get(unit) {
        None => Reply::Nobody,
        Some(unit) => {
            let answer = unit.lock().unwrap_or_else(PoisonError::into_inner).answer(request);
            answer.map_or(Reply::Silence, Reply::Answer)
        }
    };
    crate::modbus::serve(listener, "supply", reply).await;
}
