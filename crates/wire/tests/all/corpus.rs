//! What fuzzing found worth keeping (`fuzz/corpus/*.hex`) is replayed, with the fuzz targets' own checks.

use std::path::Path;

/// Hands every kept input of a target to its check.
fn replay(name: &str, check: fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(format!("{name}.hex"));
    let kept = std::fs::read_to_string(&path).unwrap();
    let inputs: Vec<Vec<u8>> = kept.lines().map(crate::support::hex).collect();
    assert!(inputs.len() >= 50, "{name} keeps only {} inputs", inputs.len());
    inputs.iter().for_each(|input| check(input));
}

/// A module and a test for every target.
macro_rules! targets {
    ($($name:ident $path:literal $test:ident)*) => {$(
        #[path = $path]
        mod $name;

        #[test]
        fn $test() {
            replay(stringify!($name), $name::check);
        }
    )*};
}

targets! {
    cjt188 "../../fuzz/checks/cjt188.rs" every_kept_input_of_cjt188_is_survived
    dlt645 "../../fuzz/checks/dlt645.rs" every_kept_input_of_dlt645_is_survived
    hj212 "../../fuzz/checks/hj212.rs" every_kept_input_of_hj212_is_survived
    influx "../../fuzz/checks/influx.rs" every_kept_input_of_influx_is_survived
    json "../../fuzz/checks/json.rs" every_kept_input_of_json_is_survived
    modbus "../../fuzz/checks/modbus.rs" every_kept_input_of_modbus_is_survived
    mqtt "../../fuzz/checks/mqtt.rs" every_kept_input_of_mqtt_is_survived
    opcua "../../fuzz/checks/opcua.rs" every_kept_input_of_opcua_is_survived
    sl427 "../../fuzz/checks/sl427.rs" every_kept_input_of_sl427_is_survived
    sl651 "../../fuzz/checks/sl651.rs" every_kept_input_of_sl651_is_survived
    sparkplug "../../fuzz/checks/sparkplug.rs" every_kept_input_of_sparkplug_is_survived
}
