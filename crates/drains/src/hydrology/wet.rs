//! 径流入网: runoff of the subcatchments into the nodes, between the last two runoff steps.
#![expect(clippy::indexing_slicing, reason = "one entry a subcatchment, nodes checked when read")]

use numerics::lanes::{Arch, Scalar, Simd, V, WithSimd};

use crate::model::Model;
use crate::project::{Index, Routing};
use crate::state::{Numerics, State};

impl State {
    /// Adds the runoff at the share `f` of the way from the one before the last runoff step to the one after.
    pub(crate) fn add_runoff(&mut self, model: &Model, f: f64) {
        let wet = Wet {
            ways: &model.ways.runoff,
            old: &self.old_runoff,
            new: &self.new_runoff,
            f,
            lateral: &mut self.lateral,
        };
        // Exactly, the sum goes from one to the next.
        let exact = self.numerics == Numerics::Exact || model.options.routing != Routing::Dynamic;
        let sum = if exact { wet.with_simd(Scalar::new()) } else { Arch::new().dispatch(wet) };
        self.balance.step.wet_weather += sum;
        if model.quality.count() > 0 {
            for &(j, i) in &model.ways.runoff {
                self.add_runoff_loads(model, j, i, f);
            }
        }
    }
}

struct Wet<'a> {
    /// Subcatchments, each greater than the one before, and their nodes.
    ways: &'a [(Index, Index)],
    old: &'a [f64],
    new: &'a [f64],
    f: f64,
    lateral: &'a mut [f64],
}

impl WithSimd for Wet<'_> {
    /// What all nodes get, ft³/s.
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> f64 {
        let (before, after) = (V::splat(s, 1.0 - self.f), V::splat(s, self.f));
        let mut sum = V::splat(s, 0.0);
        for ways in self.ways.chunks(V::<S>::LANES) {
            let q = before * of(s, self.old, ways) + after * of(s, self.new, ways);
            sum = sum + q;
            for ((_, node), q) in ways.iter().zip(q.array()) {
                self.lateral[*node] += q;
            }
        }
        sum.array().iter().fold(0.0, |t, q| t + q)
    }
}

/// The figures of the subcatchments of some ways, no more than there are lanes; zero beyond.
#[inline(always)]
fn of<S: Simd>(s: S, list: &[f64], ways: &[(Index, Index)]) -> V<S> {
    let (first, last) = (ways[0].0, ways[ways.len() - 1].0);
    if last - first + 1 == V::<S>::LANES {
        return V::load(s, &list[first..=last]);
    }
    V::splat(s, 0.0).map(|i, _| ways.get(i).map_or(0.0, |w| list[w.0]))
}
