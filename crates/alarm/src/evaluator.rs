//! 研判机: packets in, transitions out. The one machine behind the live desk and the replay.
//!
//! Deterministic: what comes out depends only on the packets in log order, the moments of
//! [`Evaluator::tick`] and the marks of waking — not on how packets were cut into batches, nor on
//! restarts in between (a window rebuilt by [`Evaluator::load`] is the window that was).
//!
//! - Rules on samples are judged when a sample of their point comes in, at the window's newest
//!   observed time. A packet whose newest sample is old news on arrival changes no alarm.
//! - Silence is a matter of one station's own packets: the moment it becomes due is a whole minute
//!   that follows from the last one heard, so it is the same whenever somebody looks.
//!
//! No IO, no clock.

use crate::plan::Watched;
use crate::rules::{Finding, Rule, RuleKind, Trigger, Verdict};
use crate::window::{Trail, Window};
use field::alarm::Evidence;
use field::id::{PacketSeq, PointId, RuleId, StationCode};
use field::sample::{Packet, Sample, StoredPacket};
use field::severity::Severity;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// A rule found its condition to begin, worsen, ease or end.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When: the reception of the packet that showed it, or the whole minute of a silence.
    pub at: Time,
    /// Which rule.
    pub rule: RuleId,
    /// How bad it was; `None`: normal.
    pub from: Option<Severity>,
    /// How bad it is; `None`: normal again.
    pub to: Option<Severity>,
    /// The figure judged, where there is one.
    pub value: Option<f64>,
    /// The threshold reached; `None` when normal again.
    pub threshold: Option<f64>,
    /// The packet that showed it; `None` for a silence.
    pub packet: Option<PacketSeq>,
    /// The samples it was judged on, at most [`Evidence::MAX_SAMPLES`]; empty when normal
    /// again, and for a silence.
    pub proof: Vec<Sample>,
}

/// 醒来: nobody listened from `asleep` to `awake`: the server was down, or the playback leapt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The last moment known to have been listened to.
    pub asleep: Time,
    /// When listening began (again). Silence is counted from here at the earliest.
    pub awake: Time,
    /// For these stations only (newly watched); empty: for all.
    pub stations: Vec<StationCode>,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Evaluator {
    stations: HashMap<StationCode, StationState>,
    /// Wakings that lie ahead of the packets seen so far, in order.
    marks: VecDeque<Mark>,
}

#[derive(Debug, Default)]
struct StationState {
    interval_ms: i64,
    heard: Option<Time>,
    since: Option<Time>,
    /// By id.
    points: Vec<PointState>,
}

#[derive(Debug)]
struct PointState {
    id: PointId,
    min: f64,
    max: f64,
    trail: Trail,
    rules: Vec<RuleState>,
}

#[derive(Clone, Debug)]
struct RuleState {
    id: RuleId,
    kind: &'static RuleKind,
    logic: Arc<dyn Rule>,
    current: Option<Severity>,
    /// For a rule on silence: when it begins if nothing is heard.
    due: Option<Time>,
}

/// A value older than this on arrival says nothing about now: half an hour, or two reports of a
/// station that reports seldom, but never more than six hours.
fn fresh_ms(interval_ms: i64) -> i64 {
    (2 * interval_ms).clamp(30 * MINUTE_MS, 6 * HOUR_MS)
}

impl Evaluator {
    /// Sets what is watched. Windows, silences and severities of what was watched before stay.
    /// Returns the points whose windows now reach further back than what is held of them, and how
    /// far: [`Evaluator::fill`] them.
    pub fn watch(&mut self, plan: &[Watched]) -> Vec<(PointId, i64)> {
        let mut old = std::mem::take(&mut self.stations);
        let mut known: HashMap<RuleId, Option<Severity>> = HashMap::new();
        for rule in old.values().flat_map(|s| &s.points).flat_map(|p| &p.rules) {
            known.insert(rule.id, rule.current);
        }
        let mut by_point: BTreeMap<(StationCode, PointId), Vec<&Watched>> = BTreeMap::new();
        for watched in plan {
            by_point.entry((watched.station.clone(), watched.point)).or_default().push(watched);
        }
        let mut wanting = vec![];
        for ((code, id), watched) in by_point {
            let Some(first) = watched.first() else { continue };
            let mut before = old.get_mut(&code);
            let state = self.stations.entry(code).or_insert_with(|| StationState {
                heard: before.as_ref().and_then(|s| s.heard),
                since: before.as_ref().and_then(|s| s.since),
                ..StationState::default()
            });
            state.interval_ms = first.interval_ms;
            let looks_back = watched.iter().map(|w| w.logic.looks_back_ms()).max().unwrap_or(0);
            let keep_ms = looks_back + fresh_ms(first.interval_ms);
            let trail = before.as_mut().and_then(|s| s.take_trail(id));
            if trail.as_ref().is_none_or(|t| t.keep_ms() < keep_ms) {
                wanting.push((id, keep_ms));
            }
            let mut trail = trail.unwrap_or_default();
            trail.keep(keep_ms);
            let mut rules: Vec<RuleState> = watched
                .iter()
                .map(|w| RuleState {
                    id: w.rule,
                    kind: w.kind,
                    logic: Arc::clone(&w.logic),
                    current: known.get(&w.rule).copied().flatten(),
                    due: state.since.and_then(|since| w.logic.due(since, w.interval_ms)),
                })
                .collect();
            rules.sort_by_key(|r| r.id);
            state.points.push(PointState { id, min: first.min, max: first.max, trail, rules });
        }
        wanting
    }

    /// Gives a point's window samples that were received before what it holds.
    pub fn fill(&mut self, point: PointId, samples: &[Sample]) {
        let points = self.stations.values_mut().flat_map(|s| &mut s.points);
        for point in points.filter(|p| p.id == point) {
            let empty = Trail::keeping(point.trail.keep_ms());
            let held = std::mem::replace(&mut point.trail, empty);
            let mut held: Vec<Sample> = held.back().collect();
            held.reverse();
            for sample in samples.iter().chain(&held) {
                point.trail.insert(sample, Time::MAX);
            }
        }
    }

    /// The points of which nothing is held, and how far back they want to look.
    #[must_use]
    pub fn empty(&self) -> Vec<(PointId, i64)> {
        let points = self.stations.values().flat_map(|s| &s.points).filter(|p| p.trail.is_empty());
        points.map(|p| (p.id, p.trail.keep_ms())).collect()
    }

    /// Says how bad the rules' conditions are already, from the alarms that are open.
    pub fn set_currents(&mut self, currents: &HashMap<RuleId, Severity>) {
        let points = self.stations.values_mut().flat_map(|s| &mut s.points);
        for rule in points.flat_map(|p| &mut p.rules) {
            rule.current = currents.get(&rule.id).copied();
        }
    }

    /// Says when a station was last heard, where the packets to be loaded do not reach back so far.
    pub fn heard(&mut self, station: &StationCode, at: Time) {
        if let Some(state) = self.stations.get_mut(station) {
            state.hear(at);
        }
    }

    /// The stations that were never heard and for which no waking was said: silence cannot be
    /// counted for them yet.
    #[must_use]
    pub fn uncounted(&self) -> Vec<StationCode> {
        let mut codes: Vec<StationCode> =
            self.stations.iter().filter(|(_, s)| s.since.is_none()).map(|(code, _)| code.clone()).collect();
        codes.sort();
        codes
    }

    /// Says that nobody listened for a while. Takes effect before the first packet received after
    /// it, or at the tick that reaches it. Marks are given in the order of their waking.
    pub fn wake(&mut self, mark: Mark) {
        self.marks.push_back(mark);
    }

    /// Takes a packet into the windows without judging: one that was judged before.
    pub fn load(&mut self, packet: &StoredPacket) {
        let received_at = packet.packet.received_at;
        while let Some(mark) = self.marks.pop_front_if(|m| m.awake <= received_at) {
            self.begin_counting(&mark);
        }
        if packet.packet.protocol == Packet::TWIN {
            self.stations.values_mut().for_each(|state| drop(state.insert(packet)));
            return;
        }
        let Some(state) = self.stations.get_mut(&packet.packet.station) else { return };
        if !packet.packet.is_computed() {
            state.hear(received_at);
        }
        state.insert(packet);
    }

    /// Takes a packet in and judges what it touches.
    pub fn apply(&mut self, packet: &StoredPacket, out: &mut Vec<Transition>) {
        let received_at = packet.packet.received_at;
        self.pass_marks(received_at, out);
        if packet.packet.protocol == Packet::TWIN {
            return self.apply_computed(packet, out);
        }
        let Some(state) = self.stations.get_mut(&packet.packet.station) else { return };
        // A silence that was over before anybody looked still was one.
        state.raise_due(received_at.plus_ms(-1), out);
        if !packet.packet.is_computed() {
            state.hear(received_at);
            state.end_silence(received_at, packet.seq, out);
        }
        for point in state.insert(packet) {
            state.judge(point, None, received_at, Some(packet.seq), out);
        }
    }

    /// What models say is of points of many stations, and none of them was heard by it.
    fn apply_computed(&mut self, packet: &StoredPacket, out: &mut Vec<Transition>) {
        let first = out.len();
        for state in self.stations.values_mut() {
            for point in state.insert(packet) {
                state.judge(point, None, packet.packet.received_at, Some(packet.seq), out);
            }
        }
        // The map has no order; the transitions have.
        if let Some(found) = out.get_mut(first..) {
            found.sort_by_key(|t| (t.at, t.rule));
        }
    }

    /// Judges some rules again, because their settings changed.
    pub fn judge_again(&mut self, rules: &BTreeSet<RuleId>, at: Time, out: &mut Vec<Transition>) {
        for state in self.stations.values_mut() {
            for point in 0..state.points.len() {
                state.judge(point, Some(rules), at, None, out);
            }
        }
        out.sort_by_key(|t| (t.at, t.rule));
    }

    /// Raises the silences due up to `upto`. Every packet received before it must have been applied.
    pub fn tick(&mut self, upto: Time, out: &mut Vec<Transition>) {
        self.pass_marks(upto, out);
        // Within a sleep nobody listened: it has the same end as its beginning.
        let listened = self.marks.front().map_or(upto, |next| upto.min(next.asleep));
        self.raise_due(listened, out);
    }

    fn raise_due(&mut self, upto: Time, out: &mut Vec<Transition>) {
        let first = out.len();
        for state in self.stations.values_mut() {
            state.raise_due(upto, out);
        }
        // The map has no order; the transitions have.
        if let Some(raised) = out.get_mut(first..) {
            raised.sort_by_key(|t| (t.at, t.rule));
        }
    }

    fn pass_marks(&mut self, upto: Time, out: &mut Vec<Transition>) {
        while let Some(mark) = self.marks.pop_front_if(|m| m.awake <= upto) {
            self.raise_due(mark.asleep, out);
            self.begin_counting(&mark);
        }
    }

    fn begin_counting(&mut self, mark: &Mark) {
        if mark.stations.is_empty() {
            self.stations.values_mut().for_each(|state| state.count_from(mark.awake));
        } else {
            for code in &mark.stations {
                if let Some(state) = self.stations.get_mut(code) {
                    state.count_from(mark.awake);
                }
            }
        }
    }
}

impl StationState {
    fn take_trail(&mut self, point: PointId) -> Option<Trail> {
        self.points.iter_mut().find(|p| p.id == point).map(|p| std::mem::take(&mut p.trail))
    }

    fn hear(&mut self, at: Time) {
        self.heard = self.heard.max(Some(at));
        self.count_from(at);
    }

    fn count_from(&mut self, at: Time) {
        if self.since.is_some_and(|since| since >= at) {
            return;
        }
        self.since = Some(at);
        for rule in self.points.iter_mut().flat_map(|p| &mut p.rules) {
            rule.due = rule.logic.due(at, self.interval_ms);
        }
    }

    /// Puts the packet's readings into the windows; returns the places of the points touched.
    fn insert(&mut self, packet: &StoredPacket) -> Vec<usize> {
        let mut touched = vec![];
        for reading in &packet.packet.readings {
            let Ok(place) = self.points.binary_search_by_key(&reading.point, |p| p.id) else { continue };
            let Some(point) = self.points.get_mut(place) else { continue };
            point.trail.insert(&reading.sample, packet.packet.received_at);
            touched.push(place);
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn raise_due(&mut self, upto: Time, out: &mut Vec<Transition>) {
        let (heard, since, interval_ms) = (self.heard, self.since, self.interval_ms);
        for point in &mut self.points {
            for rule in &mut point.rules {
                let Some(due) = rule.due.filter(|due| *due <= upto && rule.current.is_none()) else {
                    continue;
                };
                let window =
                    Window { heard, since, interval_ms, ..window(&point.trail, point.min, point.max) };
                let verdict = rule.logic.judge(&window, due, None);
                out.extend(rule.settle(verdict, due, None, &point.trail));
            }
        }
    }

    fn end_silence(&mut self, at: Time, packet: PacketSeq, out: &mut Vec<Transition>) {
        let (heard, since, interval_ms) = (self.heard, self.since, self.interval_ms);
        for point in &mut self.points {
            for rule in &mut point.rules {
                if rule.kind.trigger != Trigger::Silence || rule.current.is_none() {
                    continue;
                }
                let window =
                    Window { heard, since, interval_ms, ..window(&point.trail, point.min, point.max) };
                let verdict = rule.logic.judge(&window, at, rule.current);
                out.extend(rule.settle(verdict, at, Some(packet), &point.trail));
            }
        }
    }

    /// Judges the rules on samples of one point, all or those named, at its newest observed time.
    fn judge(
        &mut self,
        point: usize,
        only: Option<&BTreeSet<RuleId>>,
        at: Time,
        packet: Option<PacketSeq>,
        out: &mut Vec<Transition>,
    ) {
        let (heard, since, interval_ms) = (self.heard, self.since, self.interval_ms);
        let Some(point) = self.points.get_mut(point) else { return };
        let Some(newest) = point.trail.newest() else { return };
        let fresh_ms = fresh_ms(interval_ms);
        if at.since_ms(newest.at) > fresh_ms {
            return;
        }
        for rule in &mut point.rules {
            if rule.kind.trigger == Trigger::Sample && only.is_none_or(|only| only.contains(&rule.id)) {
                let from = newest.at.plus_ms(-rule.logic.looks_back_ms() - fresh_ms);
                let all = window(&point.trail, point.min, point.max);
                let window = Window { from, heard, since, interval_ms, fresh_ms, ..all };
                let verdict = rule.logic.judge(&window, newest.at, rule.current);
                out.extend(rule.settle(verdict, at, packet, &point.trail));
            }
        }
    }
}

/// A window over a trail, with nothing said about the station yet.
fn window(trail: &Trail, min: f64, max: f64) -> Window<'_> {
    Window { trail, from: Time::MIN, heard: None, since: None, interval_ms: 0, fresh_ms: 0, min, max }
}

/// A figure for people: to the millionth of its unit, so that it is written and read back the same.
fn figure(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded.is_finite() { rounded } else { value }
}

impl RuleState {
    /// What changed, if the verdict changes anything.
    fn settle(
        &mut self,
        verdict: Verdict,
        at: Time,
        packet: Option<PacketSeq>,
        trail: &Trail,
    ) -> Option<Transition> {
        let (to, value, finding) = match verdict {
            Verdict::Unknown => return None,
            Verdict::Normal(value) => (None, value.map(figure), None),
            Verdict::Abnormal(finding) => {
                (Some(finding.severity), Some(figure(finding.value)), Some(finding))
            }
        };
        if to == self.current {
            return None;
        }
        let from = std::mem::replace(&mut self.current, to);
        // What is not there has no samples for a proof.
        let limit = if self.kind.trigger == Trigger::Silence { 0 } else { Evidence::MAX_SAMPLES };
        let proof = |f: Finding| trail.proof(f.since, limit);
        Some(Transition {
            at,
            rule: self.id,
            from,
            to,
            value,
            threshold: finding.map(|f| figure(f.threshold)),
            packet,
            proof: finding.map(proof).unwrap_or_default(),
        })
    }
}
