//! 应答: what a station says to the centre's questions and orders (mode M4), and the picture it sends
//! when asked (M3).

use super::gauge::{Place, Read};
use field::station::StationKind;
use field::time::Time;
use std::collections::BTreeMap;
use wire::sl651::down::{Known, answer, parameter_words, switch_word};
use wire::sl651::encode::{Address, Element, EncodeError, Group, Report, picture_parts};
use wire::sl651::{Decoded, function, station_kind};

/// What stands in the version answer.
const VERSION: &[u8] = b"ZZ-RTU 1.0";
/// Pumps of a pump station.
const PUMPS: usize = 2;
/// Body bytes of one part of a picture.
const PART: usize = 512;
/// 水尺: what the station's camera sees, a drawn one.
const PICTURE: &[u8] = include_bytes!("gauge.jpg");

/// A station's own mind about commands.
#[derive(Debug)]
pub(crate) struct Answers {
    address: Address,
    place: Place,
    parameters: BTreeMap<u8, String>,
    /// Pumps switched by the centre; `None` while their own automatics run them.
    by_hand: Option<Vec<bool>>,
    serial: u16,
}

impl Answers {
    pub(crate) fn new(address: Address, place: Place) -> Self {
        let parameters = [(0x0C, "2"), (0x20, "1"), (0x21, "5"), (0x22, "8"), (0x23, "300"), (0x27, "2")];
        let parameters = parameters.into_iter().map(|(id, value)| (id, value.to_owned())).collect();
        Self { address, place, parameters, by_hand: None, serial: 40_000 }
    }

    /// Pumps that run: as the centre switched them, else as they are.
    pub(crate) fn running(&self, own: u8) -> u8 {
        self.by_hand.as_ref().map_or(own, |pumps| pumps.iter().map(|on| u8::from(*on)).sum())
    }

    /// The frames that answer a question, sent by the station's own clock.
    ///
    /// # Errors
    /// Only when a frame cannot be written at all.
    pub(crate) fn reply(
        &mut self,
        asked: &Decoded,
        at: Time,
        read: Read,
    ) -> Result<Vec<Vec<u8>>, EncodeError> {
        let known = Known {
            centre: asked.centre.unwrap_or(1),
            password: asked.password.unwrap_or_default(),
            ..Known::default()
        };
        let of = asked.function.unwrap_or_default();
        self.serial = self.serial.checked_add(1).unwrap_or(40_000);
        let words = match of {
            function::PICTURE => return Ok(self.picture(&known, at)),
            function::QUERY_CURRENT | function::QUERY_ELEMENTS | function::PUMP_MOTOR => {
                return Ok(vec![self.values(&known, of, at, read)?]);
            }
            function::SET_CLOCK
            | function::QUERY_CLOCK
            | function::CLEAR_MEMORY
            | function::FACTORY_RESET => Vec::new(),
            function::SET_BASIC | function::SET_RUNNING => {
                let set: Vec<(u8, String)> = asked
                    .parameters
                    .iter()
                    .filter_map(|p| Some((u8::from_str_radix(&p.id, 16).ok()?, p.value.clone())))
                    .collect();
                self.parameters.extend(set.iter().cloned());
                parameter_words(&set)
            }
            function::READ_BASIC | function::READ_RUNNING => {
                let ids = asked.unread.chunks_exact(2).filter_map(<[u8]>::first);
                let shown: Vec<(u8, String)> =
                    ids.filter_map(|id| self.parameters.get(id).map(|value| (*id, value.clone()))).collect();
                parameter_words(&shown)
            }
            function::VERSION => [&[VERSION.len() as u8], VERSION].concat(),
            function::STATUS => vec![0x45, 0x20, 0, 0, 0, 0x80],
            function::EVENTS => vec![0; 64],
            function::QUOTA => asked.unread.clone(),
            function::PUMPS if self.place.kind == StationKind::Pump => {
                let mut pumps = asked.switches.as_ref().map(|s| s.on.clone()).unwrap_or_default();
                pumps.resize(PUMPS, false);
                self.by_hand = pumps.iter().any(|on| *on).then(|| pumps.clone());
                switch_word(&pumps)
            }
            // What a station does not have it does not answer (6.3.1.2 d).
            _ => return Ok(Vec::new()),
        };
        answer(&known, self.address, of, self.serial, at, &words).map(|frame| vec![frame])
    }

    fn report(&self, known: &Known, of: u8, at: Time, elements: Vec<Element>) -> Report {
        let kind = match self.place.kind {
            StationKind::Rain => station_kind::RAIN,
            StationKind::Pump => station_kind::PUMP,
            _ => station_kind::RIVER,
        };
        Report {
            centre: known.centre,
            station: self.address,
            password: known.password,
            function: of,
            serial: self.serial,
            sent_at: at,
            kind,
            groups: vec![Group { observed_at: at, elements }],
            more_follows: false,
        }
    }

    fn values(&self, known: &Known, of: u8, at: Time, read: Read) -> Result<Vec<u8>, EncodeError> {
        let mut elements = Vec::new();
        if of == function::PUMP_MOTOR {
            for id in 0x70..=0x72 {
                elements.push(Element::of(id, Some(380.0))?);
            }
        } else if self.place.is_gauge() {
            elements.push(Element::of(0x26, Some(f64::from(read.total_tenths) / 10.0))?);
        } else {
            elements.push(Element::of(0x39, Some(read.height_m))?);
        }
        elements.push(Element::of(0x38, Some(read.volt))?);
        self.report(known, of, at, elements).to_bytes()
    }

    fn picture(&self, known: &Known, at: Time) -> Vec<Vec<u8>> {
        let report = self.report(known, function::PICTURE, at, Vec::new());
        picture_parts(&report, PICTURE, PART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::command::Ask;
    use field::id::StationCode;
    use wire::sl651::down::{command, function_of, outcome};
    use wire::sl651::{Assembler, Progress, decode, decode_parts};

    #[test]
    fn a_pump_station_answers_its_centre_and_switches_its_pump() {
        let address = Address::of(&StationCode::new("3307820001").unwrap()).unwrap();
        let place = Place { station: 0, kind: StationKind::Pump, nth: 0 };
        let mut station = Answers::new(address, place);
        let at: Time = "2021-06-30T14:00:06".parse().unwrap();
        let known = Known { centre: 1, password: 0x1234, pumps: Some(vec![false; 8]), ..Known::default() };
        let values = BTreeMap::from([("27".to_owned(), "5".to_owned())]);
        let table = field::command::ParameterTable::Running;
        for ask in [
            Ask::QueryClock,
            Ask::QueryVersion,
            Ask::QueryCurrent,
            Ask::SetParameters { table, values },
            Ask::ReadParameters { table, ids: vec!["27".into(), "23".into()] },
            Ask::SwitchPump { pump: 2, on: true },
        ] {
            let asked = decode(&command(&ask, address, &known, at).unwrap());
            let frames = station.reply(&asked, at, Read::default()).unwrap();
            let answer = decode(&frames[0]);
            assert_eq!((answer.problems.as_slice(), answer.function), ([].as_slice(), function_of(&ask)));
            let (done, said) = outcome(&ask, &answer, at);
            assert!(done, "{ask:?}: {said}");
        }
        assert_eq!(station.running(0), 1);
        assert_eq!(station.parameters[&0x27], "5");
    }

    #[test]
    fn a_picture_is_sent_in_parts() {
        let address = Address::of(&StationCode::new("3307820001").unwrap()).unwrap();
        let place = Place { station: 0, kind: StationKind::River, nth: 0 };
        let at: Time = "2021-06-30T14:00:06".parse().unwrap();
        let asked = decode(&command(&Ask::QueryPicture, address, &Known::default(), at).unwrap());
        let frames = Answers::new(address, place).reply(&asked, at, Read::default()).unwrap();
        assert!(frames.len() > 1);
        let mut assembler = Assembler::default();
        let progress = frames.iter().map(|f| assembler.take(&decode(f), f.clone())).last().unwrap();
        let Progress::Whole(frames) = progress else { panic!("{progress:?}") };
        assert_eq!(decode_parts(&frames).report().files[0].bytes, PICTURE);
    }
}
