//! Broken frames, many of them, always the same ones: a fuzzer without its machinery.

use crate::support::{at, cut, report, sealed};
use wire::sl651::encode::Element;
use wire::sl651::{Cut, crc16, decode, explain};

/// Frames of every shape to start from.
fn seeds() -> Vec<Vec<u8>> {
    let sent = at("2021-06-30T14:00:05");
    let hour = at("2021-06-30T13:05");
    let of = |id, value| Element::of(id, Some(value)).unwrap();
    let mut seeds: Vec<Vec<u8>> = [
        report(0x2F, 1, sent, sent, vec![]),
        report(0x32, 2, sent, sent, vec![of(0x26, 1.5), of(0x39, -3.0), of(0x38, 12.0)]),
        report(0x31, 3, sent, hour, vec![Element::series(0x39, 4, 3, 5, &[Some(1.0); 12]).unwrap()]),
        report(
            0x34,
            4,
            sent,
            hour,
            vec![Element::five_minute_rain([Some(0.1); 12]), Element::five_minute_level([None; 12])],
        ),
        report(0x35, 5, sent, sent, vec![Element::raw(b"\xF2\xF2TT 2106301330 Q 1.2 Z M".to_vec())]),
        report(0x46, 6, sent, sent, vec![Element::status(0x481)]),
    ]
    .iter()
    .map(|report| report.to_bytes().unwrap())
    .collect();
    seeds.push(sealed("7E7E 0012345678 01 1234 3A 8012 02 0000 170718110258 1F19 2019 2619 3812 3923 05"));
    seeds.push(sealed("7E7E 01 3307820001 1234 36 0009 16 00D002 112233445566 17"));
    seeds
}

/// xorshift64*: small, seeded, good enough to choose bytes.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        (self.next() >> 32) as u8
    }
}

fn mutate(frame: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(frame.len());
        match dice.below(6) {
            0 => frame.truncate(at),
            1 => frame.insert(at, dice.byte()),
            2 if !frame.is_empty() => drop(frame.remove(at)),
            3 => frame.extend_from_within(..at),
            _ => {
                if let Some(byte) = frame.get_mut(at) {
                    *byte = [0x00, 0x7E, 0xFF, 0xF0, 0xF1, 0xF4, dice.byte(), dice.byte()][dice.below(8)];
                }
            }
        }
    }
}

/// Makes length and check value right again, so that the body's reader sees the damage.
fn reseal(frame: &mut Vec<u8>) {
    if frame.len() < 18 || frame.len() > 4_000 {
        return;
    }
    let body = frame.len() - 17;
    frame[11] = (frame[11] & 0x80) | (body >> 8) as u8;
    frame[12] = (body & 0xFF) as u8;
    frame[13] = if frame[13] == 0x16 { 0x16 } else { 0x02 };
    frame.truncate(frame.len() - 2);
    *frame.last_mut().unwrap() = 0x03;
    let crc = crc16(frame);
    frame.extend(crc.to_be_bytes());
}

#[test]
fn fifty_thousand_broken_frames_are_values_with_problems_and_never_a_panic() {
    let seeds = seeds();
    for seed in &seeds {
        assert_eq!(decode(seed).problems, [], "{seed:02X?}");
    }
    let mut dice = Dice(0x2021_0630);
    let mut trusted = 0;
    for n in 0..50_000 {
        let mut frame = seeds[n % seeds.len()].clone();
        mutate(&mut frame, &mut dice);
        if n % 2 == 0 {
            reseal(&mut frame);
        }
        let decoded = decode(&frame);
        assert!(decoded.is_trusted() || decoded.readings.is_empty());
        trusted += usize::from(decoded.is_trusted());
        assert!(decoded.readings.iter().all(|r| r.value.is_none_or(f64::is_finite)));
        assert!(decoded.fields.iter().all(|f| f.start < f.end && f.end <= frame.len()));
        let _ = explain(&frame);
        let total: usize = cut(&frame)
            .iter()
            .map(|c| match c {
                Cut::Frame(b) | Cut::Garbage(b) => b.len(),
            })
            .sum();
        assert!(total <= frame.len());
    }
    assert!(trusted > 5_000, "only {trusted} of the frames reached the body's reader");
}
