//! 快路: the same series come in the same order minute after minute. Whoever has seen a series
//! before may compare a line with the one that followed last time instead of parsing and hashing it.
//!
//! The keys stand one behind another in the order they were first seen. A line that begins with the
//! key expected next, `=`, a plain number, and a whole timestamp is read in one go; anything else is
//! left to [`super::lines`]. Both ways give the same result: a key gets in only through
//! [`Rapid::learn`], from a line that was parsed in full.

use super::number;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Keys remembered: a million of 60 bytes are 100 MB; beyond that everything still works, slower.
const KEYS_MAX: usize = 1_000_000;

/// The series that were seen, each with what its owner keeps for it.
#[derive(Debug)]
pub struct Rapid<T> {
    bytes: Vec<u8>,
    known: Vec<Known<T>>,
    index: HashMap<Box<[u8]>, u32, BuildHasherDefault<Mix>>,
}

#[derive(Debug, Clone, Copy)]
struct Known<T> {
    start: u32,
    length: u32,
    what: T,
}

/// A line that was read in one go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen<T> {
    /// What was kept for its series.
    pub what: T,
    /// Its value.
    pub value: f64,
    /// Its timestamp as written.
    pub stamp: i64,
    /// Bytes of the line with its line feed.
    pub length: usize,
}

impl<T> Default for Rapid<T> {
    fn default() -> Self {
        Self { bytes: Vec::new(), known: Vec::new(), index: HashMap::default() }
    }
}

impl<T: Copy> Rapid<T> {
    /// What was kept for a series and field: `key` is `series field` as written, with one blank.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<T> {
        let place = *self.index.get(key)?;
        self.known.get(place as usize).map(|known| known.what)
    }

    /// Keeps something for a series and field; a full memory forgets everything first.
    pub fn learn(&mut self, key: &[u8], what: T) {
        if self.known.len() >= KEYS_MAX || self.bytes.len() + key.len() > u32::MAX as usize {
            *self = Self::default();
        }
        let place = u32::try_from(self.known.len()).unwrap_or(0);
        let (Ok(start), Ok(length)) = (u32::try_from(self.bytes.len()), u32::try_from(key.len())) else {
            return;
        };
        if let Some(known) = self.index.get(key).and_then(|old| self.known.get_mut(*old as usize)) {
            known.what = what;
            return;
        }
        self.bytes.extend_from_slice(key);
        self.known.push(Known { start, length, what });
        self.index.insert(key.into(), place);
    }

    /// Reads the line at the start of `bytes` in one go if its series is known; `hint` is where to
    /// look first and moves on. `None`: read it with [`super::lines`].
    #[inline]
    pub fn read(&self, bytes: &[u8], hint: &mut u32) -> Option<Seen<T>> {
        if let Some(seen) = self.known.get(*hint as usize).and_then(|known| self.at(known, bytes)) {
            *hint += 1;
            return Some(seen);
        }
        let blank = bytes.iter().position(|b| matches!(b, b' ' | b'\n' | b'\\'))?;
        let field = bytes.get(blank + 1..)?;
        let equals = field.iter().position(|b| matches!(b, b'=' | b' ' | b'\n' | b'\\'))?;
        let place = *self.index.get(bytes.get(..blank + 1 + equals)?)?;
        let seen = self.known.get(place as usize).and_then(|known| self.at(known, bytes))?;
        *hint = place + 1;
        Some(seen)
    }

    #[inline]
    fn at(&self, known: &Known<T>, bytes: &[u8]) -> Option<Seen<T>> {
        let (start, length) = (known.start as usize, known.length as usize);
        let key = self.bytes.get(start..start + length)?;
        let behind = bytes.strip_prefix(key)?.strip_prefix(b"=")?;
        let (value, digits) = number::quick(behind)?;
        let mut at = digits;
        // `12i` and `12u`.
        if matches!(behind.get(at), Some(b'i' | b'u')) {
            return None;
        }
        if behind.get(at) != Some(&b' ') {
            return None;
        }
        at += 1;
        let begun = at;
        let mut stamp: i64 = 0;
        while let Some(digit) = behind.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            stamp = stamp.wrapping_mul(10).wrapping_add(i64::from(digit));
            at += 1;
        }
        // Nineteen digits might not fit: 18 do, and so do today's nanoseconds, which begin with 1.
        let digits = at - begun;
        let fits = (1..=18).contains(&digits) || (digits == 19 && behind.get(begun) <= Some(&b'8'));
        let end = match behind.get(at) {
            None => at,
            Some(b'\n') => at + 1,
            _ => return None,
        };
        fits.then_some(Seen { what: known.what, value, stamp, length: length + 1 + end })
    }
}

/// A quick hash of names that our own sources send; the names are bounded by [`KEYS_MAX`], so nobody
/// can make the map slow without a valid token and a million series.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mix(u64);

/// An odd constant with well spread bits (2⁶⁴ / golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let word = chunk.try_into().map_or(0, u64::from_le_bytes);
            self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(SPREAD);
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(chunks.remainder()) {
            *to = *from;
        }
        self.0 = (self.0.rotate_left(23) ^ u64::from_le_bytes(last)).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 29)).wrapping_mul(SPREAD) ^ (self.0 >> 32)
    }
}
