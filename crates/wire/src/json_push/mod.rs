//! JSON 映射: any JSON a sensor platform sends, read by a mapping that is data (a TOML file), not code.
//!
//! Promises: a mapping that cannot work is refused when it is read, with its place; a body that does
//! not fit gives what could be read and a list of problems with the path that was missing. Never
//! knows points: units and names are passed on as the mapping says.
//!
//! ```toml
//! items = "data.records"            # a list of records; left out: the body itself, or its elements
//! station = "deviceInfo.devEui"     # a path in the record; a leading `$.` begins at the body
//! time = { path = "time", format = "rfc3339" }   # or s, ms, us, ns, beijing; left out: the time of arrival
//!
//! [[value]]
//! path = "object.level"
//! element = "level"                 # what the point lists among its elements
//! unit = "cm"
//! ```

mod explain;
mod mapping;
mod path;
mod read;

pub use explain::{explain, json_line, mapped};
pub(crate) use explain::{marked, parts};
pub use mapping::{BadMapping, Mapping};
pub use path::Path;
pub use read::{JsonReading, Read, ReadProblem};

/// The name used in stored packets and in the API.
pub const NAME: &str = "json";
/// Most records of one body.
pub const RECORDS_MAX: usize = 50_000;
/// Most problems named; the others are counted.
pub const PROBLEMS_MAX: usize = 100;
