//! 出流装置.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use super::Heads;
use crate::model::{LinkData, Model};
use crate::project::Routing;
use crate::state::State;
use crate::units::{FUDGE, max};
use crate::wave::Class;

impl State {
    pub(super) fn outlet(&mut self, model: &Model, j: usize) -> f64 {
        let LinkData::Outlet(o) = &model.links.data[j] else { return 0.0 };
        let l = &model.links;
        let Heads { h1, h2, y1, direction } = self.heads(model, j, true);
        let crest = model.nodes.invert[l.node1[j]] + l.offset1[j];
        let by_head = o.by_head && model.options.routing == Routing::Dynamic;
        let head = if by_head { h1 - max(h2, crest) } else { h1 - crest };
        if head <= FUDGE || y1 <= FUDGE || self.flap_shut(model, j, direction) {
            self.link_depth[j] = 0.0;
            self.link_class[j] = Class::DRY;
            return 0.0;
        }
        self.link_depth[j] = head;
        self.link_class[j] = Class::SUBCRITICAL;
        let h = head * model.units.length;
        let q = o.curve.map_or_else(|| o.coefficient * h.powf(o.exponent), |c| model.curves[c].at(h));
        direction * self.setting[j] * (q / model.units.flow)
    }
}
