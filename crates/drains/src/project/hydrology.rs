//! Rain gages, subcatchments, evaporation and adjustments (雨量计、子汇水区).

use numerics::inp::{number, starts_with};

use super::read::{Kind, Row};
use super::*;
use crate::date::read_time;

pub(super) fn gage(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(6) {
        return None;
    }
    let form = row.word(1, RainForm::WORDS)?;
    let from_file = starts_with(row.text(4), "FILE");
    let interval = match number(row.text(2)) {
        // SWMM rounds the interval of a series and cuts that of a file.
        Some(hours) if from_file => (hours * 3600.0).trunc(),
        Some(hours) => (hours * 3600.0 + 0.5).floor(),
        None => read_time(row.text(2)).map_or(0.0, |t| (t * 86400.0 + 0.5).floor()),
    };
    if interval <= 0.0 {
        row.problem("the gage's interval is not above zero", "write hours or hours:minutes");
        return None;
    }
    let snow_factor = row.number(3)?;
    let name = row.text(0).to_owned();
    let (series, in_inches) = if from_file {
        if !row.has(8) {
            return None;
        }
        let inches = row.word(7, &[("IN", true), ("MM", false)])?;
        (rain_file(project, row, form, interval, inches)?, Some(inches))
    } else if starts_with(row.text(4), "TIMESERIES") {
        (row.find(5, Kind::Series)?, None)
    } else {
        row.problem("the gage's source is neither TIMESERIES nor FILE", "write one of them");
        return None;
    };
    project.gages.push(Gage { name, form, interval, snow_factor, series, in_inches });
    Some(())
}

/// Asks for the rain of a file, to be read when all sections are known.
fn rain_file(
    project: &mut Project,
    row: &mut Row<'_, '_, '_>,
    form: RainForm,
    interval: f64,
    inches: bool,
) -> Option<Index> {
    let start = match row.text(8) {
        "" => None,
        word if word.starts_with('*') => None,
        word => match crate::date::read_date(word) {
            Some(date) => Some(date),
            None => {
                let word = word.to_owned();
                row.problem(format!("`{word}` is not a date"), "write month/day/year, or *");
                return None;
            }
        },
    };
    project.rain_requests.push(super::rain_file::RainRequest {
        line: row.line.number,
        file: row.text(5).to_owned(),
        station: row.text(6).to_owned(),
        form,
        interval: interval as i64,
        inches,
        start,
    });
    // A hidden series after all named ones, so that names keep their positions.
    project.file_series.push(Series {
        name: row.text(6).to_owned(),
        line: row.line.number,
        curve: crate::curve::Curve::default(),
    });
    Some(FILE_SERIES + project.file_series.len() - 1)
}

pub(super) fn evaporation(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let key = row.text(0).to_ascii_uppercase();
    if starts_with(&key, "RECOVERY") {
        project.evaporation.recovery = Some(row.find(1, Kind::Pattern)?);
    } else if starts_with(&key, "DRY_ONLY") {
        project.evaporation.dry_only = row.yes(1)?;
    } else if starts_with(&key, "CONSTANT") {
        project.evaporation.source = EvaporationSource::Constant(row.number(1)?);
    } else if starts_with(&key, "MONTHLY") {
        project.evaporation.source = EvaporationSource::Monthly(twelve(row)?);
    } else if starts_with(&key, "TIMESERIES") {
        project.evaporation.source = EvaporationSource::Series(row.find(1, Kind::Series)?);
    } else if starts_with(&key, "TEMPERATURE") {
        project.evaporation.source = EvaporationSource::Temperature;
    } else if starts_with(&key, "FILE") {
        let pan = if row.len() > 1 { twelve(row)? } else { [1.0; 12] };
        project.evaporation.source = EvaporationSource::File(pan);
    } else {
        row.problem(
            format!("`{key}` is not a word of [EVAPORATION]"),
            "one of CONSTANT, MONTHLY, TIMESERIES, TEMPERATURE, FILE, RECOVERY, DRY_ONLY",
        );
        return None;
    }
    Some(())
}

fn twelve(row: &mut Row<'_, '_, '_>) -> Option<[f64; 12]> {
    twelve_from(row, 1)
}

/// One figure a month from an entry on.
pub(super) fn twelve_from(row: &mut Row<'_, '_, '_>, first: usize) -> Option<[f64; 12]> {
    if !row.has(12 + first) {
        return None;
    }
    let mut values = [0.0; 12];
    for (i, v) in values.iter_mut().enumerate() {
        *v = row.number(i + first)?;
    }
    Some(values)
}

pub(super) fn adjustment(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if row.len() == 1 {
        return Some(());
    }
    let key = row.text(0).to_ascii_uppercase();
    if starts_with(&key, "EVAP") {
        project.adjustments.evaporation = twelve(row)?;
    } else if starts_with(&key, "RAIN") {
        project.adjustments.rain = twelve(row)?;
    } else if starts_with(&key, "CONDUCT") {
        project.adjustments.conductivity = twelve(row)?.map(|v| if v <= 0.0 { 1.0 } else { v });
    } else if starts_with(&key, "TEMP") {
        project.adjustments.temperature = twelve(row)?;
    } else {
        let sub = row.find(1, Kind::Subcatchment)?;
        let pattern = row.find(2, Kind::Pattern)?;
        let Some(s) = project.subcatchments.get_mut(sub) else { return Some(()) };
        if starts_with(&key, "N-PERV") {
            s.n_pervious_pattern = Some(pattern);
        } else if starts_with(&key, "DSTORE") {
            s.storage_pattern = Some(pattern);
        } else if starts_with(&key, "INFIL") {
            s.infiltration_pattern = Some(pattern);
        } else {
            row.problem(format!("`{key}` is not an adjustment"), "correct the word");
            return None;
        }
    }
    Some(())
}

pub(super) fn subcatchment(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(8) {
        return None;
    }
    let gage = row.find(1, Kind::Gage)?;
    let to = row.text(2).to_owned();
    let outlet = match (row.known(Kind::Node, &to), row.known(Kind::Subcatchment, &to)) {
        (Some(_), Some(_)) => {
            row.problem(format!("`{to}` names a node and a subcatchment"), "give them different names");
            return None;
        }
        (Some(node), None) => Outlet::Node(node),
        (None, Some(sub)) => Outlet::Subcatchment(sub),
        (None, None) => {
            row.problem(format!("there is no node or subcatchment `{to}`"), "define it or correct the name");
            return None;
        }
    };
    let mut v = [0.0; 5];
    for (i, x) in v.iter_mut().enumerate() {
        *x = row.at_least_zero(i + 3)?;
    }
    let snow_pack =
        if row.len() > 8 && !row.text(8).is_empty() { Some(row.find(8, Kind::SnowPack)?) } else { None };
    let [area, impervious, width, slope, curb] = v;
    project.subcatchments.push(Subcatchment {
        name: row.text(0).to_owned(),
        gage,
        outlet,
        area,
        impervious: impervious.min(100.0),
        width,
        slope,
        curb,
        divided: false,
        n_impervious: 0.0,
        n_pervious: 0.0,
        storage_impervious: 0.0,
        storage_pervious: 0.0,
        zero_storage: 0.0,
        routing: InternalRouting::Outlet,
        routed: 100.0,
        infiltration: None,
        n_pervious_pattern: None,
        storage_pattern: None,
        infiltration_pattern: None,
        snow_pack,
    });
    Some(())
}

pub(super) fn subarea(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(7) {
        return None;
    }
    let sub = row.find(0, Kind::Subcatchment)?;
    let mut v = [0.0; 5];
    for (i, x) in v.iter_mut().enumerate() {
        *x = row.at_least_zero(i + 1)?;
    }
    let routing = row.word(6, InternalRouting::WORDS)?;
    let routed = row.number_or(7, 100.0)?;
    if !(0.0..=100.0).contains(&routed) {
        row.problem(format!("{routed} percent are routed"), "write 0 to 100");
        return None;
    }
    let s = project.subcatchments.get_mut(sub)?;
    [s.n_impervious, s.n_pervious, s.storage_impervious, s.storage_pervious, s.zero_storage] = v;
    s.divided = true;
    s.routing = routing;
    s.routed = routed;
    Some(())
}

pub(super) fn infiltration(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let sub = row.find(0, Kind::Subcatchment)?;
    let mut n = row.len();
    let mut model = project.options.infiltration;
    if let Some((_, own)) = Infiltration::WORDS.iter().find(|(w, _)| starts_with(row.text(n - 1), w)) {
        model = *own;
        n -= 1;
    }
    let horton = matches!(model, Infiltration::Horton | Infiltration::ModifiedHorton);
    let needed = if horton { 5 } else { 4 };
    if n < needed {
        row.problem(
            format!("{needed} entries are needed for this kind of infiltration, {n} found"),
            "write the missing ones",
        );
        return None;
    }
    let mut p = [0.0; 5];
    for (i, x) in p.iter_mut().enumerate().take(needed - 1) {
        *x = row.number(i + 1)?;
    }
    if horton && n > 5 {
        p[4] = row.number(5)?;
    }
    let good = match model {
        Infiltration::Horton | Infiltration::ModifiedHorton => p.iter().all(|x| *x >= 0.0) && p[0] >= p[1],
        Infiltration::GreenAmpt | Infiltration::ModifiedGreenAmpt => {
            p[0] >= 0.0 && p[1] > 0.0 && (0.0..=1.0).contains(&p[2])
        }
        Infiltration::CurveNumber => p[2] > 0.0,
    };
    if !good {
        row.problem("these infiltration parameters make no soil", "check their signs and order");
        return None;
    }
    project.subcatchments.get_mut(sub)?.infiltration = Some((model, p));
    Some(())
}
