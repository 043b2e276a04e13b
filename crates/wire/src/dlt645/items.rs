//! 数据标识: the data of DL/T 645-2007 annex A that a pump station's energy needs: energies with
//! their tariffs, voltages, currents, powers.

/// A data identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// DI, such as `0x0001_0000`.
    pub di: u32,
    /// What it is.
    pub element: &'static str,
    /// 名称.
    pub zh: &'static str,
    /// Bytes of one value.
    pub bytes: u8,
    /// Digits behind the point.
    pub decimals: u8,
    /// Unit.
    pub unit: &'static str,
    /// The highest bit is a sign.
    pub signed: bool,
}

const fn i(
    di: u32,
    element: &'static str,
    zh: &'static str,
    form: (u8, u8, bool),
    unit: &'static str,
) -> Item {
    let (bytes, decimals, signed) = form;
    Item { di, element, zh, bytes, decimals, unit, signed }
}

/// Every identifier, in their order. Blocks hold the values of their tariffs or phases.
pub const ITEMS: &[Item] = &[
    i(0x0000_0000, "energy_combined", "组合有功总电能", (4, 2, true), "kWh"),
    i(0x0000_0100, "energy_combined_t1", "组合有功费率1(尖)电能", (4, 2, true), "kWh"),
    i(0x0000_0200, "energy_combined_t2", "组合有功费率2(峰)电能", (4, 2, true), "kWh"),
    i(0x0000_0300, "energy_combined_t3", "组合有功费率3(平)电能", (4, 2, true), "kWh"),
    i(0x0000_0400, "energy_combined_t4", "组合有功费率4(谷)电能", (4, 2, true), "kWh"),
    i(0x0001_0000, "energy_import", "正向有功总电能", (4, 2, false), "kWh"),
    i(0x0001_0100, "energy_import_t1", "正向有功费率1(尖)电能", (4, 2, false), "kWh"),
    i(0x0001_0200, "energy_import_t2", "正向有功费率2(峰)电能", (4, 2, false), "kWh"),
    i(0x0001_0300, "energy_import_t3", "正向有功费率3(平)电能", (4, 2, false), "kWh"),
    i(0x0001_0400, "energy_import_t4", "正向有功费率4(谷)电能", (4, 2, false), "kWh"),
    i(0x0002_0000, "energy_export", "反向有功总电能", (4, 2, false), "kWh"),
    i(0x0002_0100, "energy_export_t1", "反向有功费率1(尖)电能", (4, 2, false), "kWh"),
    i(0x0002_0200, "energy_export_t2", "反向有功费率2(峰)电能", (4, 2, false), "kWh"),
    i(0x0002_0300, "energy_export_t3", "反向有功费率3(平)电能", (4, 2, false), "kWh"),
    i(0x0002_0400, "energy_export_t4", "反向有功费率4(谷)电能", (4, 2, false), "kWh"),
    i(0x0003_0000, "energy_reactive", "组合无功1总电能", (4, 2, true), "kvarh"),
    i(0x0004_0000, "energy_reactive_2", "组合无功2总电能", (4, 2, true), "kvarh"),
    i(0x0005_0000, "energy_reactive_q1", "第一象限无功总电能", (4, 2, false), "kvarh"),
    i(0x0006_0000, "energy_reactive_q2", "第二象限无功总电能", (4, 2, false), "kvarh"),
    i(0x0007_0000, "energy_reactive_q3", "第三象限无功总电能", (4, 2, false), "kvarh"),
    i(0x0008_0000, "energy_reactive_q4", "第四象限无功总电能", (4, 2, false), "kvarh"),
    i(0x0201_0100, "voltage_a", "A相电压", (2, 1, false), "V"),
    i(0x0201_0200, "voltage_b", "B相电压", (2, 1, false), "V"),
    i(0x0201_0300, "voltage_c", "C相电压", (2, 1, false), "V"),
    i(0x0202_0100, "current_a", "A相电流", (3, 3, true), "A"),
    i(0x0202_0200, "current_b", "B相电流", (3, 3, true), "A"),
    i(0x0202_0300, "current_c", "C相电流", (3, 3, true), "A"),
    i(0x0203_0000, "power", "瞬时总有功功率", (3, 4, true), "kW"),
    i(0x0203_0100, "power_a", "瞬时A相有功功率", (3, 4, true), "kW"),
    i(0x0203_0200, "power_b", "瞬时B相有功功率", (3, 4, true), "kW"),
    i(0x0203_0300, "power_c", "瞬时C相有功功率", (3, 4, true), "kW"),
    i(0x0204_0000, "power_reactive", "瞬时总无功功率", (3, 4, true), "kvar"),
    i(0x0204_0100, "power_reactive_a", "瞬时A相无功功率", (3, 4, true), "kvar"),
    i(0x0204_0200, "power_reactive_b", "瞬时B相无功功率", (3, 4, true), "kvar"),
    i(0x0204_0300, "power_reactive_c", "瞬时C相无功功率", (3, 4, true), "kvar"),
    i(0x0205_0000, "power_apparent", "瞬时总视在功率", (3, 4, true), "kVA"),
    i(0x0205_0100, "power_apparent_a", "瞬时A相视在功率", (3, 4, true), "kVA"),
    i(0x0205_0200, "power_apparent_b", "瞬时B相视在功率", (3, 4, true), "kVA"),
    i(0x0205_0300, "power_apparent_c", "瞬时C相视在功率", (3, 4, true), "kVA"),
    i(0x0206_0000, "power_factor", "总功率因数", (2, 3, true), ""),
    i(0x0206_0100, "power_factor_a", "A相功率因数", (2, 3, true), ""),
    i(0x0206_0200, "power_factor_b", "B相功率因数", (2, 3, true), ""),
    i(0x0206_0300, "power_factor_c", "C相功率因数", (2, 3, true), ""),
    i(0x0280_0001, "current_neutral", "零线电流", (3, 3, true), "A"),
    i(0x0280_0002, "frequency", "电网频率", (2, 2, false), "Hz"),
];

/// What an identifier is.
#[must_use]
pub fn item(di: u32) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.di == di)
}

/// The identifiers of a block such as `0201FF00` (its phases) or `0001FF00` (total and tariffs), in the order
/// their values stand; the identifier itself where it is none.
pub(crate) fn members(di: u32) -> Vec<&'static Item> {
    if di & 0xFF00 != 0xFF00 {
        return item(di).into_iter().collect();
    }
    let same = |item: &&Item| item.di & !0xFF00 == di & !0xFF00;
    ITEMS.iter().filter(same).collect()
}
