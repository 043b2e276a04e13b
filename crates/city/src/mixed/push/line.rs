//! The line to the server: everything in one body, or an observation after the other.

use super::Measured;
use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Longest wait for an answer, real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// Moments in one body, while it catches up.
const IN_A_BODY: usize = 24;
/// Where the server's SensorThings are.
const SERVICE: &str = "/sensorthings/v1.1";

/// How a platform hands on what was measured.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Way {
    /// All of it in one body.
    Body {
        /// Where it goes, behind the server's address.
        path: &'static str,
        /// What the body is.
        media: &'static str,
        /// How it is written.
        write: fn(&[Measured]) -> String,
    },
    /// OGC SensorThings: an Observation a value, of the Datastream that is found by its station and element.
    Observations,
}

/// A platform's line.
#[derive(Debug)]
pub(super) struct Line {
    platform: &'static str,
    base: String,
    token: &'static str,
    way: Way,
    client: Client,
    /// What was found out about stations: the Datastreams' numbers, by element.
    datastreams: HashMap<String, HashMap<String, i64>>,
}

/// The request did not do what it was for.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the line failed: {0}")]
    Line(#[from] reqwest::Error),
    #[error("the server answered {0}")]
    Answer(StatusCode),
    #[error("station {0} has no Datastream of `{1}`")]
    Unknown(String, &'static str),
}

impl Line {
    /// A line to the server at `base`, such as `http://127.0.0.1:8651`.
    pub(super) fn new(platform: &'static str, base: String, token: &'static str, way: Way) -> Self {
        Self { platform, base, token, way, client: Client::new(), datastreams: HashMap::new() }
    }

    /// Moments that are handed on together: what fails is sent again as a whole.
    pub(super) const fn moments(&self) -> usize {
        match self.way {
            Way::Body { .. } => IN_A_BODY,
            Way::Observations => 1,
        }
    }

    /// Whether the server says that all of it is durable.
    pub(super) async fn push(&mut self, measured: &[Measured]) -> bool {
        let pushed = match self.way {
            Way::Body { path, media, write } => self.body(path, media, write(measured)).await,
            Way::Observations => self.observations(measured).await,
        };
        pushed
            .inspect_err(|error| tracing::debug!(platform = self.platform, %error, "a push was not taken"))
            .is_ok()
    }

    async fn body(&self, path: &str, media: &str, body: String) -> Result<(), Failed> {
        let request = self.client.post(format!("{}{path}", self.base));
        self.answered(request.header(header::CONTENT_TYPE, media).body(body), StatusCode::NO_CONTENT).await?;
        Ok(())
    }

    async fn observations(&mut self, measured: &[Measured]) -> Result<(), Failed> {
        for one in measured {
            for (element, value) in &one.values {
                let id = self.datastream(&one.code, element).await?;
                let url = format!("{}{SERVICE}/Datastreams({id})/Observations", self.base);
                let observation = json!({ "phenomenonTime": one.at, "result": value });
                self.answered(self.client.post(url).json(&observation), StatusCode::CREATED).await?;
            }
        }
        Ok(())
    }

    /// The Datastream of a station's element; asked once a station.
    async fn datastream(&mut self, code: &str, element: &'static str) -> Result<i64, Failed> {
        let unknown = || Failed::Unknown(code.to_owned(), element);
        if !self.datastreams.contains_key(code) {
            let url = format!("{}{SERVICE}/Things('{code}')/Datastreams", self.base);
            let answer = self.answered(self.client.get(url), StatusCode::OK).await?;
            let found = by_element(&answer.json().await?);
            self.datastreams.insert(code.to_owned(), found);
        }
        self.datastreams.get(code).and_then(|of| of.get(element)).copied().ok_or_else(unknown)
    }

    async fn answered(
        &self,
        request: RequestBuilder,
        wanted: StatusCode,
    ) -> Result<reqwest::Response, Failed> {
        let answer = request.bearer_auth(self.token).timeout(PATIENCE).send().await?;
        if answer.status() == wanted { Ok(answer) } else { Err(Failed::Answer(answer.status())) }
    }
}

/// The numbers of the Datastreams in a page of them, by element.
fn by_element(page: &Value) -> HashMap<String, i64> {
    let all = page["value"].as_array().into_iter().flatten();
    let named = all.flat_map(|datastream| {
        let id = datastream["@iot.id"].as_i64();
        let elements = datastream.pointer("/properties/elements").and_then(Value::as_array);
        let elements = elements.into_iter().flatten();
        elements.filter_map(move |element| Some((element.as_str()?.to_owned(), id?)))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datastreams_are_found_by_their_elements() {
        let page = json!({ "value": [
            { "@iot.id": 17, "properties": { "elements": ["ph"] } },
            { "@iot.id": 18, "properties": { "elements": ["nh3", "NH3-N"] } },
            { "@iot.id": 19, "properties": {} },
        ] });
        let found = by_element(&page);
        assert_eq!((found["ph"], found["nh3"], found["NH3-N"], found.len()), (17, 18, 18, 3));
        assert!(by_element(&json!({ "code": "not_found" })).is_empty());
    }
}
