//! 区块: who answers for which ground.

use crate::id::{BlockId, PersonId};
use crate::place::{Position, Ring};
use serde::{Deserialize, Serialize};

/// 责任链: the people of a block, in the order they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// A 岗.
    pub a: PersonId,
    /// B 岗.
    pub b: PersonId,
    /// 片区负责人.
    pub supervisor: PersonId,
}

/// 区块.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Given by the registry.
    pub id: BlockId,
    /// Its number on paper, such as `037`.
    pub code: String,
    /// 名称.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// 镇街 code, such as `330782001`.
    pub town: String,
    /// Its ground.
    pub ring: Ring,
    /// Its people.
    pub chain: Chain,
    /// Whether it exists only in the demo.
    pub synthetic: bool,
}

/// 镇街: a town or street.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Town {
    /// Administrative code.
    pub code: String,
    /// 名称.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Its boundary; all towns together are the service area.
    pub ring: Ring,
}

/// The block that holds `p`; where careless data overlap, the one with the smaller id.
#[must_use]
pub fn block_at(blocks: &[Block], p: Position) -> Option<&Block> {
    blocks.iter().filter(|b| b.ring.contains(p)).min_by_key(|b| b.id)
}
