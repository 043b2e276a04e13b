//! 登录限速: after failed sign-ins, the next attempt has to wait, longer each time.
//!
//! Promises: per login and per address; growing waits; bounded memory. A success clears the login's
//! count. Never locks anybody out for more than [`WAIT_MAX_S`].

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures of one login before waiting begins: fingers slip.
const FREE_PER_LOGIN: u32 = 5;
/// Failures of one address before waiting begins: an office shares one.
const FREE_PER_ADDRESS: u32 = 30;
/// Longest wait.
pub(crate) const WAIT_MAX_S: u64 = 300;
/// After so long without a failure the count starts anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);
/// Logins and addresses remembered; beyond, the one whose last failure is oldest goes.
const REMEMBERED_MAX: usize = 4_096;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Who {
    Login(String),
    Address(IpAddr),
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

/// The memory of failed attempts.
#[derive(Default)]
pub(crate) struct Throttle {
    failures: Mutex<HashMap<Who, Failures>>,
}

impl Throttle {
    /// Seconds still to wait before `login` from `address` may be tried; 0 when it may be tried now.
    pub(crate) fn wait_s(&self, login: &str, address: IpAddr, now: Instant) -> u64 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |who: &Who, free| failures.get(who).map_or(0, |f| left_s(*f, free, now));
        wait(&Who::Login(login.to_owned()), FREE_PER_LOGIN)
            .max(wait(&Who::Address(address), FREE_PER_ADDRESS))
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, login: &str, address: IpAddr, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for who in [Who::Login(login.to_owned()), Who::Address(address)] {
            if failures.len() >= REMEMBERED_MAX && !failures.contains_key(&who) {
                forget_oldest(&mut failures);
            }
            let entry = failures.entry(who).or_insert(Failures { count: 0, last: now });
            if now.duration_since(entry.last) > FORGOTTEN_AFTER {
                entry.count = 0;
            }
            *entry = Failures { count: entry.count.saturating_add(1), last: now };
        }
    }

    /// The right password was given.
    pub(crate) fn succeeded(&self, login: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&Who::Login(login.to_owned()));
    }
}

/// 1, 2, 4, … seconds after the free ones are used up.
fn left_s(failures: Failures, free: u32, now: Instant) -> u64 {
    let over = failures.count.saturating_sub(free);
    let since = now.duration_since(failures.last);
    if over == 0 || since > FORGOTTEN_AFTER {
        return 0;
    }
    let wait = Duration::from_secs(1u64.checked_shl(over - 1).unwrap_or(WAIT_MAX_S).min(WAIT_MAX_S));
    wait.saturating_sub(since).as_millis().div_ceil(1_000).try_into().unwrap_or(WAIT_MAX_S)
}

fn forget_oldest(failures: &mut HashMap<Who, Failures>) {
    let oldest = failures.iter().min_by_key(|(_, f)| f.last).map(|(who, _)| who.clone());
    if let Some(who) = oldest {
        failures.remove(&who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn fail(throttle: &Throttle, login: &str, times: u32, now: Instant) {
        for _ in 0..times {
            throttle.failed(login, HERE, now);
        }
    }

    #[test]
    fn the_wait_doubles_with_each_failure_and_a_success_clears_it() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        fail(&throttle, "wang", FREE_PER_LOGIN, now);
        assert_eq!(throttle.wait_s("wang", HERE, now), 0);
        fail(&throttle, "wang", 1, now);
        assert_eq!(throttle.wait_s("wang", HERE, now), 1);
        fail(&throttle, "wang", 3, now);
        assert_eq!(throttle.wait_s("wang", HERE, now), 8);
        assert_eq!(throttle.wait_s("wang", HERE, now + Duration::from_secs(8)), 0);
        assert_eq!(throttle.wait_s("li", HERE, now), 0, "another login may try");
        throttle.succeeded("wang");
        assert_eq!(throttle.wait_s("wang", HERE, now), 0);
    }

    #[test]
    fn trying_many_logins_from_one_address_waits_too() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..=FREE_PER_ADDRESS {
            throttle.failed(&format!("login{n}"), HERE, now);
        }
        assert_eq!(throttle.wait_s("fresh", HERE, now), 1);
    }

    #[test]
    fn the_memory_is_bounded_and_no_wait_is_longer_than_five_minutes() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..2 * REMEMBERED_MAX {
            throttle.failed(&format!("login{n}"), HERE, now + Duration::from_millis(n as u64));
        }
        assert!(throttle.failures.lock().unwrap().len() <= REMEMBERED_MAX);
        assert!(throttle.wait_s("fresh", HERE, now) <= WAIT_MAX_S);
    }
}
