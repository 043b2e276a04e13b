//! Water on the streets: what the sewers cannot hold lies where the ground is low.

use crate::ground::{Ground, minute};
use field::station::{Quantity, StationKind};
use serde_json::{Value, json};

/// Two hectares of roofs that drain into one manhole whose pipe is far too small; it ponds on 800 m².
const SEWER: &str = "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\nSTART_DATE 06/30/2021\nSTART_TIME 00:00\n\
    END_DATE 07/02/2021\nEND_TIME 00:00\nROUTING_STEP 10\nALLOW_PONDING YES\n\
    [RAINGAGES]\nG1 INTENSITY 0:05 1.0 TIMESERIES T\n[TIMESERIES]\nT 0:00 0\n\
    [SUBCATCHMENTS]\nS1 G1 J1 2 100 250 0.6 0\n[SUBAREAS]\nS1 0.014 0.2 0 0 100 OUTLET\n\
    [INFILTRATION]\nS1 60 8 4 7 0\n[JUNCTIONS]\nJ1 10 2 0 0 800\n[OUTFALLS]\nOUT 9.9 FREE NO\n\
    [CONDUITS]\nC1 J1 OUT 50 0.013 0 0 0 0\n[XSECTIONS]\nC1 CIRCULAR 0.2 0 0 0 1\n\
    [COORDINATES]\nJ1 120.05 29.3\nOUT 120.06 29.3\n";

const SIDE: usize = 30;
const CELL_M: f64 = 4.0;

/// A road 16 m wide falls from west and east towards its middle, 0.3 m high kerbs beside it.
fn road() -> String {
    let mut text = format!("ncols {SIDE}\nnrows {SIDE}\nxllcorner -60\nyllcorner -60\ncellsize {CELL_M}\n");
    for row in 0..SIDE {
        let is_road = (13..17).contains(&row);
        let height = |column: usize| {
            let along = 0.008 * CELL_M * (column as f64 - 14.5).abs();
            12.0 + along + if is_road { 0.0 } else { 0.3 }
        };
        let words: Vec<String> = (0..SIDE).map(|column| format!("{:.3}", height(column))).collect();
        text += &words.join(" ");
        text.push('\n');
    }
    text
}

fn bindings() -> Value {
    json!({
        "v": 1,
        "storm": {
            "gages": [{ "gage": "G1", "station": "R1" }],
            "streets": [{ "node": "J1", "station": "W1", "ground": "road.asc", "origin": [120.05, 29.3] }],
        },
    })
}

async fn town() -> Ground {
    let stations = [("R1", StationKind::Rain, Quantity::Rain), ("W1", StationKind::Ponding, Quantity::Depth)];
    let ground = Ground::with(&stations).await;
    ground.file("storm.inp", SEWER).await;
    ground.file("road.asc", road()).await;
    ground.file("bindings.json", bindings().to_string()).await;
    ground
}

/// Rain of `mm` every five minutes until `until`; the board of streets at the end.
async fn after(ground: &mut Ground, mm: f64, until: i64) -> Value {
    let mut desk = ground.desk("storm");
    for n in (0..=until).step_by(5) {
        ground.hears("R1", n, mm).await;
        ground.comes_to(n);
        assert!(desk.turn().await.unwrap());
    }
    ground.board("twin.streets")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sewer_cannot_hold_lies_along_the_low_road() {
    let mut ground = town().await;
    let board = after(&mut ground, 1.5, 60).await;
    assert_eq!((&board["computed"], &board["minute"]), (&json!(1), &json!(minute(60))));
    let street = &board["streets"][0];
    assert_eq!(street["station"], "W1");
    let figure = |when: &str, what: &str| street[when][what].as_f64().unwrap();
    // Ponding of the model: 800 m² under its depth.
    let flooded = ground.board("twin.storm")["flooded"][0]["now_m"].as_f64().unwrap();
    let volume = figure("now", "volume_m3");
    assert!((volume / (800.0 * flooded) - 1.0).abs() < 0.05, "{volume} m³ of {} m³", 800.0 * flooded);
    assert!(figure("now", "deepest_m") > 0.1, "{street}");
    assert!(figure("most", "deepest_m") >= figure("now", "deepest_m"));
    let bands = street["now"]["bands"].as_array().unwrap();
    let corners: Vec<[f64; 2]> = bands
        .iter()
        .flat_map(|band| serde_json::from_value::<Vec<Vec<Vec<[f64; 2]>>>>(band["polygons"].clone()).unwrap())
        .flatten()
        .flatten()
        .collect();
    let [east_m, north_m] = [0, 1].map(|axis| {
        let values = corners.iter().map(|c| c[axis]);
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        (high - low) * 111_195.08 * if axis == 0 { 29.3_f64.to_radians().cos() } else { 1.0 }
    });
    assert!(east_m > north_m, "it follows the road: {east_m} m east, {north_m} m north");
    let is_near = |c: &[f64; 2]| (c[0] - 120.05).abs() < 0.001 && (c[1] - 29.3).abs() < 0.001;
    assert!(corners.iter().all(is_near));
    for ring in
        bands.iter().flat_map(|b| b["polygons"].as_array().unwrap()).flat_map(|p| p.as_array().unwrap())
    {
        let ring = ring.as_array().unwrap();
        assert_eq!(ring.first(), ring.last(), "rings are closed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_street_without_water_is_not_told_and_one_without_ground_is_said() {
    let mut ground = town().await;
    let board = after(&mut ground, 0.0, 20).await;
    assert_eq!((&board["computed"], &board["streets"]), (&json!(1), &json!([])));
    let mut wrong = bindings();
    wrong["storm"]["streets"][0]["ground"] = json!("alley.asc");
    ground.file("bindings.json", wrong.to_string()).await;
    let mut ground = ground.restarted().await;
    let board = after(&mut ground, 0.0, 25).await;
    assert_eq!(board["computed"], 0);
    let trouble = &ground.board("twin.status.storm")["troubles"][0];
    assert_eq!((&trouble["code"], &trouble["file"]), (&json!("no_model"), &json!("alley.asc")));
}
