//! 通道状态: how each channel is doing, for the screen. Plain data behind one lock, read by the API
//! through the assembly, written by the desk after each pass.

use field::person::ChannelKind;
use field::time::Time;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};

/// One channel, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelState {
    /// Which one.
    pub channel: ChannelKind,
    /// Whether it has a section in the configuration.
    pub configured: bool,
    /// Requests a minute its server takes: for group robots of one robot, else in all.
    pub per_minute: u32,
    /// Requests that may still go this minute; for group robots of the busiest one.
    pub left: usize,
    /// Messages that wait for their turn.
    pub waiting: usize,
    /// The last thing its server (or the way there) complained of.
    pub last_error: Option<ChannelError>,
}

/// What went wrong, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelError {
    /// When.
    pub at: Time,
    /// The server's code and text.
    pub text: String,
}

/// 通道状态板. Share it by `Arc`.
#[derive(Debug)]
pub struct ChannelBoard(Mutex<Vec<ChannelState>>);

impl ChannelBoard {
    pub(crate) fn new() -> Self {
        let unknown = |channel| ChannelState {
            channel,
            configured: false,
            per_minute: 0,
            left: 0,
            waiting: 0,
            last_error: None,
        };
        Self(Mutex::new(ChannelKind::ALL.into_iter().map(unknown).collect()))
    }

    /// Every channel, in the order of [`ChannelKind::ALL`].
    #[must_use]
    pub fn states(&self) -> Vec<ChannelState> {
        // A writer that stopped half-way leaves whole states behind: each is replaced at once.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn put(&self, state: ChannelState) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = states.iter_mut().find(|s| s.channel == state.channel) {
            *old = state;
        }
    }
}
