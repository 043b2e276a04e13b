//! 应答: what a device answers.

use super::octets::{COIL_ON, Cursor, MEI, MEI_IDENTIFY, bits_of, bytes_of, coil, count_byte, pushed};
use super::{Exception, Request, Table};
use crate::fault::Fault;

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
        let mut read = Cursor::new(pdu);
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
