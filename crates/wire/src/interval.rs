//! 时段标注: where a period's value stands in time.
//!
//! The trades disagree: SL 651-2014 6.6.2.8 c labels a period at its *end* (the rain of 13:00–14:00
//! stands at 14:00), HJ 212-2017 6.3 at its *start* (the mean of 08:00–09:00 has `DataTime` 08:00).
//! Inside the house a period value carries its end ([`field::sample::Sample::at`]), so that figures of
//! both stand side by side. Every conversion between the two is here.

use field::time::{BEIJING_MS, DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// Which end of its period a value's label names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The start: HJ 212.
    Start,
    /// The end: SL 651, and the house itself.
    End,
}

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// A moment, no period: real-time values.
    Moment,
    /// So many minutes (HJ 212: one of [`MINUTES`]).
    Minutes(u16),
    /// An hour.
    Hour,
    /// A civil day, 00:00 to 24:00 Beijing time.
    Day,
}

/// The lengths of minute data that HJ 212-2017 allows (table 5, MinInterval), minutes.
pub const MINUTES: [u16; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];

impl Span {
    /// Its length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Moment => 0,
            Self::Minutes(minutes) => minutes as i64 * MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }
}

/// A period, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Its first moment.
    pub from: Time,
    /// The first moment after it.
    pub to: Time,
}

/// The period a label means.
#[must_use]
pub const fn interval(label: Label, at: Time, span: Span) -> Interval {
    match label {
        Label::Start => Interval { from: at, to: at.plus_ms(span.ms()) },
        Label::End => Interval { from: at.plus_ms(-span.ms()), to: at },
    }
}

/// The house's label (the period's end) of a value labelled otherwise.
#[must_use]
pub const fn end_of(label: Label, at: Time, span: Span) -> Time {
    interval(label, at, span).to
}

/// The period that holds `moment`, counted from midnight in Beijing: what a station averages over.
#[must_use]
pub const fn holding(moment: Time, span: Span) -> Interval {
    let step = span.ms();
    if step == 0 {
        return Interval { from: moment, to: moment };
    }
    let wall = moment.ms() + BEIJING_MS;
    interval(Label::Start, Time::from_ms(wall.div_euclid(step) * step - BEIJING_MS), span)
}

/// The end label of value `nth` (from 0) of a series whose first value is labelled `first`
/// (SL 651 table 36: F4 to FC, and uniform series).
#[must_use]
pub const fn nth_label(first: Time, nth: i64, step_ms: i64) -> Time {
    first.plus_ms(nth.saturating_mul(step_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn the_same_hour_is_eight_in_one_standard_and_nine_in_the_other() {
        let hj = interval(Label::Start, at("2016-08-01T08:00"), Span::Hour);
        let sl = interval(Label::End, at("2016-08-01T09:00"), Span::Hour);
        assert_eq!(hj, sl);
        assert_eq!(end_of(Label::Start, at("2016-08-01T08:00"), Span::Hour), at("2016-08-01T09:00"));
        assert_eq!(end_of(Label::End, at("2016-08-01T09:00"), Span::Hour), at("2016-08-01T09:00"));
    }

    #[test]
    fn a_days_mean_of_the_first_of_august_ends_at_midnight_after_it() {
        assert_eq!(end_of(Label::Start, at("2016-08-01T00:00"), Span::Day), at("2016-08-02T00:00"));
        assert_eq!(holding(at("2016-08-01T07:59:59"), Span::Day).from, at("2016-08-01T00:00"));
    }

    #[test]
    fn a_moment_has_no_length() {
        let t = at("2016-08-01T08:00:07");
        assert_eq!(end_of(Label::Start, t, Span::Moment), t);
        assert_eq!(holding(t, Span::Moment), Interval { from: t, to: t });
    }

    #[test]
    fn every_length_of_minute_data_divides_the_hour() {
        for minutes in MINUTES {
            assert_eq!(60 % minutes, 0);
            let held = holding(at("2016-08-01T08:59:59"), Span::Minutes(minutes));
            assert_eq!(held.to, at("2016-08-01T09:00"));
            assert_eq!(held.to.since_ms(held.from), i64::from(minutes) * MINUTE_MS);
        }
    }

    #[test]
    fn the_twelfth_five_minutes_of_an_hour_stand_at_its_end() {
        assert_eq!(nth_label(at("2021-06-30T10:05"), 11, 5 * MINUTE_MS), at("2021-06-30T11:00"));
    }
}
