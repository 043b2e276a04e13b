//! A channel server that takes everything at once and remembers when: for measuring how long a
//! message takes to its channel. It has no limits; those are measured elsewhere.

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// One text that was handed over.
#[derive(Debug, Clone)]
pub(crate) struct Handed {
    /// When its last byte was read.
    pub(crate) at: Instant,
    /// The request's body.
    pub(crate) text: String,
}

/// The server; it ends with the process.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    handed: Arc<Mutex<Vec<Handed>>>,
}

impl Sink {
    /// Starts it on a free loopback port.
    pub(crate) async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let sink = Self { addr: listener.local_addr()?, handed: Arc::default() };
        let routes = Router::new().fallback(take).with_state(sink.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(sink)
    }

    /// Everything handed over so far.
    pub(crate) fn handed(&self) -> Vec<Handed> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many texts were handed over so far.
    pub(crate) fn count(&self) -> usize {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The configuration file of a server whose messages all come here, by WeCom and SMS.
    pub(crate) fn configuration(&self) -> String {
        let addr = self.addr;
        format!(
            "[log]\nformat = \"text\"\nlevel = \"warn\"\n\
             [dispatch.wecom_app]\nbase_url = \"http://{addr}\"\ncorpid = \"bench\"\nsecret = \"bench\"\nagentid = 1\n\
             [dispatch.sms]\nurl = \"http://{addr}/sms/send\"\nsignature = \"至臻水务\"\n\
             answer = {{ code = \"/code\", ok = [\"0\"], receipt = \"/msgid\" }}\n"
        )
    }
}

async fn take(State(sink): State<Sink>, uri: Uri, text: String) -> axum::Json<Value> {
    let at = Instant::now();
    if uri.path().ends_with("/gettoken") {
        return axum::Json(json!({ "errcode": 0, "access_token": "bench", "expires_in": 7_200 }));
    }
    let mut handed = sink.handed.lock().unwrap_or_else(PoisonError::into_inner);
    handed.push(Handed { at, text });
    let receipt = handed.len().to_string();
    axum::Json(json!({ "errcode": 0, "errmsg": "ok", "code": 0, "msgid": receipt }))
}
