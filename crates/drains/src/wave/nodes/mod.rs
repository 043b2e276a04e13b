//! Nodes in lanes (节点): new depths (Reference Manual II, section 3.3), a vector of plain junctions at
//! a time; nodes with a volume or a boundary of their own follow one by one.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

mod depths;
mod layout;
mod left_out;
mod picked;
mod rise;

use numerics::lanes::{Simd, V};

pub(crate) use depths::Depths;
pub(crate) use layout::Layout;
pub(crate) use left_out::MakeUp;
pub(crate) use picked::Picked;
pub(crate) use rise::{Node, Rise, Risen};

/// What the parts of the nodes share.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) old_depth: &'a [f64],
    pub(crate) old_net: &'a [f64],
    pub(crate) dt: f64,
    /// 1 / that.
    pub(crate) per_dt: f64,
    pub(crate) rise: Rise,
}

/// What changes at some neighbouring nodes.
pub(crate) struct AtNodes<'a> {
    pub(crate) depth: &'a mut [f64],
    pub(crate) old_area: &'a mut [f64],
    pub(crate) overflow: &'a mut [f64],
    pub(crate) dydt: &'a mut [f64],
    pub(crate) rests: &'a mut [f64],
}

type Two<'a> = (&'a mut [f64], &'a mut [f64]);

impl<'a> From<(Two<'a>, &'a mut [f64], Two<'a>)> for AtNodes<'a> {
    fn from(((depth, old_area), overflow, (dydt, rests)): (Two<'a>, &'a mut [f64], Two<'a>)) -> Self {
        Self { depth, old_area, overflow, dydt, rests }
    }
}

/// What was summed at some neighbouring nodes.
#[derive(Clone, Copy)]
pub(crate) struct Sums<'a> {
    pub(crate) inflow: &'a [f64],
    pub(crate) outflow: &'a [f64],
    pub(crate) area: &'a [f64],
    pub(crate) sum_dqdh: &'a [f64],
}

impl Sums<'_> {
    /// From a node on.
    pub(crate) fn from(&self, node: usize) -> Self {
        let Self { inflow, outflow, area, sum_dqdh } = *self;
        Self {
            inflow: &inflow[node..],
            outflow: &outflow[node..],
            area: &area[node..],
            sum_dqdh: &sum_dqdh[node..],
        }
    }
}

#[inline(always)]
fn load_from<S: Simd>(s: S, list: &[f64], i: usize) -> V<S> {
    V::load(s, &list[i..])
}
