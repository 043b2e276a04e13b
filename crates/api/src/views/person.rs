//! People, their duty, and what the demo gives away at sign-in.

use super::words::{self, Stamp};
use field::block::Block;
use field::id::{BlockId, PersonId};
use field::person::{ChannelKind, Person, Role};
use field::time::Time;
use serde::{Deserialize, Serialize};
use store::Registry;
use utoipa::ToSchema;

/// A person as others see them.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PersonBrief {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) name_en: String,
    /// 手机号, for those who work together on the block.
    pub(crate) mobile: Option<String>,
}

/// A person.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PersonView {
    pub(crate) id: i64,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = words::Role)]
    pub(crate) role: Role,
    pub(crate) mobile: Option<String>,
    #[schema(value_type = Vec<words::ChannelKind>)]
    pub(crate) channels: Vec<ChannelKind>,
    pub(crate) synthetic: bool,
}

/// Who is on duty, and until when.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct OnDuty {
    pub(crate) person: PersonBrief,
    pub(crate) until: Stamp,
}

/// Who is on duty for one block.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyView {
    pub(crate) block: BlockBrief,
    /// `null` where the roster has a hole.
    pub(crate) person: Option<PersonBrief>,
    pub(crate) until: Option<Stamp>,
}

/// A block as others name it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct BlockBrief {
    pub(crate) id: i64,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    /// The town's name.
    pub(crate) town: String,
    /// The town's name in English.
    pub(crate) town_en: String,
    /// The town's code.
    pub(crate) town_code: String,
}

/// Login and password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignIn {
    pub(crate) login: String,
    pub(crate) password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    pub(crate) person: PersonView,
}

impl From<&Person> for PersonBrief {
    fn from(p: &Person) -> Self {
        Self { id: p.id.0, name: p.name.clone(), name_en: p.name_en.clone(), mobile: p.mobile.clone() }
    }
}

impl From<&Person> for PersonView {
    fn from(p: &Person) -> Self {
        Self {
            id: p.id.0,
            login: p.login.clone(),
            name: p.name.clone(),
            name_en: p.name_en.clone(),
            role: p.role,
            mobile: p.mobile.clone(),
            channels: p.channels.clone(),
            synthetic: p.synthetic,
        }
    }
}

/// The person of that id; somebody no longer registered keeps the number as a name.
pub(crate) fn brief(registry: &Registry, id: PersonId) -> PersonBrief {
    registry.person(id).map_or_else(
        || PersonBrief { id: id.0, name: id.to_string(), name_en: id.to_string(), mobile: None },
        |p| PersonBrief::from(&**p),
    )
}

/// The block of that id; one no longer registered keeps the number as a name.
pub(crate) fn block_brief(registry: &Registry, id: BlockId) -> BlockBrief {
    let text = id.to_string();
    registry.block(id).map_or_else(
        || BlockBrief {
            id: id.0,
            code: text.clone(),
            name: text.clone(),
            name_en: text.clone(),
            town: String::new(),
            town_en: String::new(),
            town_code: String::new(),
        },
        |b| block_named(registry, b),
    )
}

fn block_named(registry: &Registry, b: &Block) -> BlockBrief {
    let town = registry.towns().get(&b.town);
    BlockBrief {
        id: b.id.0,
        code: b.code.clone(),
        name: b.name.clone(),
        name_en: b.name_en.clone(),
        town: town.map_or_else(|| b.town.clone(), |t| t.name.clone()),
        town_en: town.map_or_else(|| b.town.clone(), |t| t.name_en.clone()),
        town_code: b.town.clone(),
    }
}

/// Who is on duty for a block at a moment.
pub(crate) fn on_duty(registry: &Registry, block: BlockId, at: Time) -> Option<OnDuty> {
    let person = registry.on_duty(block, at)?;
    let until = registry.roster(block)?.until(at);
    Some(OnDuty { person: PersonBrief::from(&**person), until: until.into() })
}
