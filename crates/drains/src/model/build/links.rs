//! Links and pumps (管渠与泵).
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use super::*;

impl Builder {
    pub(super) fn links(
        &mut self,
        project: &Project,
        units: &Units,
        curves: &[Curve],
        nodes: &mut Nodes,
    ) -> Links {
        let profiles = self.profiles(project, units);
        let mut links = Links::default();
        let mut shared: HashMap<String, Section> = HashMap::new();
        for l in &project.links {
            let mut ignored = 0;
            let mut offset = |o: Option<f64>, n: usize| -> f64 {
                let pump = matches!(l.kind, LinkKind::Pump { .. });
                match o {
                    None => 0.0,
                    Some(_) if pump => 0.0,
                    Some(v) if project.options.elevation_offsets => {
                        let v = v / units.length - nodes.invert[n];
                        if v < -MIN_DELTA_Z {
                            ignored += 1;
                        }
                        if v >= 0.0 { v } else { 0.0 }
                    }
                    Some(v) => v / units.length,
                }
            };
            let conduit = matches!(l.kind, LinkKind::Conduit { .. });
            let o1 = offset(l.offsets[0], l.from);
            let o2 = if conduit { offset(l.offsets[1], l.to) } else { o1 };
            for _ in 0..ignored {
                self.warnings.push(format!("WARNING 03: negative offset ignored for Link {}", l.name));
            }
            let section = self.section(l, units, &profiles, &mut shared);
            links.name.push(l.name.clone());
            links.node1.push(l.from);
            links.node2.push(l.to);
            links.offset1.push(o1);
            links.offset2.push(o2);
            links.direction.push(1.0);
            links.gated.push(l.gated);
            links.q0.push(0.0);
            links.q_limit.push(0.0);
            links.q_full.push(0.0);
            links.section.push(section);
            let j = links.name.len() - 1;
            let (kind, data) = match &l.kind {
                LinkKind::Conduit { .. } => {
                    (LinkType::Conduit, self.conduit(project, l, units, nodes, &mut links, j))
                }
                LinkKind::Pump { curve, on, startup, shutoff } => {
                    let c = curve.map(|c| (&project.curves[c], &curves[c]));
                    (
                        LinkType::Pump,
                        self.pump(l, (*curve, c), *on, [*startup, *shutoff], units, nodes, &mut links, j),
                    )
                }
                LinkKind::Orifice { bottom, coefficient, close_hours } => {
                    if !matches!(links.section[j].shape, Shape::Circular | Shape::RectClosed) {
                        self.problems.add(
                            l.line,
                            "XSECTIONS",
                            format!("orifice `{}` is neither CIRCULAR nor RECT_CLOSED", l.name),
                            "give it one of these shapes",
                        );
                    }
                    links.offset1[j] = max(links.offset1[j], 0.0);
                    let length =
                        2.0 * project.options.routing_step * (GRAVITY * links.section[j].y_full).sqrt();
                    let data = OrificeData {
                        bottom: *bottom,
                        coefficient: *coefficient,
                        close: *close_hours * 3600.0,
                        length: max(200.0, length),
                    };
                    (LinkType::Orifice, LinkData::Orifice(data))
                }
                LinkKind::Weir {
                    kind,
                    coefficient,
                    contractions,
                    end_coefficient,
                    surcharge,
                    road_width,
                    road_surface,
                    curve,
                } => {
                    let wanted = match kind {
                        WeirKind::VNotch => Shape::Triangular,
                        WeirKind::Trapezoidal => Shape::Trapezoidal,
                        _ => Shape::RectOpen,
                    };
                    if links.section[j].shape != wanted {
                        self.problems.add(
                            l.line,
                            "XSECTIONS",
                            format!("weir `{}` is not {}", l.name, wanted.word()),
                            "give it that shape",
                        );
                    }
                    links.offset1[j] = max(links.offset1[j], 0.0);
                    let slope = if wanted == Shape::RectOpen { 0.0 } else { links.section[j].s_bot };
                    let data = WeirData {
                        kind: *kind,
                        coefficient: *coefficient,
                        contractions: *contractions,
                        end_coefficient: *end_coefficient,
                        surcharge: *surcharge,
                        road_width: *road_width / units.length,
                        road_surface: *road_surface,
                        curve: *curve,
                        slope,
                    };
                    (LinkType::Weir, LinkData::Weir(data))
                }
                LinkKind::Outlet { curve, coefficient, exponent, by_head } => (
                    LinkType::Outlet,
                    LinkData::Outlet(OutletData {
                        curve: *curve,
                        coefficient: *coefficient,
                        exponent: *exponent,
                        by_head: *by_head,
                    }),
                ),
            };
            links.kind.push(kind);
            links.data.push(data);
            self.ends(project, nodes, &mut links, j);
        }
        links.profiles = profiles;
        links
    }

    /// Raises regulators to the downstream invert and nodes to the crown of their links.
    pub(super) fn ends(&mut self, project: &Project, nodes: &mut Nodes, links: &mut Links, j: usize) {
        let (n1, n2) = (links.node1[j], links.node2[j]);
        let regulator = matches!(links.kind[j], LinkType::Orifice | LinkType::Weir | LinkType::Outlet);
        if regulator
            && nodes.invert[n1] + links.offset1[j] < nodes.invert[n2]
            && project.options.routing == Routing::Dynamic
        {
            links.offset1[j] = nodes.invert[n2] - nodes.invert[n1];
            self.warnings.push(format!(
                "WARNING 10: crest elevation raised to downstream invert for regulator Link {}",
                links.name[j]
            ));
        }
        if links.kind[j] == LinkType::Pump || matches!(&links.data[j], LinkData::Orifice(o) if o.bottom) {
            return;
        }
        let free = |n: usize, nodes: &Nodes| nodes.kind[n] != NodeType::Storage || nodes.sur_depth[n] > 0.0;
        let y = links.section[j].y_full;
        if free(n1, nodes) {
            nodes.full_depth[n1] = max(nodes.full_depth[n1], links.offset1[j] + y);
        }
        if free(n2, nodes) && links.kind[j] == LinkType::Conduit {
            nodes.full_depth[n2] = max(nodes.full_depth[n2], links.offset2[j] + y);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one link")]
    pub(super) fn pump(
        &mut self,
        l: &crate::project::Link,
        (index, curve): (Option<Index>, Option<(&crate::project::NamedCurve, &Curve)>),
        on: bool,
        [startup, shutoff]: [f64; 2],
        units: &Units,
        nodes: &mut Nodes,
        links: &mut Links,
        j: usize,
    ) -> LinkData {
        let mut p = PumpData {
            curve: index,
            kind: None,
            on,
            y_on: startup / units.length,
            y_off: shutoff / units.length,
            x_min: 0.0,
            x_max: 0.0,
        };
        if let Some((named, c)) = curve {
            let pump = matches!(
                named.kind,
                CurveKind::Pump1 | CurveKind::Pump2 | CurveKind::Pump3 | CurveKind::Pump4 | CurveKind::Pump5
            );
            if !pump {
                self.problems.add(
                    l.line,
                    "PUMPS",
                    format!("curve `{}` is no pump curve", named.name),
                    "give it the type PUMP1 to PUMP5",
                );
            }
            p.kind = Some(named.kind);
            p.x_min = c.points.first().map_or(0.0, |q| q.0);
            p.x_max = c.points.last().map_or(0.0, |q| q.0);
            let most = c.points.iter().map(|q| q.1).fold(f64::NEG_INFINITY, f64::max);
            links.q_full[j] = if most.is_finite() { most / units.flow } else { 0.0 };
        }
        if p.y_on > 0.0 && p.y_on <= p.y_off {
            self.problems.add(
                l.line,
                "PUMPS",
                format!("pump `{}` stops above where it starts", l.name),
                "give a shutoff depth below the startup depth",
            );
        }
        let n1 = links.node1[j];
        if p.kind == Some(CurveKind::Pump1) && nodes.kind[n1] != NodeType::Storage {
            nodes.full_volume[n1] = max(nodes.full_volume[n1], p.x_max / units.volume);
        }
        LinkData::Pump(p)
    }
}
