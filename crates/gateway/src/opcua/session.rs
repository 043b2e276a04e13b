//! A session: own certificate, choice of the endpoint, login, subscription; and sentences for what a
//! server says when it does not want us.

use super::config::{Mode, Policy, Server};
use super::listen::Listener;
use super::maps::Items;
use super::way::Way;
use ::opcua::client::transport::TcpConnector;
use ::opcua::client::{Client, ClientBuilder, IdentityToken, Password, Session, SessionEventLoop};
use ::opcua::crypto::SecurityPolicy;
use ::opcua::types::{
    EndpointDescription, Error, MessageSecurityMode, MonitoredItemCreateRequest, MonitoringMode,
    MonitoringParameters, NodeId, ReadValueId, StatusCode, TimestampsToReturn,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// An answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(15);
/// A read that shows whether the server lives, every so often.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Tries of the same session after the line broke, the first soon; then everything is begun anew.
const SAME_SESSION_TRIES: i32 = 4;
const FIRST_TRY: Duration = Duration::from_millis(250);
const LAST_TRY: Duration = Duration::from_secs(2);
/// The server keeps a silent session so long, milliseconds: what it publishes meanwhile is fetched
/// after the line is back.
const SESSION_MS: u32 = 300_000;
/// Publications without a change until the server says that it lives, and until it forgets us.
pub(super) const KEEP_ALIVE_COUNT: u32 = 20;
const LIFETIME_COUNT: u32 = 600;
/// Items created with one request.
const ITEMS_AT_ONCE: usize = 500;
/// 应用标识.
const URI: &str = "urn:zhizhen:gateway";

/// A client with its own certificate in `pki`, made there at the first start.
///
/// # Errors
/// A sentence.
pub(super) fn client(pki: &Path) -> Result<Client, String> {
    std::fs::create_dir_all(pki).map_err(|e| format!("folder `{}` cannot be made: {e}", pki.display()))?;
    let client = ClientBuilder::new()
        .application_name("Zhizhen")
        .application_uri(URI)
        .product_uri(URI)
        .pki_dir(pki)
        .create_sample_keypair(true)
        .certificate_path("own/cert.der")
        .private_key_path("private/private.pem")
        .trust_server_certs(false)
        .verify_server_certs(true)
        .session_retry_limit(SAME_SESSION_TRIES)
        .session_retry_initial(FIRST_TRY)
        .session_retry_max(LAST_TRY)
        .session_timeout(SESSION_MS)
        .keep_alive_interval(KEEP_ALIVE)
        .max_failed_keep_alive_count(2)
        .request_timeout(PATIENCE)
        // A server that has forgotten the session is subscribed to anew by us, with its history.
        .recreate_subscriptions(false)
        .client()
        .map_err(|wrong| wrong.join("; "))?;
    for folder in ["trusted", "rejected"] {
        let path = pki.join(folder);
        std::fs::create_dir_all(&path)
            .map_err(|e| format!("folder `{}` cannot be made: {e}", path.display()))?;
    }
    only_ours(&pki.join("private"))?;
    Ok(client)
}

/// The private key is nobody else's.
#[cfg(unix)]
fn only_ours(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|e| format!("folder `{}` cannot be closed to others: {e}", folder.display()))
}
#[cfg(not(unix))]
fn only_ours(_folder: &Path) -> Result<(), String> {
    Ok(())
}

/// A session of the server, not yet connected.
///
/// # Errors
/// A sentence of why there can be none.
pub(super) async fn open(
    client: &Client,
    server: &Server,
) -> Result<(Arc<Session>, SessionEventLoop<TcpConnector>), String> {
    let asked = client.get_server_endpoints_from_url(server.url.as_str());
    let offered = tokio::time::timeout(PATIENCE, asked)
        .await
        .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))?
        .map_err(|error| sentence(&error))?;
    let mut endpoint = choose(offered, server)?;
    // Servers behind a router or in a container know themselves by names we do not.
    endpoint.endpoint_url = server.url.as_str().into();
    let login = match &server.user {
        None => IdentityToken::Anonymous,
        Some(user) => IdentityToken::UserName(user.clone(), Password::new(server.password.0.clone())),
    };
    let built = client.session_builder().connect_to_endpoint_directly(endpoint);
    let built = built.map_err(|error| sentence(&error))?.user_identity_token(login);
    built.build(Arc::clone(client.certificate_store())).map_err(|error| sentence(&error))
}

fn choose(offered: Vec<EndpointDescription>, server: &Server) -> Result<EndpointDescription, String> {
    let policy = policy(server.policy).to_uri();
    let mode = mode(server.mode);
    let fits = |e: &EndpointDescription| e.security_policy_uri.as_ref() == policy && e.security_mode == mode;
    let names: Vec<String> = offered
        .iter()
        .map(|e| {
            let uri = e.security_policy_uri.as_ref();
            format!("{} {:?}", uri.rsplit('#').next().unwrap_or(uri), e.security_mode)
        })
        .collect();
    offered.into_iter().find(fits).ok_or_else(|| {
        format!(
            "the server does not offer {:?} with {:?}; it offers: {}",
            server.policy,
            server.mode,
            names.join(", ")
        )
    })
}

const fn policy(policy: Policy) -> SecurityPolicy {
    match policy {
        Policy::None => SecurityPolicy::None,
        Policy::Basic256Sha256 => SecurityPolicy::Basic256Sha256,
        Policy::Aes128Sha256RsaOaep => SecurityPolicy::Aes128Sha256RsaOaep,
    }
}

const fn mode(mode: Mode) -> MessageSecurityMode {
    match mode {
        Mode::None => MessageSecurityMode::None,
        Mode::Sign => MessageSecurityMode::Sign,
        Mode::SignAndEncrypt => MessageSecurityMode::SignAndEncrypt,
    }
}

/// 订阅: every item of the server; gives the nodes it refused, with its reason.
///
/// # Errors
/// A sentence of why there is no subscription.
pub(super) async fn subscribe(
    session: &Session,
    server: &Server,
    items: &Items,
    way: &Arc<Way>,
) -> Result<Vec<(NodeId, StatusCode)>, String> {
    let asked = session.create_subscription(
        server.publish(),
        LIFETIME_COUNT,
        KEEP_ALIVE_COUNT,
        0,
        0,
        true,
        Listener::new(Arc::clone(way)),
    );
    let subscription = asked.await.map_err(|error| sentence(&error))?;
    let nodes: Vec<&NodeId> = items.by_node.keys().collect();
    let mut refused = Vec::new();
    for some in nodes.chunks(ITEMS_AT_ONCE) {
        let wanted = some.iter().map(|node| request(node, server)).collect();
        let made = session.create_monitored_items(subscription, TimestampsToReturn::Both, wanted);
        for made in made.await.map_err(|error| sentence(&error))? {
            if made.result.status_code.is_bad() {
                refused.push((made.item_to_monitor.node_id, made.result.status_code));
            }
        }
    }
    Ok(refused)
}

fn request(node: &NodeId, server: &Server) -> MonitoredItemCreateRequest {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of an hour")]
    let sampling_interval = server.publish_ms as f64;
    MonitoredItemCreateRequest {
        item_to_monitor: ReadValueId::from(node.clone()),
        monitoring_mode: MonitoringMode::Reporting,
        requested_parameters: MonitoringParameters {
            sampling_interval,
            queue_size: server.queue,
            discard_oldest: true,
            ..MonitoringParameters::default()
        },
    }
}

pub(super) fn sentence(error: &Error) -> String {
    advice(error.status()).map_or_else(|| error.to_string(), |advice| format!("{}: {advice}", error.status()))
}

/// What a status means for whoever has to repair it.
pub(super) fn advice(status: StatusCode) -> Option<&'static str> {
    Some(match StatusCode::from(status.bits() & 0xFFFF_0000) {
        StatusCode::BadUserAccessDenied | StatusCode::BadIdentityTokenRejected => {
            "the server refuses the user or the password; check `user` and `password`"
        }
        StatusCode::BadIdentityTokenInvalid => {
            "the server does not take this kind of login; check whether it wants a user or none"
        }
        StatusCode::BadCertificateUntrusted | StatusCode::BadSecurityChecksFailed => {
            "a certificate is not trusted; move the server's from `rejected` to `trusted` in the folder opcua of the data directory, and have the server trust own/cert.der there"
        }
        StatusCode::BadCertificateTimeInvalid => {
            "a certificate is not valid at this time; check both clocks and the certificate"
        }
        StatusCode::BadCertificateHostNameInvalid => {
            "the server's certificate is not for the host name in `url`; use the name it is for"
        }
        StatusCode::BadTooManySessions => "the server has no room for one more session",
        _ => return None,
    })
}
