//! Settings of the simulated town. Unknown keys are refused.

use crate::error::CityError;
use crate::rtu::Faults;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Settings of the simulated town.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What everything is made from; the server's registry must be imported from the same seed.
    pub seed: u64,
    /// Where the control port listens (loopback); port 0 takes any free one.
    pub control: SocketAddr,
    /// Where the HTTP channel servers listen.
    pub channels: SocketAddr,
    /// Where the mail server listens.
    pub smtp: SocketAddr,
    /// Where the pump stations' PLCs listen for Modbus TCP.
    pub modbus: SocketAddr,
    /// Where the water supply's PLCs listen for Modbus TCP.
    pub supply: SocketAddr,
    /// Where the raw water pumps' SCADA listens for OPC UA.
    pub opcua: SocketAddr,
    /// Faults of the stations.
    pub faults: Faults,
    /// Habits of the people.
    pub people: Habits,
    /// What the channel servers expect from their client.
    pub secrets: ChannelSecrets,
    /// Login of the person whose session follows the playback; empty: the town's first dispatcher.
    pub follower: String,
    /// Milliseconds of real time between two looks at the server's playback clock.
    pub follow_every_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            seed: 2021,
            control: any,
            channels: any,
            smtp: any,
            modbus: any,
            supply: any,
            opcua: any,
            faults: Faults::default(),
            people: Habits::default(),
            secrets: ChannelSecrets::default(),
            follower: String::new(),
            follow_every_ms: 200,
        }
    }
}

/// How people behave. Times are seconds of the town's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Habits {
    /// Least and most time from the phone's buzz to a look at it.
    pub looks_after_s: (f64, f64),
    /// Share of orders an owner does not answer; the escalation finds the next.
    pub ignores: f64,
    /// Share of arrivals without a position.
    pub without_position: f64,
    /// How fast they travel, km/h.
    pub travel_kmh: f64,
    /// Least and most time of the work on the spot.
    pub works_s: (f64, f64),
    /// An order whose alarm still holds this long after it was handled is closed with a reason.
    pub close_anyway_after_s: f64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            looks_after_s: (20.0, 120.0),
            ignores: 0.04,
            without_position: 0.05,
            travel_kmh: 25.0,
            works_s: (240.0, 900.0),
            close_anyway_after_s: 7_200.0,
        }
    }
}

/// What the channel servers expect from their client. Demo values: they open nothing outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelSecrets {
    /// 企业微信 corpid.
    pub corpid: String,
    /// 企业微信 application secret.
    pub corpsecret: String,
    /// 企业微信群机器人 key.
    pub robot_key: String,
    /// 钉钉 robot access token.
    pub dingtalk_token: String,
    /// 钉钉 robot signing secret.
    pub dingtalk_secret: String,
    /// SMS gateway bearer key.
    pub sms_key: String,
}

impl Default for ChannelSecrets {
    fn default() -> Self {
        Self {
            corpid: "ww-demo".to_owned(),
            corpsecret: "demo-corpsecret".to_owned(),
            robot_key: "demo-robot".to_owned(),
            dingtalk_token: "demo-dingtalk".to_owned(),
            dingtalk_secret: "SEC-demo-dingtalk".to_owned(),
            sms_key: "demo-sms".to_owned(),
        }
    }
}

impl Config {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// [`CityError::BadSetting`] with the setting and what is allowed.
    pub fn check(&self) -> Result<(), CityError> {
        let bad = |setting, why: String| Err(CityError::BadSetting { setting, why });
        if !(20..=10_000).contains(&self.follow_every_ms) {
            return bad("follow_every_ms", format!("{} is not within 20..=10000", self.follow_every_ms));
        }
        if !(1.0..=200.0).contains(&self.people.travel_kmh) {
            return bad("people.travel_kmh", format!("{} is not within 1..=200", self.people.travel_kmh));
        }
        for (setting, (low, high)) in
            [("people.looks_after_s", self.people.looks_after_s), ("people.works_s", self.people.works_s)]
        {
            if !(0.0 <= low && low <= high && high <= 86_400.0) {
                return bad(setting, format!("({low}, {high}) must grow and lie within 0..=86400"));
            }
        }
        for (setting, share) in [
            ("people.ignores", self.people.ignores),
            ("people.without_position", self.people.without_position),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return bad(setting, format!("{share} is not a share within 0..=1"));
            }
        }
        self.faults.check().map_err(|(setting, why)| CityError::BadSetting { setting, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_refused_by_name_and_an_empty_one_is_complete() {
        let config: Config = serde_json::from_str("{}").unwrap();
        assert_eq!(config, Config::default());
        config.check().unwrap();
        let error = serde_json::from_str::<Config>(r#"{"sead": 3}"#).unwrap_err().to_string();
        assert!(error.contains("sead"), "{error}");
        let error = serde_json::from_str::<Config>(r#"{"faults": {"lost": 1}}"#).unwrap_err().to_string();
        assert!(error.contains("lost"), "{error}");
    }

    #[test]
    fn a_share_beyond_one_is_refused_with_its_name() {
        let mut config = Config::default();
        config.faults.duplicate = 1.5;
        assert!(config.check().unwrap_err().to_string().contains("faults.duplicate"));
    }
}
