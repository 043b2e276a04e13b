//! 报文: the reports a station writes, as frames and as the readings they carry.

use super::gauge::{Place, Read};
use super::ledger::Line;
use field::station::StationKind;
use field::time::{MINUTE_MS, Time};
use std::collections::VecDeque;
use wire::sl651::encode::{Address, Element, EncodeError, Group, Report};
use wire::sl651::{function, station_kind};

/// Minutes between two timed reports.
pub(crate) const SLOT_MS: i64 = 5 * MINUTE_MS;
/// Five-minute values of an hourly report.
const SLOTS: usize = 12;
/// Centre address and password of the demo.
const CENTRE: u8 = 1;
const PASSWORD: u16 = 0x1234;
/// Rain inside a slot that is reported at once, tenths of a millimetre (parameter 27H).
pub(crate) const ADDED_RAIN_TENTHS: u32 = 20;

/// A report that waits to be sent or confirmed: it goes out with one serial, however often.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) serial: u16,
    pub(crate) frame: Vec<u8>,
    pub(crate) lines: Vec<Line>,
    /// Not sent before this moment (a late report, or the pause after three tries).
    pub(crate) not_before: Time,
    /// Where its readings stand in the ledger, once it was on the wire.
    pub(crate) entered: Option<std::ops::Range<u64>>,
}

/// What writes a station's reports.
#[derive(Debug)]
pub(crate) struct Writer {
    address: Address,
    place: Place,
    serial: u16,
    /// The slots of the last hour, newest last.
    hour: VecDeque<(Time, Read)>,
}

impl Writer {
    pub(crate) fn new(address: Address, place: Place) -> Self {
        Self { address, place, serial: 0, hour: VecDeque::with_capacity(SLOTS) }
    }

    /// Forgets the last hour's values: after a leap.
    pub(crate) fn forget(&mut self) {
        self.hour.clear();
    }

    /// The reports due at the end of a slot: the timed one and, on the hour, the hourly one.
    pub(crate) fn slot(&mut self, label: Time, read: Read) -> Result<Vec<Pending>, EncodeError> {
        if self.hour.len() == SLOTS {
            self.hour.pop_front();
        }
        self.hour.push_back((label, read));
        let (elements, lines) = self.now(label, &read, true)?;
        let mut due = vec![self.pending(function::TIMED, label, vec![(label, elements)], lines)?];
        if label.ms().rem_euclid(SLOTS as i64 * SLOT_MS) == 0 {
            due.push(self.hourly(label, &read)?);
        }
        Ok(due)
    }

    /// 加报: a threshold was passed between two slots.
    pub(crate) fn added(&mut self, label: Time, read: Read) -> Result<Pending, EncodeError> {
        let (elements, lines) = self.now(label, &read, false)?;
        self.pending(function::ADDED, label, vec![(label, elements)], lines)
    }

    /// 链路维持报: carries nothing and is never answered.
    pub(crate) fn keep_alive(&mut self, sent_at: Time) -> Result<Vec<u8>, EncodeError> {
        let serial = self.next_serial();
        self.report(function::KEEP_ALIVE, serial, sent_at, Vec::new()).to_bytes()
    }

    /// The values of one moment; period values only where a period ends.
    fn now(
        &self,
        label: Time,
        read: &Read,
        ends_period: bool,
    ) -> Result<(Vec<Element>, Vec<Line>), EncodeError> {
        let mm = |tenths: u32| f64::from(tenths) / 10.0;
        let mut written: Vec<(u8, f64, u16)> = Vec::new();
        match self.place.kind {
            StationKind::Rain => {
                if ends_period {
                    written.push((0x22, mm(read.rain_tenths), 10));
                }
                written.push((0x26, mm(read.total_tenths), 10));
            }
            StationKind::Pump => {
                written.push((0x39, read.height_m, 1_000));
                written.push((0x19, f64::from(read.running), 10));
            }
            _ => written.push((0x39, read.height_m, 1_000)),
        }
        if ends_period && self.place.kind != StationKind::River {
            written.push((0x38, read.volt, 100));
        }
        let mut elements = Vec::with_capacity(written.len() + 2);
        if self.place.is_gauge() {
            elements.push(Element::of(0x20, Some(mm(read.day_tenths)))?);
        }
        for (id, value, _) in &written {
            elements.push(Element::of(*id, Some(*value))?);
        }
        // Bit 7: the box is shut.
        elements.push(Element::status(0x80));
        let line = |(element, value, parts): (u8, f64, u16)| Line {
            element: element.into(),
            at: label,
            value: Some(value),
            parts,
        };
        Ok((elements, written.into_iter().map(line).collect()))
    }

    /// 小时报: twelve five-minute values from the first label on, then the values of the hour.
    fn hourly(&mut self, label: Time, read: &Read) -> Result<Pending, EncodeError> {
        let labels: Vec<Time> = (0..SLOTS as i64).rev().map(|n| label.plus_ms(-n * SLOT_MS)).collect();
        let of = |at: &Time| self.hour.iter().find(|(l, _)| l == at).map(|(_, r)| *r);
        let mut groups = Vec::with_capacity(2);
        let mut lines = Vec::new();
        let series = match self.place.kind {
            StationKind::Rain => Some((0xF4, 10)),
            StationKind::Ponding | StationKind::Manhole => Some((0xF5, 100)),
            _ => None,
        };
        if let (Some((element, parts)), Some(first)) = (series, labels.first()) {
            let mut values = [None; SLOTS];
            for (slot, at) in values.iter_mut().zip(&labels) {
                *slot = of(at)
                    .map(|r| if element == 0xF4 { f64::from(r.rain_tenths) / 10.0 } else { r.height_m });
                lines.push(Line { element, at: *at, value: *slot, parts });
            }
            let series = if element == 0xF4 {
                Element::five_minute_rain(values)
            } else {
                Element::five_minute_level(values)
            };
            groups.push((*first, vec![series]));
        }
        // These stand in the timed report of the same moment too, with the same values: the ledger has them there.
        let (elements, _) = self.now(label, read, false)?;
        groups.push((label, elements));
        self.pending(function::HOURLY, label, groups, lines)
    }

    fn pending(
        &mut self,
        function: u8,
        label: Time,
        groups: Vec<(Time, Vec<Element>)>,
        lines: Vec<Line>,
    ) -> Result<Pending, EncodeError> {
        let serial = self.next_serial();
        let groups =
            groups.into_iter().map(|(observed_at, elements)| Group { observed_at, elements }).collect();
        let frame = self.report(function, serial, label, groups).to_bytes()?;
        Ok(Pending { serial, frame, lines, not_before: Time::MIN, entered: None })
    }

    fn report(&self, function: u8, serial: u16, sent_at: Time, groups: Vec<Group>) -> Report {
        let kind = match self.place.kind {
            StationKind::Rain => station_kind::RAIN,
            StationKind::River => station_kind::RIVER,
            StationKind::Reservoir => station_kind::RESERVOIR,
            StationKind::Pump => station_kind::PUMP,
            StationKind::Ponding
            | StationKind::Manhole
            | StationKind::Plant
            | StationKind::Meter
            | StationKind::Supply => station_kind::OUTFALL,
        };
        Report {
            centre: CENTRE,
            station: self.address,
            password: PASSWORD,
            function,
            serial,
            sent_at,
            kind,
            groups,
            more_follows: false,
        }
    }

    /// 流水号: 1 to 65535, then 1 again.
    fn next_serial(&mut self) -> u16 {
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        self.serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::id::StationCode;
    use wire::sl651::decode;

    fn writer(kind: StationKind) -> Writer {
        let code = StationCode::new("330782001B").unwrap();
        Writer::new(Address::of(&code).unwrap(), Place { station: 26, kind, nth: 0 })
    }

    fn noon() -> Time {
        Time::from_beijing(2021, 6, 30, 12, 0, 0).unwrap()
    }

    #[test]
    fn every_line_of_the_ledger_is_in_the_frame_with_its_value_and_moment() {
        for kind in [
            StationKind::Rain,
            StationKind::Ponding,
            StationKind::Manhole,
            StationKind::River,
            StationKind::Pump,
        ] {
            let mut writer = writer(kind);
            let mut due = Vec::new();
            for slot in 0..=12 {
                let read = Read {
                    rain_tenths: 3 * slot,
                    total_tenths: 12_345 + slot,
                    height_m: f64::from(slot) / 100.0,
                    running: 2,
                    volt: 12.87,
                    ..Read::default()
                };
                due.extend(writer.slot(noon().plus_ms(i64::from(slot) * SLOT_MS), read).unwrap());
            }
            assert_eq!(due.iter().filter(|p| decode(&p.frame).function == Some(function::HOURLY)).count(), 2);
            for pending in due {
                let decoded = decode(&pending.frame);
                assert!(decoded.is_trusted(), "{:?}", decoded.problems);
                assert!(!pending.lines.is_empty() || decoded.function == Some(function::HOURLY));
                for line in &pending.lines {
                    let id = format!("{:02X}", line.element);
                    let reading = decoded.readings.iter().find(|r| r.id == id && r.observed_at == line.at);
                    assert_eq!(reading.unwrap().value, line.value, "{id} of {kind:?}");
                }
            }
        }
    }

    #[test]
    fn serials_run_from_one_and_skip_zero_when_they_wrap() {
        let mut writer = writer(StationKind::Rain);
        assert_eq!(writer.next_serial(), 1);
        writer.serial = u16::MAX;
        assert_eq!(writer.next_serial(), 1);
    }
}
