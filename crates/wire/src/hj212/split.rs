//! 拆分包: putting a report together that came in several packets (Flag bit D, PNUM and PNO).
//!
//! The standard repeats DataTime in every part, so a part is whole by itself; many loggers instead cut
//! one data area anywhere. Parts are therefore collected and read again as one when all are there. The
//! caller keeps each part's bytes durable before it answers; here nothing is durable.

use super::decoded::Decoded;
use super::segment;
use std::collections::VecDeque;

/// Reports under way on one connection: a logger sends one after another, two kinds may interleave.
const MAX_REPORTS: usize = 4;
/// Parts of one report: 64 × 950 bytes is a day of minutes of a station with ten factors.
pub const MAX_PARTS: u16 = 64;

#[derive(Debug)]
struct Under {
    mn: Option<String>,
    cn: Option<u16>,
    total: u16,
    parts: Vec<Option<Vec<u8>>>,
}

/// A split report that never became whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// MN.
    pub mn: Option<String>,
    /// CN.
    pub cn: Option<u16>,
    /// Parts that did not come.
    pub missing: usize,
    /// The data areas that came, behind one another.
    pub came: Vec<u8>,
}

/// What became of a part.
#[derive(Debug, PartialEq)]
pub enum Joined {
    /// More parts are wanted; how many of them.
    Waiting(u16),
    /// The report, whole: the last part with the data area of all.
    Whole(Box<Decoded>),
    /// More parts than anybody sends.
    TooMany,
}

/// Collects parts of a connection.
#[derive(Debug, Default)]
pub struct Joiner {
    under: VecDeque<Under>,
}

impl Joiner {
    /// Takes a part of a split report. A part that came before replaces itself (it was sent again).
    /// The oldest unfinished report gives way to a fifth.
    pub fn take(&mut self, part: &Decoded) -> Joined {
        let Some(packet) = part.packet else { return Joined::Whole(Box::new(part.clone())) };
        if packet.total <= 1 {
            return Joined::Whole(Box::new(part.clone()));
        }
        if packet.total > MAX_PARTS {
            return Joined::TooMany;
        }
        let same = |u: &Under| u.mn == part.mn && u.cn == part.cn && u.total == packet.total;
        let place = self.under.iter().position(same).unwrap_or_else(|| {
            if self.under.len() >= MAX_REPORTS {
                self.under.pop_front();
            }
            let parts = vec![None; usize::from(packet.total)];
            self.under.push_back(Under { mn: part.mn.clone(), cn: part.cn, total: packet.total, parts });
            self.under.len() - 1
        });
        let Some(under) = self.under.get_mut(place) else { return Joined::Waiting(packet.total) };
        if let Some(slot) = under.parts.get_mut(usize::from(packet.number.saturating_sub(1))) {
            *slot = Some(part.cp.clone());
        }
        let missing = under.parts.iter().filter(|p| p.is_none()).count();
        if missing > 0 {
            return Joined::Waiting(u16::try_from(missing).unwrap_or(u16::MAX));
        }
        let Some(under) = self.under.remove(place) else { return Joined::Waiting(0) };
        let mut whole = part.clone();
        segment::read_joined(&join(&under.parts), &mut whole);
        Joined::Whole(Box::new(whole))
    }

    /// Gives up the reports that are not whole: of each the station, the command, how many parts are
    /// missing, and the data areas that did come.
    pub fn give_up(&mut self) -> Vec<Unfinished> {
        let unfinished = |u: Under| Unfinished {
            mn: u.mn,
            cn: u.cn,
            missing: u.parts.iter().filter(|p| p.is_none()).count(),
            came: u.parts.into_iter().flatten().flatten().collect(),
        };
        self.under.drain(..).map(unfinished).collect()
    }

    /// Reports that are not whole yet.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.under.len()
    }
}

/// The parts behind one another. A part that begins with an item of its own is set off by `;`.
fn join(parts: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut whole: Vec<u8> = Vec::new();
    for part in parts.iter().flatten() {
        let own_item = begins_with_item(part);
        let open = whole.last().is_some_and(|b| !matches!(b, b';' | b','));
        let cut_before = part.first().is_some_and(|b| matches!(b, b';' | b','));
        // `…w01018-Rtd=3` and `1.2,…` belong together; `…Flag=N` and `w21003-Rtd=…` do not.
        if open && own_item && !cut_before && ends_with_item(&whole) {
            whole.push(b';');
        }
        whole.extend_from_slice(part);
    }
    whole
}

/// Whether the first item of a part has a name of its own: letters, digits, `-` up to a `=`.
fn begins_with_item(part: &[u8]) -> bool {
    let head = part.split(|b| matches!(b, b';' | b',')).next().unwrap_or_default();
    let Some(eq) = head.iter().position(|b| *b == b'=') else { return false };
    let name = head.get(..eq).unwrap_or_default();
    name.eq_ignore_ascii_case(b"DataTime") || (name.contains(&b'-') && name.len() >= 5)
}

/// Whether a part ends behind a value, not inside a name.
fn ends_with_item(part: &[u8]) -> bool {
    part.rsplit(|b| matches!(b, b';' | b',')).next().is_some_and(|last| last.contains(&b'='))
}
