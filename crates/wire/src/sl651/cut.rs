//! Cutting frames out of a stream of bytes.

use super::{HEADER, MAX_FRAME, OVERHEAD, control, crc16};

/// A piece of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As many bytes as a frame's header declares; [`decode`](super::decode) says if it is sound.
    Frame(Vec<u8>),
    /// Bytes between frames, at most [`Cutter::MAX_GARBAGE`] in one piece; nothing is lost, a longer
    /// run comes in several pieces.
    Garbage(Vec<u8>),
}

/// Cuts frames by their declared length, never by looking for the next start; finds its way back
/// after garbage, and holds at most one frame and one piece of garbage.
///
/// A byte 7E behind a frame (Fujian samples) is passed over in silence.
#[derive(Debug, Default)]
pub struct Cutter {
    buf: Vec<u8>,
    skipped: Vec<u8>,
    /// The last piece was a frame, so one byte 7E is no garbage.
    after_frame: bool,
    /// Frames that could end within these first bytes of `buf` were already looked for.
    examined: usize,
}

/// What the bytes at some place may be.
enum Candidate {
    /// No frame starts here.
    No,
    /// More bytes will tell.
    Unknown,
    /// A frame of that length, sound.
    Sound(usize),
    /// A frame of that length whose end character or check value is wrong.
    Unsound(usize),
}

impl Cutter {
    /// Most bytes of garbage in one piece: what a person can look at.
    pub const MAX_GARBAGE: usize = 4_096;
    /// Kept when idle; a larger buffer is given back so that thousands of connections stay small.
    const SMALL: usize = 1_024;

    /// A cutter at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream and hands out, in order, the pieces they complete.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Cut)) {
        for piece in bytes.chunks(MAX_FRAME) {
            self.buf.extend_from_slice(piece);
            self.scan(&mut each);
        }
        if self.buf.is_empty() && self.buf.capacity() > Self::SMALL {
            self.buf = Vec::new();
        }
    }

    /// Whether something has begun and not ended: half a frame, or garbage not yet handed out.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.buf.len() > 1 || !self.skipped.is_empty()
    }

    /// The stream has ended, or what has begun took too long: what is left is handed out as garbage
    /// and the cutter starts anew.
    pub fn give_up(&mut self, mut each: impl FnMut(Cut)) {
        let left = std::mem::take(&mut self.buf);
        self.examined = 0;
        self.skip(&left, &mut each);
        self.flush(&mut each);
        self.after_frame = false;
    }

    /// Bytes held at the moment; never more than a frame and a piece of it behind, and some garbage.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buf.len() + self.skipped.len()
    }

    fn scan(&mut self, each: &mut impl FnMut(Cut)) {
        loop {
            let start = (0..self.buf.len())
                .find(|at| !matches!(candidate(tail(&self.buf, *at)), Candidate::No))
                .unwrap_or(self.buf.len());
            self.pass_over(start, each);
            match candidate(&self.buf) {
                Candidate::Sound(length) => self.hand_out(length, each),
                Candidate::Unsound(length) => match self.start_within(length) {
                    Some(inner) => self.pass_over(inner, each),
                    None => self.hand_out(length, each),
                },
                Candidate::Unknown | Candidate::No => match self.sound_within() {
                    Some(inner) => self.pass_over(inner, each),
                    None => return,
                },
            }
        }
    }

    /// In an unsound frame, where another one may start: the first may have lost its tail.
    fn start_within(&self, length: usize) -> Option<usize> {
        (1..length).find(|at| {
            let rest = tail(&self.buf, *at);
            rest.starts_with(&[0x7E, 0x7E]) && !matches!(candidate(rest), Candidate::No)
        })
    }

    /// While a frame is incomplete, where a sound one lies inside it: then what came before was none.
    fn sound_within(&mut self) -> Option<usize> {
        let examined = std::mem::replace(&mut self.examined, self.buf.len());
        (1..self.buf.len()).find(|at| {
            let rest = tail(&self.buf, *at);
            declared(rest).is_some_and(|length| at + length > examined)
                && matches!(candidate(rest), Candidate::Sound(_))
        })
    }

    fn hand_out(&mut self, length: usize, each: &mut impl FnMut(Cut)) {
        self.flush(each);
        let rest = self.buf.split_off(length.min(self.buf.len()));
        each(Cut::Frame(std::mem::replace(&mut self.buf, rest)));
        self.examined = 0;
        self.after_frame = true;
    }

    fn pass_over(&mut self, count: usize, each: &mut impl FnMut(Cut)) {
        if count > 0 {
            let rest = self.buf.split_off(count.min(self.buf.len()));
            let passed = std::mem::replace(&mut self.buf, rest);
            self.examined = 0;
            self.skip(&passed, each);
        }
    }

    fn skip(&mut self, bytes: &[u8], each: &mut impl FnMut(Cut)) {
        for byte in bytes {
            self.skipped.push(*byte);
            if self.skipped.len() == Self::MAX_GARBAGE {
                each(Cut::Garbage(std::mem::take(&mut self.skipped)));
                self.after_frame = false;
            }
        }
    }

    fn flush(&mut self, each: &mut impl FnMut(Cut)) {
        let stray = self.after_frame && self.skipped == [0x7E];
        let skipped = std::mem::take(&mut self.skipped);
        if !skipped.is_empty() && !stray {
            each(Cut::Garbage(skipped));
        }
    }
}

fn tail(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

fn candidate(bytes: &[u8]) -> Candidate {
    match bytes {
        [0x7E] | [control::SOH] | [] => Candidate::Unknown,
        [0x7E, 0x7E, ..] => hex_form(bytes),
        [control::SOH, ..] => ascii_form(bytes),
        _ => Candidate::No,
    }
}

/// The whole length that a plausible header of HEX/BCD form declares.
fn declared(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<HEADER>()?;
    let [0x7E, 0x7E, .., l0, l1, start] = *header else { return None };
    let body = usize::from(u16::from_be_bytes([l0 & 0x0F, l1]));
    let plausible = matches!(l0 >> 4, 0 | 8) && body > 0 && matches!(start, control::STX | control::SYN);
    plausible.then_some(body + OVERHEAD)
}

fn hex_form(bytes: &[u8]) -> Candidate {
    if bytes.len() < HEADER {
        // The direction digit can be judged before the header is whole.
        let plausible = bytes.get(11).is_none_or(|l0| matches!(l0 >> 4, 0 | 8));
        return if plausible { Candidate::Unknown } else { Candidate::No };
    }
    let Some(length) = declared(bytes) else { return Candidate::No };
    let Some(frame) = bytes.get(..length) else { return Candidate::Unknown };
    let Some((checked, stated)) = frame.split_last_chunk::<2>() else { return Candidate::No };
    let ends = checked.last().is_some_and(|end| control::ends_a_frame(*end));
    if ends && crc16(checked) == u16::from_be_bytes(*stated) {
        Candidate::Sound(length)
    } else {
        Candidate::Unsound(length)
    }
}

/// ASCII form: SOH, 22 hexadecimal digits that end in direction and length, STX, body, end
/// character, four digits of check value.
fn ascii_form(bytes: &[u8]) -> Candidate {
    const STX_AT: usize = 23;
    let digits = bytes.get(1..STX_AT.min(bytes.len())).unwrap_or_default();
    if !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) {
        return Candidate::No;
    }
    match bytes.get(STX_AT) {
        None => return Candidate::Unknown,
        Some(&control::STX | &control::SYN) => {}
        Some(_) => return Candidate::No,
    }
    let body = digits.get(19..).unwrap_or_default().iter().fold(0_usize, |length, digit| {
        length << 4 | char::from(*digit).to_digit(16).map_or(0, |d| usize::try_from(d).unwrap_or_default())
    });
    let end_at = STX_AT + 1 + body;
    match bytes.get(end_at) {
        None => Candidate::Unknown,
        Some(end) if !control::ends_a_frame(*end) => Candidate::No,
        Some(_) if bytes.len() < end_at + 5 => Candidate::Unknown,
        Some(_) => {
            let sum = format!("{:04X}", crc16(bytes.get(..=end_at).unwrap_or_default()));
            let sound = bytes.get(end_at + 1..end_at + 5) == Some(sum.as_bytes());
            if sound { Candidate::Sound(end_at + 5) } else { Candidate::Unsound(end_at + 5) }
        }
    }
}
