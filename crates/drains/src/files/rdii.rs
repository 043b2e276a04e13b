//! 雨水入渗接口文件: RDII of the nodes by time, binary as SWMM writes it or a table as text.

use super::{Bytes, FileError, wrong};
use crate::date::add_seconds;
use crate::files::routing::Table;
use crate::hydrology::RdiiState;
use crate::model::Model;
use crate::project::Index;

const STAMP: &str = "SWMM5-RDII";

/// 雨水入渗接口文件, read.
#[derive(Debug, Clone)]
pub(crate) struct RdiiFile {
    step: f64,
    pub(crate) nodes: Vec<Index>,
    dates: Vec<f64>,
    /// ft³/s, by date and node.
    flows: Vec<f32>,
}

impl RdiiFile {
    pub(super) fn read(model: &Model, file: &[u8]) -> Result<Self, FileError> {
        match Bytes::after(STAMP, file) {
            Some(b) => Self::binary(model, b),
            None => Self::text(model, file),
        }
    }

    fn binary(model: &Model, mut b: Bytes<'_>) -> Result<Self, FileError> {
        let step = f64::from(b.int()?);
        let count = b.count()?;
        if step <= 0.0 || count == 0 || count > model.nodes.kind.len() {
            return wrong("its step or its number of nodes makes no sense in this model");
        }
        let mut all = Self { step, nodes: Vec::new(), dates: Vec::new(), flows: Vec::new() };
        for _ in 0..count {
            let node = b.count()?;
            if !model.project.rdii.iter().any(|r| r.node == node) {
                return wrong("it gives RDII to a node that has no line in [RDII]");
            }
            all.nodes.push(node);
        }
        while b.len() >= 8 + 4 * count {
            all.dates.push(b.double()?);
            for _ in 0..count {
                all.flows.push(b.single()?);
            }
        }
        Ok(all)
    }

    fn text(model: &Model, file: &[u8]) -> Result<Self, FileError> {
        let text = numerics::inp::decode(file);
        let table = Table::read(model, text.as_str())?;
        let mut nodes = Vec::new();
        for (node, name) in table.nodes.iter().zip(&table.names) {
            match node {
                Some(node) => nodes.push(*node),
                None => return wrong(format!("it gives RDII to `{name}`, which is no node of the model")),
            }
        }
        let mut all = Self { step: table.step, nodes, dates: table.dates, flows: Vec::new() };
        all.flows = table.values.iter().map(|v| (v / table.units.flow) as f32).collect();
        // SWMM stops at the end of the file, so a last line that no line feed ends is never used.
        if !text.as_str().ends_with('\n') {
            all.dates.pop();
        }
        Ok(all)
    }

    /// Flows (ft³/s) of the nodes at a date, if there are any.
    pub(crate) fn at(&self, date: f64) -> Option<&[f32]> {
        let k = self.dates.partition_point(|d| add_seconds(*d, self.step) <= date);
        if date < *self.dates.get(k)? {
            return None;
        }
        let n = self.nodes.len();
        self.flows.get(k * n..(k + 1) * n)
    }
}

impl Model {
    /// 雨水入渗接口文件 of the whole run on the model's own rain, as `SAVE RDII` asks for it; `None`
    /// without RDII.
    #[must_use]
    pub fn rdii_file(&self) -> Option<Vec<u8>> {
        let (nodes, step) = (self.rdii.as_ref()?.nodes(), self.options.wet_step);
        let mut b = STAMP.as_bytes().to_vec();
        b.extend_from_slice(&i32::try_from(step).unwrap_or(i32::MAX).to_le_bytes());
        b.extend_from_slice(&i32::try_from(nodes.len()).unwrap_or(i32::MAX).to_le_bytes());
        for node in nodes {
            b.extend_from_slice(&i32::try_from(node).unwrap_or(i32::MAX).to_le_bytes());
        }
        let mut state = RdiiState::new(self)?;
        while let Some((date, flows)) = state.next_record(self) {
            b.extend_from_slice(&date.to_le_bytes());
            flows.iter().for_each(|q| b.extend_from_slice(&q.to_le_bytes()));
        }
        Some(b)
    }
}
