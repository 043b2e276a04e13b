//! 引擎: one file an engine, in one slice. An engine is stepped minute by minute on what it may see, and
//! says what it computed; it does no IO.

mod storm;
pub(crate) mod supply;

use crate::bindings::Bindings;
use crate::series::{Carriers, Wanted};
use crate::sight::{Sight, Wish};
use crate::trouble::Trouble;
use field::id::{PointId, StationCode};
use field::sample::{Quality, Reading, Sample};
use field::station::{Point, Quantity};
use field::time::Time;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use store::Registry;

/// What an engine starts from.
pub(crate) struct Setup {
    /// The model file's text.
    pub(crate) text: String,
    /// Texts of the other files it asked for, by name; those that are there.
    pub(crate) files: HashMap<String, String>,
    pub(crate) bindings: Bindings,
    pub(crate) registry: Arc<Registry>,
    pub(crate) carriers: Carriers,
    /// What it remembered last.
    pub(crate) memory: Option<Vec<u8>>,
    /// Where what-if trials find the live state.
    pub(crate) trials: supply::Trials,
}

/// What came out of one turn.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Which run it was, and of which minute: the packets' raw bytes.
    pub(crate) raw: Value,
    /// What to write.
    pub(crate) readings: Vec<Reading>,
    /// What to show, by board.
    pub(crate) boards: Vec<(&'static str, Vec<u8>)>,
    /// An event that is over and can be scored: from, to.
    pub(crate) event: Option<(Time, Time)>,
    /// The event under way, so far.
    pub(crate) running: Option<(Time, Time)>,
}

/// A model at work.
pub(crate) trait Engine: Send + Sync {
    /// What it wants to see to come to `minute`.
    fn wish(&self, minute: Time) -> Wish;

    /// Comes to `minute`. Doing the same minute again says the same.
    ///
    /// # Errors
    /// [`Trouble::Engine`]; it then starts anew with the next turn.
    fn turn(&mut self, minute: Time, sight: &Sight) -> Result<Turn, Trouble>;

    /// What it needs to go on after a kill.
    fn memory(&self) -> Option<Vec<u8>>;
}

/// An engine with what it does without, or why there is none.
pub(crate) type Opened = Result<(Box<dyn Engine>, Vec<Trouble>), Trouble>;

/// A kind of engine.
#[derive(Debug)]
pub struct EngineKind {
    /// Its name in settings, boards and runs.
    pub code: &'static str,
    /// Its model file.
    pub file: &'static str,
    /// Names of the files it reads beside its model.
    pub(crate) files: fn(&Bindings) -> Vec<String>,
    pub(crate) wanted: fn(&Bindings, &Registry) -> Wanted,
    pub(crate) open: fn(Setup) -> Opened,
}

/// Every engine.
pub const ENGINES: &[EngineKind] = &[storm::KIND, supply::KIND];

/// The first point of a station that measures one of these.
pub(crate) fn point_of(
    registry: &Registry,
    station: &StationCode,
    quantities: &[Quantity],
) -> Result<Arc<Point>, Trouble> {
    let found = registry.points_of(station).iter().find(|p| quantities.contains(&p.quantity));
    found.cloned().ok_or_else(|| Trouble::NoPoint {
        station: station.to_string(),
        quantity: quantities.first().map_or("", |q| q.code()).to_owned(),
    })
}

/// Keeps what was found and says what was not.
pub(crate) fn sift<T>(
    found: impl Iterator<Item = Result<T, Trouble>>,
    troubles: &mut Vec<Trouble>,
) -> Vec<T> {
    found.filter_map(|one| one.map_err(|trouble| troubles.push(trouble)).ok()).collect()
}

/// The index of a name, or the trouble that it is not there.
pub(crate) fn index_of<'a>(
    mut names: impl Iterator<Item = &'a String>,
    kind: &str,
    name: &str,
) -> Result<usize, Trouble> {
    let found = names.position(|known| known == name);
    found.ok_or_else(|| Trouble::NoObject { kind: kind.to_owned(), name: name.to_owned() })
}

/// Collects readings.
#[derive(Debug, Default)]
pub(crate) struct Pile(Vec<Reading>);

impl Pile {
    /// What a model says: shown as estimated, never judged.
    pub(crate) fn says(&mut self, point: Option<PointId>, at: Time, value: f64) {
        self.add(point, at, value, Quality::Estimated);
    }

    /// A residual: a rule may judge it.
    pub(crate) fn judged(&mut self, point: Option<PointId>, at: Time, value: f64) {
        self.add(point, at, value, Quality::Good);
    }

    fn add(&mut self, point: Option<PointId>, at: Time, value: f64, quality: Quality) {
        let Some(point) = point.filter(|_| value.is_finite()) else { return };
        // To a tenth of a millimetre, so that the same minute computed again is the same value.
        let value = Some((value * 1e4).round() / 1e4);
        let sample = Sample { at, value, quality };
        self.0.push(Reading { point, sample });
    }

    pub(crate) fn done(self) -> Vec<Reading> {
        self.0
    }
}

/// The first hex digits of a text's SHA-256: tells models apart in run ids.
pub(crate) fn fingerprint(text: &str) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(text.as_bytes());
    hash.iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// The id of a run: engine, model, beginning (Beijing time).
pub(crate) fn run_id(engine: &str, model: &str, begins: Time) -> String {
    let at = begins.beijing();
    let (y, mo, d, h, mi) = (at.year(), at.month(), at.day(), at.hour(), at.minute());
    format!("{engine}-{model}-{y:04}{mo:02}{d:02}T{h:02}{mi:02}")
}
