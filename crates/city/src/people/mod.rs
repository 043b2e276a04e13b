//! 人员: simulated owners who answer, travel and handle, and a simulated dispatcher who closes.
//!
//! They are clients like any other: they sign in over HTTP, act with an `Idempotency-Key`, and say a
//! thing again until it is answered. They keep the town's clock, not the machine's.

mod acts;
mod dispatcher;
mod owner;
mod photo;
mod session;
mod views;

pub(crate) use acts::Acts;

use crate::config::Habits;
use crate::hands::TownClock;
use crate::town::{Login, Town};
use field::id::PersonId;
use field::person::Role;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

/// What the people live on.
pub(crate) struct Parts {
    /// The town they live in.
    pub(crate) town: Arc<Town>,
    /// Its clock.
    pub(crate) clock: TownClock,
    /// The server, such as `http://127.0.0.1:8651`.
    pub(crate) base: String,
    /// How they behave.
    pub(crate) habits: Habits,
    /// Whose phone has just buzzed. A buzz that finds the queue full may be dropped: people also look
    /// by themselves.
    pub(crate) mail: mpsc::Receiver<PersonId>,
    /// Where answered steps are noted.
    pub(crate) acts: Arc<Acts>,
}

/// What every simulated person needs.
#[derive(Clone)]
struct Life {
    town: Arc<Town>,
    clock: TownClock,
    base: String,
    habits: Habits,
    acts: Arc<Acts>,
}

/// Lives until it is dropped.
pub(crate) async fn run(parts: Parts) {
    let Parts { town, clock, base, habits, mut mail, acts } = parts;
    let life = Life { town: Arc::clone(&town), clock, base, habits, acts };
    let mut lives = JoinSet::new();
    let mut phones: HashMap<PersonId, Arc<Notify>> = HashMap::new();
    for login in &town.logins {
        match login.role {
            Role::BlockOwner => {
                let phone = Arc::new(Notify::new());
                phones.insert(login.person, Arc::clone(&phone));
                lives.spawn(owner::live(life.clone(), login.clone(), phone));
            }
            Role::Dispatcher | Role::Administrator => {}
        }
    }
    if let Some(login) = first_dispatcher(&town) {
        lives.spawn(dispatcher::live(life, login.clone()));
    }
    while let Some(person) = mail.recv().await {
        if let Some(phone) = phones.get(&person) {
            phone.notify_one();
        }
    }
    // Nobody rings any more, but they go on looking by themselves.
    while lives.join_next().await.is_some() {}
}

fn first_dispatcher(town: &Town) -> Option<&Login> {
    town.logins.iter().find(|l| l.role == Role::Dispatcher)
}
