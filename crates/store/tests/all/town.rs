//! A very small town to register and raise alarms in.

use field::alarm::Evidence;
use field::block::{Block, Chain};
use field::duty::{Roster, Shift};
use field::id::{BlockId, PersonId, PointId, RuleId, StationCode};
use field::person::{ChannelKind, Person, Role};
use field::place::{Position, Ring};
use field::rule::RuleSetting;
use field::severity::Severity;
use field::station::{Point, Quantity, Station, StationKind};
use field::time::Time;
use store::tables::{NewAlarm, NewOrder};
use store::{Actor, StoreError, Tables};

pub(crate) const DESK: Actor = Actor::Desk("alarm");
pub(crate) const OWNER: PersonId = PersonId(7);

pub(crate) fn at(minute: i64) -> Time {
    Time::from_ms(1_625_000_000_000 + minute * 60_000)
}

pub(crate) fn code(n: u32) -> StationCode {
    StationCode::new(format!("330782{n:04X}")).unwrap()
}

pub(crate) fn station(n: u32) -> Station {
    Station {
        code: code(n),
        name: format!("站{n}"),
        name_en: format!("Station {n}"),
        kind: StationKind::Ponding,
        position: Position { lon: 120.0 + f64::from(n) * 0.001, lat: 29.3 },
        block: BlockId(1),
        report_interval_s: 300,
        ground_m: Some(62.5),
        crown_m: None,
        maintenance: None,
        synthetic: true,
    }
}

pub(crate) fn point(n: u32) -> Point {
    Point {
        id: PointId(0),
        station: code(n),
        quantity: Quantity::Depth,
        elements: vec!["39".into(), "F5".into()],
        min: 0.0,
        max: 5.0,
        own_unit: String::new(),
    }
}

pub(crate) fn rule(point: PointId) -> RuleSetting {
    RuleSetting {
        id: RuleId(0),
        point,
        kind: "level_high".into(),
        params: serde_json::json!({ "thresholds": { "blue": 0.15, "red": 0.6 } }),
        enabled: true,
    }
}

pub(crate) fn block(id: i64, west: f64) -> Block {
    let corner = |lon, lat| Position { lon, lat };
    Block {
        id: BlockId(id),
        code: format!("{id:03}"),
        name: "区块".into(),
        name_en: "Block".into(),
        town: "330782001".into(),
        ring: Ring(vec![
            corner(west, 29.0),
            corner(west + 1.0, 29.0),
            corner(west + 1.0, 30.0),
            corner(west, 30.0),
        ]),
        chain: Chain { a: OWNER, b: PersonId(8), supervisor: PersonId(9) },
        synthetic: true,
    }
}

pub(crate) fn person(id: PersonId, login: &str) -> Person {
    Person {
        id,
        login: login.into(),
        name: "王建国".into(),
        name_en: "Wang Jianguo".into(),
        role: Role::BlockOwner,
        mobile: Some("13800000000".into()),
        wecom: None,
        email: None,
        channels: vec![ChannelKind::WecomApp, ChannelKind::Sms],
        synthetic: true,
    }
}

pub(crate) fn alarm(rule: i64, station: u32) -> NewAlarm {
    NewAlarm {
        rule: RuleId(rule),
        kind: "level_high".into(),
        point: PointId(1),
        station: code(station),
        block: BlockId(1),
        severity: Severity::Orange,
        evidence: Evidence { value: 0.43, threshold: 0.4, samples: vec![] },
        suppressed: false,
        at: at(1),
    }
}

pub(crate) fn order(station: u32, alarms: &[field::id::AlarmId]) -> NewOrder {
    NewOrder {
        station: code(station),
        spot: Position { lon: 120.0, lat: 29.3 },
        block: BlockId(1),
        alarms: alarms.to_vec(),
        severity: Severity::Orange,
        assignee: OWNER,
        escalation: 0,
    }
}

/// Two blocks, three people, one station with its point and rule.
pub(crate) async fn found(tables: &Tables) -> Result<(PointId, RuleId), StoreError> {
    let mut tx = tables.begin(Actor::Desk("import"), at(0)).await?;
    tx.block_put(&block(1, 120.0)).await?;
    tx.block_put(&block(2, 121.0)).await?;
    for (id, login) in [(7, "owner"), (8, "neighbour"), (9, "supervisor")] {
        tx.person_put(&person(PersonId(id), login)).await?;
    }
    let shifts = vec![Shift { from: 0, to: 1440, person: OWNER }];
    tx.roster_put(&Roster { block: BlockId(1), cycle_days: 1, shifts, substitutions: vec![] }).await?;
    tx.station_put(&station(1)).await?;
    let point = tx.point_put(&point(1)).await?;
    let rule = tx.rule_put(&rule(point)).await?;
    tx.commit().await?;
    Ok((point, rule))
}
