//! Stations, points, blocks, people, rules.

use crate::engines::Place;
use crate::town::{self, DESK, OWNER, at};
use field::block::Block;
use field::id::{BlockId, PersonId, PointId, RuleId};
use field::place::{Position, Ring};
use field::station::{Point, Station, StationKind};
use store::tables::MapFeature;
use store::{StoreError, Subject};

pub(crate) async fn with_the_commit(place: Place) {
    let store = place.open().await;
    let (point, _) = town::found(&store.tables).await.unwrap();
    let (version, places) = (store.tables.registry().version(), store.tables.registry().places_version());
    let mut watch = store.tables.registry_watch();
    watch.mark_unchanged();
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.station_put(&Station { name: "改名".into(), ..town::station(1) }).await.unwrap();
    assert_eq!(store.tables.registry().station(&town::code(1)).unwrap().name, "站1");
    tx.commit().await.unwrap();
    assert_eq!(store.tables.registry().station(&town::code(1)).unwrap().name, "改名");
    assert_eq!(store.tables.registry().version(), version + 1);
    assert_eq!(store.tables.registry().places_version(), places + 1);
    assert!(watch.has_changed().unwrap());
    // A rule changes nothing of which point is fed by what.
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.rule_put(&town::rule(point)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.tables.registry().version(), version + 2);
    assert_eq!(store.tables.registry().places_version(), places + 1);
    // Nor does a point that is made for a new name.
    let new = Point {
        id: PointId(0),
        elements: vec!["new".into()],
        ..Point::clone(store.tables.registry().point(point).unwrap())
    };
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    let made = tx.points_add(&town::code(1), vec![new]).await.unwrap().remove(0);
    tx.commit().await.unwrap();
    assert!(store.tables.registry().point(made.id).is_some());
    assert_eq!(store.tables.registry().version(), version + 3);
    assert_eq!(store.tables.registry().places_version(), places + 1);
    // Two people cannot have one login.
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    assert!(tx.person_put(&town::person(PersonId(55), "owner")).await.is_err());
    drop(tx);
    store.close().await;
}

pub(crate) async fn after_a_restart(place: Place) {
    let store = place.open().await;
    let (point, rule) = town::found(&store.tables).await.unwrap();
    let river = MapFeature {
        kind: "river".into(),
        name: "义乌江".into(),
        name_en: "Yiwu River".into(),
        geometry: vec![vec![Position { lon: 120.1, lat: 29.3 }, Position { lon: 120.2, lat: 29.31 }]],
        width_m: 180.0,
    };
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.map_feature_put(&river).await.unwrap();
    for n in 2..=5 {
        tx.station_put(&Station { kind: StationKind::Rain, ..town::station(n) }).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.close().await;
    let store = place.open().await;
    let registry = store.tables.registry();
    let code = town::code(1);
    assert_eq!(**registry.station(&code).unwrap(), town::station(1));
    assert_eq!(registry.points_of(&code).iter().map(|p| p.id).collect::<Vec<_>>(), [point]);
    assert_eq!(registry.point_for_element(&code, "f5").map(|p| p.id), Some(point));
    assert!(registry.point_for_element(&code, "22").is_none());
    assert_eq!(registry.headline_of(&code).map(|p| p.id), Some(point));
    assert_eq!(registry.rules_of(point).iter().map(|r| r.id).collect::<Vec<_>>(), [rule]);
    assert_eq!(registry.on_duty(BlockId(1), at(0)).map(|p| p.id), Some(OWNER));
    assert!(registry.on_duty(BlockId(2), at(0)).is_none());
    assert_eq!(registry.person_by_login("neighbour").map(|p| p.id), Some(PersonId(8)));
    let blocks: Vec<Block> = registry.blocks().values().map(|b| Block::clone(b)).collect();
    for lon in [119.9, 120.0, 120.5, 121.0, 121.000_001, 121.999_999, 122.0, 122.1] {
        for lat in [28.9, 29.0, 29.5, 29.999_999, 30.0] {
            let position = Position { lon, lat };
            let naive = field::block::block_at(&blocks, position).map(|b| b.id);
            assert_eq!(registry.block_at(position).map(|b| b.id), naive, "{position:?}");
        }
    }
    let near = registry.nearest(StationKind::Rain, town::station(1).position, 3);
    assert_eq!(near.iter().map(|(s, _)| s.code.clone()).collect::<Vec<_>>(), [2, 3, 4].map(town::code));
    assert!(near[0].1 < near[1].1);
    assert_eq!(store.tables.map_features().await.unwrap(), [river]);
    store.close().await;
}

pub(crate) async fn deleting(place: Place) {
    let store = place.open().await;
    let (point, rule) = town::found(&store.tables).await.unwrap();
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.station_delete(&town::code(1)).await.unwrap();
    assert!(matches!(tx.station_delete(&town::code(7)).await, Err(StoreError::Missing { .. })));
    tx.commit().await.unwrap();
    let registry = store.tables.registry();
    assert_eq!((registry.stations().len(), registry.points().len(), registry.rules().len()), (0, 0, 0));
    assert!(registry.points_of(&town::code(1)).is_empty() && registry.rules_of(point).is_empty());
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.tables.registry().points().len(), 0);
    let mut tx = store.tables.begin(DESK, at(2)).await.unwrap();
    tx.station_put(&town::station(1)).await.unwrap();
    let again = tx.point_put(&town::point(1)).await.unwrap();
    assert_eq!((again, point), (PointId(2), PointId(1)));
    assert_eq!(tx.rule_put(&town::rule(again)).await.unwrap(), RuleId(rule.0 + 1));
    tx.commit().await.unwrap();
    let lines = store.tables.journal_of(&Subject::Station(town::code(1)), 20).await.unwrap();
    let acts: Vec<_> = lines.iter().map(|l| l.act.as_str()).collect();
    assert_eq!(acts, ["put", "point_put", "point_delete", "delete", "put", "point_put"]);
    store.close().await;
}

pub(crate) async fn broken_polygon(place: Place) {
    let store = place.open().await;
    let mut bow_tie = town::block(1, 120.0);
    let Ring(corners) = &mut bow_tie.ring;
    corners.swap(1, 2);
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    let refused = tx.block_put(&bow_tie).await.unwrap_err();
    assert_eq!(refused.to_string(), "putting a block: the polygon of block `001`: side 0 crosses side 2");
    drop(tx);
    store.close().await;
}
