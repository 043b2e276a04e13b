//! 企业微信: the application message API and the group robot, with their limits (handbook §3.6).

use super::limits::{Minutes, minute_ms};
use super::{Phones, lock};
use axum::Json;
use axum::extract::{Query, State};
use field::person::ChannelKind;
use field::time::{DAY_MS, SECOND_MS, Time};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A token lives this long, seconds.
const TOKEN_LIFE_S: i64 = 7_200;
/// Longest text, bytes of UTF-8.
const MOST_TEXT: usize = 2_048;
/// Longest markdown of a robot, bytes of UTF-8.
const MOST_MARKDOWN: usize = 4_096;
/// Messages a minute to one member; the rest is dropped without an error.
const MEMBER_PER_MINUTE: usize = 30;
/// Messages a minute of one robot.
const ROBOT_PER_MINUTE: usize = 20;
/// Person-messages a day for each account.
const DAILY_PER_ACCOUNT: usize = 30;
/// An identical request is recognised for so long at least, real time, as WeCom does by itself: at 600×, half an
/// hour is three seconds, less than a sender needs to start again.
const LEAST_REPEATED_S: f64 = 1_800.0;
/// Identical requests remembered; the oldest are forgotten first.
const MOST_REMEMBERED: usize = 20_000;

/// What the server remembers.
#[derive(Debug, Default)]
pub(crate) struct Wecom {
    minutes: Minutes,
    tokens: BTreeMap<String, Time>,
    issued: u64,
    today: (Option<Time>, usize),
    /// Request → when it was taken.
    identical: BTreeMap<String, Time>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    corpid: String,
    corpsecret: String,
}

fn error(code: i64, message: &str) -> Json<Value> {
    Json(json!({ "errcode": code, "errmsg": message }))
}

/// `GET /cgi-bin/gettoken`.
pub(crate) async fn token(State(phones): State<Arc<Phones>>, Query(who): Query<Credentials>) -> Json<Value> {
    if who.corpid != phones.secrets.corpid {
        return error(40_013, "invalid corpid");
    }
    if who.corpsecret != phones.secrets.corpsecret {
        return error(40_001, "invalid credential");
    }
    let now = phones.inbox.now();
    let mut wecom = lock(&phones.wecom);
    wecom.tokens.retain(|_, until| *until > now);
    wecom.issued += 1;
    let token = format!("demo-token-{}", wecom.issued);
    wecom.tokens.insert(token.clone(), now.plus_ms(TOKEN_LIFE_S * SECOND_MS));
    Json(json!({ "errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": TOKEN_LIFE_S }))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    access_token: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AppMessage {
    #[serde(default)]
    touser: String,
    msgtype: String,
    text: Option<Content>,
    #[serde(default)]
    enable_duplicate_check: u8,
    #[serde(default = "half_an_hour")]
    duplicate_check_interval: i64,
}

const fn half_an_hour() -> i64 {
    1_800
}

#[derive(Debug, Deserialize)]
pub(crate) struct Content {
    #[serde(default)]
    content: String,
    #[serde(default)]
    mentioned_list: Vec<String>,
    #[serde(default)]
    mentioned_mobile_list: Vec<String>,
}

/// `POST /cgi-bin/message/send`.
pub(crate) async fn send(
    State(phones): State<Arc<Phones>>,
    Query(token): Query<Token>,
    Json(message): Json<AppMessage>,
) -> Json<Value> {
    let now = phones.inbox.now();
    let speed = phones.inbox.speed();
    let mut wecom = lock(&phones.wecom);
    match wecom.tokens.get(&token.access_token) {
        None => return error(40_014, "invalid access_token"),
        Some(until) if *until <= now => return error(42_001, "access_token expired"),
        Some(_) => {}
    }
    let Some(text) = message.text.filter(|_| message.msgtype == "text") else {
        phones.inbox.refuse("wecom_msgtype");
        return error(40_008, "invalid message type");
    };
    if text.content.is_empty() || text.content.len() > MOST_TEXT {
        phones.inbox.refuse("wecom_text_size");
        return error(45_002, "content size out of limit");
    }
    let users: Vec<&str> = message.touser.split('|').filter(|u| !u.is_empty()).collect();
    let known: Vec<(usize, &str)> =
        users.iter().filter_map(|u| Some((phones.inbox.by_wecom(u)?, *u))).collect();
    let unknown: Vec<&str> = users.iter().copied().filter(|u| phones.inbox.by_wecom(u).is_none()).collect();
    if known.is_empty() {
        phones.inbox.refuse("wecom_user");
        return error(81_013, "user & party & tag all invalid");
    }
    let ok = json!({
        "errcode": 0, "errmsg": "ok", "invaliduser": unknown.join("|"),
        "msgid": format!("demo-{}", now.ms()),
    });
    if message.enable_duplicate_check == 1
        && wecom.is_repeated(
            &message.touser,
            &text.content,
            repeated_ms(message.duplicate_check_interval, speed),
            now,
        )
    {
        return Json(ok);
    }
    if !wecom.within_the_day(known.len(), phones.inbox.accounts(), now) {
        phones.inbox.refuse("wecom_day");
        return error(45_009, "api freq out of limit");
    }
    for (person, user) in known {
        if wecom.minutes.take(user, MEMBER_PER_MINUTE, minute_ms(speed), now) {
            phones.inbox.arrive(ChannelKind::WecomApp, &[person], &text.content);
        } else {
            phones.inbox.drop_silently();
        }
    }
    Json(ok)
}

/// How long an identical request is recognised, milliseconds of the town's time.
fn repeated_ms(interval_s: i64, speed: f64) -> i64 {
    interval_s.saturating_mul(SECOND_MS).max((LEAST_REPEATED_S * 1e3 * speed) as i64)
}

impl Wecom {
    fn is_repeated(&mut self, user: &str, text: &str, within_ms: i64, now: Time) -> bool {
        let key = format!("{user}\n{text}");
        let before = self.identical.get(&key).copied();
        let repeated = before.is_some_and(|at| now.since_ms(at) < within_ms);
        if !repeated {
            self.make_room(within_ms, now);
            self.identical.insert(key, now);
        }
        repeated
    }

    /// Forgets what is too old to be asked for, and if that is nothing, the oldest request.
    fn make_room(&mut self, within_ms: i64, now: Time) {
        if self.identical.len() < MOST_REMEMBERED {
            return;
        }
        self.identical.retain(|_, at| now.since_ms(*at) < within_ms);
        let oldest = self.identical.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
        if self.identical.len() >= MOST_REMEMBERED
            && let Some(oldest) = oldest
        {
            self.identical.remove(&oldest);
        }
    }

    fn within_the_day(&mut self, more: usize, accounts: usize, now: Time) -> bool {
        let day = now.civil_day();
        if self.today.0.is_none_or(|d| now.since_ms(d) >= DAY_MS) {
            self.today = (Some(day), 0);
        }
        let fits = self.today.1 + more <= accounts * DAILY_PER_ACCOUNT;
        if fits {
            self.today.1 += more;
        }
        fits
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct RobotKey {
    #[serde(default)]
    key: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RobotMessage {
    msgtype: String,
    text: Option<Content>,
    markdown: Option<Content>,
}

/// `POST /cgi-bin/webhook/send`.
pub(crate) async fn robot(
    State(phones): State<Arc<Phones>>,
    Query(key): Query<RobotKey>,
    Json(message): Json<RobotMessage>,
) -> Json<Value> {
    if key.key != phones.secrets.robot_key {
        return error(93_000, "invalid webhook url");
    }
    let (content, most) = match message.msgtype.as_str() {
        "text" => (message.text, MOST_TEXT),
        "markdown" => (message.markdown, MOST_MARKDOWN),
        _ => (None, 0),
    };
    let Some(content) = content else {
        phones.inbox.refuse("wecom_robot_msgtype");
        return error(40_008, "invalid message type");
    };
    if content.content.is_empty() || content.content.len() > most {
        phones.inbox.refuse("wecom_robot_size");
        return error(40_058, "content exceed max length");
    }
    let window = minute_ms(phones.inbox.speed());
    if !lock(&phones.wecom).minutes.take("robot", ROBOT_PER_MINUTE, window, phones.inbox.now()) {
        phones.inbox.refuse("wecom_robot_minute");
        return error(45_009, "api freq out of limit");
    }
    let mut people: Vec<usize> =
        content.mentioned_mobile_list.iter().filter_map(|m| phones.inbox.by_mobile(m)).collect();
    people.extend(content.mentioned_list.iter().filter_map(|u| phones.inbox.by_wecom(u)));
    people.sort_unstable();
    people.dedup();
    phones.inbox.arrive(ChannelKind::WecomRobot, &people, &content.content);
    error(0, "ok")
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::time::HOUR_MS;

    #[test]
    fn a_request_repeated_by_a_sender_that_started_again_is_recognised_at_any_speed() {
        let half_an_hour = half_an_hour() * SECOND_MS;
        let mut wecom = Wecom::default();
        let start = Time::from_ms(1_000_000_000);
        for (speed, restart_s, repeated) in
            [(1.0, 5, true), (1.0, 1_801, false), (600.0, 90, true), (600.0, 1_801, false)]
        {
            let text = format!("{speed} {restart_s}");
            let within_ms = repeated_ms(half_an_hour / SECOND_MS, speed);
            let again = start.plus_ms(restart_s * SECOND_MS * speed as i64);
            assert!(!wecom.is_repeated("user", &text, within_ms, start));
            assert_eq!(wecom.is_repeated("user", &text, within_ms, again), repeated, "{text}");
        }
    }

    #[test]
    fn of_too_many_requests_the_oldest_is_forgotten() {
        let mut wecom = Wecom::default();
        let start = Time::from_ms(1_000_000_000);
        for n in 0..=MOST_REMEMBERED {
            assert!(!wecom.is_repeated("user", &n.to_string(), HOUR_MS, start.plus_ms(n as i64)));
        }
        assert_eq!(wecom.identical.len(), MOST_REMEMBERED);
        assert!(
            wecom.is_repeated("user", "1", HOUR_MS, start) && !wecom.is_repeated("user", "0", HOUR_MS, start)
        );
    }
}
