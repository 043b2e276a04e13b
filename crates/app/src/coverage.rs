//! `zhizhen check coverage`: does every point of the service area have exactly one person on duty at
//! every minute? Names each hole and overlap, in space and in time. Changes nothing.

use field::block::{Block, Town};
use field::duty::Roster;
use field::place::{DEGREE_M, Position, Ring};
use geo::{Area, BooleanOps, BoundingRect, Centroid, Coord, Intersects, LineString, MultiPolygon, Polygon};
use serde::Serialize;

/// Smaller pieces are rounding, not ground: 1 m².
const LEAST_AREA_M2: f64 = 1.0;

/// One thing that keeps the answer from being "yes".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Fault {
    /// A polygon that is none.
    BrokenRing {
        /// The block's code, or the town's.
        of: String,
        /// What is wrong with it.
        why: String,
    },
    /// Ground of the service area that no block holds.
    Hole {
        /// Its middle.
        at: Position,
        /// How large.
        area_m2: f64,
    },
    /// Ground that two blocks hold.
    Overlap {
        /// The two blocks' codes.
        blocks: (String, String),
        /// Its middle.
        at: Position,
        /// How large.
        area_m2: f64,
    },
    /// A block without a duty roster.
    NoRoster {
        /// The block's code.
        block: String,
    },
    /// Minutes with nobody, or two, on duty.
    Roster {
        /// The block's code.
        block: String,
        /// Which minutes.
        why: String,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BrokenRing { of, why } => write!(f, "polygon of `{of}` is broken: {why}; redraw it"),
            Self::Hole { at, area_m2 } => write!(
                f,
                "hole of {area_m2:.0} m² around {:.6},{:.6}: no block holds it; extend a neighbour",
                at.lon, at.lat
            ),
            Self::Overlap { blocks: (a, b), at, area_m2 } => write!(
                f,
                "blocks {a} and {b} overlap by {area_m2:.0} m² around {:.6},{:.6}; cut one of them back",
                at.lon, at.lat
            ),
            Self::NoRoster { block } => write!(f, "block {block} has no duty roster; add one"),
            Self::Roster { block, why } => write!(f, "block {block}: {why}"),
        }
    }
}

/// Every fault, broken polygons first. Without a broken polygon or any other fault, every point of
/// the towns' ground resolves to exactly one person on duty at every minute.
pub(crate) fn check<'a>(
    towns: &[Town],
    blocks: &[Block],
    roster: impl Fn(&Block) -> Option<&'a Roster>,
) -> Vec<Fault> {
    let mut faults: Vec<Fault> = towns
        .iter()
        .map(|t| (&t.name, &t.ring))
        .chain(blocks.iter().map(|b| (&b.code, &b.ring)))
        .filter_map(|(of, ring)| {
            ring.check().err().map(|why| Fault::BrokenRing { of: of.clone(), why: why.to_string() })
        })
        .collect();
    if faults.is_empty() {
        faults.extend(ground(towns, blocks));
    }
    faults.extend(blocks.iter().flat_map(|block| rosters(block, roster(block))));
    faults
}

fn rosters(block: &Block, roster: Option<&Roster>) -> Vec<Fault> {
    let Some(roster) = roster else { return vec![Fault::NoRoster { block: block.code.clone() }] };
    let named = |why: String| Fault::Roster { block: block.code.clone(), why };
    roster.faults().iter().map(|fault| named(fault.to_string())).collect()
}

fn ground(towns: &[Town], blocks: &[Block]) -> Vec<Fault> {
    let area = geo::unary_union(&towns.iter().map(|t| polygon(&t.ring)).collect::<Vec<_>>());
    let shapes: Vec<Polygon> = blocks.iter().map(|b| polygon(&b.ring)).collect();
    let held = geo::unary_union(&shapes);
    let mut faults: Vec<Fault> = pieces(&area.difference(&held))
        .into_iter()
        .map(|(at, area_m2)| Fault::Hole { at, area_m2 })
        .collect();
    for (i, (a, block)) in shapes.iter().zip(blocks).enumerate() {
        for (b, other) in shapes.iter().zip(blocks).skip(i + 1) {
            let near = a.bounding_rect().zip(b.bounding_rect()).is_some_and(|(x, y)| x.intersects(&y));
            if near {
                faults.extend(pieces(&a.intersection(b)).into_iter().map(|(at, area_m2)| Fault::Overlap {
                    blocks: (block.code.clone(), other.code.clone()),
                    at,
                    area_m2,
                }));
            }
        }
    }
    faults
}

fn polygon(ring: &Ring) -> Polygon {
    let outer: Vec<Coord> = ring.0.iter().map(|p| Coord { x: p.lon, y: p.lat }).collect();
    Polygon::new(LineString::new(outer), vec![])
}

/// The pieces of a shape that are larger than rounding: their middles and sizes.
fn pieces(shape: &MultiPolygon) -> Vec<(Position, f64)> {
    shape
        .iter()
        .filter_map(|piece| {
            let middle = piece.centroid()?;
            let at = Position { lon: middle.x(), lat: middle.y() };
            let area_m2 = piece.unsigned_area() * DEGREE_M * DEGREE_M * at.lat.to_radians().cos();
            (area_m2 >= LEAST_AREA_M2).then_some((at, area_m2))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::block::Chain;
    use field::duty::Shift;
    use field::id::{BlockId, PersonId};

    fn ring(corners: &[(f64, f64)]) -> Ring {
        Ring(
            corners
                .iter()
                .map(|&(x, y)| Position { lon: 120.0 + x / 100.0, lat: 29.0 + y / 100.0 })
                .collect(),
        )
    }

    fn block(id: i64, corners: &[(f64, f64)]) -> Block {
        let chain = Chain { a: PersonId(1), b: PersonId(2), supervisor: PersonId(3) };
        Block {
            id: BlockId(id),
            code: format!("{id:03}"),
            name: "块".into(),
            name_en: "Block".into(),
            town: "330782001".into(),
            ring: ring(corners),
            chain,
            synthetic: true,
        }
    }

    fn town() -> Town {
        let square = ring(&[(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)]);
        Town { code: "330782001".into(), name: "镇".into(), name_en: "Town".into(), ring: square }
    }

    fn all_day(block: &Block) -> Roster {
        let shifts = vec![Shift { from: 0, to: 1440, person: PersonId(1) }];
        Roster { block: block.id, cycle_days: 1, shifts, substitutions: vec![] }
    }

    fn faults_of(blocks: &[Block]) -> Vec<Fault> {
        let rosters: Vec<Roster> = blocks.iter().map(all_day).collect();
        check(&[town()], blocks, |b| rosters.iter().find(|r| r.block == b.id))
    }

    #[test]
    fn two_blocks_that_fill_the_town_leave_nothing_to_say() {
        let west = block(1, &[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]);
        let east = block(2, &[(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0)]);
        assert_eq!(faults_of(&[west, east]), vec![]);
    }

    #[test]
    fn a_hole_and_an_overlap_are_named_with_place_and_size() {
        let west = block(1, &[(0.0, 0.0), (1.2, 0.0), (1.2, 1.0), (0.0, 1.0)]);
        let east = block(2, &[(1.0, 0.0), (1.8, 0.0), (1.8, 1.0), (1.0, 1.0)]);
        let faults = faults_of(&[west, east]);
        assert!(
            matches!(faults[0], Fault::Hole { at, area_m2 } if (at.lon - 120.019).abs() < 1e-6 && area_m2 > 2e5)
        );
        assert!(
            matches!(&faults[1], Fault::Overlap { blocks, .. } if *blocks == ("001".to_owned(), "002".to_owned()))
        );
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn a_broken_polygon_and_a_missing_roster_are_named() {
        let bow = block(1, &[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
        let faults = check(&[town()], &[bow], |_| None);
        assert!(matches!(&faults[0], Fault::BrokenRing { of, .. } if of == "001"));
        assert_eq!(faults[1], Fault::NoRoster { block: "001".into() });
    }
}
