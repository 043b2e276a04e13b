//! Catchments and gages (汇水区与雨量计).
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use super::*;

pub(super) fn subcatchments(project: &Project, units: &Units) -> Vec<SubcatchmentData> {
    project
        .subcatchments
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let area = s.area / units.land_area;
            let lid_area = crate::hydrology::lid_area(project, i, area, units);
            let other = area - lid_area;
            let impervious = s.impervious / 100.0;
            let (width, slope) = (s.width / units.length, s.slope / 100.0);
            let routing =
                if impervious == 0.0 || impervious == 1.0 { InternalRouting::Outlet } else { s.routing };
            let passed = 1.0 - s.routed / 100.0;
            let part = |pervious: bool, n: f64, fraction: f64, storage: f64| {
                let whole = if pervious { (1.0 - impervious) * other } else { impervious * other };
                let alpha =
                    if whole > 0.0 && n > 0.0 { 1.49 * width / whole * slope.sqrt() / n } else { 0.0 };
                let routed = match routing {
                    InternalRouting::Outlet => false,
                    InternalRouting::Impervious => pervious,
                    InternalRouting::Pervious => !pervious,
                };
                let fraction = if s.divided { fraction } else { 0.0 };
                SubArea { n, fraction, storage, alpha, to_outlet: if routed { passed } else { 1.0 } }
            };
            let zero = s.zero_storage / 100.0;
            let parts = [
                part(false, s.n_impervious, impervious * s.zero_storage / 100.0, 0.0),
                part(
                    false,
                    s.n_impervious,
                    impervious * (1.0 - zero),
                    s.storage_impervious / units.rain_depth,
                ),
                part(true, s.n_pervious, 1.0 - impervious, s.storage_pervious / units.rain_depth),
            ];
            let (out_node, out_sub) = match s.outlet {
                Outlet::Node(n) => (Some(n), None),
                Outlet::Subcatchment(k) => (None, Some(k)),
            };
            SubcatchmentData {
                name: s.name.clone(),
                gage: s.gage,
                out_node,
                out_sub,
                area,
                impervious,
                lid_area,
                parts,
                routing,
                infiltration: s.infiltration.map(|(m, p)| (m, Soil::new(m, p, units))),
                patterns: [s.n_pervious_pattern, s.storage_pattern, s.infiltration_pattern],
            }
        })
        .collect()
}

pub(super) fn gages(
    project: &Project,
    series: &[Arc<Curve>],
    units: &Units,
    subs: &[SubcatchmentData],
    options: &mut Options,
    b: &mut Builder,
) -> Vec<GageData> {
    let mut first: HashMap<Index, Index> = HashMap::new();
    let mut list = Vec::new();
    for (i, g) in project.gages.iter().enumerate() {
        let used = subs.iter().any(|s| s.gage == i) || project.hydrographs.iter().any(|h| h.gage == Some(i));
        let from_file = g.series >= FILE_SERIES;
        let curve = if from_file {
            Arc::new(project.file_series[g.series - FILE_SERIES].curve.clone())
        } else {
            Arc::clone(&series[g.series])
        };
        let units_factor = if from_file && units.flow_units.is_si() { 25.40 } else { 1.0 };
        let mut same_as = None;
        if !from_file && used {
            same_as = first.get(&g.series).copied();
            first.entry(g.series).or_insert(i);
            if same_as.is_some_and(|k| project.gages.get(k).is_some_and(|other| other.form != g.form)) {
                b.problems.add(
                    0,
                    "RAINGAGES",
                    format!("gage `{}` takes its series for another form of rain than a gage before", g.name),
                    "give both gages the same form, or a series each",
                );
            }
            if same_as.is_none() {
                let step = (curve.least_step() * 86400.0 + 0.5).floor();
                if step > 0.0 && g.interval > step && curve.points.len() > 1 {
                    b.problems.add(
                        0,
                        "RAINGAGES",
                        format!("gage `{}`: its interval is longer than its series' steps", g.name),
                        "shorten the interval",
                    );
                }
                if g.interval < step && curve.points.len() > 1 {
                    b.warnings.push(format!(
                        "WARNING 09: time series interval greater than recording interval for Rain Gage {}",
                        g.name
                    ));
                }
                if g.interval < options.wet_step as f64 {
                    b.warnings.push(format!(
                        "WARNING 01: wet weather time step reduced to recording interval for Rain Gage {}",
                        g.name
                    ));
                    options.wet_step = g.interval as i64;
                }
            }
        }
        list.push(GageData {
            form: g.form,
            interval: g.interval,
            series: curve,
            units_factor,
            same_as,
            used,
        });
    }
    list
}
