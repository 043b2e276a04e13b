//! Vendors' dictionaries: data gives FF elements a name, a unit and a coding, for the stations they name.

use crate::support::sealed;
use wire::sl651::{decode, vendor};

const EXAMPLE: &str = include_str!("../../../../devices/sl651/example.toml");

/// A timed report of a station with FF91 (BCD 19.8), FF33 (two bytes, binary) and FF09 (one byte).
fn frame(station: &str) -> Vec<u8> {
    let body = format!("020B 260701060000 F1F1{station}50 F0F02607010600 FF9119000198 FF3311FF38 FF09081F");
    let length = body.chars().filter(|c| !c.is_whitespace()).count() / 2;
    sealed(&format!("7E7E01 {station} 1234 32 {length:04X} 02 {body} 03"))
}

#[test]
fn an_ff_element_has_a_name_a_unit_and_a_coding_once_its_vendors_dictionary_is_known() {
    assert_eq!(vendor::install(EXAMPLE).unwrap(), "example");
    let frame_of = |station| decode(&frame(station));
    let known = frame_of("00307A9015");
    assert!(known.problems.is_empty(), "{:?}", known.problems);
    let read: Vec<_> = known.readings.iter().map(|r| (r.id.as_str(), r.element, r.value, r.unit)).collect();
    let expected = [
        ("FF91", "ST10", Some(19.8), "°C"),
        ("FF33", "TILT", Some(-2.0), "°"),
        ("FF09", "SIG", Some(31.0), ""),
    ];
    assert_eq!(read, expected);
    // A station of another maker: the numbers stay, and what is no BCD is named.
    let other = frame_of("0030503768");
    assert_eq!(
        (other.readings[0].element, other.readings[0].value, other.readings[0].unit),
        ("", Some(19.8), "")
    );
    assert!(other.problems.iter().any(|problem| problem.code() == "bad_digits"));
    // The most exact of several counts; the same name is replaced.
    let nearer =
        EXAMPLE.replace("\"example\"", "\"nearer\"").replace("00307A*", "00307A90*").replace("ST10", "ST20");
    vendor::install(&nearer).unwrap();
    assert_eq!(frame_of("00307A9015").readings[0].element, "ST20");
    assert_eq!(frame_of("00307A8015").readings[0].element, "ST10");
}

#[test]
fn a_dictionary_that_cannot_work_is_refused_with_the_element_and_a_remedy() {
    let refused = |from: &str, to: &str| vendor::install(&EXAMPLE.replace(from, to)).unwrap_err().to_string();
    assert!(
        refused("\"FF91\"", "\"91\"").contains("element `91` of dictionary `example`: `id` is FF and two")
    );
    assert!(refused("\"ST10\"", "\"\"").contains("`mnemonic`"));
    assert!(refused("decimals = 2", "decimals = 12").contains("`decimals` is 0 to 9"));
    assert!(refused("[\"00307A*\", \"0030746200\"]", "[\"*\"]").contains("`stations` names whose"));
    assert!(refused("coding = \"signed\"", "coding = \"float\"").contains("float"));
}
