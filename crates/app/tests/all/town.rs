//! A small registry and some history, made with the commands themselves.

use crate::harness::{stderr, stdout, zhizhen};
use std::fmt::Write as _;
use std::path::Path;

/// One town, one block, three people.
pub(crate) const TOWN: &str = r#"{"type":"FeatureCollection",
 "people":[{"login":"a","name":"甲","role":"block_owner","channels":["sms","web_push"]},
           {"login":"b","name":"乙","role":"block_owner","channels":["sms","web_push"]},
           {"login":"s","name":"丙","role":"block_owner","channels":["sms","web_push"]}],
 "features":[
  {"type":"Feature","properties":{"kind":"town","code":"1","name":"镇"},
   "geometry":{"type":"Polygon","coordinates":[[[120,29],[121,29],[121,30],[120,30]]]}},
  {"type":"Feature","properties":{"kind":"block","code":"001","name":"块","town":"1","a":"a","b":"b","supervisor":"s"},
   "geometry":{"type":"Polygon","coordinates":[[[120,29],[121,29],[121,30],[120,30]]]}}]}"#;

/// The heading of a station list.
pub(crate) const HEADING: &str =
    "code,name,name_en,kind,lon,lat,block,report_interval_s,ground_m,crown_m,points\n";

fn runs(args: &[&str]) {
    let output = zhizhen(args);
    assert!(output.status.success(), "{args:?}: {}{}", stdout(&output), stderr(&output));
}

/// A town with one station of two points: 1 is a depth, 2 a voltage.
pub(crate) fn town(folder: &Path, data: &str) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    runs(&["blocks", "import", &write("blocks.json", TOWN), "--data", data]);
    let stations = format!(
        "{HEADING}3307820001,江滨路下穿,,ponding,120.5,29.5,,300,,,depth:39+F5:0:500;voltage:38:0:500\n"
    );
    runs(&["stations", "import", &write("stations.csv", &stations), "--data", data]);
}

/// Imports so many minutes of a day of point 1, and, on 2021-06-29, of point 2.
pub(crate) fn import(folder: &Path, data: &str, day: &str, minutes: u32) {
    let mut text = "point,time,value\n".to_owned();
    let points = if day == "2021-06-29" { 1..=2 } else { 1..=1 };
    for point in points {
        for minute in 0..minutes {
            let (hour, minute, value) = (minute / 60, minute % 60, f64::from(minute) / 10.0);
            writeln!(text, "{point},{day} {hour:02}:{minute:02}:00,{value}").unwrap();
        }
    }
    let path = folder.join(format!("{day}.csv"));
    std::fs::write(&path, text).unwrap();
    runs(&["samples", "import", path.to_str().unwrap(), "--data", data]);
}

/// Everything of the station as CSV.
pub(crate) fn export(data: &str) -> String {
    let (from, to) = ("2021-01-01T00:00", "2022-01-01T00:00");
    let args = ["export", "--station", "3307820001", "--from", from, "--to", to, "--data", data];
    let output = zhizhen(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}
