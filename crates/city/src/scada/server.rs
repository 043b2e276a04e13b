//! OPC UA 服务端: the program in front of the station: no security, anonymous sessions, seven nodes, raw
//! history. It has no type nodes to browse: clients must know what they want.

use super::nodes::{NAMESPACE, NODES};
use super::{Station, lock};
use async_trait::async_trait;
use field::time::Time;
use opcua::sync::RwLock;
use opcua::types::{
    AttributeId, DataTypeId, DataValue, DateTime, HistoryData, NodeId, ReadRawModifiedDetails,
    ReferenceTypeId, StatusCode, TimestampsToReturn, VariableId, Variant,
};
use opcua_server::address_space::{AccessLevel, AddressSpace, NodeType, ReferenceDirection, Variable};
use opcua_server::diagnostics::NamespaceMetadata;
use opcua_server::node_manager::memory::{
    InMemoryNodeManager, InMemoryNodeManagerBuilder, InMemoryNodeManagerImpl,
};
use opcua_server::node_manager::{HistoryNode, RequestContext, ServerContext, WriteNode};
use opcua_server::{ANONYMOUS_USER_TOKEN_ID, ContinuationPoint, ServerBuilder, ServerEndpoint, ServerHandle};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The standard's own namespace, ours, and that of the nodes.
const NAMESPACES: [&str; 3] =
    ["http://opcfoundation.org/UA/", "urn:zhizhen:demo-scada", "urn:zhizhen:demo-scada:nodes"];
/// Values of one node held between two publications: at 600 times the speed, ten come in a second.
const QUEUE: usize = 1_000;
/// Most values of one node in an answer about its history.
const MOST_VALUES: usize = 1_000;
/// Its connections get so long to end.
const FAREWELL: Duration = Duration::from_secs(5);
/// 1601 to 1970, ms, and the ticks of a ms: how OPC UA writes a moment.
const EPOCH_MS: i64 = 11_644_473_600_000;
const TICKS: i64 = 10_000;

/// A server at work.
pub(super) struct Running {
    handle: ServerHandle,
    task: JoinHandle<()>,
    /// Where it would keep certificates, if it had any.
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts it on a port that is bound already. `None`, in words, when it cannot be.
    pub(super) fn start(port: u16, listener: TcpListener, station: &Arc<Mutex<Station>>) -> Option<Self> {
        let folder =
            tempfile::tempdir().inspect_err(|error| tracing::warn!(%error, "no folder for the SCADA"));
        let folder = folder.ok()?;
        let shared = Arc::clone(station);
        lock(station).archive.restarted();
        let nodes = move |context: ServerContext, space: &mut AddressSpace| {
            furnish(&context, space);
            Front { station: shared }
        };
        let mut builder = ServerBuilder::new()
            .application_name("Zhizhen demo SCADA")
            .application_uri(NAMESPACES[1])
            .product_uri(NAMESPACES[1])
            .host("127.0.0.1")
            .port(port)
            .pki_dir(folder.path())
            .add_endpoint("none", ServerEndpoint::new_none("/", &[ANONYMOUS_USER_TOKEN_ID.to_owned()]))
            .discovery_urls(vec!["/".to_owned()])
            .with_node_manager(InMemoryNodeManagerBuilder::new(nodes));
        builder.limits_mut().subscriptions.max_monitored_item_queue_size = QUEUE;
        let (server, handle) =
            builder.build().inspect_err(|why| tracing::warn!(why, "the SCADA cannot be started")).ok()?;
        let task = tokio::spawn(async move {
            if let Err(why) = server.run_with(listener).await {
                tracing::warn!(why, "the SCADA stopped");
            }
        });
        Some(Self { handle, task, _folder: folder })
    }

    /// Publishes what these nodes hold now.
    pub(super) fn show(&self, station: &Mutex<Station>, nodes: &[usize]) {
        let Some(manager) = self.handle.node_managers().get_of_type::<InMemoryNodeManager<Front>>() else {
            return;
        };
        let values: Vec<(NodeId, DataValue)> = {
            let station = lock(station);
            let value = |n: &usize| {
                let (at, value) = station.archive.newest(*n)?;
                let node = NODES.get(*n)?;
                Some((node.id(), stamped(at, node.variant(value))))
            };
            nodes.iter().filter_map(value).collect()
        };
        let values = values.iter().map(|(id, value)| (id, None, value.clone()));
        if let Err(status) = manager.set_values(self.handle.subscriptions(), values) {
            tracing::warn!(%status, "the SCADA could not show its values");
        }
    }

    /// Ends its sessions and gives its port free.
    pub(super) async fn stop(self) {
        self.handle.cancel();
        let mut task = self.task;
        if tokio::time::timeout(FAREWELL, &mut task).await.is_err() {
            task.abort();
        }
    }
}

fn stamp(at: Time) -> DateTime {
    DateTime::from(at.ms().saturating_add(EPOCH_MS).saturating_mul(TICKS))
}

fn moment(at: DateTime) -> Time {
    Time::from_ms(at.as_chrono().timestamp_millis())
}

fn stamped(at: Time, value: Variant) -> DataValue {
    DataValue {
        value: Some(value),
        status: Some(StatusCode::Good),
        source_timestamp: Some(stamp(at)),
        server_timestamp: Some(stamp(at)),
        ..DataValue::null()
    }
}

/// Puts the nodes into an empty address space, none with a value yet.
fn furnish(context: &ServerContext, space: &mut AddressSpace) {
    for (uri, index) in NAMESPACES.iter().zip(0..=NAMESPACE) {
        context.type_tree.write().namespaces_mut().add_namespace(uri);
        space.add_namespace(uri, index);
    }
    for node in &NODES {
        let waiting = DataValue { status: Some(StatusCode::BadWaitingForInitialData), ..DataValue::null() };
        let none = Variant::Empty;
        let mut variable =
            Variable::new_data_value(&node.id(), node.name, node.name, node.data_type(), None, None, none);
        variable.set_data_value(waiting);
        variable.set_historizing(true);
        let mut access = AccessLevel::CURRENT_READ | AccessLevel::HISTORY_READ;
        if node.writable {
            access |= AccessLevel::CURRENT_WRITE;
        }
        variable.set_access_level(access);
        variable.set_user_access_level(access);
        insert(space, variable);
    }
    // Clients see by it whether the server lives; 0: it runs.
    let id = NodeId::from(VariableId::Server_ServerStatus_State);
    insert(
        space,
        Variable::new_data_value(&id, "State", "State", DataTypeId::Int32, None, None, Variant::Int32(0)),
    );
}

fn insert(space: &mut AddressSpace, variable: Variable) {
    space.insert(variable, None::<&[(&NodeId, &ReferenceTypeId, ReferenceDirection)]>);
}

/// What answers for the nodes.
struct Front {
    station: Arc<Mutex<Station>>,
}

fn place(id: &NodeId) -> Option<usize> {
    NODES.iter().position(|node| node.id() == *id)
}

impl Front {
    fn write_one(&self, space: &mut AddressSpace, write: &WriteNode) -> StatusCode {
        let wanted = write.value();
        let Some(n) = place(&wanted.node_id) else { return StatusCode::BadNodeIdUnknown };
        let Some(node) = NODES.get(n).filter(|node| node.writable) else { return StatusCode::BadNotWritable };
        if wanted.attribute_id != AttributeId::Value {
            return StatusCode::BadNotWritable;
        }
        let Some(value) = wanted.value.value.as_ref().and_then(|value| node.number(value)) else {
            return StatusCode::BadTypeMismatch;
        };
        let Some(NodeType::Variable(variable)) = space.find_mut(&wanted.node_id) else {
            return StatusCode::BadNodeIdUnknown;
        };
        lock(&self.station).machine.obey(n, value);
        // It is read back at once; its line in the history comes with the next scan.
        let held = variable.value(
            TimestampsToReturn::Both,
            &opcua::types::NumericRange::None,
            &opcua::types::DataEncoding::Binary,
            0.0,
        );
        let shown = DataValue { value: Some(node.variant(value)), status: Some(StatusCode::Good), ..held };
        variable.set_data_value(shown);
        StatusCode::Good
    }

    fn history(&self, session: u32, details: &ReadRawModifiedDetails, asked: &mut HistoryNode) {
        let Some(n) = place(asked.node_id()) else { return asked.set_status(StatusCode::BadNodeIdUnknown) };
        let (from, to) = (moment(details.start_time), moment(details.end_time));
        let most = usize::try_from(details.num_values_per_node).unwrap_or(0);
        let most = if most == 0 { MOST_VALUES } else { most.min(MOST_VALUES) };
        let mut station = lock(&self.station);
        let goes_on = asked.continuation_point().and_then(|point| point.get::<Time>()).copied();
        if goes_on.is_none() {
            station.archive.asked_by(session, n, from);
        }
        let (values, more) = station.archive.read(n, goes_on.unwrap_or(from), to, most);
        drop(station);
        let data =
            values.into_iter().filter_map(|(at, value)| Some(stamped(at, NODES.get(n)?.variant(value))));
        asked.set_result(HistoryData { data_values: Some(data.collect()) });
        asked.set_next_continuation_point(more.map(|at| ContinuationPoint::new(Box::new(at))));
        asked.set_status(StatusCode::Good);
    }
}

#[async_trait]
impl InMemoryNodeManagerImpl for Front {
    async fn init(&self, _space: &mut AddressSpace, _context: ServerContext) {}

    fn name(&self) -> &str {
        "pumping station"
    }

    fn namespaces(&self) -> Vec<NamespaceMetadata> {
        let metadata = |(uri, index): (&&str, u16)| NamespaceMetadata {
            namespace_uri: (*uri).to_owned(),
            namespace_index: index,
            ..NamespaceMetadata::default()
        };
        NAMESPACES.iter().zip(0..=NAMESPACE).map(metadata).collect()
    }

    async fn write(
        &self,
        _context: &RequestContext,
        address_space: &RwLock<AddressSpace>,
        nodes_to_write: &mut [&mut WriteNode],
    ) -> Result<(), StatusCode> {
        let mut space = address_space.write();
        for write in nodes_to_write {
            let status = self.write_one(&mut space, write);
            write.set_status(status);
        }
        Ok(())
    }

    async fn history_read_raw_modified(
        &self,
        context: &RequestContext,
        details: &ReadRawModifiedDetails,
        nodes: &mut [&mut &mut HistoryNode],
        _timestamps_to_return: TimestampsToReturn,
    ) -> Result<(), StatusCode> {
        if details.is_read_modified {
            return Err(StatusCode::BadHistoryOperationUnsupported);
        }
        let session = context.session_id();
        for asked in nodes {
            self.history(session, details, asked);
        }
        Ok(())
    }
}
