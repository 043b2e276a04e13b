//! 保留期: how long each class of points keeps its rows and its roll-ups, and how long raw frames are kept.
//! Plain data from the configuration; [`crate::Samples::retain`] does it.

use crate::{Classes, Keep, Limits, Registry};
use field::station::{Point, Quantity};
use field::time::{DAY_MS, Time};
use serde::Deserialize;

/// Most classes: each is a line of a page.
pub const CLASSES_MAX: usize = 64;

/// 保留类: points that are kept equally long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionClass {
    /// Its name, on the page too.
    pub name: String,
    /// What its points measure; empty: anything.
    pub quantities: Vec<Quantity>,
    /// At which stations they are; empty: any.
    pub stations: Vec<field::id::StationCode>,
    /// Days rows are kept; `None`: for ever.
    pub rows_days: Option<u32>,
    /// Days roll-ups are kept; `None`: for ever.
    pub rollups_days: Option<u32>,
}

/// 保留: everything that is said about it. The default lets nothing go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days raw frames are kept; `None`: for ever.
    pub frames_days: Option<u32>,
    /// Days rows of points without a class are kept; `None`: for ever.
    pub rows_days: Option<u32>,
    /// Days roll-ups of points without a class are kept; `None`: for ever.
    pub rollups_days: Option<u32>,
    /// The classes; a point belongs to the first one it fits.
    pub class: Vec<RetentionClass>,
}

/// Why a retention will not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRetention {
    /// Nothing would be left.
    #[error("retention: `{0}` is 0 days; write at least 1, or leave it out to keep everything")]
    NoDays(String),
    /// A class without a name, or two of one name.
    #[error("retention class `{0}`: every class has a name of its own")]
    Name(String),
    /// Too many classes.
    #[error("retention: {0} classes; at most {CLASSES_MAX} are kept apart")]
    TooMany(usize),
}

impl RetentionClass {
    fn fits(&self, point: &Point) -> bool {
        (self.quantities.is_empty() || self.quantities.contains(&point.quantity))
            && (self.stations.is_empty() || self.stations.contains(&point.station))
    }
}

impl Retention {
    /// Whether it can be used.
    ///
    /// # Errors
    /// [`BadRetention`] names what cannot.
    pub fn check(&self) -> Result<(), BadRetention> {
        if self.class.len() > CLASSES_MAX {
            return Err(BadRetention::TooMany(self.class.len()));
        }
        for (n, class) in self.class.iter().enumerate() {
            let twice = self.class.iter().take(n).any(|other| other.name == class.name);
            if twice || class.name.is_empty() {
                return Err(BadRetention::Name(class.name.clone()));
            }
        }
        let own = [
            ("frames_days", self.frames_days),
            ("rows_days", self.rows_days),
            ("rollups_days", self.rollups_days),
        ];
        let of_classes =
            self.class.iter().flat_map(|c| [("rows_days", c.rows_days), ("rollups_days", c.rollups_days)]);
        match own.into_iter().chain(of_classes).find(|(_, days)| *days == Some(0)) {
            Some((what, _)) => Err(BadRetention::NoDays(what.to_owned())),
            None => Ok(()),
        }
    }

    /// Whether anything is ever let go.
    #[must_use]
    pub fn lets_go(&self) -> bool {
        let of_classes = self.class.iter().flat_map(|c| [c.rows_days, c.rollups_days]);
        [self.frames_days, self.rows_days, self.rollups_days].into_iter().chain(of_classes).flatten().count()
            > 0
    }

    /// The place of a point's class; the number of classes for a point without one.
    #[must_use]
    pub fn class_of(&self, point: &Point) -> usize {
        self.class.iter().position(|class| class.fits(point)).unwrap_or(self.class.len())
    }

    /// Which class each registered point belongs to.
    #[must_use]
    pub fn classes(&self, registry: &Registry) -> Classes {
        let others = self.class.len();
        let of = registry.points().iter().map(|(id, point)| (*id, self.class_of(point)));
        Classes { of: of.filter(|(_, class)| *class != others).collect(), others }
    }

    /// Since when every row of a point is certainly still kept; `None`: since ever.
    #[must_use]
    pub fn rows_from(&self, point: &Point, now: Time) -> Option<Time> {
        let class = self.class.get(self.class_of(point));
        let days = class.map_or(self.rows_days, |class| class.rows_days);
        days.map(|days| now.plus_ms(-i64::from(days) * DAY_MS))
    }

    /// What of it is due at `now`.
    #[must_use]
    pub fn due(&self, registry: &Registry, now: Time) -> Keep {
        let from = |days: Option<u32>| days.map(|days| now.plus_ms(-i64::from(days) * DAY_MS));
        let limits = |rows, rollups| Limits { rows_from: from(rows), rollups_from: from(rollups) };
        let of_point = |(id, point): (&field::id::PointId, &std::sync::Arc<Point>)| {
            let class = self.class.get(self.class_of(point))?;
            Some((*id, limits(class.rows_days, class.rollups_days)))
        };
        Keep {
            frames_from: from(self.frames_days),
            others: limits(self.rows_days, self.rollups_days),
            points: registry.points().iter().filter_map(of_point).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::id::{PointId, StationCode};

    fn class(name: &str, quantities: &[Quantity], days: u32) -> RetentionClass {
        RetentionClass {
            name: name.to_owned(),
            quantities: quantities.to_vec(),
            rows_days: Some(days),
            ..RetentionClass::default()
        }
    }

    #[test]
    fn a_point_belongs_to_the_first_class_it_fits() {
        let point = |quantity| Point {
            id: PointId(1),
            station: StationCode::new("A").unwrap(),
            quantity,
            elements: vec![],
            min: 0.0,
            max: 1.0,
            own_unit: String::new(),
        };
        let mut retention =
            Retention { class: vec![class("power", &[Quantity::Voltage], 30)], ..Retention::default() };
        assert_eq!(retention.class_of(&point(Quantity::Voltage)), 0);
        assert_eq!(retention.class_of(&point(Quantity::Level)), 1);
        retention.class.insert(
            0,
            RetentionClass { stations: vec![StationCode::new("A").unwrap()], ..class("a", &[], 9) },
        );
        assert_eq!(retention.class_of(&point(Quantity::Voltage)), 0);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert_eq!(Retention::default().check(), Ok(()));
        assert!(!Retention::default().lets_go());
        let none = Retention { rows_days: Some(0), ..Retention::default() };
        assert_eq!(none.check(), Err(BadRetention::NoDays("rows_days".into())));
        let twice = Retention { class: vec![class("a", &[], 1), class("a", &[], 2)], ..Retention::default() };
        assert_eq!(twice.check(), Err(BadRetention::Name("a".into())));
        assert!(twice.lets_go());
    }
}
