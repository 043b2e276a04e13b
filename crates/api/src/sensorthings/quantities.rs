//! 物理量与单位: what each quantity is called elsewhere (QUDT) and its unit in UCUM.

use field::station::Quantity;

/// What a quantity and its unit are called.
pub(super) struct Named {
    /// In Chinese.
    pub(super) zh: &'static str,
    /// QUDT's kind of quantity: the last part of its address.
    pub(super) qudt: &'static str,
    /// The unit's name; empty where the sender's unit is kept.
    pub(super) unit: &'static str,
    /// The unit in UCUM.
    pub(super) ucum: &'static str,
    /// Whether values are whole numbers.
    pub(super) counts: bool,
}

/// The names of a quantity.
pub(super) const fn named(quantity: Quantity) -> Named {
    let (zh, qudt, unit, ucum) = match quantity {
        Quantity::Rain => ("时段雨量", "Length", "millimetre", "mm"),
        Quantity::RainTotal => ("累计雨量", "Length", "millimetre", "mm"),
        Quantity::Level => ("水位", "Height", "metre", "m"),
        Quantity::Depth => ("水深", "Depth", "metre", "m"),
        Quantity::Flow => ("流量", "VolumeFlowRate", "cubic metre per second", "m3/s"),
        Quantity::Pressure => ("压力", "Pressure", "megapascal", "MPa"),
        Quantity::Voltage => ("电源电压", "Voltage", "volt", "V"),
        Quantity::PumpsRunning => ("开机台数", "Count", "one", "1"),
        Quantity::Status => ("状态字", "Dimensionless", "one", "1"),
        Quantity::Cod => ("化学需氧量", "MassConcentration", "milligram per litre", "mg/L"),
        Quantity::AmmoniaNitrogen => ("氨氮", "MassConcentration", "milligram per litre", "mg/L"),
        Quantity::TotalPhosphorus => ("总磷", "MassConcentration", "milligram per litre", "mg/L"),
        Quantity::TotalNitrogen => ("总氮", "MassConcentration", "milligram per litre", "mg/L"),
        Quantity::Ph => ("pH 值", "Acidity", "pH", "[pH]"),
        Quantity::WaterTotal => ("累计水量", "Volume", "cubic metre", "m3"),
        Quantity::Energy => ("累计电量", "Energy", "kilowatt hour", "kW.h"),
        Quantity::Other => ("未分类", "Unknown", "", ""),
    };
    let counts = matches!(quantity, Quantity::PumpsRunning | Quantity::Status);
    Named { zh, qudt, unit, ucum, counts }
}
