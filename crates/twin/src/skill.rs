//! 评分: forecasts beside persistence, after an event.
//!
//! For each lead time: the root mean square error of the forecast and of persistence (what was measured
//! when the forecast was made), at the same moments; skill = 1 − MSE(forecast)/MSE(persistence), so that 1
//! is perfect, 0 is no better than doing nothing and below 0 is worse (Murphy 1988). And the peak: how
//! far off in height and in time.

use field::id::{PointId, StationCode};
use field::time::{MINUTE_MS, Time};
use serde::{Deserialize, Serialize};

/// Two measured values further apart than this have nothing between them.
const GAP_MS: i64 = 15 * MINUTE_MS;
/// Fewer pairs than this are no score.
const LEAST_PAIRS: usize = 6;

/// How one lead time did at one station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadScore {
    /// Minutes.
    pub lead_min: u16,
    /// Pairs that were compared.
    pub pairs: usize,
    /// Of the forecast, m.
    pub rmse_m: f64,
    /// Of persistence, m.
    pub persistence_rmse_m: f64,
    /// 1 − MSE/MSE of persistence; `None` where persistence made no error worth a millimetre.
    pub skill: Option<f64>,
    /// Highest value foretold less highest measured, m.
    pub peak_error_m: f64,
    /// How much later the highest value was foretold than it came, minutes.
    pub peak_late_min: f64,
}

/// How an event was foretold at one station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The station.
    pub station: StationCode,
    /// The measured point.
    pub point: PointId,
    /// The event.
    pub from: Time,
    /// Its end.
    pub to: Time,
    /// Highest measured value, m.
    pub peak_m: f64,
    /// When.
    pub peak_at: Time,
    /// Each lead time.
    pub leads: Vec<LeadScore>,
}

/// A value and its moment.
pub(crate) type Value = (Time, f64);

/// Scores one station; `None` where nothing was measured or foretold. `forecasts`: by lead, each value at the moment it
/// was foretold for.
pub(crate) fn score(
    (station, point): (&StationCode, PointId),
    (from, to): (Time, Time),
    measured: &[Value],
    forecasts: &[(u16, Vec<Value>)],
) -> Option<Score> {
    let inside: Vec<Value> = measured.iter().copied().filter(|(at, _)| *at >= from && *at <= to).collect();
    let (peak_at, peak_m) = highest(&inside)?;
    let leads = forecasts.iter().filter_map(|(lead, foretold)| {
        let inside: Vec<Value> =
            foretold.iter().copied().filter(|(at, _)| *at >= from && *at <= to).collect();
        lead_score(*lead, &inside, measured, (peak_at, peak_m))
    });
    let leads: Vec<LeadScore> = leads.collect();
    if leads.is_empty() {
        return None;
    }
    Some(Score { station: station.clone(), point, from, to, peak_m, peak_at, leads })
}

fn lead_score(lead: u16, foretold: &[Value], measured: &[Value], peak: Value) -> Option<LeadScore> {
    let mut errors = vec![];
    for (at, value) in foretold {
        let then = at.plus_ms(-i64::from(lead) * MINUTE_MS);
        if let (Some(truth), Some(before)) = (at_moment(measured, *at), newest(measured, then)) {
            errors.push((value - truth, before - truth));
        }
    }
    if errors.len() < LEAST_PAIRS {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| errors.iter().map(of).sum::<f64>() / errors.len() as f64;
    let (mse, persistence) = (mean(|(f, _)| f * f), mean(|(_, p)| p * p));
    let (at, height) = highest(foretold)?;
    Some(LeadScore {
        lead_min: lead,
        pairs: errors.len(),
        rmse_m: mse.sqrt(),
        persistence_rmse_m: persistence.sqrt(),
        skill: (persistence.sqrt() >= 0.001).then(|| 1.0 - mse / persistence),
        peak_error_m: height - peak.1,
        peak_late_min: at.since_ms(peak.0) as f64 / MINUTE_MS as f64,
    })
}

fn highest(values: &[Value]) -> Option<Value> {
    // Of equal heights the first.
    values.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// The measured value at a moment, between its neighbours in a straight line.
fn at_moment(measured: &[Value], at: Time) -> Option<f64> {
    let next = measured.partition_point(|(t, _)| *t < at);
    let after = measured.get(next)?;
    if after.0 == at {
        return Some(after.1);
    }
    let before = measured.get(next.checked_sub(1)?)?;
    let span = after.0.since_ms(before.0);
    let share = at.since_ms(before.0) as f64 / span as f64;
    (span <= GAP_MS).then_some(before.1 + share * (after.1 - before.1))
}

/// What was known at a moment.
fn newest(measured: &[Value], at: Time) -> Option<f64> {
    let known = measured.get(measured.partition_point(|(t, _)| *t <= at).checked_sub(1)?)?;
    (at.since_ms(known.0) <= GAP_MS).then_some(known.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64) -> Time {
        Time::from_ms(1_624_000_000_000 + n * MINUTE_MS)
    }

    /// A level that rises by 0.01 m a minute for an hour.
    fn rising(offset: i64) -> Vec<Value> {
        (0..=24).map(|n| (minute(5 * n), 0.05 * (n as f64) + 0.01 * offset as f64)).collect()
    }

    #[test]
    fn a_perfect_forecast_has_skill_one_and_persistence_the_error_of_its_lead() {
        let station = StationCode::new("A").unwrap();
        let exact = vec![(30, rising(0))];
        let score = score((&station, PointId(1)), (minute(0), minute(120)), &rising(0), &exact).unwrap();
        let lead = &score.leads[0];
        assert!((lead.rmse_m).abs() < 1e-12 && (lead.persistence_rmse_m - 0.30).abs() < 1e-9, "{lead:?}");
        assert_eq!(lead.skill, Some(1.0));
        assert_eq!((lead.peak_late_min, score.peak_at), (0.0, minute(120)));
    }

    #[test]
    fn a_forecast_that_is_off_by_more_than_persistence_has_a_skill_below_zero() {
        let station = StationCode::new("A").unwrap();
        let worse = vec![(15, rising(40))];
        let score = score((&station, PointId(1)), (minute(0), minute(120)), &rising(0), &worse).unwrap();
        let lead = &score.leads[0];
        assert!((lead.rmse_m - 0.40).abs() < 1e-9 && (lead.persistence_rmse_m - 0.15).abs() < 1e-9);
        assert!(lead.skill.unwrap() < -5.0 && (lead.peak_error_m - 0.40).abs() < 1e-9, "{lead:?}");
    }

    #[test]
    fn a_dead_calm_has_no_skill_and_a_gap_no_pairs() {
        let station = StationCode::new("A").unwrap();
        let calm: Vec<Value> = (0..=24).map(|n| (minute(5 * n), 0.2)).collect();
        let all = (minute(0), minute(120));
        let scored = score((&station, PointId(1)), all, &calm, &[(15, calm.clone())]).unwrap();
        assert_eq!(scored.leads[0].skill, None);
        let gappy: Vec<Value> = calm.iter().copied().step_by(8).collect();
        assert_eq!(score((&station, PointId(1)), all, &gappy, &[(15, calm)]), None);
    }
}
