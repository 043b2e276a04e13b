//! 功能码: what is asked and what is answered, without the envelope.

mod answer;
mod octets;
mod request;

pub use answer::Answer;
pub use request::Request;

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
