//! 暴雨: the two recorded storms, as rain on the 54 gauges.
//!
//! What is public is reproduced to 0.1 mm: the named gauges' totals and the areal mean, which here is
//! the arithmetic mean of the 54 gauges (each counts the same) over the recorded hours. Everything
//! between — when it rained where — is a seeded field of moving cells and is synthetic.

mod cells;
mod rainfall;

pub use rainfall::Rainfall;

use cells::Cell;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use serde::Serialize;

/// A recorded storm.
#[derive(Clone, Debug)]
pub struct Storm {
    /// Its name in commands and in the API: the day it is known by.
    pub id: &'static str,
    /// 名称.
    pub title: &'static str,
    /// Name in English.
    pub title_en: &'static str,
    /// First moment of the recorded hours.
    pub rain_from: Time,
    /// Last moment of the recorded hours.
    pub rain_to: Time,
    /// 面雨量 over the recorded hours, tenths of a millimetre.
    pub areal_tenths: u32,
    /// Public totals of named gauges over the recorded hours, tenths of a millimetre.
    pub named: &'static [(&'static str, u32)],
    /// Least and greatest total an unnamed gauge is given, tenths: none outdoes the named ones.
    rest_tenths: (u32, u32),
    cells: &'static [Cell],
}

/// Dry time before the rain: stations report, levels stand still, people see a quiet city.
const WARM_UP_MS: i64 = 2 * HOUR_MS;
/// Time after the rain in which the water goes down.
const RECESSION_MS: i64 = 5 * HOUR_MS;

/// Every storm that can be played.
pub const STORMS: [Storm; 2] = [
    Storm {
        id: "2019-06-21",
        title: "2019年6月21日暴雨",
        title_en: "Storm of 21 June 2019",
        rain_from: Time::from_ms(1_561_064_400_000),
        rain_to: Time::from_ms(1_561_104_000_000),
        areal_tenths: 511,
        named: &[("苏溪", 1_100), ("荷叶塘", 946), ("鹤田", 945)],
        rest_tenths: (160, 905),
        cells: &cells::OF_2019,
    },
    Storm {
        id: "2021-06-30",
        title: "2021年6月30日暴雨",
        title_en: "Storm of 30 June 2021",
        rain_from: Time::from_ms(1_624_948_200_000),
        rain_to: Time::from_ms(1_625_034_600_000),
        areal_tenths: 374,
        named: &[("上溪", 511), ("城西", 501)],
        rest_tenths: (230, 494),
        cells: &cells::OF_2021,
    },
];

/// A storm as the screen lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// [`Storm::id`].
    pub id: &'static str,
    /// 名称.
    pub title: &'static str,
    /// Name in English.
    pub title_en: &'static str,
    /// Storm hour 0: the dry time before the rain begins.
    pub starts_at: Time,
    /// How long it is played, with the dry time before and the recession after.
    pub hours: f64,
    /// 面雨量 over the recorded hours, mm.
    pub areal_mm: f64,
    /// Public totals of named gauges, mm.
    pub gauges: Vec<ListedGauge>,
}

/// A named gauge's public total.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedGauge {
    /// The gauge's name.
    pub name: &'static str,
    /// Its total over the recorded hours, mm.
    pub mm: f64,
}

impl Storm {
    /// The storm of that name.
    #[must_use]
    pub fn of(id: &str) -> Option<&'static Self> {
        const ALL: &[Storm; 2] = &STORMS;
        ALL.iter().find(|s| s.id == id)
    }

    /// Storm hour 0, in the storm's own year: two dry hours before the rain.
    #[must_use]
    pub const fn starts_at(&self) -> Time {
        self.rain_from.plus_ms(-WARM_UP_MS)
    }

    /// How long it is played, minutes.
    #[must_use]
    pub const fn minutes(&self) -> i64 {
        (self.rain_to.since_ms(self.rain_from) + WARM_UP_MS + RECESSION_MS) / MINUTE_MS
    }

    /// The recorded hours in minutes since storm hour 0.
    #[must_use]
    pub const fn rain_minutes(&self) -> (i64, i64) {
        let from = WARM_UP_MS / MINUTE_MS;
        (from, from + self.rain_to.since_ms(self.rain_from) / MINUTE_MS)
    }

    /// How the screen lists it.
    #[must_use]
    pub fn listed(&self) -> Listed {
        let mm = |tenths: u32| f64::from(tenths) / 10.0;
        Listed {
            id: self.id,
            title: self.title,
            title_en: self.title_en,
            starts_at: self.starts_at(),
            hours: self.minutes() as f64 / 60.0,
            areal_mm: mm(self.areal_tenths),
            gauges: self.named.iter().map(|(name, tenths)| ListedGauge { name, mm: mm(*tenths) }).collect(),
        }
    }
}
