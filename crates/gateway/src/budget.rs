//! 限流: how much of the house one station may use.
//!
//! A station that floods, or sends again and again what is known already, is slowed down: its own
//! connection waits, its datagrams are not taken (and so not confirmed). Nothing that was confirmed
//! is lost, and nobody else waits. Budgets are of stations, not of addresses: behind one address of a
//! mobile network stand thousands.

use field::id::StationCode;
use field::time::Time;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What a message costs that says nothing new: its sender is to notice, one that catches up is not.
const STALE_COST: f64 = 10.0;
/// Longest wait for one message: a connection must be able to end in between.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Stations whose budgets are remembered before full ones are forgotten. A full budget is the same as none.
const REMEMBERED: usize = 50_000;

/// 额度: what a station may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Messages at once, for a station that catches up after an outage.
    pub burst: u32,
    /// Messages a second of the centre's clock, for ever.
    pub per_second: u32,
}

impl Default for Budget {
    /// 2,000: more than a day of minutes. 20 a second: the fastest logger sends one.
    fn default() -> Self {
        Self { burst: 2_000, per_second: 20 }
    }
}

#[derive(Clone, Copy, Debug)]
struct Account {
    /// Messages it may still send; below zero it waits.
    left: f64,
    counted_at: Instant,
    throttled_until: Option<Time>,
}

/// The budgets of all stations. One entry a known station.
#[derive(Debug)]
pub(crate) struct Budgets {
    budget: Budget,
    accounts: Mutex<HashMap<StationCode, Account>>,
}

impl Budgets {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, accounts: Mutex::default() }
    }

    /// How long the next message of a station has to wait. `speed`: seconds of the centre's clock in
    /// one of the machine's.
    pub(crate) fn wait(&self, station: &StationCode, speed: f64, now: Instant) -> Duration {
        let accounts = self.accounts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(account) = accounts.get(station) else { return Duration::ZERO };
        let rate = self.rate(speed);
        let owed = -self.left(account, rate, now);
        if owed <= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(owed / rate).min(MAX_WAIT) }
    }

    /// Charges a message. `Some(until when)` when the station begins to be throttled by it.
    pub(crate) fn charge(
        &self,
        station: &StationCode,
        stale: bool,
        speed: f64,
        (now, at): (Instant, Time),
    ) -> Option<Time> {
        let rate = self.rate(speed);
        let full = f64::from(self.budget.burst);
        let mut accounts = self.accounts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if accounts.len() >= REMEMBERED && !accounts.contains_key(station) {
            accounts.retain(|_, account| self.left(account, rate, now) < full);
        }
        let fresh = Account { left: full, counted_at: now, throttled_until: None };
        let account = accounts.entry(station.clone()).or_insert(fresh);
        let cost = if stale { STALE_COST } else { 1.0 };
        let floor = -rate * MAX_WAIT.as_secs_f64();
        let left = (self.left(account, rate, now) - cost).max(floor);
        let was = account.throttled_until.is_some_and(|until| until > at);
        (account.left, account.counted_at) = (left, now);
        if left >= 0.0 {
            if !was {
                account.throttled_until = None;
            }
            return None;
        }
        // Until it has paid what it owes and can send again without waiting.
        let until = at.plus_ms((-left / f64::from(self.budget.per_second.max(1)) * 1_000.0).ceil() as i64);
        account.throttled_until = account.throttled_until.max(Some(until));
        (!was).then_some(until)
    }

    /// The stations that are throttled now, and until when.
    pub(crate) fn throttled(&self, now: Time) -> Vec<(StationCode, Time)> {
        let accounts = self.accounts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let of = |(station, account): (&StationCode, &Account)| {
            account.throttled_until.filter(|until| *until > now).map(|until| (station.clone(), until))
        };
        accounts.iter().filter_map(of).collect()
    }

    /// Until when a station is throttled; `None` when it is not.
    pub(crate) fn throttled_until(&self, station: &StationCode, now: Time) -> Option<Time> {
        let accounts = self.accounts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        accounts.get(station)?.throttled_until.filter(|until| *until > now)
    }

    fn rate(&self, speed: f64) -> f64 {
        f64::from(self.budget.per_second.max(1)) * speed.max(1.0)
    }

    fn left(&self, account: &Account, rate: f64, now: Instant) -> f64 {
        let since = now.saturating_duration_since(account.counted_at).as_secs_f64();
        (account.left + since * rate).min(f64::from(self.budget.burst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(text: &str) -> StationCode {
        StationCode::new(text).unwrap()
    }

    #[test]
    fn a_station_that_has_spent_its_budget_waits_and_another_does_not() {
        let budgets = Budgets::new(Budget { burst: 10, per_second: 2 });
        let (one, other) = (station("1"), station("2"));
        let (now, at) = (Instant::now(), "2021-06-30T14:00".parse().unwrap());
        for _ in 0..10 {
            assert_eq!(budgets.wait(&one, 1.0, now), Duration::ZERO);
            assert_eq!(budgets.charge(&one, false, 1.0, (now, at)), None);
        }
        assert!(budgets.charge(&one, false, 1.0, (now, at)).is_some(), "the eleventh");
        assert_eq!(budgets.charge(&one, false, 1.0, (now, at)), None, "it is said once");
        assert_eq!(budgets.wait(&one, 1.0, now), Duration::from_secs(1), "two owed, two a second");
        assert_eq!(budgets.wait(&other, 1.0, now), Duration::ZERO);
        assert_eq!(budgets.throttled(at), [(one.clone(), at.plus_ms(1_000))]);
        let later = now + Duration::from_secs(2);
        assert_eq!(budgets.wait(&one, 1.0, later), Duration::ZERO);
        assert_eq!(budgets.throttled(at.plus_ms(2_000)), []);
        assert_eq!(budgets.throttled_until(&one, at), Some(at.plus_ms(1_000)));
        assert_eq!(budgets.throttled_until(&other, at), None);
    }

    #[test]
    fn what_is_known_already_costs_ten_times_as_much_and_no_wait_is_endless() {
        let budgets = Budgets::new(Budget { burst: 20, per_second: 1 });
        let (now, at) = (Instant::now(), "2021-06-30T14:00".parse().unwrap());
        let one = station("1");
        assert_eq!(budgets.charge(&one, true, 1.0, (now, at)), None);
        assert_eq!(budgets.charge(&one, true, 1.0, (now, at)), None);
        for _ in 0..1_000 {
            budgets.charge(&one, true, 1.0, (now, at));
        }
        assert_eq!(budgets.wait(&one, 1.0, now), MAX_WAIT);
    }

    #[test]
    fn a_clock_that_runs_fast_pays_fast() {
        let budgets = Budgets::new(Budget { burst: 1, per_second: 1 });
        let (now, at) = (Instant::now(), "2021-06-30T14:00".parse().unwrap());
        let one = station("1");
        for _ in 0..601 {
            budgets.charge(&one, false, 600.0, (now, at));
        }
        assert_eq!(budgets.wait(&one, 600.0, now), Duration::from_secs(1));
    }
}
