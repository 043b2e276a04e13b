//! `zhizhen drains flood`: a SWMM model together with the ground above it: what comes out of its manholes
//! runs over the streets and back in.

use super::super::model_file;
use super::{load, write};
use crate::out;
use anyhow::{Context, Result, bail, ensure};
use drains::overland::{
    Coupling, Edge, Ground, Inlet, Ledger, Settings, Surface, ascii_grid, contours, polygons,
};
use drains::project::NodeKind;
use drains::{Model, Numerics, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// What to run and where the answers go.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FloodArgs {
    /// SWMM's input file; its [COORDINATES] are those of the ground
    model: PathBuf,
    /// Heights of the ground, m: an ESRI ASCII grid; buildings have no data
    #[arg(long)]
    ground: PathBuf,
    /// CSV with node,x,y,rim_m,open_m2: where streets meet the sewers; otherwise every manhole that lies
    /// on the ground, with a rim of 4 m and 0.25 m² of openings
    #[arg(long)]
    inlets: Option<PathBuf>,
    /// Manning's n of the ground
    #[arg(long, default_value_t = 0.02)]
    manning: f64,
    /// Water leaves over the ground's edges as down this slope, m/m; without it they are walls
    #[arg(long)]
    edge_slope: Option<f64>,
    /// Seconds between two exchanges of water
    #[arg(long, default_value_t = 5.0)]
    exchange: f64,
    /// Greatest depths, m, as an ESRI ASCII grid
    #[arg(long)]
    depths: Option<PathBuf>,
    /// Outlines of greatest depths as GeoJSON, in the ground's coordinates
    #[arg(long)]
    outlines: Option<PathBuf>,
    /// Depths that are outlined, m, separated by commas
    #[arg(long, value_delimiter = ',', default_values_t = [0.05, 0.15, 0.27, 0.5])]
    bands: Vec<f64>,
    /// Summary as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Length of rim and open area of a manhole that no file describes (assumed: two gullies), m and m².
const RIM_M: f64 = 4.0;
const OPEN_M2: f64 = 0.25;
/// Sewer and ground are run in portions of so long, s.
const PORTION_S: f64 = 60.0;

/// Figures of a run.
#[derive(Serialize)]
struct Summary {
    /// Where streets meet the sewers.
    inlets: usize,
    /// Steps of the ground's solver.
    surface_steps: u64,
    /// Ground that was ever under at least the shallowest outline, m².
    flooded_area_m2: f64,
    /// Greatest depth anywhere, m.
    deepest_m: f64,
    /// Most water on the ground at once, m³.
    most_water_m3: f64,
    /// Where the ground's water came from and went, m³.
    ledger: Ledger,
    /// Of all water that was ever on the ground.
    surface_error_percent: f64,
    /// Of the sewers' flow.
    flow_error_percent: f64,
}

/// Runs the model with its ground; progress on standard error, a line of figures on standard output.
pub(super) fn run(args: &FloodArgs) -> Result<ExitCode> {
    ensure!(
        args.edge_slope.is_none_or(|s| s > 0.0 && s < 1.0),
        "--edge-slope: a slope is above 0 and below 1"
    );
    ensure!(args.bands.iter().all(|d| *d > 0.0 && d.is_finite()), "--bands: depths are metres above 0");
    let Some(model) = load(&args.model)? else { return Ok(ExitCode::FAILURE) };
    let model = unponded(model)?;
    let ground = Ground::from_ascii(&model_file::read(&args.ground)?, args.manning)
        .with_context(|| format!("reading {}", args.ground.display()))?;
    let inlets = match &args.inlets {
        Some(path) => listed(path, &model, &ground)?,
        None => everywhere(&model, &ground),
    };
    if inlets.is_empty() {
        bail!(
            "no manhole of the model lies on the ground: [COORDINATES] and the grid's corner must be in one system of metres"
        );
    }
    let begun = Instant::now();
    let (summary, surface) = simulate(args, &model, &ground, inlets)?;
    answer(args, &ground, &surface, &summary)?;
    out::line(format_args!(
        "{} inlets; {} steps on the ground in {:.2} s; {:.0} m² flooded, {:.2} m at most; errors: ground {:.1e} %, flow {:.3} %",
        summary.inlets,
        summary.surface_steps,
        begun.elapsed().as_secs_f64(),
        summary.flooded_area_m2,
        summary.deepest_m,
        summary.surface_error_percent,
        summary.flow_error_percent
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The model without ponding: the ground holds that water now.
fn unponded(model: Model) -> Result<Model> {
    if !model.project().options.allow_ponding {
        return Ok(model);
    }
    out::note("ALLOW_PONDING is taken as NO: the ground holds what ponds");
    let mut project = model.project().clone();
    project.options.allow_ponding = false;
    Model::new(project).map_err(|why| anyhow::anyhow!("the model without ponding: {why}"))
}

/// Every manhole whose place lies on open ground.
fn everywhere(model: &Model, ground: &Ground) -> Vec<Inlet> {
    let nodes = model.project().nodes.iter().enumerate();
    nodes
        .filter(|(_, n)| !matches!(n.kind, NodeKind::Outfall { .. }))
        .filter_map(|(node, n)| {
            let (x, y) = n.position?;
            let (column, row) = ground.cell_at(x, y).filter(|(c, r)| ground.height_m(*c, *r).is_some())?;
            Some(Inlet { node, column, row, rim_m: RIM_M, open_m2: OPEN_M2 })
        })
        .collect()
}

/// A line of the file of inlets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    node: String,
    x: f64,
    y: f64,
    rim_m: f64,
    open_m2: f64,
}

/// The inlets of a file.
fn listed(path: &Path, model: &Model, ground: &Ground) -> Result<Vec<Inlet>> {
    let text = model_file::read(path)?;
    let mut inlets = vec![];
    for (n, line) in csv::Reader::from_reader(text.as_bytes()).deserialize::<Line>().enumerate() {
        let place = || format!("{} line {}", path.display(), n + 2);
        let line = line.with_context(place)?;
        let node = model.node_names().iter().position(|name| *name == line.node);
        let node = node.with_context(|| format!("{}: the model has no node {}", place(), line.node))?;
        let cell = ground.cell_at(line.x, line.y);
        let (column, row) =
            cell.with_context(|| format!("{}: {} {} lies outside of the ground", place(), line.x, line.y))?;
        ensure!(line.rim_m > 0.0 && line.open_m2 > 0.0, "{}: rim_m and open_m2 are above 0", place());
        inlets.push(Inlet { node, column, row, rim_m: line.rim_m, open_m2: line.open_m2 });
    }
    Ok(inlets)
}

fn simulate(
    args: &FloodArgs,
    model: &Model,
    ground: &Ground,
    inlets: Vec<Inlet>,
) -> Result<(Summary, Surface)> {
    let count = inlets.len();
    let mut coupling = Coupling::new(model, ground, inlets, args.exchange)?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut state = State::new(model, Numerics::Fast);
    let mut surface = Surface::new(ground, Settings { threads, ..Settings::default() });
    if let Some(slope) = args.edge_slope {
        open_edges(ground, &mut surface, slope);
    }
    let (mut most_water_m3, mut shown, mut at_s) = (0.0_f64, 0, 0.0);
    while at_s < model.duration_s() {
        let portion = PORTION_S.min(model.duration_s() - at_s);
        coupling.run(model, &mut state, ground, &mut surface, portion);
        at_s += portion;
        most_water_m3 = most_water_m3.max(surface.volume_m3(ground));
        let percent = (100.0 * at_s / model.duration_s()) as u32;
        if percent >= shown + 10 {
            shown = percent - percent % 10;
            out::note(format_args!("{shown} %"));
        }
    }
    let shallowest = args.bands.iter().copied().fold(f64::MAX, f64::min);
    let peaks = peaks(ground, &surface);
    let wet = peaks.iter().filter(|d| **d >= shallowest).count();
    let ledger = *surface.ledger();
    let missing = (surface.volume_m3(ground) - ledger.expected_m3()).abs();
    let summary = Summary {
        inlets: count,
        surface_steps: surface.steps(),
        flooded_area_m2: wet as f64 * ground.cell_m().powi(2),
        deepest_m: peaks.iter().copied().fold(0.0, f64::max),
        most_water_m3,
        ledger,
        surface_error_percent: 100.0 * missing / ledger.handled_m3().max(1e-9),
        flow_error_percent: state.summary(model).flow_error_percent,
    };
    Ok((summary, surface))
}

/// Lets water out over every side of the raster.
fn open_edges(ground: &Ground, surface: &mut Surface, slope: f64) {
    let (columns, rows) = ground.size();
    let sides = (0..rows).flat_map(|r| [(0, r), (columns - 1, r)]);
    for (column, row) in sides.chain((0..columns).flat_map(|c| [(c, 0), (c, rows - 1)])) {
        surface.set_edge(ground, column, row, Some(Edge::Free { slope }));
    }
}

fn peaks(ground: &Ground, surface: &Surface) -> Vec<f64> {
    ground.cells().map(|(column, row)| surface.peak_m(ground, column, row)).collect()
}

fn answer(args: &FloodArgs, ground: &Ground, surface: &Surface, summary: &Summary) -> Result<()> {
    if let Some(path) = &args.depths {
        write(path, ascii_grid(ground, |c, r| Some(surface.peak_m(ground, c, r))).as_bytes())?;
    }
    if let Some(path) = &args.outlines {
        write(path, &serde_json::to_vec(&outlines(&args.bands, ground, surface))?)?;
    }
    if let Some(path) = &args.json {
        write(path, &serde_json::to_vec(summary)?)?;
    }
    Ok(())
}

/// A feature for each depth, shallow first.
fn outlines(bands: &[f64], ground: &Ground, surface: &Surface) -> Value {
    let mut bands = bands.to_vec();
    bands.sort_by(f64::total_cmp);
    let feature = |depth_m: &f64| {
        let rings = contours(ground, *depth_m, |c, r| surface.peak_m(ground, c, r));
        let area: f64 = rings.iter().map(|r| if r.hole { -r.area_m2 } else { r.area_m2 }).sum();
        let closed =
            |points: &[[f64; 2]]| -> Vec<[f64; 2]> { points.iter().chain(points.first()).copied().collect() };
        let coordinates: Vec<Vec<Vec<[f64; 2]>>> = polygons(rings)
            .iter()
            .map(|rings| rings.iter().map(|ring| closed(&ring.points_m)).collect())
            .collect();
        json!({
            "type": "Feature",
            "properties": { "depth_m": depth_m, "area_m2": area.round() },
            "geometry": { "type": "MultiPolygon", "coordinates": coordinates },
        })
    };
    json!({ "type": "FeatureCollection", "features": bands.iter().map(feature).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that takes a third of what comes, under a street that falls east between two houses.
    const SEWER: &str = "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\nALLOW_PONDING YES\n\
        START_DATE 01/01/2024\nEND_DATE 01/01/2024\nEND_TIME 01:00\nROUTING_STEP 2\nREPORT_STEP 00:01:00\n\
        [JUNCTIONS]\nA 8 2 0 0 50\nB 7.8 2.2 0 0 0\n[OUTFALLS]\nO 7.5 FREE NO\n\
        [CONDUITS]\nc1 A B 100 0.013 0 0 0 0\nc2 B O 100 0.013 0 0 0 0\n\
        [XSECTIONS]\nc1 CIRCULAR 0.5 0 0 0 1\nc2 CIRCULAR 0.8 0 0 0 1\n\
        [INFLOWS]\nA FLOW \"\" FLOW 1 1 1.2\n[COORDINATES]\nA 1055 2055\nB 1155 2055\nO 1255 2055\n";

    fn street() -> String {
        let mut text = String::from("ncols 30\nnrows 10\nxllcorner 1000\nyllcorner 2000\ncellsize 10\n");
        for row in 0..10 {
            let height = |c: usize| if row == 4 { 10.0 - 0.005 * c as f64 } else { 10.4 };
            let word = |c: usize| if row < 3 { "-9999".into() } else { format!("{:.3}", height(c)) };
            text += &(0..30).map(word).collect::<Vec<String>>().join(" ");
            text.push('\n');
        }
        text
    }

    struct Run {
        dir: tempfile::TempDir,
        args: FloodArgs,
    }

    fn ready(model: &str, inlets: Option<&str>) -> Run {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let at = |name: &str| Some(dir.path().join(name));
        let args = FloodArgs {
            model: put("m.inp", model),
            ground: put("g.asc", &street()),
            inlets: inlets.map(|text| put("i.csv", text)),
            manning: 0.02,
            edge_slope: None,
            exchange: 5.0,
            depths: at("d.asc"),
            outlines: at("o.geojson"),
            bands: vec![0.15, 0.05],
            json: at("s.json"),
        };
        Run { dir, args }
    }

    fn read(run: &Run, name: &str) -> String {
        std::fs::read_to_string(run.dir.path().join(name)).unwrap()
    }

    #[test]
    fn what_comes_out_of_a_manhole_is_mapped_and_no_water_is_lost() {
        let done = ready(SEWER, None);
        assert_eq!(run(&done.args).unwrap(), ExitCode::SUCCESS);
        let summary: Value = serde_json::from_str(&read(&done, "s.json")).unwrap();
        assert_eq!(summary["inlets"], 2);
        assert!(summary["ledger"]["from_sewers_m3"].as_f64().unwrap() > 500.0, "{summary}");
        assert!(summary["ledger"]["to_sewers_m3"].as_f64().unwrap() > 1.0, "{summary}");
        assert!(summary["surface_error_percent"].as_f64().unwrap() < 1e-7, "{summary}");
        assert!(summary["flow_error_percent"].as_f64().unwrap().abs() < 1.0, "{summary}");
        let deepest = summary["deepest_m"].as_f64().unwrap();
        let depths = Ground::from_ascii(&read(&done, "d.asc"), 0.02).unwrap();
        let most = (0..30).filter_map(|c| depths.height_m(c, 5)).fold(0.0, f64::max);
        assert!((most - deepest).abs() < 6e-4, "the street is deepest: {most} of {deepest}");
        let outlines: Value = serde_json::from_str(&read(&done, "o.geojson")).unwrap();
        let features = outlines["features"].as_array().unwrap();
        assert_eq!((features.len(), &features[0]["properties"]["depth_m"]), (2, &json!(0.05)));
        let area = |n: usize| features[n]["properties"]["area_m2"].as_f64().unwrap();
        assert!(area(0) >= area(1) && area(0) > 1_000.0, "{outlines}");
        let ring = features[0]["geometry"]["coordinates"][0][0].as_array().unwrap();
        assert_eq!(ring.first(), ring.last());
    }

    #[test]
    fn water_leaves_over_open_edges() {
        let mut done = ready(SEWER, None);
        done.args.edge_slope = Some(0.005);
        assert_eq!(run(&done.args).unwrap(), ExitCode::SUCCESS);
        let summary: Value = serde_json::from_str(&read(&done, "s.json")).unwrap();
        assert!(summary["ledger"]["outflow_m3"].as_f64().unwrap() > 100.0, "{summary}");
        assert!(summary["surface_error_percent"].as_f64().unwrap() < 1e-7, "{summary}");
    }

    #[test]
    fn what_is_wrong_with_ground_or_inlets_is_said_with_its_line() {
        let said = |run: &Run| format!("{:#}", super::run(&run.args).unwrap_err());
        let head = "node,x,y,rim_m,open_m2\n";
        let unknown = said(&ready(SEWER, Some(&format!("{head}A,1055,2055,4,0.2\nZ,1055,2055,4,0.2\n"))));
        assert!(unknown.contains("i.csv line 3: the model has no node Z"), "{unknown}");
        let outside = said(&ready(SEWER, Some(&format!("{head}A,55,2055,4,0.2\n"))));
        assert!(outside.contains("line 2: 55 2055 lies outside of the ground"), "{outside}");
        let wall = said(&ready(SEWER, Some(&format!("{head}A,1055,2095,4,0.2\n"))));
        assert!(wall.contains("move it off the wall"), "{wall}");
        let elsewhere = said(&ready(&SEWER.replace(" 2055", " 5"), None));
        assert!(elsewhere.contains("no manhole of the model lies on the ground"), "{elsewhere}");
    }
}
