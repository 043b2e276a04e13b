//! Credentials of stations: set, listed, removed, never read back.

use crate::house::{House, ROAD, code_of, said};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_and_removes_a_credential_and_nobody_reads_its_secret() {
    let house = House::open().await;
    let admin = house.signed_in("admin").await;
    let path = format!("/api/v1/stations/{ROAD}/credentials");
    let put = async |body: serde_json::Value| said(admin.ask(Method::PUT, &path).json(&body)).await;
    let (status, drawn) = put(json!({ "protocol": "mqtt", "user": "well" })).await;
    assert_eq!(status, StatusCode::OK, "{drawn}");
    let password = drawn["password"].as_str().unwrap().to_owned();
    let (status, _) = put(json!({ "protocol": "sl651", "password": "A0B1" })).await;
    assert_eq!(status, StatusCode::OK);
    let fingerprint = "AB:".repeat(31) + "AB";
    let (status, _) = put(json!({ "protocol": "mqtt", "user": "cn", "certificate": fingerprint })).await;
    assert_eq!(status, StatusCode::OK);
    for bad in [
        json!({ "protocol": "mqtt", "user": "well", "password": "short" }),
        json!({ "protocol": "mqtt" }),
        json!({ "protocol": "pigeon", "password": "x" }),
        json!({ "protocol": "sl651" }),
        json!({ "protocol": "mqtt", "user": "cn", "certificate": "ab" }),
    ] {
        let (status, said) = put(bad).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    }
    let registry = house.store.tables.registry();
    assert!(registry.credentials_of_user("mqtt", "well")[0].secret.matches(password.as_bytes()));
    let (_, list) = said(admin.ask(Method::GET, &path)).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    assert!(!list.to_string().contains(&password) && !list.to_string().contains("A0B1"), "{list}");

    let other = house.signed_in("owner").await;
    assert_eq!(said(other.ask(Method::GET, &path)).await.0, StatusCode::FORBIDDEN);

    let one = format!("{path}?protocol=mqtt&user=well");
    assert_eq!(said(admin.ask(Method::DELETE, &one)).await.0, StatusCode::OK);
    let gone = said(admin.ask(Method::DELETE, &one)).await;
    assert_eq!(code_of(gone), (404, "not_found".to_owned()));
    house.end().await;
}
