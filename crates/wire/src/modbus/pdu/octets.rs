//! 字节: words, bits and counts as they stand in a PDU, high byte first.

use crate::fault::Fault;

pub(super) const COIL_ON: u16 = 0xFF00;
pub(super) const MEI: u8 = 43;
pub(super) const MEI_IDENTIFY: u8 = 14;

/// Reads big-endian words and bytes off the front.
pub(super) struct Cursor<'a> {
    pdu: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(pdu: &'a [u8]) -> Self {
        Self { pdu, at: 0 }
    }

    pub(super) fn take(&mut self, count: usize, field: &str) -> Result<&'a [u8], Fault> {
        let have = self.pdu.len().saturating_sub(self.at);
        let taken = self.pdu.get(self.at..self.at + count).ok_or_else(|| {
            Fault::fatal("too_short", format!("`{field}` needs {count} bytes, {have} are left"))
        })?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn byte(&mut self, field: &str) -> Result<u8, Fault> {
        Ok(self.take(1, field)?.first().copied().unwrap_or_default())
    }

    pub(super) fn word(&mut self, field: &str) -> Result<u16, Fault> {
        Ok(self.take(2, field)?.first_chunk().copied().map(u16::from_be_bytes).unwrap_or_default())
    }

    pub(super) fn words(&mut self, bytes: u8, field: &str) -> Result<Vec<u16>, Fault> {
        if !bytes.is_multiple_of(2) {
            return Err(Fault::fatal("odd_count", format!("`{field}` says {bytes} bytes: words have two")));
        }
        let taken = self.take(usize::from(bytes), field)?;
        Ok(taken.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect())
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = self.pdu.get(self.at..).unwrap_or_default();
        self.at = self.pdu.len();
        rest
    }

    /// Vendors pad: bytes behind the end are named and passed over.
    pub(super) fn end(&self, problems: &mut Vec<Fault>) {
        let extra = self.pdu.len().saturating_sub(self.at);
        if extra > 0 {
            problems.push(Fault::minor("extra_bytes", format!("{extra} bytes follow the end of the PDU")));
        }
    }
}

pub(super) fn coil(value: u16, problems: &mut Vec<Fault>) -> bool {
    if !matches!(value, 0 | COIL_ON) {
        problems.push(Fault::minor("bad_coil", format!("a coil is written FF00 or 0000, not {value:04X}")));
    }
    value == COIL_ON
}

pub(super) fn bits_of(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |n| byte >> n & 1 == 1)).collect()
}

pub(super) fn bytes_of(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0, |byte, (n, on)| byte | u8::from(*on) << n))
        .collect()
}

pub(super) fn pushed(out: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        out.extend(word.to_be_bytes());
    }
}

/// A count of bytes, of at most 250 by the limits of the requests.
pub(super) fn count_byte(bytes: usize) -> u8 {
    u8::try_from(bytes).unwrap_or(u8::MAX)
}

pub(super) fn word_count<T>(items: &[T]) -> u16 {
    u16::try_from(items.len()).unwrap_or(u16::MAX)
}
