//! The cases of tables and journal, each given an empty [`Place`].

use crate::engines::Place;
use std::pin::Pin;

mod access;
mod commands;
mod credentials;
pub(crate) mod journal;
mod lives;
mod messages;
mod quarantine;
mod registry;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;
type Case = (&'static str, fn(Place) -> Running);

/// Every case, by what it finds.
pub(crate) const CASES: &[Case] = &[
    ("rows and lines become true together or not at all", |p| Box::pin(journal::together_or_not_at_all(p))),
    ("many writers leave no gap and no double", |p| Box::pin(journal::many_writers(p))),
    ("a line that was changed is named", |p| Box::pin(journal::a_changed_line_is_named(p))),
    ("lines that are missing are named", |p| Box::pin(journal::missing_lines_are_named(p))),
    ("a transaction with a failed statement is not committed", |p| Box::pin(journal::a_failed_statement(p))),
    ("the journal is read forwards and backwards and by subject", |p| Box::pin(journal::reading(p))),
    ("tables of a newer program are refused", |p| Box::pin(journal::newer_tables_are_refused(p))),
    ("a document of a newer program is refused", |p| Box::pin(journal::newer_documents_are_refused(p))),
    ("a store to read only reads beside the one that writes", |p| Box::pin(journal::read_only(p))),
    ("settings and cursors are there after a restart", |p| Box::pin(journal::settings_stay(p))),
    ("alarms are listed by what is asked", |p| Box::pin(lives::alarms_are_listed(p))),
    ("evidence is in the journal where it is new", |p| Box::pin(lives::evidence_in_the_journal(p))),
    ("accepting an order acknowledges its alarms", |p| Box::pin(lives::accepting_acknowledges(p))),
    ("an order cannot be closed without a reason while the water stands", |p| {
        Box::pin(lives::closing_looks_itself(p))
    }),
    ("a refused act changes nothing", |p| Box::pin(lives::a_refused_act(p))),
    ("the same key acts once", |p| Box::pin(lives::the_same_key_acts_once(p))),
    ("a further alarm joins the order of its station", |p| Box::pin(lives::joining(p))),
    ("a command is asked and allowed and sent once", |p| Box::pin(commands::asked_allowed_sent_answered(p))),
    ("interlocks refuse and standing orders allow and secrets are blotted out", |p| {
        Box::pin(commands::interlocks_and_standing_orders(p))
    }),
    ("a message with the same key is asked for once", |p| Box::pin(messages::asked_once(p))),
    ("the most urgent delivery goes first and then the oldest", |p| Box::pin(messages::urgent_first(p))),
    ("every try of a message is in the ledger and the journal", |p| Box::pin(messages::the_ledger(p))),
    ("messages are counted by person", |p| Box::pin(messages::counts(p))),
    ("the registry changes with the commit and not before", |p| Box::pin(registry::with_the_commit(p))),
    ("the registry is the same after a restart", |p| Box::pin(registry::after_a_restart(p))),
    ("a station goes with its points and rules and no id is used again", |p| Box::pin(registry::deleting(p))),
    ("a broken polygon is refused", |p| Box::pin(registry::broken_polygon(p))),
    ("the same bad frame again only raises its counter", |p| Box::pin(quarantine::the_same_frame(p))),
    ("the quarantine is bounded", |p| Box::pin(quarantine::bounded(p))),
    ("credentials are kept and their secrets never told", |p| Box::pin(credentials::kept_and_never_told(p))),
    ("passwords sessions and browsers are kept and bounded", |p| Box::pin(access::kept_and_bounded(p))),
];
