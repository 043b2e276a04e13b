//! What is asked for: which points, which time.

use crate::extract::station_code;
use crate::problem::Problem;
use field::id::PointId;
use field::time::Time;
use store::Registry;

/// The points of `points` (`1,2,10-20`) and of `stations` (codes); every one must be there.
pub(crate) fn points_of(
    registry: &Registry,
    points: Option<&str>,
    stations: Option<&str>,
    max: usize,
) -> Result<Vec<PointId>, Problem> {
    let mut found = vec![];
    for part in points.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let bad = || Problem::invalid("points", "numbers and ranges separated by commas, such as 1,2,10-20");
        let Some((first, last)) = part.split_once('-') else {
            let id: PointId = part.parse().map_err(|_| bad())?;
            registry.point(id).ok_or_else(|| Problem::not_found("point", id))?;
            found.push(id);
            continue;
        };
        let (first, last): (PointId, PointId) =
            (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
        if first > last {
            return Err(bad());
        }
        found.extend(registry.points().range(first..=last).map(|(id, _)| *id).take(max + 1));
    }
    for code in stations.unwrap_or_default().split(',').map(str::trim).filter(|code| !code.is_empty()) {
        let code = station_code(code)?;
        registry.station(&code).ok_or_else(|| Problem::not_found("station", &code))?;
        found.extend(registry.points_of(&code).iter().map(|point| point.id));
    }
    if found.len() > max {
        return Err(Problem::invalid("points", format!("at most {max} at once")));
    }
    Ok(found)
}

/// `from` and `to`, in their order.
pub(crate) fn stretch(from: &str, to: &str) -> Result<(Time, Time), Problem> {
    let time = |what, text: &str| text.parse::<Time>().map_err(|error| Problem::invalid(what, error));
    let (from, to) = (time("from", from)?, time("to", to)?);
    if from < to { Ok((from, to)) } else { Err(Problem::invalid("to", "later than `from`")) }
}
