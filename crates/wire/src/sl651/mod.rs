//! SL 651-2014 水文监测数据通信规约, both forms: hydrological stations over TCP, UDP or radio.
//!
//! ```text
//! up   7E7E | centre 1 | station 5 | password 2 | function 1 | 0LLL 2 | STX | body L | ETX/ETB | CRC 2
//! down 7E7E | station 5 | centre 1 | password 2 | function 1 | 8LLL 2 | STX | body L | ENQ/ACK/EOT/ESC | CRC 2
//! M3   ... SYN and 3 bytes (12 bits total packets, 12 bits packet number) that L counts
//! ```
//!
//! [`Cutter`] turns a stream of bytes into frames, [`decode`] a frame into a [`Decoded`] value with
//! a list of problems, [`encode`] writes frames. Nothing here fails or panics on bad bytes.
//!
//! Decisions the standard leaves to us are written where they act: the twelve values of an hourly
//! report in [`decode`], the tolerated quirks of vendors in [`Note`].

mod ascii;
mod assembly;
mod body;
mod crc;
mod cut;
mod decoded;
pub mod down;
mod elements;
pub mod encode;
mod frame;
mod json;
mod manual;
mod parameters;
mod problem;
mod value;
pub mod vendor;

pub use ascii::to_ascii;
pub use assembly::{Assembler, Progress, ReportKey};
pub use crc::crc16;
pub use cut::{Cut, Cutter};
pub use decoded::{Decoded, Direction, Packet, Reading, Switches};
pub use down::Form;
pub use elements::{ELEMENTS, ElementKind, element};
pub use frame::{decode, decode_parts};
pub use json::{explain, json_line};
pub use parameters::Parameter;
pub use problem::{Note, Problem};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "sl651";
/// The port stations usually report to.
pub const DEFAULT_PORT: u16 = 5100;
/// Longest body: the length has 12 bits.
pub const MAX_BODY: usize = 0x0FFF;
/// Bytes of a frame around its body.
pub const OVERHEAD: usize = HEADER + TRAILER;
/// Longest frame.
pub const MAX_FRAME: usize = MAX_BODY + OVERHEAD;

/// Bytes before the body: start 2, addresses 6, password 2, function 1, length 2, start character 1.
pub(crate) const HEADER: usize = 14;
/// Bytes after the body: end character 1, CRC 2.
pub(crate) const TRAILER: usize = 3;

/// 控制字符 (table 9).
pub mod control {
    /// Start of a frame in ASCII form.
    pub const SOH: u8 = 0x01;
    /// 传输正文起始.
    pub const STX: u8 = 0x02;
    /// 多包传输正文起始.
    pub const SYN: u8 = 0x16;
    /// 报文结束, nothing follows.
    pub const ETX: u8 = 0x03;
    /// 报文结束, more frames follow.
    pub const ETB: u8 = 0x17;
    /// 询问.
    pub const ENQ: u8 = 0x05;
    /// 传输结束, 退出: the station may leave the line.
    pub const EOT: u8 = 0x04;
    /// 肯定确认, 继续发送.
    pub const ACK: u8 = 0x06;
    /// 否定应答, 反馈重发.
    pub const NAK: u8 = 0x15;
    /// 传输结束, 终端保持在线: the station stays on the line.
    pub const ESC: u8 = 0x1B;

    /// Whether a frame may end in this character.
    #[must_use]
    pub const fn ends_a_frame(byte: u8) -> bool {
        matches!(byte, ETX | ETB | ENQ | EOT | ACK | NAK | ESC)
    }
}

/// 功能码 (table B.1): the ones this house names.
pub mod function {
    /// 链路维持报: never answered.
    pub const KEEP_ALIVE: u8 = 0x2F;
    /// 测试报.
    pub const TEST: u8 = 0x30;
    /// 均匀时段水文信息报.
    pub const UNIFORM: u8 = 0x31;
    /// 定时报.
    pub const TIMED: u8 = 0x32;
    /// 加报报.
    pub const ADDED: u8 = 0x33;
    /// 小时报.
    pub const HOURLY: u8 = 0x34;
    /// 人工置数报.
    pub const MANUAL: u8 = 0x35;
    /// 图片报.
    pub const PICTURE: u8 = 0x36;
    /// 查询实时数据.
    pub const QUERY_CURRENT: u8 = 0x37;
    /// 查询时段数据.
    pub const QUERY_PERIOD: u8 = 0x38;
    /// 查询人工置数.
    pub const QUERY_MANUAL: u8 = 0x39;
    /// 查询指定要素数据.
    pub const QUERY_ELEMENTS: u8 = 0x3A;
    /// 修改基本配置表.
    pub const SET_BASIC: u8 = 0x40;
    /// 读取基本配置表.
    pub const READ_BASIC: u8 = 0x41;
    /// 修改运行参数配置表.
    pub const SET_RUNNING: u8 = 0x42;
    /// 读取运行参数配置表.
    pub const READ_RUNNING: u8 = 0x43;
    /// 查询水泵电机实时工作数据.
    pub const PUMP_MOTOR: u8 = 0x44;
    /// 查询遥测终端软件版本.
    pub const VERSION: u8 = 0x45;
    /// 遥测站状态和报警信息.
    pub const STATUS: u8 = 0x46;
    /// 初始化固态存储数据.
    pub const CLEAR_MEMORY: u8 = 0x47;
    /// 恢复终端出厂设置.
    pub const FACTORY_RESET: u8 = 0x48;
    /// 修改密码.
    pub const PASSWORD: u8 = 0x49;
    /// 设置遥测站时钟.
    pub const SET_CLOCK: u8 = 0x4A;
    /// 设置 IC 卡状态.
    pub const IC_CARD: u8 = 0x4B;
    /// 控制水泵开关, 水泵状态自报.
    pub const PUMPS: u8 = 0x4C;
    /// 控制阀门开关, 阀门状态自报.
    pub const VALVES: u8 = 0x4D;
    /// 控制闸门, 闸门状态自报.
    pub const GATES: u8 = 0x4E;
    /// 水量定值控制.
    pub const QUOTA: u8 = 0x4F;
    /// 查询事件记录.
    pub const EVENTS: u8 = 0x50;
    /// 查询遥测站时钟.
    pub const QUERY_CLOCK: u8 = 0x51;
}

/// 遥测站分类码 (table A.1).
pub mod station_kind {
    /// 降水站 P.
    pub const RAIN: u8 = b'P';
    /// 河道站 H.
    pub const RIVER: u8 = b'H';
    /// 水库(湖泊)站 K.
    pub const RESERVOIR: u8 = b'K';
    /// 闸坝站 Z.
    pub const GATE: u8 = b'Z';
    /// 泵站 D.
    pub const PUMP: u8 = b'D';
    /// 排水口 O.
    pub const OUTFALL: u8 = b'O';
}

/// Whether the station group of this function carries the station's kind after its address:
/// reports and data queries do, configuration, status and event answers do not.
pub(crate) const fn has_station_kind(function: u8) -> bool {
    matches!(function, 0x30..=0x3A | function::PUMP_MOTOR)
}
