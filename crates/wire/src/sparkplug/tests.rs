//! The host's behaviour, by the statements of the Sparkplug 3.0 TCK that it fulfils.

use super::proto::{Metric, Payload, PropertySet, PropertyValue, Value, datatype};
use super::*;
use field::sample::Quality;
use proptest::prelude::*;

const NOW: Time = Time::from_ms(1_717_200_000_000);

fn metric(name: &str, kind: u32, value: Value) -> Metric {
    Metric { name: Some(name.into()), datatype: Some(kind), value: Some(value), ..Metric::default() }
}

fn alias(n: u64, value: Value) -> Metric {
    Metric { alias: Some(n), value: Some(value), ..Metric::default() }
}

fn payload(seq: Option<u64>, metrics: Vec<Metric>) -> Vec<u8> {
    Payload { timestamp: Some(1_717_200_000_000), metrics, seq, ..Payload::default() }.encode_to_vec()
}

fn topic(kind: &str) -> Topic {
    let device = if kind.starts_with('D') { "/pump-1" } else { "" };
    Topic::parse(&format!("spBv1.0/east/{kind}/edge-1{device}")).unwrap()
}

fn births(host: &mut Host) {
    let bd = metric(BD_SEQ, datatype::INT64, Value::Long(3));
    let rebirth = metric(REBIRTH, datatype::BOOLEAN, Value::Boolean(false));
    let supply = metric("Supply", datatype::FLOAT, Value::Float(12.5));
    let taken = host.take(&topic("NBIRTH"), &payload(Some(0), vec![bd, rebirth, supply]), NOW);
    assert_eq!((taken.rebirth, &taken.faults[..]), (None, &[][..]));
    let level = Metric { alias: Some(1), ..metric("Level", datatype::DOUBLE, Value::Double(1.5)) };
    let count = Metric { alias: Some(2), ..metric("Count", datatype::INT16, Value::Int(0xFFFE)) };
    let taken = host.take(&topic("DBIRTH"), &payload(Some(1), vec![level, count]), NOW);
    assert_eq!((taken.rebirth, &taken.faults[..]), (None, &[][..]));
    let report = &taken.reports[0];
    assert_eq!(report.station.as_deref(), Some("pump-1"));
    let values: Vec<_> = report.readings.iter().map(|r| (r.element.as_str(), r.value)).collect();
    assert_eq!(values, [("Level", Some(1.5)), ("Count", Some(-2.0))]);
}

fn ddata(host: &mut Host, seq: u64, metrics: Vec<Metric>) -> Taken {
    host.take(&topic("DDATA"), &payload(Some(seq), metrics), NOW)
}

#[test]
fn tck_payloads_alias_data_cmd_requirement_data_name_their_metrics_by_alias() {
    let mut host = Host::default();
    births(&mut host);
    let taken = ddata(&mut host, 2, vec![alias(1, Value::Double(1.75)), alias(2, Value::Int(7))]);
    let values: Vec<_> = taken.reports[0].readings.iter().map(|r| (r.element.as_str(), r.value)).collect();
    assert_eq!(values, [("Level", Some(1.75)), ("Count", Some(7.0))]);
    assert_eq!(taken.rebirth, None);
}

#[test]
fn tck_operational_behavior_host_reordering_rebirth_a_gap_asks_for_a_rebirth_once() {
    let mut host = Host::default();
    births(&mut host);
    let taken = ddata(&mut host, 3, vec![alias(1, Value::Double(1.75))]);
    assert_eq!(taken.rebirth, Some("sequence_gap"));
    assert_eq!(taken.reports[0].readings[0].value, Some(1.75), "what came is kept all the same");
    assert_eq!(ddata(&mut host, 9, vec![]).rebirth, None, "asked already");
    let later = host.take(&topic("DDATA"), &payload(Some(20), vec![]), NOW.plus_ms(11_000));
    assert_eq!(later.rebirth, Some("sequence_gap"));
}

#[test]
fn tck_payloads_sequence_num_incrementing_255_is_followed_by_0() {
    let mut host = Host::default();
    births(&mut host);
    for seq in (2..=255).chain(0..3) {
        assert_eq!(ddata(&mut host, seq, vec![alias(1, Value::Double(1.0))]).rebirth, None, "{seq}");
    }
}

#[test]
fn tck_operational_behavior_edge_node_termination_host_action_ndeath_marks_node_and_devices_stale() {
    let mut host = Host::default();
    births(&mut host);
    assert!(host.is_online("east", "edge-1", Some("pump-1")) && host.is_online("east", "edge-1", None));
    let old = payload(None, vec![metric(BD_SEQ, datatype::INT64, Value::Long(2))]);
    assert_eq!(host.take(&topic("NDEATH"), &old, NOW).reports, []);
    assert!(host.is_online("east", "edge-1", None), "the will of an earlier session is no death");
    let death = payload(None, vec![metric(BD_SEQ, datatype::INT64, Value::Long(3))]);
    let taken = host.take(&topic("NDEATH"), &death, NOW);
    let stations: Vec<_> = taken.reports.iter().map(|r| (r.station.as_deref(), r.readings.len())).collect();
    assert_eq!(stations, [(Some("edge-1"), 1), (Some("pump-1"), 2)]);
    assert!(taken.reports.iter().flat_map(|r| &r.readings).all(|r| r.quality == Quality::Missing));
    assert!(!host.is_online("east", "edge-1", Some("pump-1")));
    assert_eq!(ddata(&mut host, 4, vec![]).rebirth, Some("data_before_birth"));
}

#[test]
fn tck_operational_behavior_device_ddeath_marks_the_device_alone() {
    let mut host = Host::default();
    births(&mut host);
    let taken = host.take(&topic("DDEATH"), &payload(Some(2), vec![]), NOW);
    assert_eq!(taken.reports[0].readings.len(), 2);
    assert!(!host.is_online("east", "edge-1", Some("pump-1")) && host.is_online("east", "edge-1", None));
    assert_eq!(ddata(&mut host, 3, vec![]).rebirth, Some("device_not_born"));
}

#[test]
fn tck_payloads_metric_null_and_quality_are_kept_as_quality() {
    let mut host = Host::default();
    births(&mut host);
    let quality = |n| PropertySet {
        keys: vec!["Quality".into()],
        values: vec![PropertyValue { datatype: Some(3), int_value: Some(n), ..PropertyValue::default() }],
    };
    let null = Metric { alias: Some(1), is_null: Some(true), ..Metric::default() };
    let bad = Metric { properties: Some(quality(0)), ..alias(2, Value::Int(4)) };
    let good = Metric { properties: Some(quality(192)), ..alias(1, Value::Double(2.0)) };
    let nan = alias(1, Value::Double(f64::NAN));
    let taken = ddata(&mut host, 2, vec![null, bad, good, nan]);
    let qualities: Vec<_> = taken.reports[0].readings.iter().map(|r| (r.value, r.quality)).collect();
    assert_eq!(
        qualities,
        [
            (None, Quality::Missing),
            (Some(4.0), Quality::Suspect),
            (Some(2.0), Quality::Good),
            (None, Quality::Missing)
        ]
    );
}

#[test]
fn tck_operational_behavior_data_commands_ncmd_rebirth_name_value_verb() {
    let read = Payload::decode(&rebirth(NOW)[..]).unwrap();
    assert_eq!(read.timestamp, Some(1_717_200_000_000));
    assert_eq!(read.metrics[0].name.as_deref(), Some("Node Control/Rebirth"));
    assert_eq!((read.metrics[0].datatype, &read.metrics[0].value), (Some(11), &Some(Value::Boolean(true))));
    assert_eq!(topic("DDATA").of_kind(Kind::NodeCommand).to_string(), "spBv1.0/east/NCMD/edge-1");
}

#[test]
fn tck_host_topic_phid_birth_payload_tells_online_and_a_timestamp() {
    assert_eq!(state_topic("zhizhen"), "spBv1.0/STATE/zhizhen");
    assert_eq!(state_payload(true, NOW), br#"{"online":true,"timestamp":1717200000000}"#);
}

#[test]
fn tck_payloads_name_birth_data_requirement_what_nobody_named_asks_for_a_rebirth() {
    let mut host = Host::default();
    let taken = ddata(&mut host, 5, vec![alias(1, Value::Double(1.0))]);
    assert_eq!(taken.rebirth, Some("data_before_birth"));
    assert!(taken.reports[0].readings.is_empty());
    births(&mut host);
    let taken = ddata(&mut host, 2, vec![alias(77, Value::Double(1.0))]);
    assert_eq!((taken.rebirth, taken.faults[0].code), (Some("unknown_alias"), "unknown_alias"));
    let double = |name| Metric { alias: Some(1), ..metric(name, datatype::INT8, Value::Int(1)) };
    let taken = host.take(&topic("DBIRTH"), &payload(Some(3), vec![double("a"), double("b")]), NOW);
    assert_eq!(taken.faults[0].code, "double_alias");
}

#[test]
fn topics_that_are_none_are_not_read() {
    for bad in [
        "spBv1.0/g/NDATA",
        "spBv1.0/g/DDATA/n",
        "spBv1.0/g/NDATA/n/d",
        "spAv1.0/g/NDATA/n",
        "spBv1.0/g/XDATA/n",
        "spBv1.0//NDATA/n",
        "spBv1.0/STATE/host",
    ] {
        assert_eq!(Topic::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_line_of_topic_and_hexadecimal_payload_is_decoded() {
    let hex = crate::hex::hex(&payload(Some(4), vec![metric("Level", datatype::DOUBLE, Value::Double(1.5))]));
    let line: serde_json::Value =
        serde_json::from_str(&json_line(&format!("spBv1.0/east/DDATA/edge-1/pump-1 {hex}"))).unwrap();
    assert_eq!(
        (&line["station"], &line["function"], &line["seq"]),
        (&"pump-1".into(), &"DDATA".into(), &4.into())
    );
    assert_eq!((&line["readings"][0]["id"], &line["readings"][0]["value"]), (&"Level".into(), &1.5.into()));
    let line: serde_json::Value = serde_json::from_str(&json_line("FF")).unwrap();
    assert!(line["problems"][0].as_str().unwrap().starts_with("no_sparkplug: "));
}

#[test]
fn no_flipped_bit_panics() {
    let bytes = payload(
        Some(1),
        vec![metric("Level", datatype::DOUBLE, Value::Double(1.5)), alias(3, Value::Int(7))],
    );
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut host = Host::default();
        host.take(&topic("NBIRTH"), &flipped, NOW);
        host.take(&topic("NDATA"), &flipped, NOW);
        let _ = explain(&flipped);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut host = Host::default();
        for kind in ["NBIRTH", "DBIRTH", "DDATA", "NDATA", "DDEATH", "NDEATH"] {
            host.take(&topic(kind), &bytes, NOW);
        }
        let _ = explain(&bytes);
    }

    #[test]
    fn integers_of_every_width_come_back(n in any::<i64>()) {
        prop_assert_eq!(number(&Value::Int(u32::from(n as i8 as u8)), datatype::INT8), Some(f64::from(n as i8)));
        prop_assert_eq!(number(&Value::Int((n as i32).cast_unsigned()), datatype::INT32), Some(f64::from(n as i32)));
        prop_assert_eq!(number(&Value::Long(n.cast_unsigned()), datatype::INT64), Some(n as f64));
    }
}
