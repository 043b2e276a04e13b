//! 补读: what a server's history holds of a gap, and a fresh read of every node.
//!
//! What is had twice costs nothing: the store knows a value by its point and time.

use super::keep::{Change, time};
use super::maps::Items;
use super::session::sentence;
use crate::hub::Hub;
use ::opcua::client::{HistoryReadAction, Session};
use ::opcua::types::{
    ByteString, DataValue, DateTime, HistoryData, HistoryReadResult, HistoryReadValueId, NodeId,
    ReadRawModifiedDetails, ReadValueId, TimestampsToReturn,
};
use field::time::Time;
use std::collections::HashMap;
use tokio::sync::mpsc;

/// A gap is filled at most so far back.
const FAR_MS: i64 = 7 * 86_400_000;
/// Values asked of a node at once, and nodes asked at once.
const VALUES_AT_ONCE: u32 = 1_000;
const NODES_AT_ONCE: usize = 20;
/// Nodes read at once.
const READ_AT_ONCE: usize = 500;
/// Answers to one request and its continuations: a week of values every second of twenty nodes.
const MOST_PAGES: usize = 605;
/// A server's clock may run ahead of ours.
const AHEAD_MS: i64 = 86_400_000;

/// Since when each node is not known; a node nothing was ever kept of has no gap.
pub(super) type Gaps = HashMap<NodeId, Time>;

/// The gaps as the store sees them.
pub(super) fn gaps(items: &Items, hub: &Hub) -> Gaps {
    let far = hub.intake.now().plus_ms(-FAR_MS);
    let mut gaps = Gaps::new();
    for item in &items.all {
        let Some(at) = hub.intake.newest(&item.station, &item.element) else { continue };
        let since = gaps.entry(item.node.clone()).or_insert(at);
        *since = at.min(*since).max(far);
    }
    gaps
}

/// Fetches what the history holds since the gaps began; they are moved to the last value that was had.
/// Gives how many values came, and how many nodes have no history.
///
/// # Errors
/// A sentence: the server did not answer, or the way to the store is closed.
pub(super) async fn fetch(
    session: &Session,
    gaps: &mut Gaps,
    items: &Items,
    hub: &Hub,
    queue: &mpsc::Sender<Change>,
) -> Result<(usize, usize), String> {
    let end = stamp(hub.intake.now().plus_ms(AHEAD_MS));
    let (mut had, mut without) = (0, 0);
    // Nodes that begin at the same time are asked together.
    let mut by_start: HashMap<i64, Vec<NodeId>> = HashMap::new();
    for (node, since) in gaps.iter() {
        by_start.entry(since.ms()).or_default().push(node.clone());
    }
    for (since, nodes) in by_start {
        for nodes in nodes.chunks(NODES_AT_ONCE) {
            let mut wanted: Vec<HistoryReadValueId> = nodes.iter().map(|node| want(node, None)).collect();
            for _ in 0..MOST_PAGES {
                let details = raw_values(stamp(Time::from_ms(since)), end);
                let both = TimestampsToReturn::Both;
                let read = session.history_read(details, both, false, &wanted).await;
                let mut more = Vec::new();
                for (asked, answer) in wanted.iter().zip(read.map_err(|error| sentence(&error))?) {
                    if answer.status_code.is_bad() {
                        without += 1;
                        continue;
                    }
                    let point = answer.continuation_point.clone();
                    let values = values(answer);
                    had += values.len();
                    for data in values {
                        let at = time(data.source_timestamp).or_else(|| time(data.server_timestamp));
                        if let (Some(at), Some(gap)) = (at, gaps.get_mut(&asked.node_id)) {
                            *gap = at.max(*gap);
                        }
                        pass_on(&asked.node_id, &data, true, items, queue).await?;
                    }
                    if !point.is_null_or_empty() {
                        more.push(want(&asked.node_id, Some(point)));
                    }
                }
                wanted = more;
                if wanted.is_empty() {
                    break;
                }
            }
        }
    }
    Ok((had, without))
}

/// Reads every node as it is now.
///
/// # Errors
/// A sentence, as above.
pub(super) async fn read_all(
    session: &Session,
    items: &Items,
    queue: &mpsc::Sender<Change>,
) -> Result<(), String> {
    let nodes: Vec<&NodeId> = items.by_node.keys().collect();
    for some in nodes.chunks(READ_AT_ONCE) {
        let wanted: Vec<ReadValueId> = some.iter().map(|node| ReadValueId::from((*node).clone())).collect();
        let read = session.read(&wanted, TimestampsToReturn::Both, 0.0).await;
        for (node, data) in some.iter().zip(read.map_err(|error| sentence(&error))?) {
            pass_on(node, &data, false, items, queue).await?;
        }
    }
    Ok(())
}

async fn pass_on(
    node: &NodeId,
    data: &DataValue,
    history: bool,
    items: &Items,
    queue: &mpsc::Sender<Change>,
) -> Result<(), String> {
    for item in items.by_node.get(node).into_iter().flatten() {
        let change = Change { item: *item, data: data.clone(), history };
        queue.send(change).await.map_err(|_| "the way to the store is closed".to_owned())?;
    }
    Ok(())
}

fn want(node: &NodeId, point: Option<ByteString>) -> HistoryReadValueId {
    HistoryReadValueId {
        node_id: node.clone(),
        continuation_point: point.unwrap_or_default(),
        ..HistoryReadValueId::default()
    }
}

const fn raw_values(start: DateTime, end: DateTime) -> HistoryReadAction {
    HistoryReadAction::ReadRawModifiedDetails(ReadRawModifiedDetails {
        is_read_modified: false,
        start_time: start,
        end_time: end,
        num_values_per_node: VALUES_AT_ONCE,
        return_bounds: false,
    })
}

fn values(answer: HistoryReadResult) -> Vec<DataValue> {
    let data = answer.history_data.into_inner_as::<HistoryData>();
    data.and_then(|data| data.data_values).unwrap_or_default()
}

/// 100 ns since 1601, as OPC UA counts.
fn stamp(at: Time) -> DateTime {
    DateTime::from(at.ms().saturating_add(11_644_473_600_000).saturating_mul(10_000))
}
