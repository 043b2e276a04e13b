//! Frames to test with.

use field::time::Time;
use wire::sl651::encode::{Address, Element, Group, Report};
use wire::sl651::{Cut, Cutter};

/// The station of the tests.
pub(crate) const STATION: Address = Address([0x33, 0x07, 0x82, 0x00, 0x01]);

/// The bytes of hexadecimal text; spaces are for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap()).collect()
}

/// A frame of hexadecimal text without its check value, which is added.
pub(crate) fn sealed(text: &str) -> Vec<u8> {
    let mut bytes = hex(text);
    bytes.extend(wire::sl651::crc16(&bytes).to_be_bytes());
    bytes
}

pub(crate) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// A report of the test station with one group.
pub(crate) fn report(
    function: u8,
    serial: u16,
    sent_at: Time,
    observed_at: Time,
    elements: Vec<Element>,
) -> Report {
    Report {
        centre: 1,
        station: STATION,
        password: 0x1234,
        function,
        serial,
        sent_at,
        kind: b'P',
        groups: vec![Group { observed_at, elements }],
        more_follows: false,
    }
}

/// All pieces of a whole stream.
pub(crate) fn cut(bytes: &[u8]) -> Vec<Cut> {
    let mut cutter = Cutter::new();
    let mut cuts = Vec::new();
    cutter.feed(bytes, |cut| cuts.push(cut));
    cutter.give_up(|cut| cuts.push(cut));
    cuts
}
