//! 指令内容: what a station is asked or told.

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 指令内容: what a station is asked or told, in no protocol's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// 校时: the station's clock is set to the centre's at the moment of sending.
    SetClock,
    /// 查询时钟.
    QueryClock,
    /// 查询实时数据.
    QueryCurrent,
    /// 查询时段数据, from one moment to another, of one element.
    QueryPeriod {
        /// First moment.
        from: Time,
        /// Last moment.
        to: Time,
        /// Minutes between two values.
        step_min: u16,
        /// Protocol element id, such as `39`.
        element: String,
    },
    /// 查询人工置数.
    QueryManual,
    /// 查询指定要素.
    QueryElements {
        /// Protocol element ids.
        elements: Vec<String>,
    },
    /// 查询图片.
    QueryPicture,
    /// 查询状态和报警.
    QueryStatus,
    /// 查询水泵电机工作数据.
    QueryMotors,
    /// 查询软件版本.
    QueryVersion,
    /// 查询事件记录.
    QueryEvents,
    /// 读取参数.
    ReadParameters {
        /// Which table.
        table: ParameterTable,
        /// Parameter ids, such as `20`; empty is not allowed.
        ids: Vec<String>,
    },
    /// 修改参数.
    SetParameters {
        /// Which table.
        table: ParameterTable,
        /// Values by parameter id, as a person writes them.
        values: BTreeMap<String, String>,
    },
    /// 初始化固态存储: erases what the station remembers.
    ClearMemory,
    /// 恢复出厂设置.
    FactoryReset,
    /// 修改密码.
    SetPassword {
        /// The new one; blotted out wherever it is shown or written down.
        password: String,
    },
    /// 设置 IC 卡状态.
    SetIcCard {
        /// Whether cards work.
        enabled: bool,
    },
    /// 水泵开关.
    SwitchPump {
        /// Which pump, from 1.
        pump: u8,
        /// Start or stop.
        on: bool,
    },
    /// 阀门开关.
    SwitchValve {
        /// Which valve, from 1.
        valve: u8,
        /// Open or close.
        open: bool,
    },
    /// 闸门控制.
    SetGate {
        /// Which gate, from 1.
        gate: u8,
        /// 开启高度, m; 0 closes.
        opening_m: f64,
    },
    /// 水量定值控制.
    SetQuota {
        /// Whether the constant value is in force.
        enabled: bool,
    },
    /// 写点: a value for a named target (a register, a topic, a node) of the station's map.
    Write {
        /// Its name in the station's map.
        target: String,
        /// The value, in the target's unit.
        value: f64,
    },
}

/// 参数表.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterTable {
    /// 基本配置表 (SL 651 40H, 41H).
    Basic,
    /// 运行参数配置表 (SL 651 42H, 43H).
    Running,
}

/// What stands where a secret was.
const BLOT: &str = "••••";

impl Ask {
    /// Most elements, parameters or values in one command.
    pub const MAX_ITEMS: usize = 64;
    /// Longest text in a command, characters.
    pub const MAX_TEXT: usize = 200;

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SetClock => "set_clock",
            Self::QueryClock => "query_clock",
            Self::QueryCurrent => "query_current",
            Self::QueryPeriod { .. } => "query_period",
            Self::QueryManual => "query_manual",
            Self::QueryElements { .. } => "query_elements",
            Self::QueryPicture => "query_picture",
            Self::QueryStatus => "query_status",
            Self::QueryMotors => "query_motors",
            Self::QueryVersion => "query_version",
            Self::QueryEvents => "query_events",
            Self::ReadParameters { .. } => "read_parameters",
            Self::SetParameters { .. } => "set_parameters",
            Self::ClearMemory => "clear_memory",
            Self::FactoryReset => "factory_reset",
            Self::SetPassword { .. } => "set_password",
            Self::SetIcCard { .. } => "set_ic_card",
            Self::SwitchPump { .. } => "switch_pump",
            Self::SwitchValve { .. } => "switch_valve",
            Self::SetGate { .. } => "set_gate",
            Self::SetQuota { .. } => "set_quota",
            Self::Write { .. } => "write",
        }
    }

    /// Changes nothing but what is known (or a clock): a standing order allows it at once.
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        matches!(
            self,
            Self::SetClock
                | Self::QueryClock
                | Self::QueryCurrent
                | Self::QueryPeriod { .. }
                | Self::QueryManual
                | Self::QueryElements { .. }
                | Self::QueryPicture
                | Self::QueryStatus
                | Self::QueryMotors
                | Self::QueryVersion
                | Self::QueryEvents
                | Self::ReadParameters { .. }
        )
    }

    /// Moves something in the field: interlocks are looked at.
    #[must_use]
    pub const fn moves_something(&self) -> bool {
        matches!(
            self,
            Self::SwitchPump { .. } | Self::SwitchValve { .. } | Self::SetGate { .. } | Self::Write { .. }
        )
    }

    /// Changes how the station works: only an administrator allows it.
    #[must_use]
    pub const fn changes_the_station(&self) -> bool {
        matches!(
            self,
            Self::SetParameters { .. }
                | Self::ClearMemory
                | Self::FactoryReset
                | Self::SetPassword { .. }
                | Self::SetIcCard { .. }
                | Self::SetQuota { .. }
        )
    }

    /// The same without its secrets, to be shown and written down.
    #[must_use]
    pub fn blotted(&self) -> Self {
        match self {
            Self::SetPassword { .. } => Self::SetPassword { password: BLOT.to_owned() },
            Self::SetParameters { table, values } => {
                // Basic parameter 03 is the station's password (table D.1).
                let blot = |id: &String, value: &String| {
                    let secret = *table == ParameterTable::Basic && id.trim_start_matches('0') == "3";
                    (id.clone(), if secret { BLOT.to_owned() } else { value.clone() })
                };
                let values = values.iter().map(|(id, value)| blot(id, value)).collect();
                Self::SetParameters { table: *table, values }
            }
            other => other.clone(),
        }
    }

    /// Whether its lists and texts are within bounds and its numbers are numbers.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let short = |text: &String| !text.is_empty() && text.chars().count() <= Self::MAX_TEXT;
        let some = |count: usize| (1..=Self::MAX_ITEMS).contains(&count);
        match self {
            Self::QueryPeriod { from, to, step_min, element } => {
                from <= to && *step_min > 0 && short(element)
            }
            Self::QueryElements { elements: list } | Self::ReadParameters { ids: list, .. } => {
                some(list.len()) && list.iter().all(short)
            }
            Self::SetParameters { values, .. } => {
                some(values.len()) && values.iter().all(|(id, value)| short(id) && short(value))
            }
            Self::SetPassword { password } => short(password),
            Self::SwitchPump { pump: which, .. } | Self::SwitchValve { valve: which, .. } => *which > 0,
            Self::SetGate { gate, opening_m } => *gate > 0 && (0.0..=100.0).contains(opening_m),
            Self::Write { target, value } => short(target) && value.is_finite(),
            _ => true,
        }
    }
}
