//! 醒来的记录: since when the desk listens, as lines of the journal, so that a replay counts silence
//! as the desk did.

use crate::evaluator::Mark;
use field::id::StationCode;
use field::time::Time;
use serde_json::{Value, json};
use store::{Actor, Store, StoreError, Subject, Tables};

/// The desk's name: its cursor and its lines.
pub(crate) const DESK: &str = "alarm";
/// What a mark's line says was done to the system.
const ACT: &str = "awake";
/// Stations named in one line; more take more lines.
const STATIONS_PER_LINE: usize = 500;
/// Lines read at once while looking back.
const PAGE: usize = 500;
/// Pages looked back for the desk's own last line: it is near, or it does not matter.
const PAGES_BACK: usize = 4;
/// Most marks looked at: what a station's silence was counted from before the last thousand wakings
/// no longer matters.
const MAX_MARKS: usize = 1_000;

fn body(asleep: Time, awake: Time, stations: &[StationCode]) -> Value {
    json!({ "v": 1, "asleep": asleep, "awake": awake, "stations": stations })
}

fn mark(body: &Value) -> Option<Mark> {
    let time = |name: &str| body.get(name)?.as_str()?.parse::<Time>().ok();
    let stations = serde_json::from_value(body.get("stations").cloned()?).ok()?;
    Some(Mark { asleep: time("asleep")?, awake: time("awake")?, stations })
}

/// Writes that nobody listened from `asleep` to `awake`; returns the marks written.
pub(crate) async fn write(
    tables: &Tables,
    asleep: Time,
    awake: Time,
    stations: &[StationCode],
) -> Result<Vec<Mark>, StoreError> {
    let mut tx = tables.begin(Actor::Desk(DESK), awake).await?;
    let mut marks = vec![];
    let all = stations.is_empty().then_some(stations);
    for stations in stations.chunks(STATIONS_PER_LINE).chain(all) {
        tx.journal(Subject::System, ACT, body(asleep, awake, stations)).await?;
        marks.push(Mark { asleep, awake, stations: stations.to_vec() });
    }
    tx.commit().await?;
    Ok(marks)
}

/// The newest [`MAX_MARKS`] marks, oldest first.
pub(crate) async fn read(tables: &Tables) -> Result<Vec<Mark>, StoreError> {
    let mut marks = vec![];
    let mut before = None;
    while marks.len() < MAX_MARKS {
        let lines = tables.journal_before(before, Some(&Subject::System), PAGE).await?;
        let Some(last) = lines.last() else { break };
        before = Some(last.seq);
        marks.extend(lines.iter().filter(|l| l.act == ACT).filter_map(|l| mark(&l.body)));
    }
    marks.truncate(MAX_MARKS);
    marks.reverse();
    Ok(marks)
}

/// The last moment the desk is known to have listened to: the newest packet's reception or its own
/// newest line. `now` when there is neither.
pub(crate) async fn last_listened(store: &Store, now: Time) -> Result<Time, StoreError> {
    let packet = store.samples.received_at(store.samples.head()).await?;
    let line = last_own_line(&store.tables).await?;
    Ok(packet.max(line).map_or(now, |last| last.min(now)))
}

async fn last_own_line(tables: &Tables) -> Result<Option<Time>, StoreError> {
    let own = Actor::Desk(DESK).to_string();
    let mut before = None;
    for _ in 0..PAGES_BACK {
        let lines = tables.journal_before(before, None, PAGE).await?;
        let Some(last) = lines.last() else { break };
        if let Some(line) = lines.iter().find(|l| l.actor == own) {
            return Ok(Some(line.at));
        }
        before = Some(last.seq);
    }
    Ok(None)
}
