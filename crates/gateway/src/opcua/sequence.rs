//! 序号: the numbers that a server gives to a subscription's publications, and what is missing between them.
//!
//! OPC 10000-4 (Subscription Service Set): the first publication is number 1, each has the number after the
//! one before, after `u32::MAX` comes 1, 0 is never used. A sign of life (a message without data) has the
//! number that the next publication will have, and does not use it up. A publication that never reached us
//! (the server held more than it could, a request timed out, a line broke) shows as a number left out.

/// A number so far ahead, or further, is one that comes late.
const LATE: u32 = 1 << 31;

/// Follows the numbers of one subscription.
#[derive(Debug)]
pub(super) struct Sequence {
    next: u32,
}

impl Default for Sequence {
    fn default() -> Self {
        Self { next: 1 }
    }
}

impl Sequence {
    /// A message came, with data or as a sign of life: how many publications before it did not. One that comes
    /// late has been counted as missing.
    pub(super) const fn see(&mut self, number: u32, has_data: bool) -> u32 {
        let missed = distance(self.next, number);
        if missed >= LATE {
            return 0;
        }
        self.next = if has_data { after(number) } else { number };
        missed
    }
}

const fn after(number: u32) -> u32 {
    if number == u32::MAX { 1 } else { number + 1 }
}

/// Steps from one number up to another.
const fn distance(from: u32, to: u32) -> u32 {
    if to >= from { to - from } else { u32::MAX - from + to }
}

#[cfg(test)]
mod tests {
    use super::Sequence;

    const DATA: bool = true;
    const SIGN_OF_LIFE: bool = false;

    /// What was missed before each message.
    fn check(next: u32, messages: &[(u32, bool)], missed: &[u32]) {
        let mut sequence = Sequence { next };
        let seen: Vec<u32> =
            messages.iter().map(|(number, has_data)| sequence.see(*number, *has_data)).collect();
        assert_eq!(seen, missed, "{messages:?}");
    }

    #[test]
    fn numbers_one_after_the_other_leave_nothing_out() {
        check(1, &[(1, DATA), (2, DATA), (3, DATA)], &[0, 0, 0]);
    }

    #[test]
    fn a_number_left_out_is_missed_once() {
        check(1, &[(1, DATA), (4, DATA), (5, DATA)], &[0, 2, 0]);
    }

    #[test]
    fn the_first_publication_of_a_subscription_can_be_missed_too() {
        check(1, &[(2, DATA), (3, DATA)], &[1, 0]);
    }

    #[test]
    fn a_sign_of_life_has_the_next_number_and_does_not_use_it_up() {
        check(1, &[(1, SIGN_OF_LIFE), (1, DATA), (2, SIGN_OF_LIFE), (2, SIGN_OF_LIFE), (2, DATA)], &[0; 5]);
    }

    #[test]
    fn a_sign_of_life_shows_what_was_missed_before_it() {
        check(1, &[(1, DATA), (3, SIGN_OF_LIFE), (3, SIGN_OF_LIFE), (3, DATA)], &[0, 1, 0, 0]);
    }

    #[test]
    fn after_the_greatest_number_comes_one() {
        check(u32::MAX - 1, &[(u32::MAX - 1, DATA), (u32::MAX, DATA), (1, DATA)], &[0, 0, 0]);
        check(u32::MAX, &[(u32::MAX, SIGN_OF_LIFE), (u32::MAX, DATA), (1, SIGN_OF_LIFE), (1, DATA)], &[0; 4]);
        check(u32::MAX - 1, &[(u32::MAX - 1, DATA), (2, DATA)], &[0, 2]);
    }

    #[test]
    fn what_comes_late_or_again_is_not_a_leap_of_four_billion() {
        check(1, &[(1, DATA), (3, DATA), (2, DATA), (4, DATA)], &[0, 1, 0, 0]);
        check(1, &[(1, DATA), (2, DATA), (2, DATA), (3, DATA)], &[0; 4]);
        // Some servers give a sign of life the number of the last publication.
        check(1, &[(1, DATA), (1, SIGN_OF_LIFE), (2, DATA)], &[0; 3]);
        check(1, &[(u32::MAX, DATA), (1, DATA)], &[0, 0]);
    }
}
