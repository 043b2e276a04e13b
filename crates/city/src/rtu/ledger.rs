//! 账: each distinct reading a station put on the wire, and whether the server confirmed it.
//!
//! The simulator's own truth, beside which the server's store is laid: what was confirmed must be
//! stored, once.

use field::time::Time;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use wire::report::ReportReading;

/// Most readings remembered: forty days of the demo. The oldest go first.
pub(crate) const MOST_ENTRIES: usize = 3_000_000;

/// One reading as it stands in the ledger.
#[derive(Clone, Copy, Debug)]
struct Entry {
    station: u16,
    element: u16,
    confirmed: bool,
    at: Time,
    value: Option<f64>,
    /// Values are written as a whole number of this part of the unit (10, 100, 1000 or 10000).
    parts: u16,
}

/// A reading as the control port gives it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sent {
    /// Its place in the list asked for; ask on with `after` set to it.
    pub n: u64,
    /// Station code.
    pub station: String,
    /// Element: hexadecimal in SL 651, such as `39` or `F4`; a name in other protocols.
    pub element: String,
    /// When it was observed, by the station's clock.
    pub observed_at: Time,
    /// What was sent; nothing for a missing value.
    pub value: Option<f64>,
    /// Whether the server confirmed a frame that carried it.
    pub confirmed: bool,
}

/// A reading to be entered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// An SL 651 element, or what [`Ledger::name`] gave.
    pub(crate) element: u16,
    pub(crate) at: Time,
    pub(crate) value: Option<f64>,
    pub(crate) parts: u16,
}

/// Lists with a sliding beginning: places are counted from the first entry ever.
#[derive(Debug, Default)]
struct Books {
    first: u64,
    entries: VecDeque<Entry>,
    /// Places of the confirmed ones, in the order of confirmation.
    confirmed: VecDeque<u64>,
    confirmed_first: u64,
    /// Names of elements that are no SL 651 identifiers, numbered from 256 on.
    names: Vec<String>,
}

/// The ledger of the whole town.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    codes: Vec<String>,
    books: Mutex<Books>,
}

/// Most readings in one answer: a storm of two days in one piece.
pub(crate) const PAGE: usize = 1_000_000;

impl Ledger {
    /// An empty ledger for stations with these codes.
    pub(crate) fn new(codes: Vec<String>) -> Self {
        Self { codes, books: Mutex::default() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // A panic elsewhere cannot leave the lists half written: each change is one push.
        self.books.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The number of an element with a name, such as `level` or `w01018-Rtd`.
    pub(crate) fn name(&self, name: &str) -> u16 {
        let mut books = self.books();
        let known = books.names.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            books.names.push(name.to_owned());
            books.names.len() - 1
        });
        256 + place as u16
    }

    /// The page of a station that is told of only what the server has confirmed; `None` for a stranger.
    pub(crate) fn page(self: &Arc<Self>, code: &str) -> Option<Page> {
        let station = self.codes.iter().position(|known| known == code)?;
        Some(Page { ledger: Arc::clone(self), station })
    }

    /// Enters readings that go on the wire for the first time; gives their places.
    pub(crate) fn enter(&self, station: usize, lines: &[Line]) -> std::ops::Range<u64> {
        let mut books = self.books();
        let from = books.first + books.entries.len() as u64;
        for line in lines {
            if books.entries.len() >= MOST_ENTRIES {
                books.entries.pop_front();
                books.first += 1;
            }
            books.entries.push_back(Entry {
                station: station as u16,
                element: line.element,
                confirmed: false,
                at: line.at,
                value: line.value,
                parts: line.parts,
            });
        }
        from..from + lines.len() as u64
    }

    /// Marks readings confirmed.
    pub(crate) fn confirm(&self, places: std::ops::Range<u64>) {
        let mut books = self.books();
        for place in places {
            let Some(index) = place.checked_sub(books.first).and_then(|i| usize::try_from(i).ok()) else {
                continue;
            };
            let Some(entry) = books.entries.get_mut(index).filter(|e| !e.confirmed) else { continue };
            entry.confirmed = true;
            if books.confirmed.len() >= MOST_ENTRIES {
                books.confirmed.pop_front();
                books.confirmed_first += 1;
            }
            books.confirmed.push_back(place);
        }
    }

    /// How many readings were entered and confirmed since the start.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let books = self.books();
        (books.first + books.entries.len() as u64, books.confirmed_first + books.confirmed.len() as u64)
    }

    /// Up to [`PAGE`] readings behind the first `after`, in the order they were sent.
    pub(crate) fn sent(&self, after: u64) -> Vec<Sent> {
        let books = self.books();
        let skip = usize::try_from(after.saturating_sub(books.first)).unwrap_or(usize::MAX);
        let first = books.first + skip as u64 + 1;
        books
            .entries
            .iter()
            .skip(skip)
            .take(PAGE)
            .zip(first..)
            .map(|(e, n)| self.shown(&books, e, n))
            .collect()
    }

    /// Up to [`PAGE`] confirmed readings behind the first `after`, in the order of confirmation.
    pub(crate) fn confirmed(&self, after: u64) -> Vec<Sent> {
        let books = self.books();
        let skip = usize::try_from(after.saturating_sub(books.confirmed_first)).unwrap_or(usize::MAX);
        let first = books.confirmed_first + skip as u64 + 1;
        let entry = |place: &u64| books.entries.get(usize::try_from(place.checked_sub(books.first)?).ok()?);
        let places = books.confirmed.iter().skip(skip).take(PAGE).zip(first..);
        places.filter_map(|(place, n)| Some(self.shown(&books, entry(place)?, n))).collect()
    }

    /// Up to [`PAGE`] readings that are on the wire and not confirmed.
    pub(crate) fn unconfirmed(&self) -> Vec<Sent> {
        let books = self.books();
        let first = books.first + 1;
        let open = books.entries.iter().zip(first..).filter(|(e, _)| !e.confirmed);
        open.take(PAGE).map(|(e, n)| self.shown(&books, e, n)).collect()
    }

    fn shown(&self, books: &Books, entry: &Entry, n: u64) -> Sent {
        let parts = f64::from(entry.parts);
        Sent {
            n,
            station: self.codes.get(usize::from(entry.station)).cloned().unwrap_or_default(),
            element: match entry.element.checked_sub(256) {
                None => format!("{:02X}", entry.element),
                Some(place) => books.names.get(usize::from(place)).cloned().unwrap_or_default(),
            },
            observed_at: entry.at,
            value: entry.value.map(|v| (v * parts).round() / parts),
            confirmed: entry.confirmed,
        }
    }
}

/// 账页: what one device of a station enters when the server has confirmed it.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    ledger: Arc<Ledger>,
    station: usize,
}

/// Devices write at most four decimals.
const DEVICE_PARTS: u16 = 10_000;

impl Page {
    /// The server has confirmed these elements of one moment.
    pub(crate) fn kept(&self, at: Time, values: &[(&str, f64)]) {
        self.enter(values.iter().map(|(element, value)| (*element, at, Some(*value))));
    }

    /// The server has confirmed a message with these readings.
    pub(crate) fn kept_readings(&self, readings: &[ReportReading]) {
        self.enter(readings.iter().map(|r| (r.element.as_str(), r.observed_at, r.value)));
    }

    fn enter<'a>(&self, readings: impl Iterator<Item = (&'a str, Time, Option<f64>)>) {
        let line = |(element, at, value): (&str, Time, Option<f64>)| Line {
            element: self.ledger.name(element),
            at,
            value,
            parts: DEVICE_PARTS,
        };
        let lines: Vec<Line> = readings.map(line).collect();
        self.ledger.confirm(self.ledger.enter(self.station, &lines));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(minute: i64, value: f64) -> Line {
        Line { element: 0x39, at: Time::from_ms(minute * 60_000), value: Some(value), parts: 1_000 }
    }

    #[test]
    fn a_reading_is_listed_once_and_again_among_the_confirmed_when_it_is() {
        let ledger = Ledger::new(vec!["3307820001".into()]);
        let a = ledger.enter(0, &[line(1, 61.84), line(2, 61.851)]);
        let b = ledger.enter(0, &[line(3, 62.0)]);
        ledger.confirm(b.clone());
        ledger.confirm(b);
        ledger.confirm(a);
        assert_eq!(ledger.counts(), (3, 3));
        let values: Vec<f64> = ledger.sent(0).iter().filter_map(|s| s.value).collect();
        assert_eq!(values, [61.84, 61.851, 62.0]);
        let confirmed: Vec<f64> = ledger.confirmed(1).iter().filter_map(|s| s.value).collect();
        assert_eq!(confirmed, [61.84, 61.851]);
        assert_eq!(ledger.sent(2).first().map(|s| s.n), Some(3));
        let open = ledger.enter(0, &[line(4, 62.5)]);
        assert_eq!(ledger.unconfirmed().iter().map(|s| s.n).collect::<Vec<_>>(), [4]);
        ledger.confirm(open);
        assert!(ledger.unconfirmed().is_empty());
    }

    #[test]
    fn a_devices_page_holds_what_was_confirmed_under_its_stations_code() {
        let ledger = Arc::new(Ledger::new(vec!["3307820001".into(), "ZZ-LL-001".into()]));
        assert!(ledger.page("nobody").is_none());
        let page = ledger.page("ZZ-LL-001").unwrap();
        page.kept(Time::from_ms(60_000), &[("flow", 0.1234), ("total", 2_345_678.5)]);
        let confirmed = ledger.confirmed(0);
        let told: Vec<_> =
            confirmed.iter().map(|s| (s.station.as_str(), s.element.as_str(), s.value)).collect();
        assert_eq!(told, [("ZZ-LL-001", "flow", Some(0.1234)), ("ZZ-LL-001", "total", Some(2_345_678.5))]);
    }
}
