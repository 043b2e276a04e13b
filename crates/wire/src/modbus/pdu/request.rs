//! 请求: what a client asks.

use super::Table;
use super::octets::{
    COIL_ON, Cursor, MEI, MEI_IDENTIFY, bits_of, bytes_of, coil, count_byte, pushed, word_count,
};
use crate::fault::Fault;
use crate::modbus::{MAX_BITS, MAX_REGISTERS};

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
        let mut read = Cursor::new(pdu);
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
            Self::Read { table, count, .. } if table.is_bits() => (*count, MAX_BITS),
            Self::Read { count, .. } | Self::ReadWrite { count, .. } => (*count, MAX_REGISTERS),
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
