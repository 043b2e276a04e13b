//! Conduits (管道): slope, roughness, lengthening, losses.
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use super::*;

impl Builder {
    pub(super) fn conduit(
        &mut self,
        project: &Project,
        l: &crate::project::Link,
        units: &Units,
        nodes: &Nodes,
        links: &mut Links,
        j: usize,
    ) -> LinkData {
        let LinkKind::Conduit {
            length,
            roughness,
            initial_flow,
            max_flow,
            barrels,
            culvert,
            losses,
            seepage,
        } = &l.kind
        else {
            return LinkData::Outlet(OutletData {
                curve: None,
                coefficient: 0.0,
                exponent: 0.0,
                by_head: false,
            });
        };
        let o = &project.options;
        let dynamic = o.routing == Routing::Dynamic;
        links.q0[j] = initial_flow / units.flow;
        links.q_limit[j] = max_flow / units.flow;
        let shape = links.section[j].shape;
        let dummy = shape == Shape::Dummy;
        let mut c = ConduitData {
            length: length / units.length,
            mod_length: length / units.length,
            roughness: *roughness,
            barrels: f64::from(*barrels),
            slope: 0.0,
            beta: 0.0,
            q_max: 0.0,
            rough_factor: 0.0,
            losses: *losses,
            seepage: seepage / units.rainfall,
            culvert: *culvert,
        };
        if dummy && dynamic && nodes.kind[links.node1[j]] == NodeType::Storage {
            self.problems.add(
                l.line,
                "CONDUITS",
                format!("storage unit has the dummy outflow link `{}`", l.name),
                "give the link a section",
            );
        }
        if let Some(p) = &links.section[j].profile
            && matches!(shape, Shape::Irregular | Shape::Street)
        {
            c.roughness = p.roughness;
        }
        if shape == Shape::ForceMain {
            if o.darcy_weisbach {
                links.section[j].r_bot /= units.rain_depth;
            }
            if links.section[j].r_bot <= 0.0 {
                self.problems.add(
                    l.line,
                    "XSECTIONS",
                    format!("force main `{}` has no roughness", l.name),
                    "write it in the second column",
                );
            }
        }
        for (bad, what) in [(c.length <= 0.0, "length"), (c.roughness <= 0.0, "roughness")] {
            if bad {
                self.problems.add(
                    l.line,
                    "CONDUITS",
                    format!("conduit `{}` has no {what}", l.name),
                    "write one above zero",
                );
            }
        }
        if c.culvert > crate::wave::CULVERT_CODE_MAX {
            self.problems.add(
                l.line,
                "XSECTIONS",
                format!("`{}` has the culvert code {}, which is not in SWMM's table", l.name, c.culvert),
                "write a code from 1 to 57, or 0 for no culvert",
            );
        }
        if c.length <= 0.0 || c.roughness <= 0.0 {
            return LinkData::Conduit(c);
        }
        for offset in [&mut links.offset1[j], &mut links.offset2[j]] {
            if *offset < 0.0 {
                self.warnings.push(format!("WARNING 03: negative offset ignored for Link {}", l.name));
                *offset = 0.0;
            }
        }
        if shape == Shape::FilledCircular {
            links.offset1[j] += links.section[j].y_bot;
            links.offset2[j] += links.section[j].y_bot;
        }
        let profile_factor = match (&links.section[j].profile, shape) {
            (Some(p), Shape::Irregular) => Some(p.length_factor),
            _ => None,
        };
        let true_length = profile_factor.map_or(c.length, |f| c.length / f);
        let mut slope = self.slope(o, nodes, links, j, true_length);
        c.slope = slope;
        if dynamic && slope < 0.0 && !dummy {
            let (a, b) = (links.node1[j], links.node2[j]);
            (links.node1[j], links.node2[j]) = (b, a);
            let (a, b) = (links.offset1[j], links.offset2[j]);
            (links.offset1[j], links.offset2[j]) = (b, a);
            c.losses.swap(0, 1);
            c.slope = -c.slope;
            links.direction[j] = -1.0;
            links.q0[j] = -links.q0[j];
        }
        let x = &links.section[j];
        let mut roughness = c.roughness;
        if dynamic && shape == Shape::ForceMain {
            roughness = crate::forcemain::equivalent_n(o.darcy_weisbach, x, c.slope);
        }
        if let Some(f) = profile_factor {
            roughness *= f.sqrt();
        }
        let mut factor = 1.0;
        if dynamic && o.lengthening_step > 0.0 && !dummy {
            let y = if shape.is_open() { x.a_full / x.width(x.y_full) } else { x.y_full };
            let v = PHI / roughness * x.s_full * c.slope.abs().sqrt() / x.a_full;
            let ratio = ((GRAVITY * y).sqrt() + v) * min(o.routing_step, o.lengthening_step) / true_length;
            factor = if ratio > 1.0 { ratio } else { 1.0 };
        }
        if factor != 1.0 {
            c.mod_length = factor * true_length;
            slope /= factor;
            roughness /= factor.sqrt();
        }
        if dynamic && shape == Shape::ForceMain {
            let s = crate::forcemain::rough_factor(o.darcy_weisbach, x.r_bot, factor);
            links.section[j].s_bot = s;
        }
        let x = &links.section[j];
        c.rough_factor = GRAVITY * ((roughness / PHI) * (roughness / PHI));
        c.beta = if dummy { 0.0 } else { PHI * slope.abs().sqrt() / roughness };
        links.q_full[j] = x.s_full * c.beta;
        c.q_max = x.s_max * c.beta;
        LinkData::Conduit(c)
    }

    pub(super) fn slope(&mut self, o: &Options, nodes: &Nodes, links: &Links, j: usize, length: f64) -> f64 {
        let e1 = links.offset1[j] + nodes.invert[links.node1[j]];
        let e2 = links.offset2[j] + nodes.invert[links.node2[j]];
        let mut delta = (e1 - e2).abs();
        if delta < MIN_DELTA_Z {
            self.warnings
                .push(format!("WARNING 04: minimum elevation drop used for Conduit {}", links.name[j]));
            delta = MIN_DELTA_Z;
        }
        if delta >= length {
            self.warnings
                .push(format!("WARNING 08: elevation drop exceeds length for Conduit {}", links.name[j]));
        }
        let mut slope =
            if delta >= length { delta / length } else { delta / (length * length - delta * delta).sqrt() };
        if o.min_slope > 0.0 && slope < o.min_slope {
            self.warnings.push(format!("WARNING 05: minimum slope used for Conduit {}", links.name[j]));
            slope = o.min_slope;
            if o.routing != Routing::Dynamic {
                return slope;
            }
        }
        if e1 < e2 { -slope } else { slope }
    }
}
