//! What the model is made of (输入汇总), where `[REPORT]` asks for INPUT.
#![expect(clippy::indexing_slicing, reason = "the model's own indices")]

use super::page::{Page, put};
use super::{links, nodes, word};
use crate::model::{LinkData, LinkType, Model};
use crate::project::{CurveKind, FILE_SERIES, Outlet, RainForm};
use crate::section::{Profile, Shape};

impl Page {
    pub(super) fn input(&mut self, model: &Model) {
        let p = &model.project;
        self.heading("Element Count");
        for (what, n) in [
            ("rain gages ......", p.gages.len()),
            ("subcatchments ...", p.subcatchments.len()),
            ("nodes ...........", p.nodes.len()),
            ("links ...........", p.links.len()),
            ("pollutants ......", p.quality.pollutants.len()),
            ("land uses .......", p.quality.land_uses.len()),
        ] {
            put!(self, "\n  Number of {what} {n}");
        }
        self.pollutants(model);
        self.gages(model);
        self.subcatchments(model);
        self.nodes(model);
        if !model.links.kind.is_empty() {
            self.links(model);
            self.sections(model);
        }
        self.profiles(model);
        self.line("");
    }

    fn spaced(&mut self, title: &str) {
        self.line("");
        self.heading(title);
    }

    fn pollutants(&mut self, model: &Model) {
        let q = &model.project.quality;
        if !q.pollutants.is_empty() {
            self.spaced("Pollutant Summary");
            put!(self, "\n                               Ppt.      GW         Kdecay");
            put!(self, "\n  Name                 Units   Concen.   Concen.    1/days    CoPollutant");
            put!(self, "\n  -----------------------------------------------------------------------");
        }
        for p in &q.pollutants {
            let (name, unit) = (&p.name, p.units.word());
            put!(self, "\n  {name:<20} {unit:>5}{:>10.2}{:>10.2}{:>10.2}", p.rain, p.groundwater, p.decay);
            if let Some((other, share)) = p.co_pollutant {
                put!(self, "    {}  ({share:.2})", q.pollutants[other].name);
            }
        }
        if !q.land_uses.is_empty() {
            self.spaced("Landuse Summary");
            put!(self, "\n                         Sweeping   Maximum      Last");
            put!(self, "\n  Name                   Interval   Removal     Swept");
            put!(self, "\n  ---------------------------------------------------");
        }
        for l in &q.land_uses {
            let (name, interval) = (&l.name, l.sweep_interval);
            put!(self, "\n  {name:<20} {interval:>10.2}{:>10.2}{:>10.2}", l.sweep_removal, l.sweep_days);
        }
    }

    fn gages(&mut self, model: &Model) {
        let p = &model.project;
        if p.gages.is_empty() {
            return;
        }
        self.spaced("Raingage Summary");
        put!(self, "\n                                                      Data       Recording");
        put!(self, "\n  Name                 Data Source                    Type       Interval ");
        put!(self, "\n  ------------------------------------------------------------------------");
        for g in &p.gages {
            if g.series >= FILE_SERIES {
                let name = p.file_series.get(g.series - FILE_SERIES).map_or("", |s| &s.name);
                put!(self, "\n  {:<20} {name:<30}", g.name);
            } else {
                let name = p.series.get(g.series).map_or("", |s| &s.name);
                let (form, minutes) = (word(RainForm::WORDS, &g.form), (g.interval / 60.0) as i64);
                put!(self, "\n  {:<20} {name:<30} {form:<10} {minutes:>3} min.", g.name);
            }
        }
    }

    fn subcatchments(&mut self, model: &Model) {
        let p = &model.project;
        if p.subcatchments.is_empty() {
            return;
        }
        self.spaced("Subcatchment Summary");
        put!(
            self,
            "\n  Name                       Area     Width   %Imperv    %Slope Rain Gage            Outlet              "
        );
        put!(self, "\n  {}", "-".repeat(107));
        for s in &p.subcatchments {
            let gage = p.gages.get(s.gage).map_or("", |g| &g.name);
            let outlet = match s.outlet {
                Outlet::Node(i) => p.nodes.get(i).map_or("", |n| &n.name),
                Outlet::Subcatchment(k) => p.subcatchments.get(k).map_or("", |n| &n.name),
            };
            let (name, u) = (&s.name, &model.units);
            let (area, width) = (there_and_back(s.area, u.land_area), there_and_back(s.width, u.length));
            let (impervious, slope) = (s.impervious / 100.0 * 100.0, s.slope / 100.0 * 100.0);
            put!(self, "\n  {name:<20} {area:>10.2}{width:>10.2}{impervious:>10.2}");
            put!(self, "{slope:>10.4} {gage:<20} {outlet:<20}");
        }
        if model.lids.iter().any(|g| !g.units.is_empty()) {
            self.lids(model);
        }
    }

    fn lids(&mut self, model: &Model) {
        let p = &model.project;
        self.text.push_str("\n\n\n  *******************\n  LID Control Summary\n  *******************");
        put!(
            self,
            "\n                                   No. of        Unit        Unit      % Area    % Imperv      % Perv"
        );
        put!(
            self,
            "\n  Subcatchment     LID Control      Units        Area       Width     Covered     Treated     Treated"
        );
        put!(self, "\n  {}", "-".repeat(99));
        for (i, m) in model.subs.iter().enumerate() {
            for x in p.lid_usages.iter().rev().filter(|x| x.subcatchment == i) {
                let control = p.lid_controls.get(x.control).map_or("", |c| &c.name);
                let square = model.units.length * model.units.length;
                let share = x.area / square * x.number / m.area * 100.0;
                put!(self, "\n  {:<16} {control:<16}{:>6.0}", m.name, x.number);
                let (area, width) =
                    (there_and_back(x.area, square), there_and_back(x.width, model.units.length));
                let treated = [x.from_impervious, x.from_pervious].map(|v| v / 100.0 * 100.0);
                for v in [area, width, share, treated[0], treated[1]] {
                    put!(self, "  {v:>10.2}");
                }
            }
        }
    }

    fn nodes(&mut self, model: &Model) {
        let (n, u, p) = (&model.nodes, &model.units, &model.project);
        if n.kind.is_empty() {
            return;
        }
        self.spaced("Node Summary");
        put!(self, "\n                                           Invert      Max.    Ponded    External");
        put!(self, "\n  Name                 Type                 Elev.     Depth      Area    Inflow  ");
        put!(self, "\n  -------------------------------------------------------------------------------");
        for i in 0..n.kind.len() {
            put!(
                self,
                "\n  {:<20} {:<16}{:>10.2}{:>10.2}{:>10.1}",
                n.name[i],
                nodes::kind_word(n.kind[i]),
                n.invert[i] * u.length,
                n.full_depth[i] * u.length,
                n.ponded_area[i] * u.length * u.length
            );
            let fed = p.inflows.iter().any(|x| x.node == i)
                || p.dry_weather.iter().any(|x| x.node == i)
                || p.rdii.iter().any(|x| x.node == i)
                || p.quality.inflows.iter().any(|x| x.node == i)
                || p.quality.dry_weather.iter().any(|x| x.node == i);
            if fed {
                self.text.push_str("    Yes");
            }
        }
    }

    fn links(&mut self, model: &Model) {
        let (l, u) = (&model.links, &model.units);
        self.spaced("Link Summary");
        put!(
            self,
            "\n  Name             From Node        To Node          Type            Length    %Slope Roughness"
        );
        put!(self, "\n  {}", "-".repeat(93));
        for j in 0..l.kind.len() {
            let (mut from, mut to) = (l.node1[j], l.node2[j]);
            if l.direction[j] < 0.0 {
                std::mem::swap(&mut from, &mut to);
            }
            let (from, to) = (&model.nodes.name[from], &model.nodes.name[to]);
            put!(self, "\n  {:<16} {from:<16} {to:<16} ", l.name[j]);
            match &l.data[j] {
                LinkData::Pump(p) => {
                    let kind = match p.kind {
                        Some(CurveKind::Pump1) => "TYPE1",
                        Some(CurveKind::Pump2) => "TYPE2",
                        Some(CurveKind::Pump3) => "TYPE3",
                        Some(CurveKind::Pump4) => "TYPE4",
                        Some(CurveKind::Pump5) => "TYPE5",
                        _ => "IDEAL",
                    };
                    put!(self, "{kind:<5} PUMP  ");
                }
                LinkData::Conduit(c) => {
                    let slope = c.slope * 100.0 * l.direction[j];
                    put!(self, "{:<12}", "CONDUIT");
                    put!(self, "{:>10.1}{slope:>10.4}{:>10.4}", c.length * u.length, c.roughness);
                }
                _ => put!(self, "{:<12}", links::kind_word(l.kind[j])),
            }
        }
    }

    fn sections(&mut self, model: &Model) {
        let (l, u, p) = (&model.links, &model.units, &model.project);
        self.spaced("Cross Section Summary");
        put!(
            self,
            "\n                                        Full     Full     Hyd.     Max.   No. of     Full"
        );
        put!(
            self,
            "\n  Conduit          Shape               Depth     Area     Rad.    Width  Barrels     Flow"
        );
        put!(self, "\n  {}", "-".repeat(87));
        for j in (0..l.kind.len()).filter(|j| l.kind[*j] == LinkType::Conduit) {
            let (x, barrels) = (&l.section[j], l.conduit(j).map_or(1.0, |c| c.barrels));
            let table = p.links.get(j).and_then(|k| k.section).and_then(|s| s.table);
            let named = match (x.shape, table) {
                (Shape::Custom, Some(t)) => p.curves.get(t).map(|c| c.name.as_str()),
                (Shape::Irregular, Some(t)) => p.transects.get(t).map(|t| t.name.as_str()),
                (Shape::Street, Some(t)) => p.streets.get(t).map(|s| s.name.as_str()),
                _ => None,
            };
            put!(self, "\n  {:<16} {:<16} ", l.name[j], named.unwrap_or_else(|| x.shape.word()));
            put!(
                self,
                "{:>8.2} {:>8.2} {:>8.2} {:>8.2}      {barrels:>3.0} {:>8.2}",
                x.y_full * u.length,
                x.a_full * u.length * u.length,
                x.r_full * u.length,
                x.w_max * u.length,
                l.q_full[j] * u.flow
            );
        }
    }

    fn profiles(&mut self, model: &Model) {
        let (p, [transects, streets, customs]) = (&model.project, &model.links.profiles);
        let names = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        for (title, kind, names, list) in [
            ("Shape Summary", "Shape", names(p.curves.iter().map(|c| c.name.as_str()).collect()), customs),
            (
                "Transect Summary",
                "Transect",
                names(p.transects.iter().map(|t| t.name.as_str()).collect()),
                transects,
            ),
            ("Street Summary", "Street", names(p.streets.iter().map(|s| s.name.as_str()).collect()), streets),
        ] {
            let made: Vec<_> = names.iter().zip(list).filter_map(|(n, x)| Some((n, x.as_ref()?))).collect();
            if !made.is_empty() {
                self.spaced(title);
            }
            for (name, profile) in made {
                put!(self, "\n\n  {kind} {name}");
                self.profile(profile);
            }
        }
    }

    fn profile(&mut self, x: &Profile) {
        for (what, table) in [("Area:  ", &x.area), ("Hrad:  ", &x.radius), ("Width: ", &x.width)] {
            put!(self, "\n  {what}");
            for (m, v) in table.iter().enumerate().skip(1) {
                if m % 5 == 1 {
                    put!(self, "\n          ");
                }
                put!(self, "{v:>10.4} ");
            }
        }
    }
}

/// A figure in the model's units after it has been one in feet: what SWMM writes, whose last bit decides how a
/// figure that ends in 5 is rounded.
fn there_and_back(value: f64, factor: f64) -> f64 {
    value / factor * factor
}
