//! What bad input and bad neighbours get.

use crate::house::{House, code_of, said, too_large};
use api::Limits;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_with_what_to_do() {
    let first = api::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let addr = first.local_addr().unwrap();
    let error = api::bind(addr).await.unwrap_err().to_string();
    assert!(
        error.contains(&addr.to_string()) && error.contains("in use") && error.contains("--http"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_finishes_its_request_is_cut_and_others_are_served() {
    let limits = Limits { header_wait: Duration::from_millis(200), connections: 2, ..Limits::default() };
    let house = House::within(limits).await;
    let addr = house.url.trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&addr).await.unwrap();
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
    }
    // Both places are taken by the slow ones; this waits for them to be cut.
    let health = house.nobody().ask(Method::GET, "/health").send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    for mut stream in slow {
        let mut rest = Vec::new();
        // The server hangs up: the read ends (with an answer, nothing, or a reset) and does not hang.
        let _ = stream.read_to_end(&mut rest).await;
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_or_no_json_is_refused_with_its_code() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let post = |body: String| {
        let ask = browser.ask(Method::POST, "/api/v1/alarms/1/shelve").header("idempotency-key", "k");
        ask.header("content-type", "application/json").body(body)
    };
    let huge = format!("{{\"reason\":\"{}\",\"minutes\":1}}", "x".repeat(10 * 1024 * 1024));
    too_large(post(huge)).await;
    assert_eq!(code_of(said(post("{\"reason\":".into())).await), (400, "bad_body".into()));
    assert_eq!(code_of(said(post("{}".into())).await), (400, "bad_body".into()));
    let long = browser.act("/alarms/1/acknowledge", &"k".repeat(100), json!({})).await;
    assert_eq!(code_of(long), (400, "idempotency_key_missing".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_a_browser_safe() {
    let house = House::open().await;
    let browser = house.signed_in("owner").await;
    for path in ["/", "/api/v1/alarms", "/api/v1/nothing", "/health"] {
        let answer = browser.ask(Method::GET, path).send().await.unwrap();
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
    }
    let api = browser.ask(Method::GET, "/api/v1/alarms").send().await.unwrap();
    assert_eq!(api.headers()["cache-control"], "no-store");
    house.end().await;
}
