//! Nodes (节点).

use super::*;

impl Builder {
    pub(super) fn nodes(&mut self, project: &Project, units: &Units) -> Nodes {
        let mut n = Nodes::default();
        let area = units.length * units.length;
        for p in &project.nodes {
            n.name.push(p.name.clone());
            n.invert.push(p.invert / units.length);
            n.full_depth.push(p.max_depth / units.length);
            n.init_depth.push(p.initial_depth / units.length);
            n.sur_depth.push(p.surcharge_depth / units.length);
            n.ponded_area.push(p.ponded_area / area);
            n.full_volume.push(0.0);
            n.degree.push(0);
            let (mut outfall, mut storage, mut divider) = (None, None, None);
            n.kind.push(match &p.kind {
                NodeKind::Junction => NodeType::Junction,
                NodeKind::Outfall { boundary, gated, route_to } => {
                    let boundary = match *boundary {
                        Boundary::Fixed(stage) => Boundary::Fixed(stage / units.length),
                        other => other,
                    };
                    outfall = Some(OutfallData { boundary, gated: *gated, route_to: *route_to });
                    NodeType::Outfall
                }
                NodeKind::Storage { shape, evaporation, seepage } => {
                    let seepage = seepage.map(|s| Seepage::new(s, *shape, project, units));
                    storage = Some(StorageData { shape: *shape, evaporation: *evaporation, seepage });
                    NodeType::Storage
                }
                NodeKind::Divider { link, rule } => {
                    let (mut rule, mut q_max) = (*rule, 0.0);
                    match &mut rule {
                        DividerRule::Cutoff(q) => *q /= units.flow,
                        DividerRule::Weir { q_min, height, coefficient } => {
                            *q_min /= units.flow;
                            if *height <= 0.0 || *coefficient <= 0.0 {
                                self.problems.add(
                                    p.line,
                                    "DIVIDERS",
                                    format!("divider `{}` has no weir", p.name),
                                    "give a height and a coefficient above zero",
                                );
                            }
                            q_max = *coefficient * height.powf(1.5) / units.flow;
                            if *q_min > q_max && *height > 0.0 && *coefficient > 0.0 {
                                self.problems.add(
                                    p.line,
                                    "DIVIDERS",
                                    format!(
                                        "divider `{}` begins to divert above what its full weir passes",
                                        p.name
                                    ),
                                    "lower the flow at which it begins, or give the weir a greater height",
                                );
                            }
                        }
                        _ => {}
                    }
                    if link.is_none_or(|l| {
                        project.links.get(l).is_none_or(|l| l.from != n.kind.len() && l.to != n.kind.len())
                    }) {
                        self.problems.add(
                            p.line,
                            "DIVIDERS",
                            format!("divider `{}` does not touch its diversion link", p.name),
                            "name a link that begins there",
                        );
                    }
                    divider = Some(DividerData { link: *link, rule, q_max });
                    NodeType::Divider
                }
            });
            n.outfall.push(outfall);
            n.storage.push(storage);
            n.divider.push(divider);
        }
        n
    }
}
