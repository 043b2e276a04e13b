//! The commands, as a person types them.

use crate::harness::{stderr, stdout, zhizhen, zhizhen_with};
use serde_json::Value;

/// A real timed report and its decoded form, from the handbook of the trade.
const FRAME: &str = "7E7E010030745815123432002602020B260701060000F1F1003074581550F0F026070106002619012222452000000400381214160362 21";

#[test]
fn decode_explains_a_frame_in_the_documented_shape() {
    let output = zhizhen(&["decode", "sl651", &FRAME.replace(' ', "")]);
    assert!(output.status.success());
    let text = stdout(&output);
    assert!(
        text.starts_with(
            "{\"protocol\":\"sl651\",\"direction\":\"up\",\"centre\":1,\"station\":\"0030745815\",\"function\":\"32\",\
             \"serial\":523,\"sent_at\":\"2026-07-01T06:00:00+08:00\",\"readings\":[{\"id\":\"26\",\"element\":\"PT\",\
             \"value\":1222.2,\"unit\":\"mm\",\"quality\":\"good\",\
             \"observed_at\":\"2026-07-01T06:00:00+08:00\"}"
        ),
        "{text}"
    );
    assert!(text.trim_end().ends_with("\"problems\":[]}"), "{text}");
}

#[test]
fn decode_answers_every_line_in_order_whatever_is_wrong_with_it() {
    let good = FRAME.replace(' ', "");
    let input = format!("{good}\nnot hex\n\n{}\n{good}", &good[..60]);
    let output = zhizhen_with(&["decode", "sl651", "-"], &input);
    assert!(output.status.success());
    let lines: Vec<Value> = stdout(&output).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    let troubled: Vec<bool> = lines.iter().map(|l| !l["problems"].as_array().unwrap().is_empty()).collect();
    assert_eq!(troubled, [false, true, true, true, false]);
}

#[test]
fn decode_shows_what_a_mapping_makes_of_json() {
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../../devices/json/hydrants.toml");
    let body = r#"{"records":[{"device":"ZZ-XHS-01","time":"2021-06-30T08:00:00+08:00","pressure":{"value":283.4,"unit":"kPa"},"battery":3.55}]}"#;
    let output =
        zhizhen_with(&["decode", "json", "--mapping", mapping, "-"], &format!("\u{feff}{body}\n{{\n"));
    assert!(output.status.success(), "{}", stderr(&output));
    let lines: Vec<Value> = stdout(&output).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let expected = serde_json::json!({ "station": "ZZ-XHS-01", "id": "pressure", "element": "pressure",
        "value": 283.4, "unit": "kPa", "quality": "good", "observed_at": "2021-06-30T08:00:00+08:00" });
    assert_eq!((&lines[0]["station"], &lines[0]["readings"][0]), (&expected["station"], &expected));
    assert!(lines[1]["problems"][0].as_str().unwrap().starts_with("no_json"), "{}", lines[1]);
    let other = zhizhen(&["decode", "sl651", "--mapping", mapping, "7E7E"]);
    assert!(stderr(&other).contains("needs no mapping"), "{}", stderr(&other));
}

#[test]
fn an_unknown_protocol_is_refused_with_the_known_ones() {
    let output = zhizhen(&["decode", "sl652", "7E7E"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("sl651"), "{}", stderr(&output));
}
