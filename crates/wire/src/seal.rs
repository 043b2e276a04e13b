//! 封口: frames that end in one byte of check value and 16, as meters and SL/T 427 have them.
//!
//! A protocol says how long its header is and what its check value is; what follows is the same for all.

use crate::cut::Look;
use crate::fault::{Fault, Remarks};

/// First byte of a frame, and again before what is counted in some.
pub(crate) const START: u8 = 0x68;
/// Last byte of a frame.
pub(crate) const END: u8 = 0x16;
/// Wakes the receivers on a serial line; meters may send some before a frame.
pub(crate) const PREAMBLE: u8 = 0xFE;

/// How a protocol's frames are sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seal {
    /// The check value of bytes.
    pub(crate) check: fn(&[u8]) -> u8,
    /// Bytes at the start of a frame that it does not count.
    pub(crate) uncounted: usize,
    /// What a wrong one is called: `bad_sum`, `bad_crc`.
    pub(crate) fault: &'static str,
    /// Bytes around those whose number the frame declares.
    pub(crate) overhead: usize,
}

/// The check value of meters: all bytes, modulo 256.
pub(crate) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// Whether a byte is preamble: passed over in a stream.
pub(crate) const fn is_preamble(byte: u8) -> bool {
    byte == PREAMBLE
}

impl Seal {
    /// What a frame is that declares so many bytes.
    pub(crate) fn look(&self, bytes: &[u8], declared: u8) -> Look {
        let total = self.overhead + usize::from(declared);
        let Some(frame) = bytes.get(..total) else { return Look::Unknown };
        match frame.get(self.uncounted..) {
            Some([counted @ .., check, END]) if (self.check)(counted) == *check => Look::Sound(total),
            _ => Look::Unsound(total),
        }
    }

    /// The counted bytes of a frame that declares so many, if its length, end and check value are right.
    /// `at` is where the frame begins among the bytes that are marked, `name` what its check value is called.
    pub(crate) fn open<'a>(
        &self,
        frame: &'a [u8],
        declared: u8,
        (at, name): (usize, &str),
        out: &mut Remarks,
    ) -> Result<&'a [u8], Fault> {
        let (need, have) = (self.overhead + usize::from(declared), frame.len());
        if have != need {
            let message = format!("the frame declares {declared} bytes, {need} in all, and has {have}");
            return Err(Fault::fatal("bad_length", message));
        }
        let Some([counted @ .., check, end]) = frame.get(self.uncounted..) else { return Ok(&[]) };
        out.mark(at + need - 2, at + need - 1, name);
        out.mark(at + need - 1, at + need, "end");
        if *end != END {
            return Err(Fault::fatal("bad_end", format!("the frame ends in {end:02X} instead of 16")));
        }
        let computed = (self.check)(counted);
        if computed != *check {
            let message = format!("the frame says {check:02X}, its bytes give {computed:02X}");
            return Err(Fault::fatal(self.fault, message));
        }
        Ok(counted)
    }

    /// Puts check value and end behind a frame.
    pub(crate) fn close(&self, frame: &mut Vec<u8>) {
        let check = (self.check)(frame.get(self.uncounted..).unwrap_or_default());
        frame.extend([check, END]);
    }
}
