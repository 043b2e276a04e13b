//! The words as people get them.

use super::*;
use field::id::{OrderId, PersonId};
use field::severity::Severity;
use field::time::Time;
use proptest::prelude::*;
use serde_json::json;

fn person(id: i64, name: &str) -> Person {
    Person {
        id: PersonId(id),
        login: format!("p{id}"),
        name: name.into(),
        name_en: format!("Person {id}"),
        role: Role::BlockOwner,
        mobile: Some("12000000001".into()),
        wecom: Some(format!("p{id}")),
        email: None,
        channels: vec![],
        synthetic: true,
    }
}

fn message(id: i64, template: &str) -> Message {
    Message {
        id: MessageId(id),
        key: format!("k{id}"),
        person: PersonId(1),
        severity: Severity::Orange,
        alarm: None,
        order: Some(OrderId(14)),
        template: template.into(),
        params: json!({
            "station": "江滨路下穿", "station_en": "Jiangbin underpass", "town": "稠城街道", "town_en": "Choucheng",
            "kind": "level_high", "quantity": "depth", "unit": "m", "value": 0.42, "threshold": 0.4,
            "trend_per_10min": 0.06, "number": "0630-014", "synthetic": true,
            "asked": "张三", "asked_en": "Zhang San", "waited_min": 3, "reason": "路断了",
        }),
        created_at: Time::MIN,
        read_at: None,
    }
}

fn writer(language: Language) -> Writer {
    Writer { language, public_url: "https://w.example".into() }
}

const WECOM: Size = Size::Utf8(2_048);

#[test]
fn an_alarm_says_where_what_how_fast_and_what_to_do() {
    let (m, p) = (message(345, "alarm_raised"), person(1, "张三"));
    let zh = writer(Language::Zh).compose(&[(&m, &p)], false, WECOM);
    assert_eq!(
        zh.text,
        "【演示】【橙色】稠城街道·江滨路下穿 积水 0.42 m,超橙色 0.40 m,仍在上涨(+0.06 m/10 min)。\
         请接单 0630-014:https://w.example/phone/orders/14 编号 M345"
    );
    assert_eq!(zh.title, "【演示】【橙色】江滨路下穿");
    let en = writer(Language::En).compose(&[(&m, &p)], false, WECOM);
    assert_eq!(
        en.text,
        "[DEMO] [orange] Choucheng, Jiangbin underpass: Water depth 0.42 m, above orange 0.40 m, \
         still rising (+0.06 m/10 min). Please accept 0630-014: https://w.example/phone/orders/14 Ref M345"
    );
}

#[test]
fn an_escalation_names_who_did_not_accept() {
    let (m, p) = (message(9, "order_escalated"), person(2, "李四"));
    let text = writer(Language::Zh).compose(&[(&m, &p)], true, WECOM).text;
    assert!(text.starts_with("李四:【演示】【升级】【橙色】稠城街道·江滨路下穿"), "{text}");
    assert!(text.contains("张三 3 分钟未接单"), "{text}");
}

#[test]
fn many_messages_become_one_text_with_the_rest_counted() {
    let p = person(1, "张三");
    let messages: Vec<Message> = (100..160).map(|id| message(id, "alarm_raised")).collect();
    let members: Vec<Member<'_>> = messages.iter().map(|m| (m, &p)).collect();
    let text = writer(Language::Zh).compose(&members, false, WECOM).text;
    assert!(text.len() <= 2_048);
    assert!(text.starts_with("【演示】60 条消息,急者在前:\n1. 【演示】【橙色】"), "{text}");
    assert!(text.ends_with("条。全部:https://w.example/phone 编号 M100-M159"), "{text}");
    let told = text.matches("江滨路下穿").count();
    assert!(text.contains(&format!("另有 {} 条", 60 - told)), "{told} told: {text}");
}

#[test]
fn the_test_message_names_its_channel() {
    let mut m = message(1, "test");
    m.params = json!({ "channel": "sms" });
    m.order = None;
    let text = writer(Language::Zh).compose(&[(&m, &person(1, "张三"))], false, WECOM).text;
    assert_eq!(text, "测试消息:张三,短信通道已接通。https://w.example/phone 编号 M1");
}

#[test]
fn numbers_are_written_as_ranges() {
    let ids = |list: &[i64]| ranges(&list.iter().map(|i| MessageId(*i)).collect::<Vec<_>>());
    assert_eq!(ids(&[5, 3, 4, 9, 11, 12]), ("M3-M5 M9 M11-M12".into(), true));
    assert!(!ids(&(0..500).map(|n| n * 2).collect::<Vec<_>>()).1);
}

proptest! {
    #[test]
    fn no_text_is_ever_longer_than_its_channel_allows(
        count in 1usize..80,
        name in "\\PC{0,300}",
        sms in any::<bool>(),
        group in any::<bool>(),
        most in 120usize..2_048,
    ) {
        let p = person(1, &name);
        let messages: Vec<Message> = (0..count).map(|n| {
            let mut m = message(n as i64 * 2 + 1, "alarm_raised");
            m.params["station"] = json!(name);
            m
        }).collect();
        let members: Vec<Member<'_>> = messages.iter().map(|m| (m, &p)).collect();
        let size = if sms { Size::Ucs2(most) } else { Size::Utf8(most) };
        let text = writer(Language::Zh).compose(&members, group, size);
        prop_assert!(size.fits(&text.text));
    }
}
