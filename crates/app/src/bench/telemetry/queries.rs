//! The same questions to each server, over HTTP, the median of many. Hourly means are asked twice: one
//! question again and again, which a server may have remembered, and each time of other series, which none
//! was asked for before.

use super::super::figures::percentile;
use super::generate;
use super::peer::{Kind, Peer};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Instant;

/// Times each question is asked.
const TIMES: usize = 25;
/// Series of the hourly means: those of a hundred stations, so that a pattern names them.
const MANY: u32 = 500;
/// Seconds of the day.
const DAY_S: i64 = 86_400;
/// Points our server answers for at once.
const AT_ONCE: usize = 2_000;

/// A question: path and query parameters.
type Question = (&'static str, Vec<(&'static str, String)>);

/// Median milliseconds of each question.
pub(crate) async fn run(server: &Peer, series: u32, start_s: i64) -> Result<Value> {
    let ids = if server.kind == Kind::Ours { points(server, series).await? } else { vec![] };
    let of = (series, start_s);
    let again = |what: What| (0..TIMES).map(move |_| what);
    let ask = |whats: Vec<What>| asked(server, whats, of, &ids);
    let day = ask(again(What::Day).collect()).await?;
    let latest = ask(again(What::Latest).collect()).await?;
    let hourly = ask(again(What::Hourly(0)).collect()).await?;
    // The first of them opens files and the like for all the others.
    let sets: Vec<What> = (1..series / MANY).take(TIMES).map(What::Hourly).collect();
    let fresh = if sets.is_empty() { (f64::NAN, 0) } else { ask(sets.clone()).await? };
    let year = ask(again(What::Year).collect()).await?;
    Ok(
        json!({ "day": day.0, "latest": latest.0, "hourly": hourly.0, "hourly_of_others": fresh.0, "year": year.0,
        "others": sets.len(),
        "answer_bytes": { "day": day.1, "latest": latest.1, "hourly": hourly.1, "year": year.1 } }),
    )
}

async fn asked(server: &Peer, whats: Vec<What>, of: (u32, i64), ids: &[i64]) -> Result<(f64, usize)> {
    let mut times = vec![];
    let mut bytes = 0;
    for what in whats {
        let (path, parameters) = question(server.kind, what, of, ids);
        let ask = server.http.get(server.asked(path, &parameters)).bearer_auth(super::peer::TOKEN);
        let begun = Instant::now();
        let answer = ask.send().await?.error_for_status()?.bytes().await?;
        times.push(begun.elapsed());
        bytes = answer.len();
        if matches!(what, What::Hourly(_)) {
            check(server.kind, &answer, MANY.min(of.0))?;
        }
    }
    if bytes < 200 {
        bail!("{} answered next to nothing: {bytes} bytes", server.kind.name());
    }
    Ok((percentile(&mut times, 0.5), bytes))
}

/// Whether an answer of hourly means is of so many series.
fn check(kind: Kind, answer: &[u8], wanted: u32) -> Result<()> {
    let answer: Value = serde_json::from_slice(answer)?;
    let length = |path: &str| answer.pointer(path).and_then(Value::as_array).map_or(0, Vec::len);
    let found = match kind {
        Kind::Ours => length("/windows"),
        Kind::Victoria => length("/data/result"),
        // A series there is a station with all its fields.
        Kind::Influx => length("/results/0/series") * generate::FIELDS.len(),
    };
    ensure!(found == wanted as usize, "{} answered with {found} series, not {wanted}", kind.name());
    Ok(())
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Day,
    Latest,
    /// Of the so-maniest [`MANY`] series.
    Hourly(u32),
    Year,
}

fn question(kind: Kind, what: What, of: (u32, i64), ids: &[i64]) -> Question {
    match kind {
        Kind::Ours => ours(what, of, ids),
        Kind::Victoria => victoria(what, of),
        Kind::Influx => {
            ("/query", vec![("db", "bench".into()), ("epoch", "ms".into()), ("q", influx(what, of))])
        }
    }
}

/// Our points in the order of the series, the long one last. (They were made in the order in which their first
/// rows came, some of them late.)
async fn points(server: &Peer, series: u32) -> Result<Vec<i64>> {
    let named: HashMap<String, i64> = server.our_points().await?.into_iter().collect();
    let names = (0..series).map(generate::name).chain([("YEAR".to_owned(), "level")]);
    let id = |(station, field): (String, &str)| {
        let name = format!("water,station={station} {field}");
        named.get(&name).copied().with_context(|| format!("no point for `{name}`"))
    };
    names.map(id).collect()
}

fn time(s: i64) -> String {
    field::time::Time::from_ms(s * 1_000).to_string()
}

/// Which series the single ones are asked of.
const ONE: u32 = 1_230;

fn ours(what: What, (series, start_s): (u32, i64), ids: &[i64]) -> Question {
    let id = |n: usize| ids.get(n).copied().unwrap_or_default();
    let of =
        |points: String, from: i64, to: i64| vec![("points", points), ("from", time(from)), ("to", time(to))];
    let one = (ONE % series) as usize;
    match what {
        What::Day => ("/api/v1/samples", of(id(one).to_string(), start_s, start_s + DAY_S)),
        What::Latest => ("/api/v1/samples/latest", vec![]),
        What::Hourly(set) => {
            let those = ids.iter().take(series as usize).skip((set * MANY) as usize).take(MANY as usize);
            let some: Vec<String> = those.map(i64::to_string).collect();
            let mut of = of(some.join(","), start_s, start_s + DAY_S);
            of.push(("window", "1h".into()));
            of.push(("figures", "mean".into()));
            ("/api/v1/samples", of)
        }
        What::Year => {
            let last = ids.last().copied().unwrap_or_default();
            ("/api/v1/samples", of(last.to_string(), start_s - 367 * DAY_S, start_s))
        }
    }
}

fn victoria(what: What, (series, start_s): (u32, i64)) -> Question {
    let (station, field) = generate::name(ONE % series);
    let stretch = |from: i64, to: i64| vec![("start", from.to_string()), ("end", (to - 1).to_string())];
    match what {
        What::Day | What::Year => {
            let (name, mut of) = match what {
                What::Day => {
                    (format!("water_{field}{{station=\"{station}\"}}"), stretch(start_s, start_s + DAY_S))
                }
                _ => ("water_level{station=\"YEAR\"}".to_owned(), stretch(start_s - 367 * DAY_S, start_s)),
            };
            of.push(("match[]", name));
            ("/api/v1/export", of)
        }
        What::Latest => {
            let query = "last_over_time({__name__=~\"water_.*\"}[2h])".to_owned();
            ("/api/v1/query", vec![("query", query), ("time", (start_s + DAY_S).to_string())])
        }
        What::Hourly(set) => {
            let stations = stations(series, set);
            let query = format!("avg_over_time({{__name__=~\"water_.*\",station=~\"{stations}\"}}[1h])");
            let of = [("start", start_s + 3_600), ("end", start_s + DAY_S)].map(|(k, v)| (k, v.to_string()));
            let more = [("query", query), ("step", "1h".to_owned())];
            ("/api/v1/query_range", of.into_iter().chain(more).collect())
        }
    }
}

/// A pattern of the stations that have the so-maniest [`MANY`] series: a hundred, `B00100` to `B00199`.
fn stations(series: u32, set: u32) -> String {
    if series <= MANY { "B.*".to_owned() } else { format!("B{set:03}.*") }
}

fn influx(what: What, (series, start_s): (u32, i64)) -> String {
    let (station, field) = generate::name(ONE % series);
    let when = |from: i64, to: i64| format!("time >= {from}s AND time < {to}s");
    let day = when(start_s, start_s + DAY_S);
    match what {
        What::Day => format!("SELECT {field} FROM water WHERE station = '{station}' AND {day}"),
        What::Latest => "SELECT last(*) FROM water GROUP BY station".to_owned(),
        What::Hourly(set) => {
            let pattern = stations(series, set);
            format!(
                "SELECT mean(*) FROM water WHERE station =~ /^{pattern}/ AND {day} GROUP BY time(1h), station"
            )
        }
        What::Year => {
            let year = when(start_s - 367 * DAY_S, start_s);
            format!("SELECT level FROM water WHERE station = 'YEAR' AND {year}")
        }
    }
}

/// How many samples of the day a server has.
pub(crate) async fn count(server: &Peer, start_s: i64) -> Result<u64> {
    let ask = |path: &'static str, of: Vec<(&'static str, String)>| async move {
        let ask = server.http.get(server.asked(path, &of)).bearer_auth(super::peer::TOKEN);
        let bytes = ask.send().await?.error_for_status()?.bytes().await?;
        Ok::<Value, anyhow::Error>(serde_json::from_slice(&bytes)?)
    };
    match server.kind {
        Kind::Ours => {
            let mut sum = 0;
            let all: Vec<i64> = server.our_points().await?.into_iter().map(|(_, id)| id).collect();
            for some in all.chunks(AT_ONCE) {
                let some: Vec<String> = some.iter().map(i64::to_string).collect();
                let of = vec![
                    ("points", some.join(",")),
                    ("from", time(start_s)),
                    ("to", time(start_s + DAY_S)),
                    ("window", "day".into()),
                ];
                let view = ask("/api/v1/samples", of).await?;
                let windows = view.get("windows").and_then(Value::as_array).cloned().unwrap_or_default();
                let counts = windows.iter().filter_map(|w| w.get("counts")?.as_array()).flatten();
                sum += counts.filter_map(Value::as_u64).sum::<u64>();
            }
            Ok(sum)
        }
        Kind::Victoria => {
            let query = "sum(count_over_time({__name__=~\"water_.*\"}[1d]))".to_owned();
            let view =
                ask("/api/v1/query", vec![("query", query), ("time", (start_s + DAY_S - 1).to_string())])
                    .await?;
            let text = view.pointer("/data/result/0/value/1").and_then(Value::as_str).unwrap_or("0");
            Ok(text.parse().unwrap_or(0))
        }
        Kind::Influx => {
            let view =
                ask("/query", vec![("db", "bench".into()), ("q", "SELECT count(*) FROM water".into())])
                    .await?;
            let row = view
                .pointer("/results/0/series/0/values/0")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            Ok(row.iter().skip(1).filter_map(Value::as_u64).sum())
        }
    }
}
