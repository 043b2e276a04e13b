//! 分帧: cutting frames out of a stream of bytes, for every protocol whose frames tell their length.
//!
//! Frames are cut by their declared length, never by looking for the next start; after garbage the
//! cutter finds its way back, and it holds at most one frame and one piece of garbage. Nothing is
//! lost: what is no frame comes out as garbage (idle bytes of the line, such as FE or CR LF, are
//! passed over in silence).

/// A piece of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As many bytes as a frame's header declares; the protocol's decoder says if it is sound.
    Frame(Vec<u8>),
    /// Bytes between frames, at most [`StreamCutter::MAX_GARBAGE`] in one piece.
    Garbage(Vec<u8>),
}

/// What the bytes at some place of a stream may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// No frame starts here.
    No,
    /// More bytes will tell.
    Unknown,
    /// A frame of that length, sound.
    Sound(usize),
    /// A frame of that length whose check value or end is wrong.
    Unsound(usize),
}

/// How a protocol's frames are found in a stream.
#[derive(Clone, Copy, Debug)]
pub struct Framing {
    /// What starts at the first byte.
    pub look: fn(&[u8]) -> Look,
    /// Whether a byte between frames means nothing (idle line).
    pub idle: fn(u8) -> bool,
    /// Longest frame, bytes.
    pub max_frame: usize,
}

/// Cuts a stream into frames and garbage.
#[derive(Debug)]
pub struct StreamCutter {
    framing: Framing,
    buf: Vec<u8>,
    skipped: Vec<u8>,
    /// Frames that end within these first bytes of `buf` were already looked for.
    examined: usize,
}

impl StreamCutter {
    /// Most bytes of garbage in one piece: what a person can look at.
    pub const MAX_GARBAGE: usize = 4_096;
    /// Kept when idle; a larger buffer is given back so that thousands of connections stay small.
    const SMALL: usize = 1_024;

    /// A cutter at the start of a stream.
    #[must_use]
    pub const fn new(framing: Framing) -> Self {
        Self { framing, buf: Vec::new(), skipped: Vec::new(), examined: 0 }
    }

    /// Takes the next bytes of the stream and hands out, in order, the pieces they complete.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Piece)) {
        for piece in bytes.chunks(self.framing.max_frame) {
            self.buf.extend_from_slice(piece);
            self.scan(&mut each);
        }
        if self.buf.is_empty() && self.buf.capacity() > Self::SMALL {
            self.buf = Vec::new();
        }
    }

    /// As [`StreamCutter::feed`], the pieces in a list.
    pub fn pieces(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.feed(bytes, |piece| pieces.push(piece));
        pieces
    }

    /// As [`StreamCutter::give_up`], the pieces in a list.
    pub fn rest(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.give_up(|piece| pieces.push(piece));
        pieces
    }

    /// Whether something has begun and not ended: half a frame, or garbage not yet handed out.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !self.buf.is_empty() || !self.skipped.is_empty()
    }

    /// The stream has ended, or what has begun took too long: what is left is handed out as garbage.
    pub fn give_up(&mut self, mut each: impl FnMut(Piece)) {
        let left = std::mem::take(&mut self.buf);
        self.examined = 0;
        self.skip(&left, &mut each);
        self.flush(&mut each);
    }

    /// Bytes held at the moment.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buf.len() + self.skipped.len()
    }

    fn scan(&mut self, each: &mut impl FnMut(Piece)) {
        loop {
            let start =
                (0..self.buf.len()).find(|at| !matches!(self.look(*at), Look::No)).unwrap_or(self.buf.len());
            self.pass_over(start, each);
            match self.look(0) {
                Look::Sound(length) => self.hand_out(length, each),
                Look::Unsound(length) => match self.start_within(length) {
                    Some(inner) => self.pass_over(inner, each),
                    None => self.hand_out(length, each),
                },
                Look::Unknown | Look::No => match self.sound_within() {
                    Some(inner) => self.pass_over(inner, each),
                    None => return,
                },
            }
        }
    }

    fn look(&self, at: usize) -> Look {
        match self.buf.get(at..) {
            Some([]) | None => Look::No,
            Some(rest) => (self.framing.look)(rest),
        }
    }

    /// In an unsound frame, where a sound one starts, or one that is not yet whole: the first may
    /// have lost its tail.
    fn start_within(&self, length: usize) -> Option<usize> {
        let sound = (1..length).find(|at| matches!(self.look(*at), Look::Sound(_)));
        sound.or_else(|| (1..length).find(|at| matches!(self.look(*at), Look::Unknown)))
    }

    /// While a frame is incomplete, where a sound one lies inside it: then what came before was none.
    fn sound_within(&mut self) -> Option<usize> {
        let examined = std::mem::replace(&mut self.examined, self.buf.len());
        (1..self.buf.len()).find(|at| matches!(self.look(*at), Look::Sound(length) if at + length > examined))
    }

    fn hand_out(&mut self, length: usize, each: &mut impl FnMut(Piece)) {
        self.flush(each);
        let rest = self.buf.split_off(length.min(self.buf.len()));
        each(Piece::Frame(std::mem::replace(&mut self.buf, rest)));
        self.examined = 0;
    }

    fn pass_over(&mut self, count: usize, each: &mut impl FnMut(Piece)) {
        if count > 0 {
            let rest = self.buf.split_off(count.min(self.buf.len()));
            let passed = std::mem::replace(&mut self.buf, rest);
            self.examined = 0;
            self.skip(&passed, each);
        }
    }

    fn skip(&mut self, bytes: &[u8], each: &mut impl FnMut(Piece)) {
        for byte in bytes {
            if self.skipped.is_empty() && (self.framing.idle)(*byte) {
                continue;
            }
            self.skipped.push(*byte);
            if self.skipped.len() >= Self::MAX_GARBAGE {
                self.flush(each);
            }
        }
    }

    fn flush(&mut self, each: &mut impl FnMut(Piece)) {
        while self.skipped.last().is_some_and(|byte| (self.framing.idle)(*byte)) {
            self.skipped.pop();
        }
        if !self.skipped.is_empty() {
            each(Piece::Garbage(std::mem::take(&mut self.skipped)));
        }
    }
}
