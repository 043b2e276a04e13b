//! Who may call what: every route, as every role and as nobody.

use crate::house::{House, said};
use api::Who;
use field::person::Role;
use reqwest::Method;
use serde_json::json;

/// A path that names something that is not there: what is tested is the door, not the room.
fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{code}" => "0000000000".to_owned(),
        "{key}" => "none.jpg".to_owned(),
        "{channel}" => "pigeon".to_owned(),
        part if part.starts_with('{') => "999999".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_its_table_names_and_nobody_else() {
    let house = House::open().await;
    let mut who = vec![(None, house.nobody())];
    for (login, role) in
        [("dispatcher", Role::Dispatcher), ("admin", Role::Administrator), ("owner", Role::BlockOwner)]
    {
        who.push((Some(role), house.signed_in(login).await));
    }
    let table = api::routes();
    assert!(table.len() > 50);
    for (method, path, allowed) in &table {
        for (role, browser) in &who {
            // Signing out would end the test's own session; it is tested in `sign_in`.
            if method == "DELETE" && path.ends_with("/session") && role.is_some() {
                continue;
            }
            let ask = browser.ask(method.parse::<Method>().unwrap(), &filled(path));
            let answer = ask.json(&json!({})).send().await.unwrap();
            let refused = matches!(answer.status().as_u16(), 401 | 403);
            if *allowed == Who::Source {
                assert_eq!(answer.status().as_u16(), 401, "{method} {path} as {role:?}: no token, no push");
                continue;
            }
            let is_sign_in = method == "POST" && path.ends_with("/session");
            let expected = allowed.allows(*role);
            assert!(is_sign_in || refused != expected, "{method} {path} as {role:?}: {}", answer.status());
            if !expected {
                let wanted = if role.is_some() { 403 } else { 401 };
                assert_eq!(answer.status().as_u16(), wanted, "{method} {path} as {role:?}");
            }
        }
    }
    house.end().await;
}

#[test]
fn only_these_routes_are_open_to_anyone() {
    let open: Vec<_> = api::routes()
        .into_iter()
        .filter(|(_, _, who)| *who == Who::Anyone)
        .map(|(m, p, _)| format!("{m} {p}"))
        .collect();
    assert_eq!(
        open,
        [
            "POST /api/v1/session",
            "GET /api/v1/demo/logins",
            "GET /api/v1/openapi.json",
            "GET /health",
            "GET /metrics",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_route_is_not_found_and_another_method_is_not_allowed() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let (status, body) = said(browser.ask(Method::GET, "/api/v1/nothing")).await;
    assert_eq!((status.as_u16(), &body["code"]), (404, &json!("not_found")));
    let (status, body) = said(browser.ask(Method::DELETE, "/api/v1/alarms")).await;
    assert_eq!((status.as_u16(), &body["code"]), (405, &json!("method_not_allowed")));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_owner_sees_and_touches_only_the_alarms_and_orders_of_his_blocks() {
    let house = House::open().await;
    let alarm = house.raised(field::severity::Severity::Orange).await;
    let order = house.ordered(&alarm).await;
    let stranger = house.signed_in("stranger").await;
    assert_eq!(stranger.get("/alarms").await["items"], json!([]));
    assert_eq!(stranger.get("/orders").await["items"], json!([]));
    for path in [format!("/alarms/{}", alarm.id), format!("/orders/{}", order.id)] {
        let (status, _) = said(stranger.ask(Method::GET, &format!("/api/v1{path}"))).await;
        assert_eq!(status.as_u16(), 403, "{path}");
    }
    for path in [format!("/alarms/{}/acknowledge", alarm.id), format!("/orders/{}/accept", order.id)] {
        let (status, _) = stranger.act(&path, "k1", json!({})).await;
        assert_eq!(status.as_u16(), 403, "{path}");
    }
    let owner = house.signed_in("owner").await;
    assert_eq!(owner.get("/alarms").await["items"][0]["id"], json!(alarm.id));
    assert_eq!(owner.get("/orders?mine=true").await["items"][0]["id"], json!(order.id));
    house.end().await;
}
