//! 传感器物联网接口: OGC SensorThings API 1.1 (OGC 18-088), the read side, for others to take our data.
//!
//! A Thing and its Location are a station; a Datastream and its Sensor are a point; an
//! ObservedProperty is a quantity; an Observation is a sample as it counts now; a FeatureOfInterest is
//! the place of a station. We keep no history of places, so there are no HistoricalLocations.
//!
//! Promises: everything is read as it is asked for, page by page; an answer is bounded, and what does
//! not fit follows behind `@iot.nextLink`. Never writes.

mod answer;
mod ask;
mod entity;
mod filter;
mod kind;
mod observations;
mod page;
mod path;
mod quantities;
mod url;
mod world;

pub(crate) use answer::{Answer, answer};
pub(crate) use world::World;

use crate::problem::{Problem, ProblemCode};
use serde_json::json;

/// Where the service stands.
pub(crate) const ROOT: &str = "/sensorthings/v1.1";
/// Entities of a page when the caller does not say.
const TOP: usize = 100;
/// Most entities of a page; more follow behind `@iot.nextLink`.
const TOP_MAX: usize = 1_000;
/// Most entities of a page of Observations: about a megabyte of JSON.
const OBSERVATIONS_MAX: usize = 5_000;
/// Most entities of one answer, expanded ones counted.
const ENTITIES_MAX: usize = 20_000;
/// Most samples read for one answer: at 17 bytes about 170 MB.
const READ_MAX: usize = 10_000_000;
/// How deep `$expand` may go.
const DEPTH_MAX: usize = 4;
/// Longest query, bytes.
const QUERY_MAX: usize = 8 * 1024;

/// The query is wrong: in which option, and why.
fn bad(option: &str, why: impl std::fmt::Display) -> Problem {
    Problem::with(ProblemCode::BadQuery, json!({ "what": option, "why": why.to_string() }))
}
