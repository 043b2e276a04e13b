//! Cross-sections and the profiles they come from (断面).

use super::*;

impl Builder {
    pub(super) fn profiles(&mut self, project: &Project, units: &Units) -> [Vec<Option<Arc<Profile>>>; 3] {
        let transects = project
            .transects
            .iter()
            .map(|t| {
                let p = transect(t, units.length).map(Arc::new);
                if p.is_none() {
                    self.problems.add(
                        t.line,
                        "TRANSECTS",
                        format!("transect `{}` encloses no water", t.name),
                        "give two stations or more of different height and a roughness above zero",
                    );
                }
                p
            })
            .collect();
        let streets = project.streets.iter().map(|s| Some(Arc::new(street(s, units.length)))).collect();
        let customs = project
            .curves
            .iter()
            .map(|c| {
                if c.kind != CurveKind::Shape {
                    return None;
                }
                let p = Profile::custom(&c.curve.points).map(Arc::new);
                if p.is_none() {
                    self.problems.add(
                        c.line,
                        "CURVES",
                        format!("shape curve `{}` encloses nothing", c.name),
                        "give widths for heights from 0 to 1",
                    );
                }
                p
            })
            .collect();
        [transects, streets, customs]
    }

    pub(super) fn section(
        &mut self,
        l: &crate::project::Link,
        units: &Units,
        [transects, streets, customs]: &[Vec<Option<Arc<Profile>>>; 3],
        shared: &mut HashMap<String, Section>,
    ) -> Section {
        let none = || Section { y_full: 0.0, ..Section::dummy() };
        let Some(x) = &l.section else {
            if !matches!(l.kind, LinkKind::Pump { .. } | LinkKind::Outlet { .. }) {
                self.problems.add(
                    l.line,
                    "XSECTIONS",
                    format!("link `{}` has no cross-section", l.name),
                    "add a line for it",
                );
            }
            return if matches!(l.kind, LinkKind::Outlet { .. }) { Section::dummy() } else { none() };
        };
        if matches!(l.kind, LinkKind::Pump { .. }) {
            return none();
        }
        if matches!(l.kind, LinkKind::Outlet { .. }) {
            return Section::dummy();
        }
        let profile = |list: &[Option<Arc<Profile>>]| x.table.and_then(|t| list.get(t).cloned().flatten());
        let made = match x.shape {
            Shape::Irregular => profile(transects).map(|p| Section::of_profile(Shape::Irregular, p)),
            Shape::Street => profile(streets).map(|p| Section::of_profile(Shape::Street, p)),
            Shape::Custom => profile(customs).map(|p| Section::of_custom(x.dimensions[0] / units.length, p)),
            shape => {
                let key = format!("{shape:?}{:?}", x.dimensions);
                let found =
                    shared.get(&key).cloned().or_else(|| Section::new(shape, x.dimensions, units.length));
                if let Some(s) = &found {
                    shared.insert(key, s.clone());
                }
                found
            }
        };
        made.unwrap_or_else(|| {
            self.problems.add(
                l.line,
                "XSECTIONS",
                format!("the dimensions of link `{}` make no {}", l.name, x.shape.word()),
                "correct them",
            );
            Section::dummy()
        })
    }
}
