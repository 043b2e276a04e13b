//! Where the synthetic town's named things stand.
//!
//! Names of towns, rivers, reservoirs, the ponding spots 丹溪路, 春晗路 and 城店南路, the sections 义东桥
//! and 塔下洲, 国际商贸城一区 and the gauges 苏溪, 荷叶塘, 鹤田, 上溪 and 城西 are public (`facts/yiwu.json`);
//! other names and every coordinate are assumed.

use field::place::Position;
use field::station::StationKind;

/// A town's centre and what the town is called.
pub(crate) struct TownPlace {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) name_en: &'static str,
    pub(crate) lon: f64,
    pub(crate) lat: f64,
    /// How far it reaches beside its neighbours, km: a power diagram's weight.
    pub(crate) reach_km: f64,
}

const fn town(
    code: &'static str,
    name: &'static str,
    name_en: &'static str,
    at: (f64, f64),
    reach_km: f64,
) -> TownPlace {
    TownPlace { code, name, name_en, lon: at.0, lat: at.1, reach_km }
}

/// 8 streets and 6 towns.
pub(crate) const TOWNS: [TownPlace; 14] = [
    town("330782001", "稠城街道", "Choucheng", (120.074, 29.311), 2.0),
    town("330782002", "北苑街道", "Beiyuan", (120.038, 29.332), 2.0),
    town("330782003", "稠江街道", "Choujiang", (120.030, 29.283), 2.0),
    town("330782004", "江东街道", "Jiangdong", (120.104, 29.283), 3.0),
    town("330782005", "后宅街道", "Houzhai", (120.052, 29.392), 3.0),
    town("330782006", "城西街道", "Chengxi", (119.975, 29.335), 3.0),
    town("330782007", "廿三里街道", "Niansanli", (120.185, 29.315), 4.0),
    town("330782008", "福田街道", "Futian", (120.112, 29.341), 2.5),
    town("330782100", "佛堂镇", "Fotang", (120.025, 29.205), 5.0),
    town("330782101", "赤岸镇", "Chi'an", (120.040, 29.120), 5.0),
    town("330782102", "义亭镇", "Yiting", (119.955, 29.255), 4.0),
    town("330782104", "上溪镇", "Shangxi", (119.895, 29.330), 5.0),
    town("330782106", "苏溪镇", "Suxi", (120.130, 29.415), 4.0),
    town("330782107", "大陈镇", "Dachen", (120.105, 29.490), 4.0),
];

/// An online monitoring point.
pub(crate) struct OnlinePlace {
    pub(crate) name: &'static str,
    pub(crate) name_en: &'static str,
    pub(crate) kind: StationKind,
    pub(crate) lon: f64,
    pub(crate) lat: f64,
}

const fn online(
    kind: StationKind,
    name: &'static str,
    name_en: &'static str,
    lon: f64,
    lat: f64,
) -> OnlinePlace {
    OnlinePlace { name, name_en, kind, lon, lat }
}

use StationKind::{Manhole, Ponding, Pump, River};

/// The 26 online points: 12 road ponding, 6 manhole, 4 river, 4 pump station.
pub(crate) const ONLINE: [OnlinePlace; 26] = [
    online(Ponding, "江滨路下穿", "Jiangbin Road Underpass", 120.0785, 29.3005),
    online(Ponding, "丹溪路", "Danxi Road", 120.0520, 29.3235),
    online(Ponding, "城店南路", "Chengdian South Road", 120.0950, 29.2860),
    online(Ponding, "春晗路", "Chunhan Road", 120.0905, 29.3290),
    online(Ponding, "雪峰西路铁路桥", "Xuefeng West Road Rail Bridge", 120.0275, 29.3260),
    online(Ponding, "宾王路口", "Binwang Road Junction", 120.0830, 29.3155),
    online(Ponding, "稠州北路", "Chouzhou North Road", 120.0950, 29.3420),
    online(Ponding, "西城路下穿", "Xicheng Road Underpass", 120.0480, 29.3040),
    online(Ponding, "环城南路", "Huancheng South Road", 120.0560, 29.2870),
    online(Ponding, "国贸大道隧道口", "Guomao Avenue Tunnel Mouth", 120.1200, 29.3260),
    online(Ponding, "城西四海大道", "Sihai Avenue, Chengxi", 119.9850, 29.3280),
    online(Ponding, "苏溪苏福路", "Sufu Road, Suxi", 120.1220, 29.4060),
    online(Manhole, "国际商贸城一区", "Trade City District 1", 120.1050, 29.3385),
    online(Manhole, "篁园路", "Huangyuan Road", 120.0700, 29.3040),
    online(Manhole, "望道路", "Wangdao Road", 120.0400, 29.3400),
    online(Manhole, "南门街", "Nanmen Street", 120.0720, 29.2985),
    online(Manhole, "杨村路", "Yangcun Road", 120.0290, 29.2820),
    online(Manhole, "上溪溪滨路", "Xibin Road, Shangxi", 119.9020, 29.3320),
    online(River, "东青溪福田桥", "Dongqing Stream, Futian Bridge", 120.1080, 29.3320),
    online(River, "义乌江义东桥", "Yiwu River, Yidong Bridge", 120.1150, 29.2960),
    online(River, "义乌江塔下洲", "Yiwu River, Taxiazhou", 120.0100, 29.2260),
    online(River, "洪巡溪城西桥", "Hongxun Stream, Chengxi Bridge", 119.9800, 29.3050),
    online(Pump, "东青泵站", "Dongqing Pump Station", 120.1040, 29.3230),
    online(Pump, "江滨泵站", "Jiangbin Pump Station", 120.0800, 29.2985),
    online(Pump, "城南泵站", "Chengnan Pump Station", 120.0560, 29.2810),
    online(Pump, "稠江泵站", "Choujiang Pump Station", 120.0240, 29.2690),
];

/// A rain gauge: in which town, its name, and a place where the name has one.
pub(crate) struct GaugePlace {
    pub(crate) town: &'static str,
    pub(crate) name: &'static str,
    pub(crate) name_en: &'static str,
    pub(crate) at: Option<(f64, f64)>,
}

const fn gauge(town: &'static str, name: &'static str, name_en: &'static str) -> GaugePlace {
    GaugePlace { town, name, name_en, at: None }
}

const fn gauge_at(
    town: &'static str,
    name: &'static str,
    name_en: &'static str,
    lon: f64,
    lat: f64,
) -> GaugePlace {
    GaugePlace { town, name, name_en, at: Some((lon, lat)) }
}

/// The 54 rain gauges.
pub(crate) const GAUGES: [GaugePlace; 54] = [
    gauge_at("330782001", "稠城", "Choucheng", 120.0745, 29.3110),
    gauge("330782001", "绣湖", "Xiuhu"),
    gauge("330782001", "宾王", "Binwang"),
    gauge_at("330782002", "北苑", "Beiyuan", 120.0380, 29.3330),
    gauge("330782002", "柳青", "Liuqing"),
    gauge("330782002", "前洪", "Qianhong"),
    gauge_at("330782003", "稠江", "Choujiang", 120.0290, 29.2840),
    gauge("330782003", "官塘", "Guantang"),
    gauge("330782003", "杨村", "Yangcun"),
    gauge_at("330782004", "江东", "Jiangdong", 120.1030, 29.2850),
    gauge("330782004", "青口", "Qingkou"),
    gauge("330782004", "东新", "Dongxin"),
    gauge_at("330782005", "鹤田", "Hetian", 120.0640, 29.3960),
    gauge("330782005", "后宅", "Houzhai"),
    gauge("330782005", "塘李", "Tangli"),
    gauge("330782005", "曹村", "Caocun"),
    gauge_at("330782006", "城西", "Chengxi", 119.9760, 29.3360),
    gauge("330782006", "夏演", "Xiayan"),
    gauge("330782006", "长堰水库", "Changyan Reservoir"),
    gauge("330782006", "何斯路", "Hesilu"),
    gauge_at("330782007", "廿三里", "Niansanli", 120.1840, 29.3160),
    gauge("330782007", "华溪", "Huaxi"),
    gauge("330782007", "何宅", "Hezhai"),
    gauge("330782007", "李塘", "Litang"),
    gauge_at("330782008", "荷叶塘", "Heyetang", 120.1060, 29.3620),
    gauge("330782008", "福田", "Futian"),
    gauge("330782008", "下骆宅", "Xialuozhai"),
    gauge_at("330782100", "佛堂", "Fotang", 120.0240, 29.2060),
    gauge("330782100", "田心", "Tianxin"),
    gauge("330782100", "倍磊", "Beilei"),
    gauge("330782100", "王宅", "Wangzhai"),
    gauge("330782100", "蟠龙", "Panlong"),
    gauge_at("330782101", "赤岸", "Chi'an", 120.0400, 29.1230),
    gauge("330782101", "毛店", "Maodian"),
    gauge("330782101", "柏峰水库", "Baifeng Reservoir"),
    gauge("330782101", "枫坑水库", "Fengkeng Reservoir"),
    gauge_at("330782102", "义亭", "Yiting", 119.9560, 29.2560),
    gauge("330782102", "畈田朱", "Fantianzhu"),
    gauge("330782102", "王阡", "Wangqian"),
    gauge("330782102", "杭畴", "Hangchou"),
    gauge_at("330782104", "上溪", "Shangxi", 119.8960, 29.3310),
    gauge("330782104", "岩口水库", "Yankou Reservoir"),
    gauge("330782104", "吴店", "Wudian"),
    gauge("330782104", "溪华", "Xihua"),
    gauge("330782104", "黄山", "Huangshan"),
    gauge_at("330782106", "苏溪", "Suxi", 120.1310, 29.4160),
    gauge("330782106", "联合村", "Lianhe Village"),
    gauge("330782106", "巧溪水库", "Qiaoxi Reservoir"),
    gauge("330782106", "新厅", "Xinting"),
    gauge("330782106", "龙华", "Longhua"),
    gauge_at("330782107", "大陈", "Dachen", 120.1040, 29.4900),
    gauge("330782107", "八都水库", "Badu Reservoir"),
    gauge("330782107", "龙门脚", "Longmenjiao"),
    gauge("330782107", "楂林", "Chalin"),
];

/// A drawn line: name, name in English, width in metres, and its bends.
pub(crate) type DrawnLine = (&'static str, &'static str, f64, &'static [Position]);

const fn at(lon: f64, lat: f64) -> Position {
    Position { lon, lat }
}

/// Rivers, from the source down.
pub(crate) const RIVERS: [DrawnLine; 7] = [
    (
        "义乌江",
        "Yiwu River",
        120.0,
        &[
            at(120.262, 29.331),
            at(120.222, 29.318),
            at(120.190, 29.300),
            at(120.158, 29.296),
            at(120.130, 29.300),
            at(120.108, 29.294),
            at(120.085, 29.296),
            at(120.066, 29.290),
            at(120.046, 29.272),
            at(120.032, 29.250),
            at(120.008, 29.225),
            at(119.998, 29.205),
            at(119.975, 29.190),
            at(119.950, 29.183),
            at(119.935, 29.172),
        ],
    ),
    (
        "大陈江",
        "Dachen River",
        45.0,
        &[
            at(120.118, 29.398),
            at(120.112, 29.425),
            at(120.118, 29.455),
            at(120.108, 29.485),
            at(120.098, 29.512),
        ],
    ),
    (
        "东青溪",
        "Dongqing Stream",
        22.0,
        &[
            at(120.150, 29.385),
            at(120.132, 29.362),
            at(120.117, 29.347),
            at(120.108, 29.332),
            at(120.104, 29.318),
            at(120.107, 29.295),
        ],
    ),
    (
        "洪巡溪",
        "Hongxun Stream",
        25.0,
        &[
            at(119.935, 29.372),
            at(119.955, 29.345),
            at(119.975, 29.318),
            at(119.990, 29.290),
            at(120.012, 29.262),
            at(120.032, 29.250),
        ],
    ),
    (
        "航慈溪",
        "Hangci Stream",
        25.0,
        &[
            at(119.868, 29.362),
            at(119.892, 29.335),
            at(119.915, 29.300),
            at(119.940, 29.262),
            at(119.962, 29.225),
            at(119.975, 29.190),
        ],
    ),
    (
        "吴溪",
        "Wu Stream",
        25.0,
        &[
            at(120.030, 29.082),
            at(120.042, 29.115),
            at(120.050, 29.150),
            at(120.035, 29.185),
            at(120.008, 29.215),
        ],
    ),
    (
        "南江",
        "South River",
        70.0,
        &[
            at(120.130, 29.232),
            at(120.095, 29.226),
            at(120.060, 29.225),
            at(120.030, 29.228),
            at(120.010, 29.226),
        ],
    ),
];

/// Main roads.
pub(crate) const ROADS: [DrawnLine; 12] = [
    (
        "丹溪路",
        "Danxi Road",
        30.0,
        &[at(120.020, 29.302), at(120.042, 29.316), at(120.062, 29.330), at(120.085, 29.350)],
    ),
    ("春晗路", "Chunhan Road", 26.0, &[at(120.074, 29.334), at(120.0905, 29.329), at(120.112, 29.318)]),
    (
        "城店南路",
        "Chengdian South Road",
        26.0,
        &[at(120.088, 29.296), at(120.095, 29.286), at(120.106, 29.268)],
    ),
    (
        "江滨路",
        "Jiangbin Road",
        28.0,
        &[
            at(120.118, 29.302),
            at(120.098, 29.300),
            at(120.0785, 29.3005),
            at(120.060, 29.292),
            at(120.042, 29.275),
        ],
    ),
    (
        "雪峰路",
        "Xuefeng Road",
        32.0,
        &[at(119.985, 29.322), at(120.0275, 29.326), at(120.060, 29.328), at(120.092, 29.336)],
    ),
    ("宾王路", "Binwang Road", 28.0, &[at(120.062, 29.318), at(120.083, 29.3155), at(120.104, 29.310)]),
    (
        "稠州路",
        "Chouzhou Road",
        32.0,
        &[at(120.064, 29.288), at(120.080, 29.312), at(120.095, 29.342), at(120.108, 29.372)],
    ),
    ("西城路", "Xicheng Road", 28.0, &[at(120.036, 29.318), at(120.048, 29.304), at(120.058, 29.292)]),
    (
        "环城南路",
        "Huancheng South Road",
        34.0,
        &[
            at(120.010, 29.288),
            at(120.034, 29.288),
            at(120.056, 29.287),
            at(120.078, 29.282),
            at(120.112, 29.272),
        ],
    ),
    (
        "国贸大道",
        "Guomao Avenue",
        40.0,
        &[
            at(120.082, 29.384),
            at(120.102, 29.352),
            at(120.120, 29.326),
            at(120.132, 29.290),
            at(120.128, 29.262),
        ],
    ),
    ("四海大道", "Sihai Avenue", 34.0, &[at(119.930, 29.330), at(119.985, 29.328), at(120.030, 29.344)]),
    (
        "苏福路",
        "Sufu Road",
        28.0,
        &[at(120.108, 29.372), at(120.118, 29.392), at(120.122, 29.406), at(120.134, 29.425)],
    ),
];

/// The six key reservoirs: name, name in English, middle, mean radius in metres.
pub(crate) const RESERVOIRS: [(&str, &str, Position, f64); 6] = [
    ("巧溪水库", "Qiaoxi Reservoir", at(120.168, 29.440), 620.0),
    ("八都水库", "Badu Reservoir", at(120.150, 29.482), 700.0),
    ("岩口水库", "Yankou Reservoir", at(119.876, 29.352), 760.0),
    ("长堰水库", "Changyan Reservoir", at(119.936, 29.362), 520.0),
    ("枫坑水库", "Fengkeng Reservoir", at(120.062, 29.092), 480.0),
    ("柏峰水库", "Baifeng Reservoir", at(120.012, 29.098), 500.0),
];
