//! Rings of check valves (止回阀成环): pipes with check valves that lead in a circle, each letting water only
//! into the next. Nothing drives water round such a ring, so what hangs on it is fed from one side only.

/// Rings among links with these ends (from, to); each is a list of indices into `ends` in the order of flow.
/// No link stands in two rings.
pub(super) fn rings(ends: &[[u32; 2]]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..ends.len()).collect();
    let mut found = Vec::new();
    loop {
        trim(ends, &mut left);
        let Some(ring) = first_ring(ends, &left) else { return found };
        left.retain(|link| !ring.contains(link));
        found.push(ring);
    }
}

/// Leaves only links that are followed by one and follow one.
fn trim(ends: &[[u32; 2]], left: &mut Vec<usize>) {
    loop {
        let nodes = |side: fn(&[u32; 2]) -> u32| -> std::collections::HashSet<u32> {
            left.iter().filter_map(|&l| ends.get(l)).map(side).collect()
        };
        let (starts, stops) = (nodes(|e| e[0]), nodes(|e| e[1]));
        let before = left.len();
        left.retain(|&l| ends.get(l).is_some_and(|e| stops.contains(&e[0]) && starts.contains(&e[1])));
        if left.len() == before {
            return;
        }
    }
}

/// Follows links from the first until one comes back to a node on the way.
fn first_ring(ends: &[[u32; 2]], left: &[usize]) -> Option<Vec<usize>> {
    let mut way = vec![*left.first()?];
    loop {
        let [_, at] = *ends.get(*way.last()?)?;
        if let Some(from) = way.iter().position(|&l| ends.get(l).is_some_and(|e| e[0] == at)) {
            return way.get(from..).map(<[usize]>::to_vec);
        }
        way.push(*left.iter().find(|&&l| ends.get(l).is_some_and(|e| e[0] == at))?);
    }
}

#[cfg(test)]
mod tests {
    use super::rings;

    #[test]
    fn a_ring_is_found_among_other_check_valves() {
        // 1 → 2 → 3 → 1, and 3 → 4 that leads away, and 5 → 1 that leads in.
        let ends = [[3, 4], [1, 2], [5, 1], [2, 3], [3, 1]];
        assert_eq!(rings(&ends), [vec![1, 3, 4]]);
        assert!(rings(&ends[..4]).is_empty());
    }

    #[test]
    fn two_check_valves_against_each_other_are_a_ring() {
        assert_eq!(rings(&[[1, 2], [2, 1], [2, 3]]), [vec![0, 1]]);
    }
}
