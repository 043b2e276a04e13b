//! 实体: the eight kinds of the sensing profile, what they are called and where they lead.

use field::id::{PointId, StationCode};
use field::station::Quantity;
use field::time::Time;

/// A kind of entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Thing,
    Location,
    HistoricalLocation,
    Datastream,
    Sensor,
    ObservedProperty,
    Observation,
    FeatureOfInterest,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Thing,
        Self::Location,
        Self::HistoricalLocation,
        Self::Datastream,
        Self::Sensor,
        Self::ObservedProperty,
        Self::Observation,
        Self::FeatureOfInterest,
    ];

    /// The name of its entity set.
    pub(super) const fn set(self) -> &'static str {
        match self {
            Self::Thing => "Things",
            Self::Location => "Locations",
            Self::HistoricalLocation => "HistoricalLocations",
            Self::Datastream => "Datastreams",
            Self::Sensor => "Sensors",
            Self::ObservedProperty => "ObservedProperties",
            Self::Observation => "Observations",
            Self::FeatureOfInterest => "FeaturesOfInterest",
        }
    }

    /// The kind whose set has that name.
    pub(super) fn of_set(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.set() == name)
    }

    /// Where it leads (OGC 18-088, figure 2): name, kind, whether to many.
    pub(super) const fn links(self) -> &'static [(&'static str, Self, bool)] {
        match self {
            Self::Thing => &[
                ("Locations", Self::Location, true),
                ("HistoricalLocations", Self::HistoricalLocation, true),
                ("Datastreams", Self::Datastream, true),
            ],
            Self::Location => {
                &[("Things", Self::Thing, true), ("HistoricalLocations", Self::HistoricalLocation, true)]
            }
            Self::HistoricalLocation => &[("Thing", Self::Thing, false), ("Locations", Self::Location, true)],
            Self::Datastream => &[
                ("Thing", Self::Thing, false),
                ("Sensor", Self::Sensor, false),
                ("ObservedProperty", Self::ObservedProperty, false),
                ("Observations", Self::Observation, true),
            ],
            Self::Sensor | Self::ObservedProperty => &[("Datastreams", Self::Datastream, true)],
            Self::Observation => &[
                ("Datastream", Self::Datastream, false),
                ("FeatureOfInterest", Self::FeatureOfInterest, false),
            ],
            Self::FeatureOfInterest => &[("Observations", Self::Observation, true)],
        }
    }

    /// The link of that name.
    pub(super) fn link(self, name: &str) -> Option<(Self, bool)> {
        self.links().iter().find(|(link, ..)| *link == name).map(|(_, kind, many)| (*kind, *many))
    }
}

/// What an entity is made from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// Things, Locations, FeaturesOfInterest.
    Station(StationCode),
    /// Datastreams, Sensors.
    Point(PointId),
    /// ObservedProperties.
    Quantity(Quantity),
    /// Observations.
    Sample(PointId, Time),
}

impl Key {
    /// Reads what stands between the brackets: `17`, `'3307820001'`.
    pub(super) fn read(kind: Kind, text: &str) -> Option<Self> {
        let quoted = || text.strip_prefix('\'')?.strip_suffix('\'');
        match kind {
            Kind::Thing | Kind::Location | Kind::HistoricalLocation | Kind::FeatureOfInterest => {
                StationCode::new(quoted()?).ok().map(Self::Station)
            }
            Kind::Datastream | Kind::Sensor => text.parse().ok().map(Self::Point),
            Kind::ObservedProperty => Quantity::from_code(quoted()?).map(Self::Quantity),
            Kind::Observation => {
                let (point, at) = quoted()?.split_once('-')?;
                let at: i64 = at.parse().ok()?;
                let known = (Time::MIN.ms()..=Time::MAX.ms()).contains(&at);
                known.then_some(Self::Sample(point.parse().ok()?, Time::from_ms(at)))
            }
        }
    }

    /// `@iot.id`: a number, or a text.
    pub(super) fn id(&self) -> serde_json::Value {
        match self {
            Self::Station(code) => code.as_str().into(),
            Self::Point(id) => id.0.into(),
            Self::Quantity(quantity) => quantity.code().into(),
            Self::Sample(point, at) => format!("{point}-{}", at.ms()).into(),
        }
    }

    /// As a path writes it: `17`, `'3307820001'`.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Point(id) => id.to_string(),
            Self::Station(code) => format!("'{code}'"),
            Self::Quantity(quantity) => format!("'{}'", quantity.code()),
            Self::Sample(point, at) => format!("'{point}-{}'", at.ms()),
        }
    }
}
