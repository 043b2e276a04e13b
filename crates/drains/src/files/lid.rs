//! Detailed reports of single LIDs (海绵设施明细): a row a runoff step while a unit is wet, and where a dry
//! time begins and ends (User's Manual, `[LID_USAGE]`), as SWMM writes them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::date::{show_date, show_time};
use crate::model::Model;

/// What a unit did in a runoff step, in the model's units of rain and its depth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LidRow {
    /// Subcatchment and unit.
    pub(crate) unit: (usize, usize),
    /// End of the step, ms of the run.
    pub(crate) time: f64,
    pub(crate) dry: bool,
    /// Inflow, evaporation, infiltration, percolation of pavement and soil, exfiltration, runoff, drain.
    pub(crate) rates: [f64; 8],
    /// Surface, pavement, storage.
    pub(crate) depths: [f64; 3],
    /// Of the soil.
    pub(crate) moisture: f64,
}

/// The report of a unit.
#[derive(Debug, Clone)]
pub(super) struct LidReport {
    name: String,
    unit: (usize, usize),
    text: String,
    /// The row before, which is written when a dry time ends.
    last: String,
    dry_steps: u64,
}

const HEAD: [[&str; 14]; 2] = [
    [
        "                    ",
        "  Elapsed",
        "    Total",
        "    Total",
        "  Surface",
        " Pavement",
        "     Soil",
        "  Storage",
        "  Surface",
        "    Drain",
        "  Surface",
        " Pavement",
        "     Soil",
        "  Storage",
    ],
    [
        "                    ",
        "     Time",
        "   Inflow",
        "     Evap",
        "    Infil",
        "     Perc",
        "     Perc",
        "    Exfil",
        "   Runoff",
        "  OutFlow",
        "    Level",
        "    Level",
        " Moisture",
        "    Level",
    ],
];

impl LidReport {
    /// One for every unit that asks for it.
    pub(super) fn all(model: &Model) -> Vec<Self> {
        let mut list = Vec::new();
        for (j, group) in model.lids.iter().enumerate() {
            for (k, unit) in group.units.iter().enumerate() {
                if let Some(name) = &unit.report {
                    let text = head(model, j, unit.control());
                    list.push(Self {
                        name: name.clone(),
                        unit: (j, k),
                        text,
                        last: String::new(),
                        dry_steps: 1,
                    });
                }
            }
        }
        list
    }

    /// A step of some unit; nothing is added beyond `most` bytes.
    pub(super) fn add(&mut self, model: &Model, row: &LidRow, most: usize) {
        if row.unit != self.unit || self.text.len() >= most {
            return;
        }
        if !row.dry && self.dry_steps > 1 {
            self.text.push_str(&self.last);
        }
        self.last = line(model, row);
        if !row.dry || self.dry_steps == 0 {
            self.text.push_str(&self.last);
        }
        self.dry_steps = if row.dry { self.dry_steps + 1 } else { 0 };
    }

    /// Its file.
    pub(super) fn close(self) -> (String, Vec<u8>) {
        (self.name, self.text.into_bytes())
    }
}

fn head(model: &Model, sub: usize, control: &str) -> String {
    let title = model.project.title.iter().find(|t| !t.trim().is_empty());
    let title = title.map_or_else(String::new, |t| format!("{t} "));
    let subcatchment = model.subcatchment_names().nth(sub).unwrap_or("");
    let mut t = format!(
        "SWMM5 LID Report File\n\nProject:  {title}\nLID Unit: {control} in Subcatchment {subcatchment}\n"
    );
    let (rate, depth) =
        if model.units.flow_units.is_si() { ("    mm/hr", "       mm") } else { ("    in/hr", "   inches") };
    let mut units = ["Date        Time    ", "    Hours"].to_vec();
    units.extend([rate; 8]);
    units.extend([depth, depth, "  Content", depth]);
    for row in HEAD.iter().map(<[&str; 14]>::as_slice).chain([units.as_slice()]) {
        let _written = write!(t, "\n{}", row.join("\t"));
    }
    t.push_str("\n----------- --------");
    t.push_str(&"\t ---------".repeat(13));
    t
}

fn line(model: &Model, row: &LidRow) -> String {
    let date = model.date_at(row.time);
    let stamp = format!("{} {}", show_date(date), show_time(date));
    let mut t = format!("\n{stamp:>20}\t {:>8.3}", row.time / 3_600_000.0);
    for (i, v) in row.rates.iter().enumerate() {
        // SWMM leaves a blank out before the runoff.
        let blank = if i == 6 { "" } else { " " };
        let decimals = if i == 1 { 4 } else { 3 };
        let _written = write!(t, "\t{blank}{v:>8.decimals$}");
    }
    let [surface, pavement, storage] = row.depths;
    for v in [surface, pavement, row.moisture, storage] {
        let _written = write!(t, "\t {v:>8.3}");
    }
    t
}
