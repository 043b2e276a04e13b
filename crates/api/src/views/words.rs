//! Times and the closed word lists of the interface.
//!
//! The domain's enums serialise to these very words (a test compares them); here they only have
//! their schemas, because the ground floor knows no HTTP.

use field::time::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

/// A moment: RFC 3339 with `+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Stamp(pub(crate) Time);

impl utoipa::PartialSchema for Stamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 with offset, such as 2021-06-30T14:30:00+08:00"))
            .into()
    }
}

impl ToSchema for Stamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }
}

impl From<Time> for Stamp {
    fn from(at: Time) -> Self {
        Self(at)
    }
}

/// 预警等级.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// 蓝 Ⅳ.
    Blue,
    /// 黄 Ⅲ.
    Yellow,
    /// 橙 Ⅱ.
    Orange,
    /// 红 Ⅰ.
    Red,
}

/// 站类.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StationKind {
    /// 雨量站.
    Rain,
    /// 道路积水.
    Ponding,
    /// 检查井.
    Manhole,
    /// 河道.
    River,
    /// 泵站.
    Pump,
    /// 水库.
    Reservoir,
    /// 污水处理厂.
    Plant,
    /// 水表.
    Meter,
    /// 供水站点.
    Supply,
}

/// 物理量.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// 时段雨量, mm.
    Rain,
    /// 累计雨量, mm.
    RainTotal,
    /// 水位, m.
    Level,
    /// 水深, m.
    Depth,
    /// 流量, m³/s.
    Flow,
    /// 电压, V.
    Voltage,
    /// 开机台数.
    PumpsRunning,
    /// 状态字.
    Status,
    /// 化学需氧量, mg/L.
    Cod,
    /// 氨氮, mg/L.
    AmmoniaNitrogen,
    /// 总磷, mg/L.
    TotalPhosphorus,
    /// 总氮, mg/L.
    TotalNitrogen,
    /// pH 值.
    Ph,
    /// 累计水量, m³.
    WaterTotal,
    /// 累计电量, kWh.
    Energy,
    /// 压力, MPa.
    Pressure,
    /// 未分类.
    Other,
}

/// 质量.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quality {
    /// 正常.
    Good,
    /// 存疑.
    Suspect,
    /// 缺测.
    Missing,
    /// 人工.
    Manual,
    /// 估算.
    Estimated,
}

/// 角色.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// 调度员.
    Dispatcher,
    /// 区块责任人.
    BlockOwner,
    /// 系统管理员.
    Administrator,
}

/// 通道.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelKind {
    /// 企业微信应用消息.
    WecomApp,
    /// 企业微信群机器人.
    WecomRobot,
    /// 钉钉群机器人.
    DingtalkRobot,
    /// 短信.
    Sms,
    /// Web Push.
    WebPush,
    /// 电子邮件.
    Email,
}

/// 报警状态.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlarmState {
    /// 未确认.
    Raised,
    /// 已确认.
    Acknowledged,
    /// 已恢复未确认.
    ReturnedUnacknowledged,
    /// 已恢复.
    Returned,
    /// 已关闭.
    Closed,
}

/// 工单状态.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderState {
    /// 已派单.
    Sent,
    /// 已接单.
    Accepted,
    /// 已出发.
    Departed,
    /// 已到达.
    Arrived,
    /// 已处置.
    Handled,
    /// 已关闭.
    Closed,
}

/// 投递状态.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// 等待.
    Waiting,
    /// 已交出, 结果未知.
    Handing,
    /// 已发送.
    Sent,
    /// 已送达.
    Delivered,
    /// 放弃.
    GivenUp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<T: ToSchema>() -> Vec<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["enum"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect()
    }

    fn check<T: ToSchema, D: Serialize>(domain: impl IntoIterator<Item = D>) {
        let said: Vec<_> = domain
            .into_iter()
            .map(|d| serde_json::to_value(d).unwrap().as_str().unwrap().to_owned())
            .collect();
        assert_eq!(words::<T>(), said);
    }

    #[test]
    fn the_schemas_list_the_very_words_the_domain_writes() {
        check::<Severity, _>(field::severity::Severity::ALL);
        check::<StationKind, _>(field::station::StationKind::ALL);
        check::<Quantity, _>(field::station::Quantity::ALL);
        check::<Quality, _>((0..5).map(field::sample::Quality::from_code));
        check::<Role, _>(field::person::Role::ALL);
        check::<ChannelKind, _>(field::person::ChannelKind::ALL);
        check::<AlarmState, _>(field::alarm::AlarmState::ALL);
        check::<OrderState, _>(field::order::OrderState::ALL);
        check::<DeliveryState, _>(field::message::DeliveryState::ALL);
    }
}
