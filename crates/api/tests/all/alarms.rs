//! Alarms: the list, the card, and acts that are done once.

use crate::house::{GAUGE, House, PUMP, ROAD, code_of, said};
use field::severity::Severity;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::Actor;

#[tokio::test(flavor = "multi_thread")]
async fn the_card_shows_rain_and_pump_nearby_the_level_the_trend_and_the_people() {
    let house = House::open().await;
    house.measured(GAUGE, house.rain, 90, 5.0).await;
    house.measured(GAUGE, house.rain, 30, 12.5).await;
    house.measured(GAUGE, house.rain, 5, 2.0).await;
    house.measured(ROAD, house.depth, 10, 0.30).await;
    house.measured(ROAD, house.depth, 0, 0.42).await;
    let alarm = house.raised(Severity::Orange).await;
    let order = house.ordered(&alarm).await;
    let browser = house.signed_in("dispatcher").await;
    let card = browser.get(&format!("/alarms/{}", alarm.id)).await;
    assert_eq!(card["rain_near"][0]["station"], GAUGE);
    assert_eq!(card["rain_near"][0]["mm_1h"], 14.5);
    assert_eq!(card["pump_near"][0]["station"], PUMP);
    assert_eq!(card["now"]["value"], 0.42);
    assert_eq!(card["owner"]["person"]["name_en"], "owner");
    assert_eq!(card["neighbour"]["name_en"], "neighbour");
    assert_eq!(card["supervisor"]["name_en"], "supervisor");
    assert_eq!(card["block"]["town"], "稠城街道");
    assert_eq!(card["order"]["id"], json!(order.id));
    assert_eq!(card["evidence"]["threshold"], 0.4);
    let acts: Vec<_> =
        card["timeline"].as_array().unwrap().iter().map(|l| l["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["raise", "send"]);
    assert!(card["timeline"][0]["body"]["alarm"].get("evidence").is_none(), "the bulk stays in the journal");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_alarm_stands_first_and_a_shelved_one_last() {
    let house = House::open().await;
    let red = house.raised(Severity::Red).await;
    let second = house.second_alarm(Severity::Yellow).await;
    let browser = house.signed_in("dispatcher").await;
    let ids = |list: &Value| -> Vec<i64> {
        list["items"].as_array().unwrap().iter().map(|a| a["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&browser.get("/alarms").await), [red.id.0, second.id.0]);
    assert_eq!(ids(&browser.get("/alarms?severity=yellow").await), [second.id.0]);
    let page = browser.get("/alarms?limit=1").await;
    assert_eq!(ids(&page), [red.id.0]);
    let next = page["next"].as_str().unwrap();
    assert_eq!(ids(&browser.get(&format!("/alarms?limit=1&cursor={next}")).await), [second.id.0]);

    let path = format!("/alarms/{}/shelve", red.id);
    let (status, body) = browser.act(&path, "s", json!({ "reason": "probe cleaned", "minutes": 60 })).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["alarm"]["shelf"]["reason"], "probe cleaned");
    assert_eq!(ids(&browser.get("/alarms").await), [second.id.0, red.id.0]);
    let long = browser.act(&path, "s2", json!({ "reason": "x", "minutes": 5_000 })).await;
    assert_eq!(code_of(long), (422, "bad_shelf".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_said_again_with_its_key_is_done_once_and_answers_the_same_line() {
    let house = House::open().await;
    let alarm = house.raised(Severity::Orange).await;
    let browser = house.signed_in("dispatcher").await;
    let path = format!("/alarms/{}/acknowledge", alarm.id);
    let keyless = said(browser.ask(Method::POST, &format!("/api/v1{path}")).json(&json!({}))).await;
    assert_eq!(code_of(keyless), (400, "idempotency_key_missing".into()));

    let (status, first) = browser.act(&path, "key-1", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert_eq!(first["alarm"]["state"], "acknowledged");
    assert_eq!(first["line"]["actor"]["name_en"], "dispatcher");
    let head = house.store.tables.journal_head();
    let (status, again) = browser.act(&path, "key-1", json!({})).await;
    assert_eq!((status, &again["line"]), (StatusCode::OK, &first["line"]));
    assert_eq!(house.store.tables.journal_head(), head);

    let other = browser.act(&path, "key-2", json!({})).await;
    assert_eq!(code_of(other), (409, "already_acknowledged".into()));
    let reused = browser.act(&format!("/alarms/{}/close", alarm.id), "key-1", json!({})).await;
    assert_eq!(code_of(reused), (409, "idempotency_key_reused".into()));
    let close = browser.act(&format!("/alarms/{}/close", alarm.id), "key-3", json!({})).await;
    assert_eq!(code_of(close), (409, "still_active".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_tells_who_did_what_and_its_chain_holds() {
    let house = House::open().await;
    let alarm = house.raised(Severity::Orange).await;
    let browser = house.signed_in("admin").await;
    let dispatcher = house.signed_in("dispatcher").await;
    dispatcher.act(&format!("/alarms/{}/acknowledge", alarm.id), "k", json!({})).await;
    let lines = browser.get(&format!("/journal?subject=alarm:{}", alarm.id)).await;
    let acts: Vec<_> =
        lines["items"].as_array().unwrap().iter().map(|l| l["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["acknowledge", "raise"], "newest first");
    assert_eq!(browser.get("/journal/verify").await["whole"], true);
    house.end().await;
}

impl House {
    /// An alarm of another rule at the same place.
    pub(crate) async fn second_alarm(&self, severity: Severity) -> field::alarm::Alarm {
        let first = self.store.tables.open_alarms().await.unwrap().pop().unwrap();
        let mut tx = self.store.tables.begin(Actor::Desk("alarm"), first.raised_at).await.unwrap();
        let mut rule = (**tx.registry().rule(self.rule).unwrap()).clone();
        rule.id = field::id::RuleId(0);
        let rule = tx.rule_put(&rule).await.unwrap();
        let new = store::tables::NewAlarm {
            rule,
            kind: first.kind,
            point: first.point,
            station: first.station,
            block: first.block,
            severity,
            evidence: first.evidence,
            suppressed: false,
            at: first.raised_at,
        };
        let alarm = tx.alarm_insert(new).await.unwrap().now;
        tx.commit().await.unwrap();
        alarm
    }
}
