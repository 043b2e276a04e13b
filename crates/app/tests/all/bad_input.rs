//! What bad input gets: an error that says what, where and what to do; no panic, no loss.

use crate::harness::{Running, stderr, stdout, zhizhen, zhizhen_with};
use crate::town::{HEADING, TOWN};
use std::path::Path;

fn refused(args: &[&str], words: &[&str]) {
    let output = zhizhen(args);
    let said = stderr(&output) + &stdout(&output);
    assert!(!output.status.success(), "{args:?} was accepted: {said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: `{word}` is missing from: {said}");
    }
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_configuration_with_an_unknown_key_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "z.toml", "[http]\nlisten = \"127.0.0.1:0\"\nspeling = 1\n");
    refused(&["serve", "--config", &config], &["z.toml", "speling", "line 3", "docs/configuration.md"]);
}

#[test]
fn a_missing_configuration_is_refused_by_name() {
    refused(&["serve", "--config", "/nowhere/z.toml"], &["/nowhere/z.toml", "--config"]);
}

#[test]
fn a_port_in_use_is_named_with_a_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    refused(&["serve", "--data", data, "--sl651", &address, "--http", "127.0.0.1:0"], &[&address, "stop it"]);
    refused(&["serve", "--data", data, "--http", &address, "--sl651", "127.0.0.1:0"], &[&address]);
}

#[test]
fn a_data_directory_that_is_a_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = file(folder.path(), "data", "not a directory");
    refused(&["serve", "--data", &data, "--http", "127.0.0.1:0", "--sl651", "127.0.0.1:0"], &[&data]);
}

#[test]
fn a_data_directory_in_use_is_refused_with_the_process_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let first = Running::start(&["serve", "--data", data, "--http", "127.0.0.1:0", "--sl651", "127.0.0.1:0"])
        .unwrap();
    refused(&["serve", "--data", data, "--http", "127.0.0.1:0", "--sl651", "127.0.0.1:0"], &[data, "in use"]);
    assert_eq!(first.terminate(), Some(0));
}

#[test]
fn a_block_file_names_every_fault_at_once_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let bow_tie = r#"{"type":"FeatureCollection","people":[],"features":[
        {"type":"Feature","properties":{"kind":"town","code":"1","name":"镇"},
         "geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}},
        {"type":"Feature","properties":{"kind":"block","code":"7","name":"块","town":"1","a":"x","b":"y","supervisor":"z"},
         "geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}}]}"#;
    let path = file(folder.path(), "blocks.json", bow_tie);
    let words = ["town `1`", "crosses", "block `7`", "login `x`", "login `y`", "nothing was changed"];
    refused(&["blocks", "import", &path, "--data", &data], &words);
    refused(&["blocks", "import", "/nowhere.json", "--data", &data], &["/nowhere.json"]);
    let broken = file(folder.path(), "broken.json", "{\"features\": 3}");
    refused(&["blocks", "import", &broken, "--data", &data], &["broken.json", "docs/stations.md"]);
}

#[test]
fn a_real_city_is_imported_checked_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let blocks = file(folder.path(), "blocks.json", TOWN);
    assert!(zhizhen(&["blocks", "import", &blocks, "--data", &data]).status.success());
    assert!(zhizhen(&["check", "coverage", "--data", &data]).status.success());
    let stations = format!(
        "{HEADING}3307820001,江滨路下穿,,ponding,120.5,29.5,,300,,,depth:39+F5:0:5;voltage:38:0:20\n"
    );
    let stations = file(folder.path(), "stations.csv", &stations);
    let dry = zhizhen(&["stations", "import", &stations, "--dry-run", "--data", &data]);
    assert!(dry.status.success(), "{}{}", stdout(&dry), stderr(&dry));
    assert!(
        !zhizhen(&[
            "export",
            "--station",
            "3307820001",
            "--from",
            "2021-01-01T00:00",
            "--to",
            "2022-01-01T00:00",
            "--data",
            &data
        ])
        .status
        .success()
    );
    assert!(zhizhen(&["stations", "import", &stations, "--data", &data]).status.success());
    let export = zhizhen(&[
        "export",
        "--station",
        "3307820001",
        "--from",
        "2021-01-01T00:00",
        "--to",
        "2022-01-01T00:00",
        "--data",
        &data,
    ]);
    assert_eq!(stdout(&export), "point,station,quantity,unit,time,value,quality,packet\n");
    let set = zhizhen_with(&["users", "set", "--login", "a", "--data", &data], "short\n");
    assert!(!set.status.success() && stderr(&set).contains("at least 10"), "{}", stderr(&set));
    let set = zhizhen_with(&["users", "set", "--login", "a", "--data", &data], "long enough now\n");
    assert!(set.status.success(), "{}", stderr(&set));
    let doctor = zhizhen(&["doctor", "--data", &data]);
    assert!(doctor.status.success(), "{}", stdout(&doctor));
}

#[test]
fn a_station_list_names_every_fault_with_its_line_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let blocks = file(folder.path(), "blocks.json", TOWN);
    assert!(zhizhen(&["blocks", "import", &blocks, "--data", &data]).status.success());
    let stations = format!(
        "{HEADING}3307820001,甲,,ponding,120.5,29.5,,300,,,depth:39:0:5\n\
         3307820001,乙,,ponding,120.5,29.5,,300,,,depth:39:0:5\n\
         3307820002,丙,,pond,120.5,29.5,,300,,,depth:39:0:5\n\
         3307820003,丁,,ponding,320.5,29.5,,300,,,depth:39:0:5\n\
         3307820004,戊,,ponding,120.5,29.5,,-3,,,depth:39:5:0\n"
    );
    let stations = file(folder.path(), "stations.csv", &stations);
    refused(&["stations", "import", &stations, "--data", &data], &["3", "3307820001", "pond", "320.5"]);
    let export =
        ["export", "--station", "3307820001", "--from", "2021-01-01T00:00", "--to", "2022-01-01T00:00"];
    refused(&[&export[..], &["--data", &data]].concat(), &["3307820001", "not in the registry"]);
}

#[test]
fn a_history_in_gb_18030_with_mixed_units_is_planned_named_and_only_then_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    crate::town::town(folder.path(), &data);
    let line = |minute: u32, value: &str, unit: &str| {
        format!("3307820001,39,2021-06-30 11:{minute:02},{value},{unit}\n")
    };
    let text = [
        "测站编码,要素,时间,值,单位\n".to_owned(),
        line(0, "31", "厘米"),
        line(5, "0.32", "米"),
        line(10, "1", "伏"),
    ];
    let joined = text.concat();
    let (bytes, _, lost) = encoding_rs::GB18030.encode(&joined);
    assert!(!lost);
    let path = folder.path().join("history.csv");
    std::fs::write(&path, &bytes).unwrap();
    let path = path.to_str().unwrap();
    let export = || crate::town::export(&data);
    let import = |more: &[&str]| zhizhen(&[&["samples", "import", path, "--data", &data], more].concat());
    let plan = ["line 4", "bad_unit `伏`", "gb18030", "would add 2"];
    for (more, last) in [(&["--dry-run"][..], "1 problems"), (&[], "nothing was written")] {
        let output = import(more);
        let said = stdout(&output);
        assert!(
            !output.status.success() && plan.iter().chain([&last]).all(|word| said.contains(word)),
            "{said}"
        );
        assert_eq!(export().lines().count(), 1, "{more:?}: nothing but the heading");
    }
    let output = import(&["--skip-bad"]);
    assert!(output.status.success() && stdout(&output).contains("2 rows are durable"), "{}", stdout(&output));
    let metres: Vec<String> =
        export().lines().skip(1).map(|row| row.split(',').nth(5).unwrap().to_owned()).collect();
    assert_eq!(metres, ["0.31", "0.32"]);
    let again = import(&["--skip-bad", "--dry-run"]);
    assert!(stdout(&again).contains("would add 0, correct 0, leave 2 as they are"), "{}", stdout(&again));
}

#[test]
fn a_storm_or_speed_that_is_none_is_refused_with_what_there_is() {
    refused(&["demo", "--storm", "1998-07-01"], &["1998-07-01", "2019-06-21", "2021-06-30"]);
    refused(&["demo", "--speed", "6000"], &["1 to 600"]);
}

#[test]
fn the_demo_does_not_mix_with_a_real_registry() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let blocks = file(folder.path(), "blocks.json", TOWN);
    assert!(zhizhen(&["blocks", "import", &blocks, "--data", &data]).status.success());
    refused(
        &["demo", "--data", &data, "--http", "127.0.0.1:0", "--sl651", "127.0.0.1:0"],
        &["real registry", "--data"],
    );
}
