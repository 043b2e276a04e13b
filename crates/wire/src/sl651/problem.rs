//! What can be wrong with a frame, and what can be odd about it.

use serde::Serialize;

/// Something wrong with a frame. Each has a stable code for machines ([`Problem::code`]) and a
/// sentence for logs and the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// The text is no hexadecimal.
    #[error("not hexadecimal: `{found}` at character {at}; write two digits 0-9 A-F for each byte")]
    NotHex {
        /// What stands there.
        found: String,
        /// Where, counted from 1.
        at: usize,
    },
    /// Half a byte.
    #[error("{digits} hexadecimal digits make no whole bytes: one is missing")]
    OddHex {
        /// How many digits there are.
        digits: usize,
    },
    /// There is nothing.
    #[error("the line holds no bytes")]
    Empty,
    /// It does not start like a frame.
    #[error("a frame starts with 7E7E, this with {found}")]
    NoStart {
        /// The first bytes, hexadecimal.
        found: String,
    },
    /// SOH and text: the other form of the protocol.
    #[error("the frame is in ASCII form (SOH); only the HEX/BCD form is read")]
    AsciiForm,
    /// It ends before its header does.
    #[error("{have} bytes are fewer than the {need} of the shortest frame")]
    TooShort {
        /// Bytes there are.
        have: usize,
        /// Bytes of the shortest frame.
        need: usize,
    },
    /// The length word's high digit is neither 0 nor 8.
    #[error("the direction digit is {nibble:X}; 0 is up and 8 is down")]
    BadDirection {
        /// The digit.
        nibble: u8,
    },
    /// The body does not start with STX or SYN.
    #[error("the body starts with {byte:02X} instead of STX (02) or SYN (16)")]
    BadStartCharacter {
        /// What stands there.
        byte: u8,
    },
    /// Length declared and bytes present differ.
    #[error("the frame declares a body of {declared} bytes, {need} in all, and has {have}")]
    BadLength {
        /// Declared body length.
        declared: usize,
        /// Length of the whole frame that follows from it.
        need: usize,
        /// Bytes there are.
        have: usize,
    },
    /// The end character is none.
    #[error("the body ends with {byte:02X}, which is no end character")]
    BadEndCharacter {
        /// What stands there.
        byte: u8,
    },
    /// 校验码 wrong.
    #[error("the frame says {stated:04X}, its bytes give {computed:04X}")]
    BadCrc {
        /// In the frame.
        stated: u16,
        /// Over its bytes.
        computed: u16,
    },
    /// The body ends inside a field.
    #[error("byte {at}: the body ends inside `{field}`, which needs {need} bytes and has {have}")]
    BodyCut {
        /// The field or element.
        field: String,
        /// Offset in the frame.
        at: usize,
        /// Bytes it takes.
        need: usize,
        /// Bytes left.
        have: usize,
    },
    /// A time that no calendar has.
    #[error("byte {at}: `{digits}` is no time ({field})")]
    BadTime {
        /// `sent_at` or `observed_at`.
        field: &'static str,
        /// The digits.
        digits: String,
        /// Offset in the frame.
        at: usize,
    },
    /// 时间步长码 that says no single step.
    #[error("byte {at}: `{digits}` is no time step for a series")]
    BadTimeStep {
        /// The digits, day hour minute.
        digits: String,
        /// Offset in the frame.
        at: usize,
    },
    /// A group that stands where it may not, or an element of no length.
    #[error("byte {at}: `{found}` is no element")]
    NotAnElement {
        /// The two bytes.
        found: String,
        /// Offset in the frame.
        at: usize,
    },
    /// 多站报文: the body speaks for another station than the header.
    #[error("the body speaks for station {station}, the header for another: relayed reports are not read")]
    OtherStation {
        /// The body's station.
        station: String,
    },
    /// Too many values for one frame to mean.
    #[error("more than {most} values in one frame")]
    TooManyReadings {
        /// The limit.
        most: usize,
    },
    /// One element's digits are no digits. The others are kept.
    #[error("byte {at}: element {id}: `{digits}` are no decimal digits; its value is left out")]
    BadDigits {
        /// The element.
        id: String,
        /// The bytes.
        digits: String,
        /// Offset in the frame.
        at: usize,
    },
}

impl Problem {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotHex { .. } => "not_hex",
            Self::OddHex { .. } => "odd_hex",
            Self::Empty => "empty",
            Self::NoStart { .. } => "no_start",
            Self::AsciiForm => "ascii_form",
            Self::TooShort { .. } => "too_short",
            Self::BadDirection { .. } => "bad_direction",
            Self::BadStartCharacter { .. } => "bad_start_character",
            Self::BadLength { .. } => "bad_length",
            Self::BadEndCharacter { .. } => "bad_end_character",
            Self::BadCrc { .. } => "bad_crc",
            Self::BodyCut { .. } => "body_cut",
            Self::BadTime { .. } => "bad_time",
            Self::BadTimeStep { .. } => "bad_time_step",
            Self::NotAnElement { .. } => "not_an_element",
            Self::OtherStation { .. } => "other_station",
            Self::TooManyReadings { .. } => "too_many_readings",
            Self::BadDigits { .. } => "bad_digits",
        }
    }

    /// Whether the whole frame cannot be trusted. Only one element's bad digits leave the rest good.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::BadDigits { .. })
    }

    /// Code and sentence in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {self}", self.code())
    }
}

/// A habit of some vendor that the standard does not know and this house tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// A byte 7E after the check value (Fujian samples).
    StrayByte,
    /// An F4 to FC element whose definition byte is not the standard's (`F55C`): its length is
    /// fixed by its identifier all the same.
    DefinitionByte {
        /// The two bytes.
        found: String,
    },
    /// A series labelled by the standard's rule (first value at the observe time) would end after
    /// the frame was sent: the station probably labels the last value. Its values are doubtful.
    SeriesAhead {
        /// The element.
        id: String,
    },
    /// Elements before any observe time: the send time stands in.
    NoObserveTime,
    /// One part of a multi-packet report (M3): its elements are not read from a part.
    MultiPacket,
    /// The body of this function is kept as bytes.
    BodyNotRead,
}

impl Note {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StrayByte => "stray_byte",
            Self::DefinitionByte { .. } => "definition_byte",
            Self::SeriesAhead { .. } => "series_ahead",
            Self::NoObserveTime => "no_observe_time",
            Self::MultiPacket => "multi_packet",
            Self::BodyNotRead => "body_not_read",
        }
    }
}
