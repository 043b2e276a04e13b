//! Channel servers that enforce the limits of the real ones (handbook §3.6), on the test's clock.
//! Everything they take is written down, and so is everything they refuse or drop.

mod dingtalk;
mod push;
mod sms;
mod smtp;
mod wecom;

pub(crate) use push::Browser;

use axum::Router;
use dispatch::Config;
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

/// A text that reached somebody.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    /// Channel's code.
    pub(crate) channel: &'static str,
    /// Who: a member, a number, an address, a robot's key.
    pub(crate) to: String,
    pub(crate) text: String,
    /// Whom it calls by number, in a group.
    pub(crate) mobiles: Vec<String>,
}

impl Got {
    /// The messages the text stands for.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let Some((_, tail)) = self.text.rsplit_once("编号 ") else { return vec![] };
        let number = |t: &str| t.trim_start_matches('M').parse::<i64>().unwrap();
        let ids = tail.lines().next().unwrap_or("").split(' ').take_while(|t| t.starts_with('M'));
        ids.flat_map(|t| match t.split_once('-') {
            Some((a, b)) => (number(a)..=number(b)).collect::<Vec<_>>(),
            None => vec![number(t)],
        })
        .collect()
    }
}

/// At most so many within a minute.
#[derive(Default)]
pub(crate) struct Window(VecDeque<Time>);

impl Window {
    /// Counts a request; `false` when it is one too many.
    pub(crate) fn count(&mut self, now: Time, most: usize) -> bool {
        while self.0.front().is_some_and(|t| now.since_ms(*t) >= MINUTE_MS) {
            self.0.pop_front();
        }
        if self.0.len() >= most {
            return false;
        }
        self.0.push_back(now);
        true
    }
}

/// What is to go wrong next, by channel's code; taken from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// HTTP 500: not taken.
    Status500,
    /// Taken, but the connection breaks before the answer.
    TakenThenBroken,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) got: Vec<Got>,
    /// Requests refused because they were too many or too long.
    pub(crate) refused: Vec<String>,
    /// Messages dropped without an error, as WeCom does.
    pub(crate) dropped: usize,
    pub(crate) requests: BTreeMap<&'static str, usize>,
    pub(crate) faults: BTreeMap<&'static str, VecDeque<Fault>>,
    pub(crate) tokens: usize,
    pub(crate) token_valid: bool,
    pub(crate) windows: HashMap<String, Window>,
    pub(crate) silent_until: HashMap<String, Time>,
    pub(crate) seen: HashMap<String, Time>,
    pub(crate) parts: usize,
    pub(crate) browsers: HashMap<String, Browser>,
    /// What the phones' service workers got.
    pub(crate) payloads: Vec<serde_json::Value>,
}

/// The servers of all channels.
#[derive(Clone)]
pub(crate) struct Servers {
    pub(crate) base: String,
    pub(crate) smtp: SocketAddr,
    pub(crate) state: Arc<State>,
}

pub(crate) struct State {
    pub(crate) clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

impl State {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Inner {
    pub(crate) fn count(&mut self, channel: &'static str) -> Option<Fault> {
        *self.requests.entry(channel).or_default() += 1;
        self.faults.get_mut(channel).and_then(VecDeque::pop_front)
    }

    pub(crate) fn within(&mut self, who: String, now: Time, most: usize) -> bool {
        self.windows.entry(who).or_default().count(now, most)
    }

    pub(crate) fn take(&mut self, channel: &'static str, to: &str, text: &str) {
        self.got.push(Got { channel, to: to.into(), text: text.into(), mobiles: vec![] });
    }
}

impl Servers {
    pub(crate) async fn start(clock: Arc<dyn Clock>) -> Self {
        let state =
            Arc::new(State { clock, inner: Mutex::new(Inner { token_valid: true, ..Inner::default() }) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .merge(wecom::routes())
            .merge(dingtalk::routes())
            .merge(sms::routes())
            .merge(push::routes())
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let smtp = smtp::start(Arc::clone(&state)).await;
        Self { base, smtp, state }
    }

    /// Settings that point every channel here.
    pub(crate) fn config(&self) -> Config {
        let base = &self.base;
        let (host, port) = (self.smtp.ip(), self.smtp.port());
        let json = serde_json::json!({
            "public_url": "https://w.example",
            "wecom_app": { "base_url": base, "corpid": "corp", "secret": "app-secret", "agentid": 7 },
            "wecom_robot": { "base_url": base, "robots": [{ "key": "group-key" }] },
            "dingtalk_robot": { "base_url": base, "robots": [{ "access_token": "ding-token", "secret": "SECding" }] },
            "sms": {
                "url": format!("{base}/sms/send"), "signature": "至臻水务",
                "headers": { "Authorization": "Bearer sms-key" }, "extra": { "sign": "至臻水务" },
                "fields": { "phone": "mobile", "text": "text", "key": "key" },
                "answer": { "receipt": "/msgid" },
            },
            "web_push": { "contact": "mailto:ops@w.example", "allow_http": true },
            "email": { "host": host.to_string(), "port": port, "tls": "none", "from": "至臻 <alarm@w.example>" },
        });
        serde_json::from_value(json).unwrap()
    }

    pub(crate) fn got(&self, channel: &str) -> Vec<Got> {
        self.state.lock().got.iter().filter(|g| g.channel == channel).cloned().collect()
    }

    pub(crate) fn refused(&self) -> Vec<String> {
        self.state.lock().refused.clone()
    }

    pub(crate) fn requests(&self, channel: &str) -> usize {
        self.state.lock().requests.get(channel).copied().unwrap_or(0)
    }

    pub(crate) fn next(&self, channel: &'static str, faults: &[Fault]) {
        self.state.lock().faults.entry(channel).or_default().extend(faults);
    }
}

/// An answer that never comes whole: it promises more bytes than it sends.
pub(crate) fn broken() -> axum::response::Response {
    use axum::body::Body;
    let stream = futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("broken")) });
    axum::response::Response::new(Body::from_stream(stream))
}

/// HTTP 500.
pub(crate) fn status_500() -> axum::response::Response {
    use axum::response::IntoResponse as _;
    axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
