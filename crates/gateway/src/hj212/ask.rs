//! 反控: commands down to a station, and matching what it says to them.

use crate::downlink::Errand;
use field::command::{Ask, ParameterTable};
use field::time::{HOUR_MS, MINUTE_MS, Time};
use serde_json::{Map, Value, json};
use wire::hj212::command::answer_text;
use wire::hj212::encode::{Request, digits, qn};
use wire::hj212::{Decoded, cn};

/// Commands under way on one connection; a station answers one after another.
const MAX_WAITING: usize = 8;
/// Data items remembered of an answer.
const MAX_ITEMS: usize = 64;

/// What is known of the station at the other end.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub mn: String,
    pub st: String,
    pub pw: String,
    /// The version bits of its Flag.
    pub version: u8,
}

/// The version bits of a station's Flag that speaks the edition of 2025.
const EDITION_2025: u8 = 8;

/// What the elements of 自动标样核查（校准）数据 end in, as [`wire::hj212`] names them: `w01018-SampleRd-2062`. Such a
/// value stands for a moment, whatever step a question for a period names.
const OF_CHECKS: &str = "-2062";

/// What a command is in this protocol, for a station that speaks the edition `version`: CN and data area.
/// `Err`: it has none.
pub(super) fn words(ask: &Ask, version: u8, now: Time) -> Result<(u16, String), &'static str> {
    Ok(match ask {
        Ask::SetClock => (cn::SET_CLOCK, format!("SystemTime={}", digits(now))),
        Ask::QueryClock => (cn::CLOCK, String::new()),
        Ask::QueryCurrent => (cn::REAL_TIME, String::new()),
        Ask::QueryStatus | Ask::QueryMotors => (cn::DEVICE_STATE, String::new()),
        Ask::QueryPeriod { from, to, element, .. } if element.ends_with(OF_CHECKS) => {
            if version != EDITION_2025 {
                return Err(
                    "checks against a standard (2062) are of HJ 212-2025; the station speaks an earlier edition",
                );
            }
            (cn::STANDARD_CHECKS, format!("BeginTime={};EndTime={}", digits(*from), digits(*to)))
        }
        Ask::QueryPeriod { from, to, step_min, .. } => {
            let (cn, step) = match step_min {
                1..=30 => (cn::MINUTE, i64::from(*step_min) * MINUTE_MS),
                60 => (cn::HOUR, HOUR_MS),
                1_440 => (cn::DAY, 24 * HOUR_MS),
                _ => return Err("minute data have 1 to 30 minutes, hours 60, days 1440"),
            };
            // The house labels a period at its end, HJ 212 at its start.
            let (from, to) = (digits(from.plus_ms(-step)), digits(to.plus_ms(-step)));
            (cn, format!("BeginTime={from};EndTime={to}"))
        }
        Ask::ReadParameters { table: ParameterTable::Running, ids } => match ids.as_slice() {
            [id] if id == "RtdInterval" => (cn::REAL_TIME_INTERVAL, String::new()),
            [id] if id == "MinInterval" => (cn::MINUTE_INTERVAL, String::new()),
            _ => return Err("one of RtdInterval, MinInterval can be read"),
        },
        Ask::SetParameters { table: ParameterTable::Running, values } => set(values)?,
        Ask::SetPassword { password }
            if password.len() == 6 && password.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            (cn::SET_PASSWORD, format!("NewPW={password}"))
        }
        Ask::SetPassword { .. } => return Err("a password has six letters or digits"),
        Ask::Write { target, .. } => act(target, version)?,
        _ => return Err("HJ 212 has no such command"),
    })
}

fn set(values: &std::collections::BTreeMap<String, String>) -> Result<(u16, String), &'static str> {
    let number = |key: &str| values.get(key).and_then(|v| v.parse::<u16>().ok());
    let (interval, minutes) = (number("RtdInterval"), number("MinInterval"));
    match (values.len(), interval, minutes, number("OverTime"), number("ReCount")) {
        (1, Some(s @ 30..=3_600), ..) => Ok((cn::SET_REAL_TIME_INTERVAL, format!("RtdInterval={s}"))),
        (1, _, Some(m), ..) if wire::interval::MINUTES.contains(&m) => {
            Ok((cn::SET_MINUTE_INTERVAL, format!("MinInterval={m}")))
        }
        (2, _, _, Some(time), Some(count)) => Ok((cn::TIMEOUTS, format!("OverTime={time};ReCount={count}"))),
        _ => Err(
            "RtdInterval (30-3600), MinInterval (1-30) or OverTime with ReCount can be set, one at a time",
        ),
    }
}

/// Acts of the instruments: `sample`, or `sample:w01018` for one analyser.
///
/// The acts of 2025 (its tables C.61 and C.62) always name the analyser and are for stations that speak that edition.
fn act(target: &str, version: u8) -> Result<(u16, String), &'static str> {
    let (name, factor) = target.split_once(':').unwrap_or((target, ""));
    if !factor.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err("a factor code has letters and digits only");
    }
    let cn = match name {
        "calibrate" => cn::CALIBRATE,
        "sample" => cn::TAKE_SAMPLE,
        "clean" => cn::CLEAN,
        "compare" => cn::COMPARE,
        "retain" => cn::RETAIN,
        "retain_now" => cn::RETAIN_NOW,
        "check_standard" => cn::CHECK_STANDARD,
        _ => {
            return Err(
                "targets are calibrate, sample, clean, compare, retain, retain_now, check_standard, \
                        each with :factor",
            );
        }
    };
    if matches!(cn, cn::RETAIN_NOW | cn::CHECK_STANDARD) {
        if version != EDITION_2025 {
            return Err(
                "retain_now and check_standard are of HJ 212-2025; the station speaks an earlier edition",
            );
        }
        if factor.is_empty() {
            return Err("retain_now and check_standard need :factor, such as retain_now:w01018");
        }
    }
    Ok((cn, if factor.is_empty() { String::new() } else { format!("PolId={factor}") }))
}

#[derive(Debug)]
struct Waiting {
    qn: String,
    mn: String,
    errand: Errand,
    items: Map<String, Value>,
}

/// The commands that were written and not answered.
#[derive(Debug, Default)]
pub(super) struct Asked {
    waiting: Vec<Waiting>,
    last: Option<Time>,
}

impl Asked {
    /// The moment of the next request: every request of a connection has its own QN.
    fn moment(&mut self, now: Time) -> Time {
        let at = self.last.map_or(now, |last| now.max(last.plus_ms(1)));
        self.last = Some(at);
        at
    }

    /// A request that nobody waits for, such as the clock after 1013.
    pub(super) fn request(&mut self, peer: &Peer, cn: u16, cp: String, now: Time) -> (String, Vec<u8>) {
        let qn = qn(self.moment(now));
        let request = Request {
            qn: qn.clone(),
            st: peer.st.clone(),
            cn,
            pw: peer.pw.clone(),
            mn: peer.mn.clone(),
            flag: peer.version | 1,
            packet: None,
            cp,
        };
        // What a station said of itself was read from a packet, so it fits into one.
        (qn, request.to_bytes().unwrap_or_default())
    }

    /// Writes a command and remembers it.
    pub(super) fn write(&mut self, errand: Errand, peer: &Peer, now: Time) -> Vec<u8> {
        self.waiting.retain(|waiting| !waiting.errand.is_over());
        if self.waiting.len() >= MAX_WAITING {
            errand.refuse("busy", format!("{MAX_WAITING} commands already wait for this station"));
            return Vec::new();
        }
        match words(&errand.command.ask, peer.version, now) {
            Ok((cn, cp)) => {
                let (qn, bytes) = self.request(peer, cn, cp, now);
                self.waiting.push(Waiting { qn, mn: peer.mn.clone(), errand, items: Map::new() });
                bytes
            }
            Err(why) => {
                errand.refuse("unsupported", why);
                Vec::new()
            }
        }
    }

    /// Matches what a station says to the commands under way.
    pub(super) fn hear(&mut self, packet: &Decoded) {
        let same = |w: &Waiting| Some(&w.qn) == packet.qn.as_ref() && Some(&w.mn) == packet.mn.as_ref();
        let Some(place) = self.waiting.iter().position(same) else { return };
        let code = |key| packet.item(key).and_then(|text| text.parse::<u8>().ok());
        match packet.cn {
            Some(cn::REQUEST_ANSWER) => {
                if let Some(code) = code("QnRtn").filter(|code| *code != 1) {
                    let answer = json!({"qn_rtn": code, "text": answer_text(false, code)});
                    self.waiting.remove(place).errand.answer(false, answer);
                }
            }
            Some(cn::RESULT) => {
                let code = code("ExeRtn").unwrap_or(100);
                let waiting = self.waiting.remove(place);
                let answer =
                    json!({"exe_rtn": code, "text": answer_text(true, code), "values": waiting.items});
                waiting.errand.answer(code == 1, answer);
            }
            _ => {
                let Some(waiting) = self.waiting.get_mut(place) else { return };
                for item in packet.items.iter().take(MAX_ITEMS.saturating_sub(waiting.items.len())) {
                    waiting.items.insert(item.key.clone(), item.value.clone().into());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn commands_have_the_standards_words() {
        let now = at("2016-08-01T08:58:57");
        assert_eq!(words(&Ask::SetClock, 4, now), Ok((1012, "SystemTime=20160801085857".to_owned())));
        let hours = Ask::QueryPeriod {
            from: at("2016-08-01T09:00"),
            to: at("2016-08-01T10:00"),
            step_min: 60,
            element: "w01018-Avg".to_owned(),
        };
        assert_eq!(
            words(&hours, 4, now),
            Ok((2061, "BeginTime=20160801080000;EndTime=20160801090000".to_owned()))
        );
        let sample = Ask::Write { target: "sample:w01018".to_owned(), value: 1.0 };
        assert_eq!(words(&sample, 4, now), Ok((3012, "PolId=w01018".to_owned())));
        assert!(words(&Ask::Write { target: "sample:w;CN=1".to_owned(), value: 1.0 }, 4, now).is_err());
        assert!(words(&Ask::SwitchPump { pump: 1, on: true }, 4, now).is_err());
    }

    #[test]
    fn acts_of_2025_name_an_analyser_and_go_to_stations_of_2025_only() {
        let now = at("2024-06-01T08:58:57");
        let act = |target: &str, version| {
            words(&Ask::Write { target: target.to_owned(), value: 1.0 }, version, now)
        };
        for (name, cn) in [("retain_now", 3022), ("check_standard", 3024)] {
            let target = format!("{name}:w01018");
            assert_eq!(act(&target, 8), Ok((cn, "PolId=w01018".to_owned())));
            assert!(act(&target, 4).unwrap_err().contains("2025"));
            assert!(act(name, 8).unwrap_err().contains(":factor"));
        }
        assert_eq!(act("retain", 8), Ok((3015, String::new())), "acts of 2017 stay what they were");
    }

    #[test]
    fn checks_against_a_standard_are_asked_for_at_their_own_times_from_stations_of_2025_only() {
        let (from, to) = (at("2024-06-01T08:00"), at("2024-06-01T12:00"));
        let checks = Ask::QueryPeriod { from, to, step_min: 60, element: "w01018-SampleRd-2062".to_owned() };
        assert_eq!(
            words(&checks, 8, to),
            Ok((2062, "BeginTime=20240601080000;EndTime=20240601120000".to_owned()))
        );
        assert!(words(&checks, 4, to).unwrap_err().contains("2025"));
    }

    #[test]
    fn an_interval_out_of_bounds_is_not_sent() {
        let set = |key: &str, value: &str| Ask::SetParameters {
            table: ParameterTable::Running,
            values: [(key.to_owned(), value.to_owned())].into(),
        };
        let now = at("2016-08-01T08:58:57");
        assert_eq!(words(&set("RtdInterval", "30"), 4, now), Ok((1062, "RtdInterval=30".to_owned())));
        assert_eq!(words(&set("MinInterval", "10"), 4, now), Ok((1064, "MinInterval=10".to_owned())));
        assert!(words(&set("RtdInterval", "5"), 4, now).is_err());
        assert!(words(&set("MinInterval", "7"), 4, now).is_err());
    }
}
