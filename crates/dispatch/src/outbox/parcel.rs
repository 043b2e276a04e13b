//! From a bundle of messages to one parcel: key, people, text.

use super::lane::Bundle;
use crate::channels::{About, Parcel, Size};
use crate::text::{Member, Writer};
use field::person::{ChannelKind, Person};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use store::Registry;

/// Makes the parcel. `None` when nobody in it is registered.
pub(super) fn wrap(
    kind: ChannelKind,
    bundle: &Bundle,
    registry: &Registry,
    writer: &Writer,
    size: Size,
) -> Option<Parcel> {
    let members: Vec<Member<'_>> = bundle
        .items
        .iter()
        .filter_map(|item| registry.person(item.message.person).map(|p| (item.message.as_ref(), p.as_ref())))
        .collect();
    let first = bundle.items.first()?;
    let text = writer.compose(&members, bundle.mailbox.is_group(), size);
    let mut persons: Vec<Person> = Vec::new();
    for (_, person) in &members {
        if !persons.iter().any(|p| p.id == person.id) {
            persons.push((*person).clone());
        }
    }
    Some(Parcel {
        key: key(kind, bundle),
        mailbox: bundle.mailbox,
        persons,
        title: text.title,
        text: text.text,
        link: text.link,
        severity: first.message.severity,
        about: About { message: first.message.id, alarm: first.message.alarm, order: first.message.order },
    })
}

/// The same members to the same mailbox have the same key; other members have another.
fn key(kind: ChannelKind, bundle: &Bundle) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{}|{}", kind.code(), bundle.mailbox));
    let mut ids: Vec<i64> = bundle.items.iter().map(|i| i.message.id.0).collect();
    ids.sort_unstable();
    for id in ids {
        hash.update(format!("|{id}"));
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
