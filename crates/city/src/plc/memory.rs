//! 寄存器: a PLC's tables, and what it answers from them.

use super::machine::State;
use crate::modbus::Reply;
use crate::rtu::{Ledger, Line};
use field::time::Time;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::modbus::{Answer, Exception, MAX_BITS, MAX_REGISTERS, Map, Request, Table};

/// Registers and bits of each table; a read beyond is refused.
const SIZE: u16 = 128;
/// The register pump and fault bits stand in.
const BITS: u16 = 10;

/// Scans that wait for a heartbeat; a line that is away for longer has lost them.
const MOST_ANSWERED: usize = 8;

/// One scan of the instruments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scan {
    at: Time,
    /// Element, value and the parts of the unit it is written in.
    values: Vec<(&'static str, f64, u16)>,
    on: [bool; 3],
}

impl Scan {
    pub(super) fn of(at: Time, level_m: f64, volt: f64, state: &State) -> Self {
        let [h1, h2, h3] = state.hours;
        let running = state.on.iter().filter(|on| **on).count() as f64;
        let values = vec![
            ("level", level_m, 1_000),
            ("running", running, 1),
            ("voltage", volt, 100),
            ("flow", state.flow_m3s, 100),
            ("pressure", state.pressure_kpa, 10),
            ("run-hours-1", h1, 10),
            ("run-hours-2", h2, 10),
            ("run-hours-3", h3, 10),
            ("energy", state.kwh, 100),
        ];
        Self { at, values, on: state.on }
    }

    fn lines(&self, ledger: &Ledger) -> Vec<Line> {
        let line = |name: &str, value: f64, parts: u16| {
            let whole = (value * f64::from(parts)).round() / f64::from(parts);
            Line { element: ledger.name(name), at: self.at, value: Some(whole), parts }
        };
        self.values.iter().map(|(name, value, parts)| line(name, *value, *parts)).collect()
    }
}

/// One PLC's tables.
#[derive(Debug)]
pub(crate) struct Memory {
    station: usize,
    map: Arc<Map>,
    ledger: Arc<Ledger>,
    scan: Option<Scan>,
    holding: Vec<u16>,
    coils: [bool; 3],
    /// The scans that were read and not confirmed yet, the newest last.
    answered: Vec<Scan>,
    /// What the heartbeat was last set to.
    beat: Option<u16>,
    /// The scan that was confirmed last.
    confirmed: Option<Time>,
}

/// A panic elsewhere leaves whole registers.
pub(super) fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    pub(super) fn new(station: usize, map: Arc<Map>, ledger: Arc<Ledger>) -> Self {
        let holding = vec![0; usize::from(SIZE)];
        Self {
            station,
            map,
            ledger,
            scan: None,
            holding,
            coils: [false; 3],
            answered: Vec::new(),
            beat: None,
            confirmed: None,
        }
    }

    /// Pumps a person started.
    pub(super) const fn forced(&self) -> [bool; 3] {
        self.coils
    }

    /// A new scan stands in the registers; `None`: nothing answers until the next.
    pub(super) fn show(&mut self, scan: Option<Scan>) {
        if let Some(scan) = &scan {
            self.write(scan);
        }
        self.scan = scan;
    }

    fn write(&mut self, scan: &Scan) {
        let map = Arc::clone(&self.map);
        for (id, value, _) in &scan.values {
            let element = map.element(id);
            let words = element.and_then(|element| map.words_of(element, *value));
            self.put(element.map_or(0, |element| element.address), words);
        }
        self.put(map.time.as_ref().map_or(0, |time| time.address), map.words_of_time(scan.at));
        let bits = scan.on.iter().enumerate().fold(0, |bits, (n, on)| bits | u16::from(*on) << n);
        self.put(BITS, Some(vec![bits]));
    }

    fn put(&mut self, address: u16, words: Option<Vec<u16>>) {
        for (register, word) in
            self.holding.iter_mut().skip(usize::from(address)).zip(words.unwrap_or_default())
        {
            *register = word;
        }
    }

    /// Answers a request, as a PLC with an application would.
    pub(crate) fn reply(&mut self, request: &Request) -> Reply {
        // The heartbeat is taken even when the line is about to go: it concerns what was read before.
        if self.scan.is_none() && !matches!(request, Request::WriteRegister { .. }) {
            return Reply::Silence;
        }
        let refused = |exception| Answer::Exception { function: request.function(), exception };
        Reply::Answer(self.answer(request).unwrap_or_else(refused))
    }

    fn answer(&mut self, request: &Request) -> Result<Answer, Exception> {
        match request {
            Request::Read { table, address, count } => self.read(*table, *address, *count),
            Request::WriteCoil { address, on } => {
                let coil = self.coils.get_mut(usize::from(*address)).ok_or(Exception::ILLEGAL_ADDRESS)?;
                *coil = *on;
                Ok(Answer::WroteCoil { address: *address, on: *on })
            }
            Request::WriteRegister { address, value } if self.map.heartbeat == Some(*address) => {
                self.put(*address, Some(vec![*value]));
                self.confirm(*value);
                Ok(Answer::WroteRegister { address: *address, value: *value })
            }
            Request::WriteRegister { .. } | Request::WriteRegisters { .. } => Err(Exception::ILLEGAL_ADDRESS),
            Request::Identify { level, .. } => Ok(Answer::Identity {
                level: *level,
                conformity: 1,
                next: None,
                objects: vec![
                    (0, b"Zhizhen demo".to_vec()),
                    (1, b"pump-station".to_vec()),
                    (2, b"1".to_vec()),
                ],
            }),
            _ => Err(Exception::ILLEGAL_FUNCTION),
        }
    }

    fn read(&mut self, table: Table, address: u16, count: u16) -> Result<Answer, Exception> {
        let most = if table.is_bits() { MAX_BITS } else { MAX_REGISTERS };
        if !(1..=most).contains(&count) {
            return Err(Exception::ILLEGAL_VALUE);
        }
        if u32::from(address) + u32::from(count) > u32::from(SIZE) {
            return Err(Exception::ILLEGAL_ADDRESS);
        }
        let from = usize::from(address);
        match table {
            Table::Coil => {
                let whole = usize::from(count.div_ceil(8) * 8);
                let bits =
                    (from..from + whole).map(|n| self.coils.get(n).copied().unwrap_or(false)).collect();
                Ok(Answer::Bits { table, bits })
            }
            Table::Holding => {
                let values = self.holding.iter().skip(from).take(usize::from(count)).copied().collect();
                // Stamp and level together: this was a poll.
                if address == 0 && count > 2 {
                    self.answered.extend(self.scan.clone());
                    let old = self.answered.len().saturating_sub(MOST_ANSWERED);
                    self.answered.drain(..old);
                }
                Ok(Answer::Registers { table, values })
            }
            Table::Discrete | Table::Input => Err(Exception::ILLEGAL_ADDRESS),
        }
    }

    /// The server has kept what it read last, and as many polls as the heartbeat counts: of a poll that
    /// broke off half way it may keep a part without saying so at once. A count that does not fit – the
    /// server was started anew – stands for one.
    fn confirm(&mut self, beat: u16) {
        let counted = self.beat.map_or(1, |last| usize::from(beat.wrapping_sub(last)));
        self.beat = Some(beat);
        let kept = if (1..=self.answered.len()).contains(&counted) { counted } else { 1 };
        let answered = std::mem::take(&mut self.answered);
        for scan in answered.iter().skip(answered.len().saturating_sub(kept)) {
            if self.confirmed.is_some_and(|at| scan.at <= at) {
                continue;
            }
            self.confirmed = Some(scan.at);
            let lines = scan.lines(&self.ledger);
            let places = self.ledger.enter(self.station, &lines);
            self.ledger.confirm(places);
        }
    }
}
