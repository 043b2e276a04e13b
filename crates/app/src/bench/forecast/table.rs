//! Scores of many storms added up, station by station.

use super::play::Played;
use crate::out;
use anyhow::Result;
use serde::Serialize;

/// One station over all storms.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Root mean square error of the corrected run and of the model alone, m.
    pub(super) simulated_rmse_m: f64,
    pub(super) alone_rmse_m: f64,
    pub(super) leads: Vec<Lead>,
}

/// One lead time over all storms.
#[derive(Debug, Default, Serialize)]
pub(super) struct Lead {
    pub(super) lead_min: u16,
    pub(super) pairs: usize,
    pub(super) rmse_m: f64,
    pub(super) persistence_rmse_m: f64,
    /// 1 − MSE/MSE of persistence over all pairs; `None` where persistence made no error worth a millimetre.
    pub(super) skill: Option<f64>,
}

/// Adds up: every pair of every storm counts the same.
pub(super) fn pooled(played: &[Played]) -> Vec<Row> {
    let Some(first) = played.first() else { return Vec::new() };
    let all = |n: usize| played.iter().filter_map(move |p| p.stations.get(n));
    let mean = |squares: Vec<f64>| (squares.iter().map(|m| m * m).sum::<f64>() / squares.len() as f64).sqrt();
    let row = |(n, station): (usize, &super::play::StationPlayed)| Row {
        name: station.name.clone(),
        kind: station.kind,
        simulated_rmse_m: mean(all(n).map(|s| s.simulated_rmse_m).collect()),
        alone_rmse_m: mean(all(n).map(|s| s.alone_rmse_m).collect()),
        leads: leads(all(n).flat_map(|s| &s.scores)),
    };
    first.stations.iter().enumerate().map(row).collect()
}

fn leads<'a>(scores: impl Iterator<Item = &'a twin::Score>) -> Vec<Lead> {
    let mut leads: Vec<Lead> = Vec::new();
    for one in scores.flat_map(|score| &score.leads) {
        let n = leads.iter().position(|lead| lead.lead_min == one.lead_min).unwrap_or_else(|| {
            leads.push(Lead { lead_min: one.lead_min, ..Lead::default() });
            leads.len() - 1
        });
        let Some(lead) = leads.get_mut(n) else { continue };
        // Sums of squares, until all are in.
        lead.pairs += one.pairs;
        lead.rmse_m += one.pairs as f64 * one.rmse_m.powi(2);
        lead.persistence_rmse_m += one.pairs as f64 * one.persistence_rmse_m.powi(2);
    }
    for lead in &mut leads {
        let pairs = lead.pairs.max(1) as f64;
        lead.rmse_m = (lead.rmse_m / pairs).sqrt();
        lead.persistence_rmse_m = (lead.persistence_rmse_m / pairs).sqrt();
        let is_known = lead.persistence_rmse_m >= 0.001;
        lead.skill = is_known.then(|| 1.0 - (lead.rmse_m / lead.persistence_rmse_m).powi(2));
    }
    leads
}

/// Prints the rows as a table of Markdown.
pub(super) fn print(rows: &[Row]) -> Result<()> {
    let leads: Vec<u16> =
        rows.first().map_or(Vec::new(), |row| row.leads.iter().map(|l| l.lead_min).collect());
    let heads: Vec<String> = leads.iter().map(|lead| format!("{lead} min")).collect();
    out::line(format_args!("| station | now, m | alone, m | {} |", heads.join(" | ")))?;
    out::line(format_args!("|---|---|---|{}", "---|".repeat(leads.len())))?;
    for row in rows {
        let cell = |lead: &Lead| {
            let skill = lead.skill.map_or("–".to_owned(), |skill| format!("{skill:.2}"));
            format!("{skill} ({:.3} / {:.3})", lead.rmse_m, lead.persistence_rmse_m)
        };
        let cells: Vec<String> = row.leads.iter().map(cell).collect();
        let (now, alone) = (row.simulated_rmse_m, row.alone_rmse_m);
        out::line(format_args!("| {} | {now:.3} | {alone:.3} | {} |", row.name, cells.join(" | ")))?;
    }
    Ok(())
}
