//! The OpenAPI description tried on a running server by schemathesis (PyPI): whatever it thinks up,
//! no answer may be a failure of ours, a status or media type that is not described, or a body that
//! is not of its schema.

use crate::house::{House, PASSWORD, ROAD};
use crate::sensorthings::python;
use reqwest::Method;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Requests thought up for each operation, besides the borders of every schema.
const EXAMPLES: &str = "8";
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Names that are there, so that not every answer is "not found".
const KNOWN: &str = r#"
[parameters]
"path.code" = "3307820001"
"path.id" = 1
"path.seq" = 1
"path.channel" = "sms"
"path.mapping" = "levels"
"path.resource" = "Datastreams"
"query.station" = "3307820001"
"query.points" = "1"
"query.from" = "2021-06-30T11:00:00+08:00"
"query.to" = "2021-06-30T12:00:00+08:00"
"#;

/// One run; `extra` says as whom and on what.
fn schemathesis(python: &Path, url: &str, config: Option<&Path>, extra: &[&str]) -> Command {
    let mut command = Command::new(python.with_file_name("schemathesis"));
    if let Some(config) = config {
        command.arg("--config-file").arg(config);
    }
    command.args(["run", &format!("{url}/api/v1/openapi.json"), "--url", url, "--checks", CHECKS]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1"]);
    command
        .args(["--generation-database", "none", "--no-color", "--workers", "1", "--request-timeout", "300"])
        .args(extra);
    command.current_dir(std::env::temp_dir()).env("NO_PROXY", "*");
    command
}

async fn passes(what: &str, mut command: Command) {
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{what}:\n{said}\n{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_schemathesis_thinks_up_breaks_the_description() {
    let Some(python) = python("schemathesis") else { return };
    let house = House::of_the_demo().await;
    // Something of every kind is there.
    let alarm = house.raised(field::severity::Severity::Orange).await;
    house.ordered(&alarm).await;
    house.measured(ROAD, house.depth, 1, 0.3).await;
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("schemathesis.toml");
    std::fs::write(&known, KNOWN).unwrap();
    // A stream does not end; signing in and out would change who asks.
    let all = ["--exclude-path", "/api/v1/stream", "--exclude-path", "/api/v1/session"];
    for (login, config) in [("admin", None), ("dispatcher", Some(known.as_path()))] {
        let browser = house.nobody();
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = browser.ask(Method::POST, "/api/v1/session").json(&body).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let cookie = format!("Cookie: {cookie}");
        let extra: Vec<&str> = ["--header", &cookie].into_iter().chain(all).collect();
        passes(login, schemathesis(&python, &house.url, config, &extra)).await;
    }
    let token = ["--header", "Authorization: Token lab-token-0123456789"];
    let pushes = ["--include-path-regex", "/push/influx|/push/json|/write$|/samples|/sensorthings"];
    let extra: Vec<&str> = token.into_iter().chain(pushes).collect();
    passes("with a token", schemathesis(&python, &house.url, Some(&known), &extra)).await;
    house.end().await;
}
