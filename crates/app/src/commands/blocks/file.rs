//! The GeoJSON file as it is written: a `FeatureCollection` with a member `people`.

use field::person::{ChannelKind, Role};
use serde::Deserialize;

/// The file.
#[derive(Debug, Deserialize)]
pub(super) struct Map {
    /// Everybody named in the blocks.
    #[serde(default)]
    pub(super) people: Vec<PersonEntry>,
    /// Towns, blocks and what is drawn under them.
    pub(super) features: Vec<Feature>,
}

/// One person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonEntry {
    /// Name they sign in with; the key by which blocks name them.
    pub(super) login: String,
    /// 姓名.
    pub(super) name: String,
    /// Name in Latin letters.
    #[serde(default)]
    pub(super) name_en: String,
    /// What they may do.
    pub(super) role: Role,
    /// 手机号.
    #[serde(default)]
    pub(super) mobile: Option<String>,
    /// 企业微信 userid.
    #[serde(default)]
    pub(super) wecom: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub(super) email: Option<String>,
    /// Channels in the order they are tried.
    pub(super) channels: Vec<ChannelKind>,
}

/// One feature.
#[derive(Debug, Deserialize)]
pub(super) struct Feature {
    /// What it is.
    pub(super) properties: Properties,
    /// Where it is.
    pub(super) geometry: Geometry,
}

/// What a feature is.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Properties {
    /// 镇街.
    Town {
        /// Administrative code.
        code: String,
        /// 名称.
        name: String,
        /// Name in English.
        #[serde(default)]
        name_en: String,
    },
    /// 区块.
    Block {
        /// Its number on paper.
        code: String,
        /// 名称.
        name: String,
        /// Name in English.
        #[serde(default)]
        name_en: String,
        /// Its town's code.
        town: String,
        /// A 岗, by login.
        a: String,
        /// B 岗, by login.
        b: String,
        /// 片区负责人, by login.
        supervisor: String,
        /// Duty; left out: A from 08:00 to 20:00, B by night.
        #[serde(default)]
        duty: Option<Duty>,
    },
    /// A line or area drawn under the stations.
    #[serde(untagged)]
    Drawn {
        /// `river`, `road` or `reservoir`.
        kind: String,
        /// 名称.
        name: String,
        /// Name in English.
        #[serde(default)]
        name_en: String,
        /// How wide a line is, metres.
        #[serde(default)]
        width_m: f64,
    },
}

/// A duty cycle.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Duty {
    /// Its length.
    pub(super) cycle_days: u32,
    /// Who, from which minute of the cycle to which.
    pub(super) shifts: Vec<DutyShift>,
}

/// One stretch of a duty cycle.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DutyShift {
    /// First minute on duty.
    pub(super) from_min: u32,
    /// First minute off duty again.
    pub(super) to_min: u32,
    /// Who, by login.
    pub(super) login: String,
}

/// Where a feature is.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "coordinates")]
pub(super) enum Geometry {
    /// One outer ring; holes are not taken.
    Polygon(Vec<Vec<[f64; 2]>>),
    /// One line.
    LineString(Vec<[f64; 2]>),
    /// Several lines.
    MultiLineString(Vec<Vec<[f64; 2]>>),
}
