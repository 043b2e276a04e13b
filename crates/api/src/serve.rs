//! The server: listener, connections, headers, limits, an orderly end.
//!
//! Promises: a connection that sends its request slower than [`Limits::header_wait`] is closed; connections,
//! bodies and time are bounded; at the end, requests under way are answered and streams closed.

use crate::app::{App, Parts};
use crate::extract::Peer;
use crate::feed;
use crate::password::BadPassword;
use crate::problem::{Problem, ProblemCode};
use crate::push;
use crate::routes;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// What one connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A request's head must be here after so long: a phone in a cellar needs two seconds, a slow-loris
    /// attack needs all of them.
    pub header_wait: Duration,
    /// A request is answered, or given up, after so long. Streams begin their answer at once.
    pub answer_wait: Duration,
    /// Connections at once: every stream, and four times as many again.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_wait: Duration::from_secs(10),
            answer_wait: Duration::from_secs(60),
            connections: 4_096,
        }
    }
}

/// Smallest answer that is packed, bytes: one network packet carries less.
const PACKED_FROM: u64 = 1_024;
/// Requests under way get so long at the end.
const END_WAIT: Duration = Duration::from_secs(10);
/// After the system refused a connection (no file handles), the next try comes so much later.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else listens there.
    #[error(
        "listening on {addr}: the port is in use; stop the other program, or choose another port with --http"
    )]
    PortInUse {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// The system refused.
    #[error("listening on {addr}: {source}; choose another address with --http")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// No randomness for the passwords.
    #[error(transparent)]
    Password(#[from] BadPassword),
}

/// Listens on an address; port 0 takes any free one.
///
/// # Errors
/// [`ServeError::PortInUse`], [`ServeError::Listen`].
pub async fn bind(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(addr).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::PortInUse { addr },
        _ => ServeError::Listen { addr, source },
    })
}

/// Serves until `shutdown` is done; then streams are closed, requests under way are answered, and it
/// returns.
///
/// # Errors
/// [`ServeError::Password`].
pub async fn serve(
    parts: Parts,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_within(parts, listener, shutdown, Limits::default()).await
}

/// As [`serve`], with other limits.
///
/// # Errors
/// [`ServeError::Password`].
pub async fn serve_within(
    parts: Parts,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    limits: Limits,
) -> Result<(), ServeError> {
    let (end, ending) = watch::channel(false);
    let app = App::new(parts, ending.clone())?;
    let feed = tokio::spawn(feed::run(app.clone()));
    let router = router(app.clone(), limits.answer_wait);
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        if let Some((stream, peer, place)) = accepted {
            let (router, ending, app) = (router.clone(), ending.clone(), app.clone());
            connections.spawn(async move {
                connection(stream, peer, (router, app), limits, ending).await;
                drop(place);
            });
        }
    }
    drop(listener);
    end.send_replace(true);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(END_WAIT, all_done).await.is_err() {
        tracing::warn!(wait_s = END_WAIT.as_secs(), "connections did not end in time and were cut");
    }
    let _ = feed.await;
    Ok(())
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, once there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(AFTER_REFUSAL).await;
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    (router, app): (Router, App),
    Limits { header_wait, answer_wait, .. }: Limits,
    mut ending: watch::Receiver<bool>,
) {
    // Events are small and should leave at once.
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(peer.ip()));
        let app = app.clone();
        async move {
            // Ten thousand pushes a second need none of the layers that pages need.
            if !push::is_influx(&request) {
                return router.call(request).await;
            }
            let taken = tokio::time::timeout(answer_wait, push::influx(app, request)).await;
            Ok(taken.unwrap_or_else(|_| Problem::new(ProblemCode::TimedOut).into_response()))
        }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header_wait);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = feed::over(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}

/// The whole router: the table, the interface's files for everything else, headers on all of it.
pub(crate) fn router(app: App, answer_wait: Duration) -> Router {
    let is_https = app.is_https();
    let mut router = Router::new();
    for route in routes::table() {
        let (path, handler) = route.guarded(&app);
        router = router.route(&path, handler);
    }
    router
        .fallback(interface)
        .method_not_allowed_fallback(|| async { Problem::new(ProblemCode::MethodNotAllowed) })
        .with_state(app)
        .layer(packed())
        .layer(middleware::from_fn(move |request, next| in_time(answer_wait, request, next)))
        .layer(middleware::from_fn(move |request, next| with_headers(is_https, request, next)))
}

/// Answers are packed for whoever takes it, once that pays: not the event stream, whose events must
/// leave at once, nor what is packed already.
fn packed() -> CompressionLayer<impl Predicate> {
    let pays = SizeAbove::new(PACKED_FROM)
        .and(NotForContentType::new("text/event-stream"))
        .and(NotForContentType::IMAGES);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(pays)
}

/// Gives a request up after `answer_wait`, counts it, and logs what took long.
async fn in_time(answer_wait: Duration, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = tokio::time::timeout(answer_wait, next.run(request)).await;
    let answer = answer.unwrap_or_else(|_| Problem::new(ProblemCode::TimedOut).into_response());
    let (took, status) = (begun.elapsed(), answer.status());
    metrics::counter!("zhizhen_http_requests_total", "status" => status_class(status)).increment(1);
    metrics::histogram!("zhizhen_http_seconds").record(took.as_secs_f64());
    tracing::debug!(%method, path, status = status.as_u16(), took_ms = took.as_millis(), "request");
    answer
}

const fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// No inline script, no other origin, no frame; MapLibre's worker is a blob.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    worker-src 'self' blob:; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'; object-src 'none'";

/// Headers on every answer (OWASP secure headers).
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "geolocation=(self), camera=(self), microphone=()"),
    ("cross-origin-opener-policy", "same-origin"),
];

async fn with_headers(is_https: bool, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Everything that is no route: the interface's files, or its page.
async fn interface(request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return Problem::not_found("route", path).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(ProblemCode::MethodNotAllowed).into_response();
    }
    let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match ui::find(path, header(header::ACCEPT_ENCODING)) {
        ui::Found::Nothing => Problem::not_found("file", path).into_response(),
        ui::Found::NotBuilt(asset) => (StatusCode::SERVICE_UNAVAILABLE, file(asset, "")).into_response(),
        ui::Found::File(asset) => file(asset, header(header::IF_NONE_MATCH)),
    }
}

fn file(asset: ui::Asset, known: &str) -> Response {
    let unchanged = known.split(',').any(|tag| tag.trim() == asset.etag);
    let mut answer = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        axum::body::Body::from(asset.body.into_owned()).into_response()
    };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(asset.cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = asset.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, etag);
    }
    answer
}
