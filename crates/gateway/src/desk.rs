//! 指令台: sends what was allowed to the stations that are on line, and writes down what came of it.
//!
//! Promises: the note that a command was sent is durable before its bytes leave; after a restart a
//! command that was under way is written down as such and not sent again; one that waited too long
//! is given up. Each station has at most one command on its way.

use crate::downlink::{Downlink, Errand, Outcome};
use crate::hub::Hub;
use field::clock::Clock;
use field::command::{Ask, Command, CommandAct, CommandState, Silence};
use field::id::{CommandId, StationCode};
use field::sample::Sample;
use field::station::Quantity;
use field::time::Time;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Actor, Credential, Secret, Store, StoreError, command};
use tokio::task::JoinSet;
use tokio::time::timeout;

const ACTOR: Actor = Actor::Desk("command");
/// While commands wait for their stations it is looked so often whether they have come on line.
const LOOK: Duration = Duration::from_millis(500);
/// How long after a switch its effect must be seen in a report, in report intervals.
const READ_BACK_INTERVALS: i64 = 3;
/// Commands that wait to be read back; older ones are not read back any more.
const READ_BACKS: usize = 256;

/// The desk.
#[derive(Debug)]
pub(crate) struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    downlink: Downlink,
    answer: Duration,
    /// Stations with a command on its way.
    busy: HashSet<StationCode>,
    /// Switches whose effect was not seen yet.
    unseen: Vec<Command>,
}

impl Desk {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, downlink: Downlink, answer: Duration) -> Self {
        Self { store, clock, downlink, answer, busy: HashSet::new(), unseen: Vec::new() }
    }

    /// Works until shutdown. What is on its way then is written down at the next start.
    pub(crate) async fn run(mut self, hub: Hub) {
        let mut grown = self.store.tables.journal_watch();
        self.after_restart().await;
        let mut under_way = JoinSet::new();
        let mut waiting = true;
        loop {
            tokio::select! {
                biased;
                () = hub.stopped() => break,
                Some(done) = under_way.join_next() => self.came_back(done),
                changed = grown.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(LOOK), if waiting || !self.unseen.is_empty() => {}
            }
            match self.turn(&mut under_way).await {
                Ok(still) => waiting = still,
                Err(error) => {
                    waiting = true;
                    tracing::error!(%error, "commands could not be worked on; tried again");
                }
            }
            self.read_back().await;
        }
    }

    fn came_back(&mut self, done: Result<Option<Command>, tokio::task::JoinError>) {
        match done {
            Ok(Some(command)) => {
                self.busy.remove(&command.station);
                let switch = matches!(command.ask, Ask::SwitchPump { .. });
                if switch && self.unseen.len() < READ_BACKS {
                    self.unseen.push(command);
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a command's errand ended badly"),
        }
    }

    /// What was sent and not answered when the server ended: nobody knows what the station did.
    async fn after_restart(&self) {
        let open = self.store.tables.open_commands().await.unwrap_or_else(|error| {
            tracing::error!(%error, "commands could not be read at the start");
            Vec::new()
        });
        for command in open.into_iter().filter(|c| c.state == CommandState::Sent) {
            write_down(&self.store, &*self.clock, command.id, silent(Silence::Restarted)).await;
        }
    }

    /// Sends what can be sent and gives up what is over; whether something still waits.
    async fn turn(&mut self, under_way: &mut JoinSet<Option<Command>>) -> Result<bool, StoreError> {
        let mut waiting = false;
        for command in self.store.tables.open_commands().await? {
            let now = self.clock.now();
            match command.state {
                CommandState::Asked | CommandState::Allowed if now >= command.expires_at => {
                    write_down(&self.store, &*self.clock, command.id, silent(Silence::NotReached)).await;
                }
                CommandState::Allowed if !self.busy.contains(&command.station) => {
                    match self.downlink.reaches(&command.station) {
                        Some(protocol) => self.send(command, protocol, now, under_way).await?,
                        None => waiting = true,
                    }
                }
                CommandState::Asked | CommandState::Allowed => waiting = true,
                _ => {}
            }
        }
        Ok(waiting)
    }

    async fn send(
        &mut self,
        command: Command,
        protocol: &'static str,
        now: Time,
        under_way: &mut JoinSet<Option<Command>>,
    ) -> Result<(), StoreError> {
        // The secret is in the row and no longer in the answer's hands once the command is over.
        let sent = command::send(&self.store, command.id, protocol, ACTOR, now).await?;
        if sent.state != CommandState::Sent {
            return Ok(());
        }
        self.busy.insert(sent.station.clone());
        let (errand, outcome) = Errand::new(sent.clone());
        let handed = self.downlink.send(errand).is_ok();
        let (store, clock, patience) = (self.store.clone(), Arc::clone(&self.clock), self.answer);
        under_way.spawn(async move {
            let act = if handed {
                match timeout(patience, outcome).await {
                    Ok(Ok(outcome)) => act_of(outcome),
                    Ok(Err(_)) => silent(Silence::LineLost),
                    Err(_) => silent(Silence::NoAnswer),
                }
            } else {
                silent(Silence::LineLost)
            };
            let credential = credential_by(&sent, &act);
            write_down_with(&store, &*clock, sent.id, act, credential).await;
            Some(sent)
        });
        Ok(())
    }

    /// Compares what stations show with what they were told: whether pumps run after a switch. (Where
    /// one pump was stopped and others run on, it is told as no match, with the count beside it.)
    async fn read_back(&mut self) {
        let unseen = std::mem::take(&mut self.unseen);
        for command in unseen {
            let registry = self.store.tables.registry();
            let now = self.clock.now();
            let interval_ms = registry
                .station(&command.station)
                .map_or(0, |station| i64::from(station.report_interval_s) * 1_000);
            let since = command.sent_at.unwrap_or(now);
            let seen = self.pumps_running(&command.station).filter(|sample| sample.at >= since);
            match seen {
                Some(sample) => {
                    let running = sample.value.unwrap_or_default() > 0.0;
                    let matches = matches!(command.ask, Ask::SwitchPump { on, .. } if on == running);
                    let seen = json!({ "pumps_running": sample.value, "at": sample.at });
                    let act = CommandAct::ReadBack { matches, seen };
                    write_down(&self.store, &*self.clock, command.id, act).await;
                }
                None if now.since_ms(since) <= READ_BACK_INTERVALS * interval_ms => self.unseen.push(command),
                // No report came that could show it: the command stays answered or timed out.
                None => {}
            }
        }
    }

    fn pumps_running(&self, station: &StationCode) -> Option<Sample> {
        let registry = self.store.tables.registry();
        let point = registry.points_of(station).iter().find(|p| p.quantity == Quantity::PumpsRunning)?;
        let (sample, _) = self.store.samples.latest_by(point.id, self.clock.now())?;
        sample.usable().map(|_| sample)
    }
}

fn act_of(outcome: Outcome) -> CommandAct {
    match outcome {
        Outcome::Answered { done, answer } => CommandAct::Answer { done, answer },
        // Nothing left the house, so this is an answer of ours: no.
        Outcome::NotSent { code, why } => {
            let answer = json!({ "not_sent": { "code": code, "why": why } });
            CommandAct::Answer { done: false, answer }
        }
    }
}

const fn silent(silence: Silence) -> CommandAct {
    CommandAct::TimeOut { silence }
}

async fn write_down(store: &Store, clock: &dyn Clock, id: CommandId, act: CommandAct) {
    write_down_with(store, clock, id, act, None).await;
}

/// The credential a station has by what it did: its new password, in the words of its protocol.
fn credential_by(command: &Command, act: &CommandAct) -> Option<Credential> {
    let (Ask::SetPassword { password }, CommandAct::Answer { done: true, .. }) = (&command.ask, act) else {
        return None;
    };
    let protocol = command.protocol.clone()?;
    let text = password.trim();
    // SL 651 compares four capital digits; others compare as written.
    let text = if protocol == wire::sl651::NAME {
        format!("{:04X}", u16::from_str_radix(text, 16).ok()?)
    } else {
        text.to_owned()
    };
    let secret = Secret::Plain { text };
    Some(Credential { station: command.station.clone(), protocol, user: String::new(), secret })
}

async fn write_down_with(
    store: &Store,
    clock: &dyn Clock,
    id: CommandId,
    act: CommandAct,
    credential: Option<Credential>,
) {
    let at = (ACTOR, clock.now());
    match command::act_and_prove(store, id, &act, credential.as_ref(), at).await {
        Ok(_) => {
            metrics::counter!("gateway_commands_total", "act" => act.code()).increment(1);
        }
        // A person was quicker.
        Err(StoreError::Refused(_)) => {}
        Err(error) => {
            tracing::error!(%error, command = id.0, "what came of a command could not be written down");
        }
    }
}
