//! 风险: which alarm a dispatcher should look at first. One documented sum, higher first.
//!
//! | part | points |
//! |---|---|
//! | severity | blue 100, yellow 200, orange 300, red 400 |
//! | where the water is | road ponding 60 (people are in it), manhole 50, river and reservoir 40, pump 30, rain 20; a fault of the instrument (silent, stuck, jump) −80 in place of these |
//! | rising | +1 per centimetre in ten minutes, at most +50; falling −20 |
//! | state | nobody has taken it +50; the condition has gone −150; shelved or suppressed −300 |
//! | age | +1 per minute that nobody has taken it, at most +30 |
//!
//! Severity weighs most, so a worse colour is overtaken only by one that returned or is shelved, or
//! that is next to it and neither rising nor waiting.

use field::alarm::Alarm;
use field::severity::Severity;
use field::station::StationKind;
use field::time::{MINUTE_MS, Time};

/// Rules that speak of the instrument rather than of the water.
const INSTRUMENT_KINDS: [&str; 3] = ["silent", "stuck", "jump"];

/// The risk of an alarm.
pub(crate) fn risk(
    alarm: &Alarm,
    station: Option<StationKind>,
    trend_per_10min: Option<f64>,
    now: Time,
) -> i64 {
    severity(alarm.severity)
        + place(&alarm.kind, station)
        + rising(trend_per_10min)
        + state(alarm)
        + age(alarm, now)
}

const fn severity(severity: Severity) -> i64 {
    match severity {
        Severity::Blue => 100,
        Severity::Yellow => 200,
        Severity::Orange => 300,
        Severity::Red => 400,
    }
}

fn place(kind: &str, station: Option<StationKind>) -> i64 {
    if INSTRUMENT_KINDS.iter().any(|k| kind.starts_with(k)) {
        return -80;
    }
    match station {
        Some(StationKind::Ponding) => 60,
        Some(StationKind::Manhole) => 50,
        Some(StationKind::River | StationKind::Reservoir) => 40,
        Some(StationKind::Pump) => 30,
        Some(StationKind::Plant | StationKind::Supply) => 25,
        Some(StationKind::Rain | StationKind::Meter) | None => 20,
    }
}

fn rising(trend_per_10min: Option<f64>) -> i64 {
    match trend_per_10min {
        Some(rise) if rise > 0.0 => (rise * 100.0).round().min(50.0) as i64,
        Some(rise) if rise < 0.0 => -20,
        _ => 0,
    }
}

const fn state(alarm: &Alarm) -> i64 {
    let untaken = if alarm.state.is_unacknowledged() { 50 } else { 0 };
    let gone = if alarm.state.is_active() { 0 } else { -150 };
    let quiet = if alarm.is_calling() { 0 } else { -300 };
    untaken + gone + quiet
}

fn age(alarm: &Alarm, now: Time) -> i64 {
    if !alarm.state.is_unacknowledged() {
        return 0;
    }
    (now.since_ms(alarm.changed_at) / MINUTE_MS).clamp(0, 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::alarm::{AlarmAct, AlarmState, Evidence, Shelf};
    use field::id::{AlarmId, BlockId, PersonId, PointId, RuleId, StationCode};

    fn alarm(kind: &str, severity: Severity) -> Alarm {
        let at = Time::from_ms(1_625_000_000_000);
        Alarm {
            id: AlarmId(1),
            rule: RuleId(1),
            kind: kind.into(),
            point: PointId(1),
            station: StationCode::new("1").unwrap(),
            block: BlockId(1),
            state: AlarmState::Raised,
            severity,
            peak: severity,
            evidence: Evidence { value: 0.4, threshold: 0.3, samples: vec![] },
            raised_at: at,
            changed_at: at,
            acknowledged: None,
            returned_at: None,
            closed_at: None,
            shelf: None,
            suppressed: false,
        }
    }

    #[test]
    fn water_among_people_comes_before_rain_and_rain_before_a_broken_instrument() {
        let now = Time::from_ms(1_625_000_000_000);
        let of = |kind, station| risk(&alarm(kind, Severity::Orange), Some(station), None, now);
        let road = of("level_high", StationKind::Ponding);
        let river = of("level_high", StationKind::River);
        let rain = of("rain_sum", StationKind::Rain);
        let silent = of("silent_station", StationKind::Ponding);
        assert!(road > river && river > rain && rain > silent);
    }

    #[test]
    fn rising_and_waiting_come_first_and_shelved_comes_last() {
        let a = alarm("level_high", Severity::Yellow);
        let later = a.raised_at.plus_ms(10 * MINUTE_MS);
        let of = |a: &Alarm, trend| risk(a, Some(StationKind::Ponding), trend, later);
        let taken = a.step(&AlarmAct::Acknowledge { by: PersonId(1) }, later).unwrap();
        assert!(of(&a, None) > of(&taken, None));
        assert!(of(&a, Some(0.06)) > of(&a, None) && of(&a, None) > of(&a, Some(-0.02)));
        let shelf = Shelf { by: PersonId(1), reason: "probe".into(), until: later.plus_ms(MINUTE_MS) };
        let shelved = a.step(&AlarmAct::Shelve(shelf), later).unwrap();
        let blue = alarm("level_high", Severity::Blue);
        assert!(of(&shelved, None) < of(&blue, None));
    }
}
