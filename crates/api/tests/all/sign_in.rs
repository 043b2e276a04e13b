//! Signing in and staying signed in.

use crate::house::{House, PASSWORD, code_of, said};
use field::time::HOUR_MS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_cookie_that_scripts_cannot_read_and_signing_out_ends_it() {
    let house = House::open().await;
    let browser = house.nobody();
    let answer = browser.sign_in("dispatcher", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["zhizhen=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["person"]["role"], "dispatcher");
    assert_eq!(browser.get("/session").await["person"]["login"], "dispatcher");

    // The cookie itself is dead afterwards, not only forgotten by the browser.
    let token = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(
        browser.ask(Method::DELETE, "/api/v1/session").send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    let again = house.nobody().ask(Method::GET, "/api/v1/session").header("cookie", token);
    assert_eq!(code_of(said(again).await), (401, "not_signed_in".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_login_and_a_wrong_password_get_the_same_answer() {
    let house = House::open().await;
    let wrong = house.nobody().sign_in("dispatcher", "wrong").await;
    let unknown = house.nobody().sign_in("nobody-of-that-name", "wrong").await;
    assert_eq!((wrong.status(), unknown.status()), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text().await.unwrap(), unknown.text().await.unwrap());
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_some_wrong_passwords_even_the_right_one_has_to_wait() {
    let house = House::open().await;
    let browser = house.nobody();
    for _ in 0..9 {
        browser.sign_in("owner", "wrong").await;
    }
    let answer = browser.sign_in("owner", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key("retry-after"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], "too_many_attempts");
    assert!(body["params"]["wait_s"].as_u64().unwrap() >= 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_not_used_and_in_any_case_after_a_week() {
    let house = House::open().await;
    let idle = house.signed_in("owner").await;
    let busy = house.signed_in("dispatcher").await;
    house.wall.advance_ms(13 * HOUR_MS);
    let asked = said(idle.ask(Method::GET, "/api/v1/session")).await;
    assert_eq!(code_of(asked), (401, "not_signed_in".into()));

    let busy = {
        drop(busy);
        house.signed_in("dispatcher").await
    };
    let mut hours = 0;
    while said(busy.ask(Method::GET, "/api/v1/session")).await.0 == StatusCode::OK {
        house.wall.advance_ms(6 * HOUR_MS);
        hours += 6;
        assert!(hours <= 8 * 24, "used every six hours it would never end");
    }
    assert_eq!(hours, 7 * 24);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_act_in_somebodys_name() {
    let house = House::open().await;
    let alarm = house.raised(field::severity::Severity::Red).await;
    let browser = house.signed_in("dispatcher").await;
    let path = format!("/api/v1/alarms/{}/acknowledge", alarm.id);
    for (header, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let ask = browser.ask(Method::POST, &path).header("idempotency-key", "k").header(header, value);
        assert_eq!(code_of(said(ask.json(&json!({}))).await), (403, "cross_site".into()));
    }
    let ours = browser.ask(Method::POST, &path).header("idempotency-key", "k").header("origin", &house.url);
    assert_eq!(said(ours.json(&json!({}))).await.0, StatusCode::OK);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_staff_signs_in_at_once() {
    let house = House::open().await;
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (browser, login) = (house.nobody(), ["owner", "neighbour", "dispatcher", "admin"][n % 4]);
        asked.spawn(async move { browser.sign_in(login, PASSWORD).await.status() });
    }
    while let Some(status) = asked.join_next().await {
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
    house.end().await;
}
