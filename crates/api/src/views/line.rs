//! A line of the journal.

use super::words::Stamp;
use serde::Serialize;
use serde_json::Value;
use store::{Line, Registry};
use utoipa::ToSchema;

/// Who did it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActorView {
    /// `person`, `desk` or `nobody`.
    pub(crate) kind: String,
    /// The person's number or the desk's name.
    pub(crate) id: Option<String>,
    /// The person's name.
    pub(crate) name: Option<String>,
    pub(crate) name_en: Option<String>,
}

/// A line of the journal.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineView {
    pub(crate) seq: i64,
    pub(crate) at: Stamp,
    pub(crate) actor: ActorView,
    /// Such as `alarm:12`.
    pub(crate) subject: String,
    pub(crate) act: String,
    #[schema(value_type = Object)]
    pub(crate) body: Value,
    pub(crate) hash: String,
}

impl LineView {
    /// With the actor's name.
    pub(crate) fn of(registry: &Registry, line: Line) -> Self {
        let person = line.person().and_then(|id| registry.person(id));
        let (kind, id) = match line.actor.split_once(':') {
            Some((kind, id)) => (kind.to_owned(), Some(id.to_owned())),
            None => (line.actor.clone(), None),
        };
        let name = person.map(|p| p.name.clone());
        let name_en = person.map(|p| p.name_en.clone());
        Self {
            seq: line.seq.0,
            at: line.at.into(),
            actor: ActorView { kind, id, name, name_en },
            subject: line.subject,
            act: line.act,
            body: line.body,
            hash: line.hash,
        }
    }
}

/// How far the journal's chain holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerifiedView {
    /// Whether every line's hash is right.
    pub(crate) whole: bool,
    /// Lines checked.
    pub(crate) lines: i64,
    /// Where it breaks, when it does.
    pub(crate) broken_at: Option<String>,
}
