//! 通道服务器: stand-ins for the servers a notification passes through, with their real limits.
//!
//! They speak the real APIs on loopback; what they take lands on a synthetic person's phone. Limits
//! are counted on the town's clock, which runs as fast as the playback.

mod dingtalk;
mod inbox;
mod limits;
mod sms;
mod smtp;
mod standing;
mod wecom;

pub(crate) use inbox::Inbox;
pub use inbox::{Arrived, Post};
pub(crate) use smtp::serve as serve_mail;
pub use standing::Standing;

use crate::config::ChannelSecrets;
use axum::Router;
use axum::routing::{get, post};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The channel servers' state.
#[derive(Debug)]
pub(crate) struct Phones {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) secrets: ChannelSecrets,
    wecom: Mutex<wecom::Wecom>,
    dingtalk: Mutex<dingtalk::Dingtalk>,
    sms: Mutex<sms::Sms>,
}

/// Locks a server's memory. Held over no wait; each change under it is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The HTTP channel servers, on one base address.
pub(crate) fn routes(inbox: Arc<Inbox>, secrets: ChannelSecrets) -> Router {
    let phones =
        Phones { inbox, secrets, wecom: Mutex::default(), dingtalk: Mutex::default(), sms: Mutex::default() };
    Router::new()
        .route("/cgi-bin/gettoken", get(wecom::token))
        .route("/cgi-bin/message/send", post(wecom::send))
        .route("/cgi-bin/webhook/send", post(wecom::robot))
        .route("/robot/send", post(dingtalk::robot))
        .route("/sms/send", post(sms::send))
        .with_state(Arc::new(phones))
}
