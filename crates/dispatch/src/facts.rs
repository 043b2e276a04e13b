//! What a message speaks of: its parameters, stored with it, so that the words can be made anew at
//! any time and in any language, here and on the screen.

use crate::words::Language;
use field::alarm::{Alarm, Evidence};
use field::id::BlockId;
use field::time::MINUTE_MS;
use serde::{Deserialize, Serialize};
use store::Registry;

/// Parameters of a message, version 1. A part that does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    pub(crate) station: String,
    pub(crate) station_en: String,
    pub(crate) town: String,
    pub(crate) town_en: String,
    /// Code of the town: decides which group robot speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) town_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block: Option<BlockId>,
    /// Kind of the rule.
    pub(crate) kind: String,
    pub(crate) quantity: String,
    pub(crate) unit: String,
    pub(crate) value: f64,
    pub(crate) threshold: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trend_per_10min: Option<f64>,
    /// The order's number.
    pub(crate) number: String,
    /// Whether the station exists only in the demo.
    pub(crate) synthetic: bool,
    /// For how long nobody accepted, minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waited_min: Option<i64>,
    /// Who was asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) asked: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) asked_en: String,
    /// Why it was reassigned.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reason: String,
    /// The channel under test.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) channel: String,
}

impl Facts {
    /// What an alarm says, with the names of its place.
    pub(crate) fn of_alarm(alarm: &Alarm, registry: &Registry) -> Self {
        let station = registry.station(&alarm.station);
        let point = registry.point(alarm.point);
        let block = registry.block(alarm.block);
        let town = block.and_then(|b| registry.towns().get(&b.town));
        let code = alarm.station.to_string();
        Self {
            station: station.map_or_else(|| code.clone(), |s| s.name.clone()),
            station_en: station.map_or(code, |s| s.name_en.clone()),
            town: town.map(|t| t.name.clone()).unwrap_or_default(),
            town_en: town.map(|t| t.name_en.clone()).unwrap_or_default(),
            town_code: town.map(|t| t.code.clone()),
            block: Some(alarm.block),
            kind: alarm.kind.clone(),
            quantity: point.map(|p| p.quantity.code().to_owned()).unwrap_or_default(),
            unit: point.map(|p| p.unit().to_owned()).unwrap_or_default(),
            value: alarm.evidence.value,
            threshold: alarm.evidence.threshold,
            trend_per_10min: trend_per_10min(&alarm.evidence),
            synthetic: station.is_some_and(|s| s.synthetic),
            ..Self::default()
        }
    }

    /// As stored in a message; what cannot be read is left empty.
    pub(crate) fn read(params: &serde_json::Value) -> Self {
        Self::deserialize(params).unwrap_or_default()
    }

    pub(crate) fn station(&self, language: Language) -> &str {
        pick(language, &self.station, &self.station_en)
    }

    pub(crate) fn town(&self, language: Language) -> &str {
        pick(language, &self.town, &self.town_en)
    }

    pub(crate) fn asked(&self, language: Language) -> &str {
        pick(language, &self.asked, &self.asked_en)
    }
}

/// The English name where there is one and it is asked for.
pub(crate) fn pick<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::En if !en.is_empty() => en,
        _ => zh,
    }
}

/// Change of the value over the last ten minutes of evidence, scaled to ten minutes; `None` when
/// there are no two values far enough apart.
fn trend_per_10min(evidence: &Evidence) -> Option<f64> {
    let valued = || evidence.samples.iter().filter_map(|s| s.value.map(|v| (s.at, v)));
    let (last_at, last) = valued().max_by_key(|(at, _)| *at)?;
    let (first_at, first) =
        valued().filter(|(at, _)| last_at.since_ms(*at) <= 10 * MINUTE_MS).min_by_key(|(at, _)| *at)?;
    let span_ms = last_at.since_ms(first_at);
    #[expect(clippy::cast_precision_loss, reason = "a span of at most ten minutes")]
    let per_10min = (last - first) * (10 * MINUTE_MS) as f64 / span_ms as f64;
    (span_ms >= 4 * MINUTE_MS && per_10min.is_finite()).then_some(per_10min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Sample;
    use field::time::Time;

    #[test]
    fn the_trend_is_scaled_to_ten_minutes() {
        let samples = [(0, 0.30), (5, 0.39), (10, 0.42)];
        let samples = samples.map(|(minute, value)| Sample {
            at: Time::from_ms(1_625_000_000_000 + minute * MINUTE_MS),
            value: Some(value),
            quality: Default::default(),
        });
        let evidence = |range: std::ops::Range<usize>| Evidence {
            value: 0.42,
            threshold: 0.4,
            samples: samples[range].to_vec(),
        };
        assert!((trend_per_10min(&evidence(0..3)).unwrap() - 0.12).abs() < 1e-9);
        assert!((trend_per_10min(&evidence(1..3)).unwrap() - 0.06).abs() < 1e-9);
        assert_eq!(trend_per_10min(&evidence(0..1)), None);
    }
}
