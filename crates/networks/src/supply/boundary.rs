//! 区界: closed pipes between zones that lie beside each other, to be opened when one of them has no water.

use super::zone::Built;
use super::{Boundary, Net, Pipe};
use crate::ground::At;
use std::collections::{BTreeSet, HashMap};

/// Zones farther apart than this are not joined, m.
const APART_M: f64 = 3_000.0;
/// Diameter and Hazen-Williams C of such a pipe.
const DIAMETER_MM: f64 = 200.0;
const ROUGHNESS: f64 = 110.0;

/// Joins every zone with the one nearest to it.
pub(super) fn build(net: &mut Net, zones: &[Built]) -> Vec<Boundary> {
    let places: HashMap<&str, At> = net.junctions.iter().map(|j| (j.id.as_str(), j.at)).collect();
    let mut joined = BTreeSet::new();
    let mut pipes = Vec::new();
    for (n, zone) in zones.iter().enumerate() {
        let others = zones.iter().enumerate().filter(|(m, _)| *m != n);
        let Some((m, other)) =
            others.min_by(|a, b| zone.hub.distance_m(a.1.hub).total_cmp(&zone.hub.distance_m(b.1.hub)))
        else {
            continue;
        };
        if !joined.insert([n.min(m), n.max(m)]) {
            continue;
        }
        let Some((from, to, length_m)) = closest(&places, &zone.zone.taps, &other.zone.taps) else {
            continue;
        };
        if length_m <= APART_M {
            let id = format!("{}-{}-GATE", zone.zone.id, other.zone.id);
            pipes.push((id, [from, to], length_m, [zone.zone.id.clone(), other.zone.id.clone()]));
        }
    }
    let mut boundaries = Vec::new();
    for (id, [from, to], length_m, zones) in pipes {
        net.pipes.push(Pipe {
            id: id.clone(),
            from,
            to,
            length_m: length_m.max(10.0),
            diameter_mm: DIAMETER_MM,
            roughness: ROUGHNESS,
            valve: true,
            closed: true,
        });
        boundaries.push(Boundary { pipe: id, zones });
    }
    boundaries
}

/// The two junctions that lie closest to each other.
fn closest(places: &HashMap<&str, At>, ours: &[String], theirs: &[String]) -> Option<(String, String, f64)> {
    let at = |id: &String| places.get(id.as_str()).copied();
    let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
    let apart = pairs.filter_map(|(a, b)| Some((a, b, at(a)?.distance_m(at(b)?))));
    let (a, b, length_m) = apart.min_by(|x, y| x.2.total_cmp(&y.2))?;
    Some((a.clone(), b.clone(), length_m))
}
