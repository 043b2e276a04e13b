//! 命令编码: the commands of HJ 212-2017 table 9, those of 2025, and the codes of answers.

use crate::interval::Span;

/// 命令编码 by name.
pub mod cn {
    /// 设置超时时间及重发次数.
    pub const TIMEOUTS: u16 = 1000;
    /// 提取/上传现场机时间.
    pub const CLOCK: u16 = 1011;
    /// 设置现场机时间.
    pub const SET_CLOCK: u16 = 1012;
    /// 现场机时间校准请求.
    pub const CLOCK_WANTED: u16 = 1013;
    /// 提取/上传实时数据间隔.
    pub const REAL_TIME_INTERVAL: u16 = 1061;
    /// 设置实时数据间隔.
    pub const SET_REAL_TIME_INTERVAL: u16 = 1062;
    /// 提取/上传分钟数据间隔.
    pub const MINUTE_INTERVAL: u16 = 1063;
    /// 设置分钟数据间隔.
    pub const SET_MINUTE_INTERVAL: u16 = 1064;
    /// 设置现场机密码.
    pub const SET_PASSWORD: u16 = 1072;
    /// 实时数据.
    pub const REAL_TIME: u16 = 2011;
    /// 停止察看实时数据.
    pub const STOP_REAL_TIME: u16 = 2012;
    /// 设备运行状态.
    pub const DEVICE_STATE: u16 = 2021;
    /// 停止察看设备运行状态.
    pub const STOP_DEVICE_STATE: u16 = 2022;
    /// 日数据.
    pub const DAY: u16 = 2031;
    /// 设备运行时间日历史数据.
    pub const DEVICE_HOURS: u16 = 2041;
    /// 分钟数据.
    pub const MINUTE: u16 = 2051;
    /// 小时数据.
    pub const HOUR: u16 = 2061;
    /// 自动标样核查（校准）数据 (2025).
    pub const STANDARD_CHECKS: u16 = 2062;
    /// 上传数采仪开机时间.
    pub const STARTED: u16 = 2081;
    /// 零点校准量程校准.
    pub const CALIBRATE: u16 = 3011;
    /// 即时采样.
    pub const TAKE_SAMPLE: u16 = 3012;
    /// 启动清洗/反吹.
    pub const CLEAN: u16 = 3013;
    /// 比对采样.
    pub const COMPARE: u16 = 3014;
    /// 超标留样.
    pub const RETAIN: u16 = 3015;
    /// 下发即时留样任务 (2025).
    pub const RETAIN_NOW: u16 = 3022;
    /// 启动标样核查 (2025).
    pub const CHECK_STANDARD: u16 = 3024;
    /// 请求应答.
    pub const REQUEST_ANSWER: u16 = 9011;
    /// 执行结果.
    pub const RESULT: u16 = 9012;
    /// 通知应答.
    pub const NOTICE_ANSWER: u16 = 9013;
    /// 数据应答.
    pub const DATA_ANSWER: u16 = 9014;
    /// 心跳 (2025).
    pub const HEARTBEAT: u16 = 9015;
}

/// What a command carries when a station sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Values: answered with 9014.
    Data,
    /// A notice (clock wanted, started, log): answered with 9013.
    Notice,
    /// A parameter, as the answer to a question.
    Parameter,
    /// An answer to a command of the centre: never answered.
    Answer,
    /// 心跳.
    Heartbeat,
    /// Only a centre sends it.
    Down,
}

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// 命令编码.
    pub cn: u16,
    /// 名称.
    pub zh: &'static str,
    /// What it means when a station sends it.
    pub kind: Kind,
}

const fn c(cn: u16, zh: &'static str, kind: Kind) -> Command {
    Command { cn, zh, kind }
}

/// Every command. 2025's own are after those of 2017.
pub const COMMANDS: &[Command] = &[
    c(cn::TIMEOUTS, "设置超时时间及重发次数", Kind::Down),
    c(cn::CLOCK, "提取/上传现场机时间", Kind::Parameter),
    c(cn::SET_CLOCK, "设置现场机时间", Kind::Down),
    c(cn::CLOCK_WANTED, "现场机时间校准请求", Kind::Notice),
    c(cn::REAL_TIME_INTERVAL, "提取/上传实时数据间隔", Kind::Parameter),
    c(cn::SET_REAL_TIME_INTERVAL, "设置实时数据间隔", Kind::Down),
    c(cn::MINUTE_INTERVAL, "提取/上传分钟数据间隔", Kind::Parameter),
    c(cn::SET_MINUTE_INTERVAL, "设置分钟数据间隔", Kind::Down),
    c(cn::SET_PASSWORD, "设置现场机密码", Kind::Down),
    c(cn::REAL_TIME, "实时数据", Kind::Data),
    c(cn::STOP_REAL_TIME, "停止察看实时数据", Kind::Down),
    c(cn::DEVICE_STATE, "设备运行状态", Kind::Data),
    c(cn::STOP_DEVICE_STATE, "停止察看设备运行状态", Kind::Down),
    c(cn::DAY, "日数据", Kind::Data),
    c(cn::DEVICE_HOURS, "设备运行时间日历史数据", Kind::Data),
    c(cn::MINUTE, "分钟数据", Kind::Data),
    c(cn::HOUR, "小时数据", Kind::Data),
    c(cn::STARTED, "上传数采仪开机时间", Kind::Notice),
    c(cn::CALIBRATE, "零点校准量程校准", Kind::Down),
    c(cn::TAKE_SAMPLE, "即时采样", Kind::Down),
    c(cn::CLEAN, "启动清洗/反吹", Kind::Down),
    c(cn::COMPARE, "比对采样", Kind::Down),
    c(cn::RETAIN, "超标留样", Kind::Notice),
    c(3016, "设置采样时间周期", Kind::Down),
    c(3017, "提取/上传采样时间周期", Kind::Parameter),
    c(3018, "提取/上传出样时间", Kind::Parameter),
    c(3019, "提取/上传设备唯一标识", Kind::Notice),
    c(3020, "提取/上传现场机信息", Kind::Notice),
    c(3021, "设置现场机参数", Kind::Down),
    c(cn::REQUEST_ANSWER, "请求应答", Kind::Answer),
    c(cn::RESULT, "执行结果", Kind::Answer),
    c(cn::NOTICE_ANSWER, "通知应答", Kind::Answer),
    c(cn::DATA_ANSWER, "数据应答", Kind::Answer),
    // HJ 212-2025.
    c(1001, "上传数采仪硬件序号", Kind::Notice),
    c(1002, "设置数采仪MN编码", Kind::Down),
    c(1014, "密钥更新", Kind::Notice),
    c(2013, "原始监测数据", Kind::Data),
    c(2052, "噪声单次测量数据", Kind::Data),
    c(cn::STANDARD_CHECKS, "自动标样核查校准数据", Kind::Data),
    c(2111, "炉膛温度五分钟均值", Kind::Data),
    c(cn::RETAIN_NOW, "下发即时留样任务", Kind::Down),
    c(cn::CHECK_STANDARD, "启动标样核查", Kind::Down),
    c(cn::HEARTBEAT, "心跳", Kind::Heartbeat),
];

/// The command of that number.
#[must_use]
pub fn command(cn: u16) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.cn == cn)
}

/// How long the period is that values of this command stand for. `minutes`: the station's MinInterval.
#[must_use]
pub const fn span(number: u16, minutes: u16) -> Span {
    match number {
        cn::MINUTE => Span::Minutes(minutes),
        cn::HOUR => Span::Hour,
        cn::DAY | cn::DEVICE_HOURS => Span::Day,
        2111 => Span::Minutes(5),
        _ => Span::Moment,
    }
}

/// 请求返回表 (table 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum QnRtn {
    /// 准备执行请求.
    Ready = 1,
    /// 请求被拒绝.
    Refused = 2,
    /// PW 错误.
    BadPassword = 3,
    /// MN 错误.
    BadStation = 4,
    /// ST 错误.
    BadSystem = 5,
    /// Flag 错误.
    BadFlag = 6,
    /// QN 错误.
    BadQn = 7,
    /// CN 错误.
    BadCommand = 8,
    /// CRC 校验错误.
    BadCrc = 9,
    /// 未知错误.
    Unknown = 100,
}

/// The words for a `QnRtn` or an `ExeRtn` that is no success.
#[must_use]
pub const fn answer_text(result: bool, code: u8) -> &'static str {
    match (result, code) {
        (_, 1) => "ok",
        (false, 2) => "refused",
        (false, 3) => "wrong password (PW)",
        (false, 4) => "wrong station (MN)",
        (false, 5) => "wrong system (ST)",
        (false, 6) => "wrong Flag",
        (false, 7) => "wrong QN",
        (false, 8) => "unknown command (CN)",
        (false, 9) => "wrong check value",
        (true, 2) => "failed",
        (true, 3) => "the command's conditions do not hold",
        (true, 4) => "timed out inside the station",
        (true, 5) => "busy",
        (true, 6) => "system fault",
        (true, 100) => "no data",
        _ => "unknown error",
    }
}
