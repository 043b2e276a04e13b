//! 热启动: the state of a run's end as SWMM keeps it, to begin another run with. Versions 1 to 4 are
//! read, version 4 (of 5.2) is written. LIDs, gages and seepage of storage units are not in it.
#![expect(clippy::indexing_slicing, reason = "one entry a subcatchment, node or link, counted when read")]

use super::{Bytes, FileError, wrong};
use crate::hydrology::{Soil, SoilState};
use crate::model::{LinkData, LinkType, Model, NodeType};
use crate::state::{Numerics, State};

const STAMP: &str = "SWMM5-HOTSTART";
/// SWMM's mark of a figure that is not known.
const MISSING: f64 = -1.0e10;

#[derive(Debug, Clone, PartialEq)]
struct Surface {
    depth: [f64; 3],
    runoff: f64,
    soil: [f64; 6],
    snow: Option<[[f64; 5]; 3]>,
    /// Concentrations in the runoff, mass in the water that stands, mass on each land use, last sweeping.
    quality: [Vec<f64>; 4],
}

/// 热启动文件, read and checked against a model.
#[derive(Debug, Clone, PartialEq)]
pub struct HotStart {
    /// Of every subcatchment; empty in the versions without.
    surfaces: Vec<Surface>,
    /// Moisture, water table, flow, room.
    ground: Vec<Option<[f64; 4]>>,
    /// Depth and lateral inflow.
    nodes: Vec<[f64; 2]>,
    /// Flow, depth, setting.
    links: Vec<[f64; 3]>,
    /// Hydraulic residence time of storage units, s.
    residence: Vec<f64>,
    /// Concentrations of all nodes, then of all links.
    node_quality: Vec<f64>,
    link_quality: Vec<f64>,
}

/// Pollutants and land uses as the file counts them, computed or not.
fn lists(model: &Model) -> (usize, usize) {
    let q = &model.project.quality;
    (q.pollutants.len(), q.land_uses.len())
}

impl HotStart {
    /// Reads a hot start file for a model.
    ///
    /// # Errors
    /// The file is none, is short, or belongs to a model with other counts or units.
    pub fn read(model: &Model, file: &[u8]) -> Result<Self, FileError> {
        let Some(after) = file.strip_prefix(STAMP.as_bytes()) else {
            return wrong("this is not a hot start file of SWMM 5");
        };
        let (version, stamp) = match after.first() {
            Some(b'4') => (4, "SWMM5-HOTSTART4"),
            Some(b'3') => (3, "SWMM5-HOTSTART3"),
            Some(b'2') => (2, "SWMM5-HOTSTART2"),
            _ => (1, STAMP),
        };
        let Some(mut b) = Bytes::after(stamp, file) else {
            return wrong("this is not a hot start file of SWMM 5");
        };
        head(&mut b, model, version)?;
        let mut all = Self {
            surfaces: Vec::new(),
            ground: vec![None; model.subs.len()],
            nodes: Vec::new(),
            links: Vec::new(),
            residence: Vec::new(),
            node_quality: Vec::new(),
            link_quality: Vec::new(),
        };
        let pollutants = lists(model).0;
        if version >= 3 {
            all.read_surfaces(&mut b, model)?;
        } else if version == 2 {
            for g in &mut all.ground {
                let (moisture, table) = (f64::from(b.single()?), f64::from(b.single()?));
                *g = Some([moisture, table, 0.0, MISSING]);
            }
        }
        for kind in &model.nodes.kind {
            all.nodes.push([f64::from(b.single()?), f64::from(b.single()?)]);
            let stays = version >= 4 && *kind == NodeType::Storage;
            all.residence.push(if stays { f64::from(b.single()?) } else { 0.0 });
            for _ in 0..pollutants {
                all.node_quality.push(f64::from(b.single()?));
            }
            if version <= 2 {
                for _ in 0..pollutants {
                    b.single()?;
                }
            }
        }
        for _ in &model.links.kind {
            all.links.push([f64::from(b.single()?), f64::from(b.single()?), f64::from(b.single()?)]);
            for _ in 0..pollutants {
                all.link_quality.push(f64::from(b.single()?));
            }
        }
        Ok(all)
    }

    fn read_surfaces(&mut self, b: &mut Bytes<'_>, model: &Model) -> Result<(), FileError> {
        let stride = build_up_stride(b, model);
        for i in 0..model.subs.len() {
            let (depth, runoff, soil) = (b.doubles()?, b.double()?, b.doubles()?);
            if model.ground[i].is_some() {
                self.ground[i] = Some(b.doubles()?);
            }
            let mut snow = None;
            if model.snow[i].is_some() {
                snow = Some([b.doubles()?, b.doubles()?, b.doubles()?]);
            }
            let quality = surface_quality(b, model, stride)?;
            self.surfaces.push(Surface { depth, runoff, soil, snow, quality });
        }
        Ok(())
    }
}

fn head(b: &mut Bytes<'_>, model: &Model, version: u8) -> Result<(), FileError> {
    let mut expect = |what: &str, ours: usize| -> Result<(), FileError> {
        let theirs = b.count()?;
        if theirs == ours {
            return Ok(());
        }
        wrong(format!("it was saved with {theirs} {what}, this model has {ours}"))
    };
    if version >= 2 {
        expect("subcatchments", model.subs.len())?;
    }
    if version >= 3 {
        expect("land uses", lists(model).1)?;
    }
    expect("nodes", model.nodes.kind.len())?;
    expect("links", model.links.kind.len())?;
    expect("pollutants", lists(model).0)?;
    let units = b.int()?;
    if units != model.units.flow_units as i32 {
        return wrong(format!("it was saved with another flow unit than {}", model.units.flow_units.word()));
    }
    Ok(())
}

/// Bytes of nodes and links.
fn routing_bytes(model: &Model) -> usize {
    let storages = model.nodes.kind.iter().filter(|k| **k == NodeType::Storage).count();
    let (nodes, links, pollutants) = (model.nodes.kind.len(), model.links.kind.len(), lists(model).0);
    4 * (nodes * (2 + pollutants) + storages + links * (3 + pollutants))
}

/// Figures the file has for one pollutant's build-up on one land use: SWMM 5.2 writes as many as there are
/// pollutants, of which the first counts, and reads one.
fn build_up_stride(b: &Bytes<'_>, model: &Model) -> usize {
    let (pollutants, land_uses) = lists(model);
    let ground = model.ground.iter().flatten().count() * 4 + model.snow.iter().flatten().count() * 15;
    let per_sub = 10 + 2 * pollutants + land_uses * (pollutants * pollutants + 1);
    let long = 8 * (model.subs.len() * per_sub + ground) + routing_bytes(model);
    if b.len() == long { pollutants.max(1) } else { 1 }
}

fn surface_quality(b: &mut Bytes<'_>, model: &Model, stride: usize) -> Result<[Vec<f64>; 4], FileError> {
    let (pollutants, land_uses) = lists(model);
    let mut all = <[Vec<f64>; 4]>::default();
    if pollutants == 0 {
        return Ok(all);
    }
    let [runoff, ponded, build_up, swept] = &mut all;
    for list in [runoff, ponded] {
        for _ in 0..pollutants {
            list.push(b.double()?);
        }
    }
    for _ in 0..land_uses {
        for _ in 0..pollutants {
            build_up.push(b.double()?);
            for _ in 1..stride {
                b.take::<8>()?;
            }
        }
        swept.push(b.double()?);
    }
    Ok(all)
}

/// The soil's figures in the file's order.
fn soil_figures(soil: Option<&Soil>, s: &SoilState) -> [f64; 6] {
    let x = &s.x;
    match soil {
        Some(Soil::Horton { .. }) => [x[0], x[1], 0.0, 0.0, 0.0, 0.0],
        Some(Soil::GreenAmpt { .. }) => [x[0], x[1], x[2], f64::from(u8::from(s.saturated)), x[3], 0.0],
        Some(Soil::CurveNumber { .. }) => *x,
        None => [0.0; 6],
    }
}

fn set_soil(soil: Option<&Soil>, s: &mut SoilState, x: &[f64; 6]) {
    match soil {
        Some(Soil::Horton { .. }) => (s.x[0], s.x[1]) = (x[0], x[1]),
        Some(Soil::GreenAmpt { .. }) => {
            (s.x[0], s.x[1], s.x[2], s.x[3]) = (x[0], x[1], x[2], x[4]);
            s.saturated = x[3] as i8 != 0;
        }
        Some(Soil::CurveNumber { .. }) => s.x = *x,
        None => {}
    }
}

impl State {
    /// A run that begins where another ended, whatever the model's own `[FILES]` say.
    #[must_use]
    pub fn from_hot_start(model: &Model, numerics: Numerics, file: &HotStart) -> Self {
        Self::begin(model, numerics, Some(file))
    }

    /// 热启动文件 of this moment, as SWMM 5.2 writes it at the end of a run.
    #[must_use]
    pub fn hot_start(&self, model: &Model) -> Vec<u8> {
        let mut b = b"SWMM5-HOTSTART4".to_vec();
        let (pollutants, land_uses) = lists(model);
        let counts =
            [model.subs.len(), land_uses, model.nodes.kind.len(), model.links.kind.len(), pollutants];
        for n in counts {
            b.extend_from_slice(&i32::try_from(n).unwrap_or(i32::MAX).to_le_bytes());
        }
        b.extend_from_slice(&(model.units.flow_units as i32).to_le_bytes());
        for i in 0..model.subs.len() {
            let mut put = |x: &[f64]| x.iter().for_each(|v| b.extend_from_slice(&v.to_le_bytes()));
            let s = &self.subs[i];
            put(&s.depth);
            put(&[self.new_runoff[i]]);
            put(&soil_figures(model.subs[i].infiltration.as_ref().map(|(_, soil)| soil), &s.soil));
            if let (Some(g), Some(s)) = (&model.ground[i], &self.ground[i]) {
                put(&[s.theta, g.bottom + s.lower, s.new_flow, s.room]);
            }
            if let Some(snow) = &self.snow[i] {
                snow.hot_start().iter().for_each(|surface| put(surface));
            }
            match self.quality.subs.get(i) {
                Some(q) => {
                    put(&q.new);
                    put(&q.ponded);
                    for (build_up, swept) in q.build_up.chunks(pollutants).zip(&q.swept) {
                        put(build_up);
                        put(&[*swept]);
                    }
                }
                None if pollutants > 0 => {
                    put(&vec![0.0; 2 * pollutants + land_uses * (pollutants + 1)]);
                }
                None => {}
            }
        }
        let mut put = |x: f64| b.extend_from_slice(&(x as f32).to_le_bytes());
        for i in 0..model.nodes.kind.len() {
            put(self.depth[i]);
            put(self.lateral[i]);
            if model.nodes.kind[i] == NodeType::Storage {
                put(self.quality.residence.get(i).copied().unwrap_or(0.0));
            }
            (0..pollutants).for_each(|p| put(self.node_quality(model, i, p).unwrap_or(0.0)));
        }
        for j in 0..model.links.kind.len() {
            let water = self.water(model, j);
            put(water.flow);
            put(water.depth);
            put(self.setting[j]);
            (0..pollutants).for_each(|p| put(self.link_quality(model, j, p).unwrap_or(0.0)));
        }
        b
    }

    pub(crate) fn apply_hot_start(&mut self, model: &Model, file: &HotStart) {
        for (i, x) in file.surfaces.iter().enumerate() {
            let s = &mut self.subs[i];
            s.depth = x.depth;
            self.new_runoff[i] = x.runoff;
            set_soil(model.subs[i].infiltration.as_ref().map(|(_, soil)| soil), &mut s.soil, &x.soil);
            if let (Some(snow), Some(x)) = (&mut self.snow[i], &x.snow) {
                snow.set_hot_start(x);
            }
            if let Some(q) = self.quality.subs.get_mut(i) {
                let [runoff, ponded, build_up, swept] = &x.quality;
                q.new.clone_from(runoff);
                q.ponded.clone_from(ponded);
                q.build_up.clone_from(build_up);
                q.swept.clone_from(swept);
            }
        }
        if model.quality.count() > 0 {
            self.quality.node.clone_from(&file.node_quality);
            self.quality.link.clone_from(&file.link_quality);
            self.quality.residence.clone_from(&file.residence);
        }
        for (i, x) in file.ground.iter().enumerate() {
            if let (Some(g), Some(s), Some(x)) = (&model.ground[i], &mut self.ground[i], x) {
                (s.theta, s.lower, s.old_flow) = (x[0], x[1] - g.bottom, x[2]);
                if x[3] != MISSING {
                    s.room = x[3];
                }
            }
        }
        for (i, [depth, lateral]) in file.nodes.iter().enumerate() {
            (self.depth[i], self.lateral[i]) = (*depth, *lateral);
        }
        for (j, [flow, depth, setting]) in file.links.iter().enumerate() {
            (self.link_flow[j], self.link_depth[j]) = (*flow, *depth);
            (self.setting[j], self.target[j]) = (*setting, *setting);
            if let LinkData::Pump(p) = &model.links.data[j] {
                self.target[j] = self.pump_target(p, model.links.node1[j], *setting);
            }
            match model.links.kind[j] {
                LinkType::Orifice => self.set_orifice(model, j, 0.0),
                LinkType::Weir => self.set_weir(model, j),
                _ => self.set_as_meant(model, j),
            }
        }
    }
}
