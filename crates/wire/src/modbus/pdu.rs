//! 功能码: what is asked and what is answered, without the envelope.

use crate::fault::Fault;

/// 数据区: one of the four tables of the data model (V1.1b3 section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// 线圈 (0x): single bits, read and written.
    Coil,
    /// 离散输入 (1x): single bits, read only.
    Discrete,
    /// 输入寄存器 (3x): 16-bit words, read only.
    Input,
    /// 保持寄存器 (4x): 16-bit words, read and written.
    Holding,
}

impl Table {
    /// The name used in maps and views.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Coil => "coil",
            Self::Discrete => "discrete",
            Self::Input => "input",
            Self::Holding => "holding",
        }
    }

    /// Whether it holds bits instead of words.
    #[must_use]
    pub const fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }

    /// The function code that reads it.
    #[must_use]
    pub const fn function(self) -> u8 {
        match self {
            Self::Coil => 1,
            Self::Discrete => 2,
            Self::Holding => 3,
            Self::Input => 4,
        }
    }

    const fn of(function: u8) -> Option<Self> {
        match function {
            1 => Some(Self::Coil),
            2 => Some(Self::Discrete),
            3 => Some(Self::Holding),
            4 => Some(Self::Input),
            _ => None,
        }
    }
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// 读: functions 1 to 4.
    Read {
        /// What is read.
        table: Table,
        /// From which address, counted from 0.
        address: u16,
        /// How many bits or words.
        count: u16,
    },
    /// 写单个线圈, function 5.
    WriteCoil {
        /// Address, counted from 0.
        address: u16,
        /// On or off.
        on: bool,
    },
    /// 写单个寄存器, function 6.
    WriteRegister {
        /// Address, counted from 0.
        address: u16,
        /// The word.
        value: u16,
    },
    /// 写多个线圈, function 15.
    WriteCoils {
        /// First address.
        address: u16,
        /// The bits.
        bits: Vec<bool>,
    },
    /// 写多个寄存器, function 16.
    WriteRegisters {
        /// First address.
        address: u16,
        /// The words.
        values: Vec<u16>,
    },
    /// 屏蔽写寄存器, function 22: `(old & and) | (or & !and)`.
    MaskWrite {
        /// Address.
        address: u16,
        /// Bits that stay.
        and: u16,
        /// What the others become.
        or: u16,
    },
    /// 读写多个寄存器, function 23: writes first.
    ReadWrite {
        /// First address read.
        address: u16,
        /// Words read.
        count: u16,
        /// First address written.
        write_address: u16,
        /// The words written.
        values: Vec<u16>,
    },
    /// 读设备标识, function 43/14.
    Identify {
        /// 1 basic, 2 regular, 3 extended, 4 one object.
        level: u8,
        /// First object.
        object: u8,
    },
    /// Any other function, kept as bytes.
    Other {
        /// Function code.
        function: u8,
        /// What follows it.
        data: Vec<u8>,
    },
}

/// 异常码: why a device refuses (V1.1b3 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception(pub u8);

impl Exception {
    /// The device does not know the function.
    pub const ILLEGAL_FUNCTION: Self = Self(1);
    /// It has no such address.
    pub const ILLEGAL_ADDRESS: Self = Self(2);
    /// It does not take such a value or count.
    pub const ILLEGAL_VALUE: Self = Self(3);
    /// It failed.
    pub const DEVICE_FAILURE: Self = Self(4);
    /// A gateway heard nothing from the device behind it.
    pub const TARGET_SILENT: Self = Self(11);

    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self.0 {
            1 => "illegal_function",
            2 => "illegal_address",
            3 => "illegal_value",
            4 => "device_failure",
            5 => "acknowledge",
            6 => "device_busy",
            7 => "negative_acknowledge",
            8 => "memory_parity",
            10 => "gateway_path",
            11 => "target_silent",
            _ => "unknown_exception",
        }
    }
}

/// What a device answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Bits (functions 1 and 2), a multiple of eight: the last ones fill the byte.
    Bits {
        /// What was read.
        table: Table,
        /// The bits, in the order of their addresses.
        bits: Vec<bool>,
    },
    /// Words (functions 3 and 4).
    Registers {
        /// What was read.
        table: Table,
        /// The words, in the order of their addresses.
        values: Vec<u16>,
    },
    /// Function 5 done.
    WroteCoil {
        /// Address.
        address: u16,
        /// On or off.
        on: bool,
    },
    /// Function 6 done.
    WroteRegister {
        /// Address.
        address: u16,
        /// The word.
        value: u16,
    },
    /// Function 15 done.
    WroteCoils {
        /// First address.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 16 done.
    WroteRegisters {
        /// First address.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 22 done.
    MaskWrote {
        /// Address.
        address: u16,
        /// As asked.
        and: u16,
        /// As asked.
        or: u16,
    },
    /// Function 23 done.
    ReadWrote {
        /// The words read.
        values: Vec<u16>,
    },
    /// 设备标识, function 43/14.
    Identity {
        /// As asked.
        level: u8,
        /// What the device can tell.
        conformity: u8,
        /// The object to go on with, where more follows.
        next: Option<u8>,
        /// Number and text of each object: 0 vendor, 1 product, 2 version…
        objects: Vec<(u8, Vec<u8>)>,
    },
    /// 异常.
    Exception {
        /// The function refused, without its high bit.
        function: u8,
        /// Why.
        exception: Exception,
    },
    /// Any other function, kept as bytes.
    Other {
        /// Function code.
        function: u8,
        /// What follows it.
        data: Vec<u8>,
    },
}

const COIL_ON: u16 = 0xFF00;
const MEI: u8 = 43;
const MEI_IDENTIFY: u8 = 14;

/// Reads big-endian words and bytes off the front.
struct Cursor<'a> {
    pdu: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, field: &str) -> Result<&'a [u8], Fault> {
        let have = self.pdu.len().saturating_sub(self.at);
        let taken = self.pdu.get(self.at..self.at + count).ok_or_else(|| {
            Fault::fatal("too_short", format!("`{field}` needs {count} bytes, {have} are left"))
        })?;
        self.at += count;
        Ok(taken)
    }

    fn byte(&mut self, field: &str) -> Result<u8, Fault> {
        Ok(self.take(1, field)?.first().copied().unwrap_or_default())
    }

    fn word(&mut self, field: &str) -> Result<u16, Fault> {
        Ok(self.take(2, field)?.first_chunk().copied().map(u16::from_be_bytes).unwrap_or_default())
    }

    fn words(&mut self, bytes: u8, field: &str) -> Result<Vec<u16>, Fault> {
        if !bytes.is_multiple_of(2) {
            return Err(Fault::fatal("odd_count", format!("`{field}` says {bytes} bytes: words have two")));
        }
        let taken = self.take(usize::from(bytes), field)?;
        Ok(taken.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect())
    }

    fn rest(&mut self) -> &'a [u8] {
        let rest = self.pdu.get(self.at..).unwrap_or_default();
        self.at = self.pdu.len();
        rest
    }

    /// Vendors pad: bytes behind the end are named and passed over.
    fn end(&self, problems: &mut Vec<Fault>) {
        let extra = self.pdu.len().saturating_sub(self.at);
        if extra > 0 {
            problems.push(Fault::minor("extra_bytes", format!("{extra} bytes follow the end of the PDU")));
        }
    }
}

fn coil(value: u16, problems: &mut Vec<Fault>) -> bool {
    if !matches!(value, 0 | COIL_ON) {
        problems.push(Fault::minor("bad_coil", format!("a coil is written FF00 or 0000, not {value:04X}")));
    }
    value == COIL_ON
}

fn bits_of(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |n| byte >> n & 1 == 1)).collect()
}

fn bytes_of(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0, |byte, (n, on)| byte | u8::from(*on) << n))
        .collect()
}

fn pushed(out: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        out.extend(word.to_be_bytes());
    }
}

/// A count of bytes, of at most 250 by the limits of the requests.
fn count_byte(bytes: usize) -> u8 {
    u8::try_from(bytes).unwrap_or(u8::MAX)
}

fn word_count<T>(items: &[T]) -> u16 {
    u16::try_from(items.len()).unwrap_or(u16::MAX)
}

impl Request {
    /// The function code.
    #[must_use]
    pub const fn function(&self) -> u8 {
        match self {
            Self::Read { table, .. } => table.function(),
            Self::WriteCoil { .. } => 5,
            Self::WriteRegister { .. } => 6,
            Self::WriteCoils { .. } => 15,
            Self::WriteRegisters { .. } => 16,
            Self::MaskWrite { .. } => 22,
            Self::ReadWrite { .. } => 23,
            Self::Identify { .. } => MEI,
            Self::Other { function, .. } => *function,
        }
    }

    /// The PDU.
    #[must_use]
    pub fn to_pdu(&self) -> Vec<u8> {
        let mut out = vec![self.function()];
        match self {
            Self::Read { address, count, .. } => pushed(&mut out, &[*address, *count]),
            Self::WriteCoil { address, on } => pushed(&mut out, &[*address, if *on { COIL_ON } else { 0 }]),
            Self::WriteRegister { address, value } => pushed(&mut out, &[*address, *value]),
            Self::WriteCoils { address, bits } => {
                pushed(&mut out, &[*address, word_count(bits)]);
                out.push(count_byte(bits.len().div_ceil(8)));
                out.extend(bytes_of(bits));
            }
            Self::WriteRegisters { address, values } => {
                pushed(&mut out, &[*address, word_count(values)]);
                out.push(count_byte(2 * values.len()));
                pushed(&mut out, values);
            }
            Self::MaskWrite { address, and, or } => pushed(&mut out, &[*address, *and, *or]),
            Self::ReadWrite { address, count, write_address, values } => {
                pushed(&mut out, &[*address, *count, *write_address, word_count(values)]);
                out.push(count_byte(2 * values.len()));
                pushed(&mut out, values);
            }
            Self::Identify { level, object } => out.extend([MEI_IDENTIFY, *level, *object]),
            Self::Other { data, .. } => out.extend(data),
        }
        out
    }

    /// Reads a PDU as a request.
    ///
    /// # Errors
    /// A [`Fault`] where it ends too early or contradicts itself; oddities go to `problems`.
    pub fn decode(pdu: &[u8], problems: &mut Vec<Fault>) -> Result<Self, Fault> {
        let mut read = Cursor { pdu, at: 0 };
        let function = read.byte("function")?;
        let request = match function {
            1..=4 => {
                let table = Table::of(function).unwrap_or(Table::Holding);
                Self::Read { table, address: read.word("address")?, count: read.word("count")? }
            }
            5 => Self::WriteCoil { address: read.word("address")?, on: coil(read.word("value")?, problems) },
            6 => Self::WriteRegister { address: read.word("address")?, value: read.word("value")? },
            15 => {
                let (address, count) = (read.word("address")?, read.word("count")?);
                let bytes = read.byte("byte_count")?;
                let mut bits = bits_of(read.take(usize::from(bytes), "bits")?);
                agrees(usize::from(count).div_ceil(8), usize::from(bytes))?;
                bits.truncate(usize::from(count));
                Self::WriteCoils { address, bits }
            }
            16 => {
                let (address, count) = (read.word("address")?, read.word("count")?);
                let bytes = read.byte("byte_count")?;
                agrees(2 * usize::from(count), usize::from(bytes))?;
                Self::WriteRegisters { address, values: read.words(bytes, "registers")? }
            }
            22 => Self::MaskWrite {
                address: read.word("address")?,
                and: read.word("and_mask")?,
                or: read.word("or_mask")?,
            },
            23 => {
                let (address, count) = (read.word("address")?, read.word("count")?);
                let (write_address, written) = (read.word("write_address")?, read.word("write_count")?);
                let bytes = read.byte("byte_count")?;
                agrees(2 * usize::from(written), usize::from(bytes))?;
                Self::ReadWrite { address, count, write_address, values: read.words(bytes, "registers")? }
            }
            MEI if pdu.get(1) == Some(&MEI_IDENTIFY) => {
                read.byte("mei")?;
                Self::Identify { level: read.byte("level")?, object: read.byte("object")? }
            }
            _ => Self::Other { function, data: read.rest().to_vec() },
        };
        read.end(problems);
        request.limits(problems);
        Ok(request)
    }

    /// Counts beyond what the specification allows; a device refuses them.
    fn limits(&self, problems: &mut Vec<Fault>) {
        let (count, most) = match self {
            Self::Read { table, count, .. } if table.is_bits() => (*count, super::MAX_BITS),
            Self::Read { count, .. } | Self::ReadWrite { count, .. } => (*count, super::MAX_REGISTERS),
            _ => return,
        };
        if !(1..=most).contains(&count) {
            problems
                .push(Fault::minor("bad_count", format!("{count} are asked for; allowed are 1 to {most}")));
        }
    }
}

fn agrees(expected: usize, stated: usize) -> Result<(), Fault> {
    if expected == stated {
        return Ok(());
    }
    Err(Fault::fatal(
        "bad_byte_count",
        format!("the count needs {expected} bytes, the byte count says {stated}"),
    ))
}

impl Answer {
    /// The function code answered, without the exception bit.
    #[must_use]
    pub const fn function(&self) -> u8 {
        match self {
            Self::Bits { table, .. } | Self::Registers { table, .. } => table.function(),
            Self::WroteCoil { .. } => 5,
            Self::WroteRegister { .. } => 6,
            Self::WroteCoils { .. } => 15,
            Self::WroteRegisters { .. } => 16,
            Self::MaskWrote { .. } => 22,
            Self::ReadWrote { .. } => 23,
            Self::Identity { .. } => MEI,
            Self::Exception { function, .. } | Self::Other { function, .. } => *function,
        }
    }

    /// The PDU.
    #[must_use]
    pub fn to_pdu(&self) -> Vec<u8> {
        let mut out = vec![self.function()];
        match self {
            Self::Bits { bits, .. } => {
                out.push(count_byte(bits.len().div_ceil(8)));
                out.extend(bytes_of(bits));
            }
            Self::Registers { values, .. } | Self::ReadWrote { values } => {
                out.push(count_byte(2 * values.len()));
                pushed(&mut out, values);
            }
            Self::WroteCoil { address, on } => pushed(&mut out, &[*address, if *on { COIL_ON } else { 0 }]),
            Self::WroteRegister { address, value } => pushed(&mut out, &[*address, *value]),
            Self::WroteCoils { address, count } | Self::WroteRegisters { address, count } => {
                pushed(&mut out, &[*address, *count]);
            }
            Self::MaskWrote { address, and, or } => pushed(&mut out, &[*address, *and, *or]),
            Self::Identity { level, conformity, next, objects } => {
                let more = if next.is_some() { 0xFF } else { 0 };
                let count = count_byte(objects.len());
                out.extend([MEI_IDENTIFY, *level, *conformity, more, next.unwrap_or(0), count]);
                for (id, text) in objects {
                    out.extend([*id, count_byte(text.len())]);
                    out.extend(text);
                }
            }
            Self::Exception { function, exception } => {
                out = vec![function | 0x80, exception.0];
            }
            Self::Other { data, .. } => out.extend(data),
        }
        out
    }

    /// Reads a PDU as an answer.
    ///
    /// # Errors
    /// A [`Fault`] where it ends too early or contradicts itself; oddities go to `problems`.
    pub fn decode(pdu: &[u8], problems: &mut Vec<Fault>) -> Result<Self, Fault> {
        let mut read = Cursor { pdu, at: 0 };
        let function = read.byte("function")?;
        let answer = match function {
            0x80.. => {
                Self::Exception { function: function & 0x7F, exception: Exception(read.byte("exception")?) }
            }
            1 | 2 => {
                let bytes = read.byte("byte_count")?;
                let table = Table::of(function).unwrap_or(Table::Coil);
                Self::Bits { table, bits: bits_of(read.take(usize::from(bytes), "bits")?) }
            }
            3 | 4 => {
                let bytes = read.byte("byte_count")?;
                let table = Table::of(function).unwrap_or(Table::Holding);
                Self::Registers { table, values: read.words(bytes, "registers")? }
            }
            5 => Self::WroteCoil { address: read.word("address")?, on: coil(read.word("value")?, problems) },
            6 => Self::WroteRegister { address: read.word("address")?, value: read.word("value")? },
            15 => Self::WroteCoils { address: read.word("address")?, count: read.word("count")? },
            16 => Self::WroteRegisters { address: read.word("address")?, count: read.word("count")? },
            22 => Self::MaskWrote {
                address: read.word("address")?,
                and: read.word("and_mask")?,
                or: read.word("or_mask")?,
            },
            23 => {
                let bytes = read.byte("byte_count")?;
                Self::ReadWrote { values: read.words(bytes, "registers")? }
            }
            MEI if pdu.get(1) == Some(&MEI_IDENTIFY) => identity(&mut read)?,
            _ => Self::Other { function, data: read.rest().to_vec() },
        };
        read.end(problems);
        Ok(answer)
    }

    /// Whether this can be the answer to that request: function, table, count and echo agree.
    #[must_use]
    pub fn answers(&self, request: &Request) -> bool {
        match (self, request) {
            (Self::Exception { function, .. }, request) => *function == request.function(),
            (Self::Bits { table, bits }, Request::Read { table: asked, count, .. }) => {
                table == asked && bits.len() == usize::from(*count).div_ceil(8) * 8
            }
            (Self::Registers { table, values }, Request::Read { table: asked, count, .. }) => {
                table == asked && values.len() == usize::from(*count)
            }
            (Self::WroteCoil { address, on }, Request::WriteCoil { address: to, on: asked }) => {
                address == to && on == asked
            }
            (
                Self::WroteRegister { address, value },
                Request::WriteRegister { address: to, value: asked },
            ) => address == to && value == asked,
            (Self::WroteCoils { address, count }, Request::WriteCoils { address: to, bits }) => {
                address == to && usize::from(*count) == bits.len()
            }
            (Self::WroteRegisters { address, count }, Request::WriteRegisters { address: to, values }) => {
                address == to && usize::from(*count) == values.len()
            }
            (Self::MaskWrote { address, and, or }, Request::MaskWrite { address: to, and: a, or: o }) => {
                (address, and, or) == (to, a, o)
            }
            (Self::ReadWrote { values }, Request::ReadWrite { count, .. }) => {
                values.len() == usize::from(*count)
            }
            (Self::Identity { .. }, Request::Identify { .. }) => true,
            (Self::Other { function, .. }, Request::Other { function: asked, .. }) => function == asked,
            _ => false,
        }
    }
}

fn identity(read: &mut Cursor<'_>) -> Result<Answer, Fault> {
    read.byte("mei")?;
    let (level, conformity) = (read.byte("level")?, read.byte("conformity")?);
    let (more, next, count) = (read.byte("more")?, read.byte("next")?, read.byte("objects")?);
    let mut objects = Vec::new();
    for _ in 0..count {
        let (id, length) = (read.byte("object")?, read.byte("object_length")?);
        objects.push((id, read.take(usize::from(length), "object_value")?.to_vec()));
    }
    Ok(Answer::Identity { level, conformity, next: (more != 0).then_some(next), objects })
}
