//! The storm sewers' twin beside a truth with other grounds, pipes and rain than the model knows.

use crate::ground::{Ground, code, minute};
use field::station::{Computed, Quantity, StationKind};
use serde_json::{Value, json};

const LEADS: [u16; 4] = [15, 30, 60, 120];

/// Four subcatchments along one sewer; `paved` percent impervious, Manning's n of its pipes.
fn sewer(paved: f64, n: f64) -> String {
    let mut text = String::from(
        "[OPTIONS]\nFLOW_UNITS CMS\nINFILTRATION HORTON\nFLOW_ROUTING DYNWAVE\nSTART_DATE 06/30/2021\nSTART_TIME 00:00\n\
         END_DATE 07/02/2021\nEND_TIME 00:00\nWET_STEP 00:05:00\nDRY_STEP 01:00:00\nROUTING_STEP 10\nALLOW_PONDING YES\n\
         [RAINGAGES]\nG1 INTENSITY 0:05 1.0 TIMESERIES T\nG2 INTENSITY 0:05 1.0 TIMESERIES T\n[TIMESERIES]\nT 0:00 0\n",
    );
    text += "[SUBCATCHMENTS]\n";
    for i in 1..=4 {
        text += &format!("S{i} G{} J{i} 6 {paved} 250 0.6 0\n", (i + 1) / 2);
    }
    text += "[SUBAREAS]\n";
    for i in 1..=4 {
        text += &format!("S{i} 0.014 0.2 1.5 4 25 OUTLET\n");
    }
    text += "[INFILTRATION]\n";
    for i in 1..=4 {
        text += &format!("S{i} 60 8 4 7 0\n");
    }
    text += "[JUNCTIONS]\n";
    for i in 1..=4 {
        text += &format!("J{i} {} 3 0 0 500\n", 10.0 - 0.5 * f64::from(i));
    }
    text += "[OUTFALLS]\nOUT 7.4 FREE NO\n[DWF]\nJ1 FLOW 0.02\n[CONDUITS]\n";
    for i in 1..=4 {
        let to = if i == 4 { "OUT".to_owned() } else { format!("J{}", i + 1) };
        text += &format!("C{i} J{i} {to} 250 {n} 0 0 0 0\n");
    }
    text += "[XSECTIONS]\n";
    for i in 1..=4 {
        text += &format!("C{i} CIRCULAR {} 0 0 0 1\n", 0.7 + 0.2 * f64::from(i));
    }
    text += "[COORDINATES]\n";
    for i in 1..=4 {
        text += &format!("J{i} {} 29.3\n", 120.0 + 0.01 * f64::from(i));
    }
    text + "OUT 120.05 29.3\n"
}

fn bindings() -> Value {
    json!({
        "v": 1,
        "storm": {
            "gages": [{ "gage": "G1", "station": "R1" }, { "gage": "G2", "station": "R2" }],
            "levels": [
                { "node": "J2", "station": "W2", "zero_m": 9.0 },
                { "node": "J4", "station": "W4", "zero_m": 8.0 },
            ],
        },
    })
}

/// Two bursts of rain, mm in the five minutes that end at minute `n`.
fn rain(n: i64) -> f64 {
    let burst = |middle: f64, width: f64, mm: f64| mm * (-((n as f64 - middle) / width).powi(2)).exp();
    let mm = burst(70.0, 22.0, 3.4) + burst(140.0, 15.0, 2.2);
    if mm < 0.05 { 0.0 } else { (mm * 10.0).round() / 10.0 }
}

/// Levels at J2 and J4 every five minutes, from a sewer that is paved more and rougher than the model
/// thinks, under rain a tenth stronger than the gauges caught.
fn truth(minutes: i64) -> Vec<[f64; 2]> {
    let model = drains::Model::read(&sewer(62.0, 0.015), &|_| None).unwrap();
    let mut state = drains::State::new(&model, drains::Numerics::Fast);
    let mut levels = vec![];
    for n in (0..=minutes).step_by(5) {
        for gage in 0..2 {
            state.set_rain(gage, Some(rain(n) * 12.0 * 1.1));
        }
        state.run_until(&model, n as f64 * 60.0);
        levels.push([1, 3].map(|node| state.node(&model, node).unwrap().depth));
    }
    levels
}

async fn town() -> Ground {
    let ground = Ground::with(&[
        ("R1", StationKind::Rain, Quantity::Rain),
        ("R2", StationKind::Rain, Quantity::Rain),
        ("W2", StationKind::Manhole, Quantity::Depth),
        ("W4", StationKind::Manhole, Quantity::Depth),
    ])
    .await;
    ground.file("storm.inp", sewer(50.0, 0.013)).await;
    ground.file("bindings.json", bindings().to_string()).await;
    ground
}

/// Stations report the slot that ends at `n`.
async fn report(ground: &mut Ground, n: i64, levels: &[[f64; 2]]) {
    let [w2, w4] = levels[usize::try_from(n / 5).unwrap()];
    for (station, value) in [("R1", rain(n)), ("R2", rain(n)), ("W2", w2), ("W4", w4)] {
        ground.hears(station, n, value).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forecast_beats_persistence_over_a_storm_and_its_score_is_kept() {
    let mut ground = town().await;
    let truth = truth(420);
    let mut desk = ground.desk("storm");
    for n in (0..=420).step_by(5) {
        report(&mut ground, n, &truth).await;
        ground.comes_to(n);
        assert!(desk.turn().await.unwrap());
        if n == 100 {
            let running = ground.board("twin.scores.running");
            assert_eq!(running["stations"].as_array().unwrap().len(), 2, "the event under way is scored");
        }
    }
    let scores = ground.store.tables.setting("twin.scores").await.unwrap().unwrap();
    let events = scores["events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "two bursts within two hours are one event");
    for station in events[0]["stations"].as_array().unwrap() {
        let leads = station["leads"].as_array().unwrap();
        assert_eq!(
            leads.iter().map(|l| l["lead_min"].as_u64().unwrap()).collect::<Vec<_>>(),
            [15, 30, 60, 120]
        );
        for lead in leads {
            println!("{} {lead}", station["station"]);
            let skill = lead["skill"].as_f64().unwrap();
            assert!(skill > 0.1, "{} {lead}", station["station"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_says_stands_apart_from_what_was_measured() {
    let mut ground = town().await;
    let truth = truth(120);
    let mut desk = ground.desk("storm");
    for n in (0..=120).step_by(5) {
        report(&mut ground, n, &truth).await;
        ground.comes_to(n);
        desk.turn().await.unwrap();
    }
    let measured = ground.series(ground.point("W4")).await;
    let expected: Vec<(i64, f64)> = truth.iter().enumerate().map(|(i, l)| (5 * i as i64, l[1])).collect();
    assert_eq!(measured, expected, "the measured series is as it was measured");
    let simulated = ground.series(ground.computed("W4", Computed::Simulated)).await;
    assert_eq!(simulated.iter().map(|(n, _)| *n).collect::<Vec<_>>(), (1..=120).collect::<Vec<_>>());
    for lead in LEADS {
        let foretold = ground.series(ground.computed("W4", Computed::Forecast(lead))).await;
        assert_eq!(foretold.last().unwrap().0, 120 + i64::from(lead));
    }
    let registry = ground.store.tables.registry();
    assert_eq!(registry.points_of(&code("W4")).len(), 1, "computed points are not the station's own");
    assert!(ground.store.samples.seen(&code("W4")).unwrap().last_received_at <= minute(120));
    let board = ground.board("twin.storm");
    let station = &board["stations"][1];
    assert_eq!(station["mid"].as_array().unwrap().len(), 24);
    assert_eq!(board["two_hours"].as_array().unwrap().len(), 4);
    assert_eq!(ground.board("twin.storm.map")["places"][0], json!([120.01, 29.3]));
    let packets = ground.store.samples.packets_after(field::id::PacketSeq(0), 10_000).await.unwrap();
    let said = packets.iter().find(|p| p.packet.protocol == "twin").unwrap();
    let raw: Value = serde_json::from_slice(&said.packet.raw).unwrap();
    assert!(raw["run"].as_str().unwrap().starts_with("storm-"), "{raw}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_desk_goes_on_and_says_what_it_would_have_said() {
    let truth = truth(150);
    let mut series = vec![];
    for is_killed in [false, true] {
        let mut ground = town().await;
        let mut desk = ground.desk("storm");
        for n in (0..=150).step_by(5) {
            report(&mut ground, n, &truth).await;
            ground.comes_to(n);
            desk.turn().await.unwrap();
            if is_killed && n == 85 {
                // It remembers what it was after the first turn: everything since is done again.
                drop(desk);
                ground = ground.restarted().await;
                desk = ground.desk("storm");
            }
        }
        let mut said = ground.series(ground.computed("W4", Computed::Simulated)).await;
        said.extend(ground.series(ground.computed("W2", Computed::Forecast(30))).await);
        series.push(said);
        assert_eq!(ground.store.samples.stats().corrections, 0, "the same minutes give the same values");
    }
    assert_eq!(series[0], series[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_stations_are_named_and_the_model_goes_on_without_them() {
    let mut ground = town().await;
    let truth = truth(120);
    let mut desk = ground.desk("storm");
    for n in (0..=120).step_by(5) {
        let [w2, _] = truth[usize::try_from(n / 5).unwrap()];
        // R2 and W4 never report.
        ground.hears("R1", n, rain(n)).await;
        ground.hears("W2", n, w2).await;
        ground.comes_to(n);
        desk.turn().await.unwrap();
    }
    let board = ground.board("twin.storm");
    assert_eq!(board["gages"], json!({ "bound": 2, "silent": ["R2"] }));
    assert_eq!(board["levels"], json!({ "bound": 2, "silent": ["W4"] }));
    let simulated = ground.series(ground.computed("W4", Computed::Simulated)).await;
    let highest = simulated.iter().map(|(_, v)| *v).fold(0.0, f64::max);
    assert!(highest > 0.5, "the neighbour's rain fell on the silent gauge's ground: {highest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_model_from_running_is_said() {
    let ground = town().await;
    let codes = |ground: &Ground| {
        let troubles = ground.board("twin.status.storm")["troubles"].clone();
        troubles
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    ground.comes_to(0);
    let mut desk = ground.desk("storm");
    let mut wrong = bindings();
    wrong["storm"]["levels"][0]["node"] = json!("J9");
    wrong["storm"]["gages"][0]["station"] = json!("R9");
    ground.file("bindings.json", wrong.to_string()).await;
    assert!(desk.turn().await.unwrap(), "it runs on what is right");
    assert_eq!(codes(&ground), ["no_point", "no_object"]);
    ground.file("bindings.json", "{\"v\":1,\"strom\":{}}").await;
    let mut desk = ground.desk("storm");
    assert!(!desk.turn().await.unwrap());
    assert_eq!(codes(&ground), ["bindings"]);
    ground.file("storm.inp", "[JUNCTIONS]\nJ1 x\n").await;
    ground.file("bindings.json", bindings().to_string()).await;
    let mut desk = ground.desk("storm");
    assert!(!desk.turn().await.unwrap());
    assert_eq!(codes(&ground), ["model"]);
}
