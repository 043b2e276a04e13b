//! 人员与值班: who answers for which blocks, and when.
//!
//! Each town has one supervisor and some owners; an owner holds a run of neighbouring blocks as A and
//! stands in as B for the next owner of the town. A and B change day and night shifts over a fortnight.

use super::ground::Ground;
use super::names::{Named, people};
use super::places::TOWNS;
use field::block::Chain;
use field::duty::{DAY_MINUTES, Roster, Shift};
use field::id::{BlockId, PersonId};
use field::person::{ChannelKind, Person, Role};

/// Block owners of the town.
pub(crate) const OWNERS: usize = 75;
/// One for each town.
pub(crate) const SUPERVISORS: usize = TOWNS.len();
/// 调度员.
pub(crate) const DISPATCHERS: usize = 4;
/// 系统管理员.
pub(crate) const ADMINISTRATORS: usize = 2;

/// The staff and each cell's chain.
pub(crate) struct Staff {
    pub(crate) persons: Vec<Person>,
    pub(crate) chain_of: Vec<Chain>,
}

/// Persons are numbered: owners from 1, then supervisors, dispatchers, administrators.
pub(crate) fn staff(seed: u64, ground: &Ground, order: &[usize]) -> Staff {
    let total = OWNERS + SUPERVISORS + DISPATCHERS + ADMINISTRATORS;
    let persons = people(seed, total).into_iter().zip(1_i64..).map(|(named, id)| person(named, id)).collect();
    Staff { persons, chain_of: chains(ground, order) }
}

fn role_of(id: i64) -> Role {
    let field_staff = (OWNERS + SUPERVISORS) as i64;
    match id {
        id if id <= field_staff => Role::BlockOwner,
        id if id <= field_staff + DISPATCHERS as i64 => Role::Dispatcher,
        _ => Role::Administrator,
    }
}

fn person(named: Named, id: i64) -> Person {
    let role = role_of(id);
    let channels = match role {
        Role::BlockOwner => {
            vec![ChannelKind::WecomApp, ChannelKind::Sms, ChannelKind::WebPush, ChannelKind::DingtalkRobot]
        }
        Role::Dispatcher => {
            vec![ChannelKind::WecomApp, ChannelKind::WecomRobot, ChannelKind::WebPush, ChannelKind::Sms]
        }
        Role::Administrator => vec![ChannelKind::Email, ChannelKind::WecomApp],
    };
    Person {
        id: PersonId(id),
        // No operator hands out numbers beginning with 120: these ring nowhere.
        mobile: Some(format!("120{id:08}")),
        wecom: Some(format!("demo-{}", named.login)),
        // `.example` is reserved and reaches nobody (RFC 2606).
        email: Some(format!("{}@zhizhen.example", named.login)),
        login: named.login,
        name: named.name,
        name_en: named.name_en,
        role,
        channels,
        synthetic: true,
    }
}

/// Shares the owners out over the towns by their blocks (largest remainder, two at least), and each
/// town's blocks over its owners in runs.
fn chains(ground: &Ground, order: &[usize]) -> Vec<Chain> {
    let blocks_of: Vec<Vec<usize>> = (0..TOWNS.len())
        .map(|t| order.iter().copied().filter(|c| ground.town_of.get(*c) == Some(&t)).collect())
        .collect();
    let owners = owners_of_towns(&blocks_of.iter().map(Vec::len).collect::<Vec<_>>());
    let nobody = Chain { a: PersonId(0), b: PersonId(0), supervisor: PersonId(0) };
    let mut chain_of = vec![nobody; ground.cells()];
    let mut first = 1_i64;
    for (town, (blocks, count)) in blocks_of.iter().zip(owners).enumerate() {
        for (n, cell) in blocks.iter().enumerate() {
            let mine = n * count / blocks.len().max(1);
            let chain = Chain {
                a: PersonId(first + mine as i64),
                b: PersonId(first + ((mine + 1) % count) as i64),
                supervisor: PersonId((OWNERS + town + 1) as i64),
            };
            if let Some(slot) = chain_of.get_mut(*cell) {
                *slot = chain;
            }
        }
        first += count as i64;
    }
    chain_of
}

fn owners_of_towns(blocks: &[usize]) -> Vec<usize> {
    let all: usize = blocks.iter().sum::<usize>().max(1);
    let mut owners: Vec<usize> = blocks.iter().map(|b| (b * OWNERS / all).max(2)).collect();
    while owners.iter().sum::<usize>() < OWNERS {
        // The town whose owners carry the most blocks each gets the next one.
        let load =
            |n: usize| blocks.get(n).copied().unwrap_or(0) * 1_000 / owners.get(n).copied().unwrap_or(1);
        let Some(busiest) = (0..owners.len()).max_by_key(|n| load(*n)) else { break };
        if let Some(count) = owners.get_mut(busiest) {
            *count += 1;
        }
    }
    while owners.iter().sum::<usize>() > OWNERS {
        let Some(count) = owners.iter_mut().max() else { break };
        *count -= 1;
    }
    owners
}

/// Day shifts begin at 08:00, night shifts at 20:00.
const DAY_FROM: u32 = 8 * 60;
const NIGHT_FROM: u32 = 20 * 60;
/// A fortnight: A has the days of the first week and the nights of the second.
const CYCLE_DAYS: u32 = 14;

/// The roster of one block.
pub(crate) fn roster(block: BlockId, chain: Chain) -> Roster {
    let day_of = |day: u32| if day < CYCLE_DAYS / 2 { chain.a } else { chain.b };
    let night_of = |day: u32| if day < CYCLE_DAYS / 2 { chain.b } else { chain.a };
    let shifts = (0..CYCLE_DAYS)
        .flat_map(|day| {
            let midnight = day * DAY_MINUTES;
            // The night that began yesterday, the day, and the night that begins tonight.
            let yesterday = (day + CYCLE_DAYS - 1) % CYCLE_DAYS;
            [
                Shift { from: midnight, to: midnight + DAY_FROM, person: night_of(yesterday) },
                Shift { from: midnight + DAY_FROM, to: midnight + NIGHT_FROM, person: day_of(day) },
                Shift { from: midnight + NIGHT_FROM, to: midnight + DAY_MINUTES, person: night_of(day) },
            ]
        })
        .collect();
    Roster { block, cycle_days: CYCLE_DAYS, shifts, substitutions: Vec::new() }
}
