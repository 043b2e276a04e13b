//! Packets there and back, and bytes that are none.

use super::*;
use proptest::prelude::*;

fn bytes_of(text: &str) -> Vec<u8> {
    crate::hex::bytes_of(text, MAX_PACKET).unwrap()
}

#[test]
fn packets_of_other_clients_are_read() {
    // mosquitto_pub 2.0 -t a/b -m 1.5 -q 1 -i mp, protocol 3.1.1: CONNECT, PUBLISH, DISCONNECT.
    let connect = decode(&bytes_of("100E 0004 4D515454 04 02 003C 0002 6D70"), Version::V311).unwrap();
    let Packet::Connect(connect) = connect else { panic!("{connect:?}") };
    assert_eq!((connect.client.as_str(), connect.clean, connect.keep_alive_s), ("mp", true, 60));
    let publish = decode(&bytes_of("320A 0003 612F62 0001 312E35"), Version::V311).unwrap();
    let Packet::Publish(publish) = publish else { panic!("{publish:?}") };
    assert_eq!((publish.topic.as_str(), publish.id, &publish.payload[..]), ("a/b", 1, &b"1.5"[..]));
    // The same in 5.0 with a topic alias.
    let publish = decode(&bytes_of("320E 0003 612F62 0001 03 230007 312E35"), Version::V5).unwrap();
    let Packet::Publish(publish) = publish else { panic!("{publish:?}") };
    assert_eq!(publish.properties.number(Property::TopicAlias), Some(7));
}

#[test]
fn a_packet_that_is_none_says_why() {
    for (hex, version, code) in [
        ("10 0C 0004 4D515454 03 02 003C 0000", Version::V311, "bad_version"),
        ("36 07 0003 612F62 0001", Version::V311, "bad_qos"),
        ("32 07 0003 612F62 0000", Version::V311, "protocol_error"),
        ("30 05 0003 612F23", Version::V311, "bad_topic"),
        ("82 02 0001", Version::V311, "protocol_error"),
        ("00 00", Version::V311, "malformed"),
        ("F0 00", Version::V311, "malformed"),
        ("30 FF FF FF 7F", Version::V311, "too_long"),
        ("30 FF FF FF FF", Version::V311, "malformed"),
        ("30 05 0003 61FF62", Version::V311, "malformed"),
        ("32 0A 0003 612F62 0001 02 7F00", Version::V5, "malformed"),
    ] {
        assert_eq!(decode(&bytes_of(hex), version).unwrap_err().code, code, "{hex}");
    }
}

fn qos() -> impl Strategy<Value = QoS> {
    prop_oneof![Just(QoS::AtMostOnce), Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)]
}

fn packets() -> impl Strategy<Value = Packet> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let publish = ("[a-z/]{1,30}", bytes.clone(), qos(), any::<bool>(), any::<bool>(), 1..u16::MAX);
    let publish = publish.prop_map(|(topic, payload, qos, dup, retain, id)| {
        let id = if qos == QoS::AtMostOnce { 0 } else { id };
        Packet::Publish(Publish { topic, payload, qos, dup, retain, id, properties: Properties::default() })
    });
    let will = proptest::option::of(("[a-z/]{1,9}", bytes.clone(), qos(), any::<bool>()));
    let connect = (any::<bool>(), "[a-z0-9]{0,23}", any::<bool>(), any::<u16>(), will, "[a-z]{1,9}", bytes);
    let connect = connect.prop_map(|(five, client, clean, keep_alive_s, will, user, password)| {
        let properties = Properties::default();
        Packet::Connect(Box::new(Connect {
            version: if five { Version::V5 } else { Version::V311 },
            client,
            clean,
            keep_alive_s,
            will: will.map(|(topic, payload, qos, retain)| Will {
                topic,
                payload,
                qos,
                retain,
                properties: properties.clone(),
            }),
            user: Some(user),
            password: Some(password),
            properties: properties.clone(),
        }))
    });
    let filters = proptest::collection::vec(("[a-z+]{1}(/[a-z]{1,5}){0,4}", qos()), 1..5);
    let subscribe = (1..u16::MAX, filters).prop_map(|(id, filters)| Packet::Subscribe {
        id,
        filters: filters.into_iter().map(|(filter, qos)| Filter::new(filter, qos)).collect(),
    });
    let ack = (1..u16::MAX, 0..4_usize).prop_map(|(id, n)| Packet::Ack {
        step: [Step::Puback, Step::Pubrec, Step::Pubrel, Step::Pubcomp][n],
        id,
        code: 0,
    });
    prop_oneof![publish, connect, subscribe, ack, Just(Packet::Pingreq), Just(Packet::Pingresp)]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(packet in packets(), five in any::<bool>()) {
        let version = match &packet {
            Packet::Connect(connect) => connect.version,
            _ if five => Version::V5,
            _ => Version::V311,
        };
        let bytes = packet.to_bytes(version);
        prop_assert_eq!(length(&bytes), Ok(Some(bytes.len())));
        prop_assert_eq!(decode(&bytes, version), Ok(packet));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64), five in any::<bool>()) {
        let version = if five { Version::V5 } else { Version::V311 };
        let _ = decode(&bytes, version);
        let _ = explain(&bytes);
    }
}

#[test]
fn no_flipped_bit_panics() {
    let hexes = ["100E 0004 4D515454 04 02 003C 0002 6D70", "320E 0003 612F62 0001 03 230007 312E35"];
    for bytes in hexes.map(bytes_of) {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = (decode(&flipped, Version::V311), decode(&flipped, Version::V5), explain(&flipped));
        }
    }
}

#[test]
fn a_line_of_topic_and_payload_is_decoded() {
    let line =
        json_line(r#"zhizhen/3307820001/up {"ts":"2024-06-01T08:00:00+08:00","level":1.25,"note":"x"}"#);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["station"], "3307820001");
    assert_eq!(value["readings"][0]["id"], "level");
    assert_eq!(value["readings"][0]["value"], 1.25);
    assert_eq!(value["readings"][0]["observed_at"], "2024-06-01T08:00:00+08:00");
    let packet = Packet::Publish(Publish {
        topic: "zhizhen/3307820001/up".into(),
        payload: br#"{"level":1.25}"#.to_vec(),
        ..Publish::default()
    });
    let hex = crate::hex::hex(&packet.to_bytes(Version::V311));
    let value: serde_json::Value = serde_json::from_str(&json_line(&hex)).unwrap();
    assert_eq!(
        (&value["readings"][0]["value"], &value["readings"][0]["observed_at"]),
        (&1.25.into(), &serde_json::Value::Null)
    );
    let bad: serde_json::Value = serde_json::from_str(&json_line("C000")).unwrap();
    assert!(bad["problems"][0].as_str().unwrap().starts_with("no_publish: "));
}

#[test]
fn a_topic_that_only_a_sites_mapping_reads_is_said_to_be_one() {
    let line: serde_json::Value = serde_json::from_str(&super::json_line("pump level=1")).unwrap();
    assert!(line["problems"][0].as_str().unwrap().starts_with("unmapped: "), "{line}");
    let line: serde_json::Value = serde_json::from_str(&super::json_line("zz/A/x {\"a\":1}")).unwrap();
    assert_eq!(line["problems"], serde_json::json!([]));
}
