//! The supply network's twin beside a truth that draws other demands than the model's patterns say.

use crate::ground::{Ground, code, minute};
use field::alarm::AlarmState;
use field::severity::Severity;
use field::station::{Computed, Quantity, StationKind};
use serde_json::{Value, json};
use store::tables::AlarmFilter;
use twin::{Trial, TrialAct, TrialError};

/// A reservoir, a pump, a tank, and two zones; demands `a` and `b` (L/s) at each junction of a zone.
fn network(a: f64, b: f64) -> String {
    format!(
        "[JUNCTIONS]\nJ0 20 0\nA1 20 {a}\nA2 20 {a}\nA3 20 {a}\nB1 25 {b}\nB2 25 {b}\n\
         [RESERVOIRS]\nR 30\n[TANKS]\nT 58 3 0 6 20 0\n\
         [PIPES]\nM J0 T 50 400 120 0 Open\nA01 J0 A1 800 300 120 0 Open\nA12 A1 A2 800 250 120 0 Open\n\
         A23 A2 A3 800 150 120 0 Open\nB01 J0 B1 600 300 120 0 Open\nB12 B1 B2 600 200 120 0 Open\n\
         GATE A3 B2 300 200 120 0 Closed\n\
         [PUMPS]\nP1 R J0 HEAD C\nP2 R J0 HEAD C\n[STATUS]\nP2 Closed\n[CURVES]\nC 40 40\n\
         [TAGS]\nNODE A1 ZA\nNODE A2 ZA\nNODE A3 ZA\nNODE B1 ZB\nNODE B2 ZB\nLINK A12 valve\nLINK A23 valve\n\
         [OPTIONS]\nUNITS LPS\nHEADLOSS H-W\n[TIMES]\nDURATION 24:00\n[COORDINATES]\nA1 120.05 29.3\n[END]\n"
    )
}

fn bindings() -> Value {
    json!({
        "v": 1,
        "supply": {
            "heads": [{ "node": "T", "station": "TANK" }],
            "pumps": [{ "links": ["P1", "P2"], "station": "PUMP" }],
            "valves": [{ "links": ["B12", "GATE"], "station": "VALVE" }],
            "zones": [
                { "zone": "ZA", "inflows": [{ "station": "FA" }] },
                { "zone": "ZB", "inflows": [{ "station": "FB" }] },
            ],
            "pressures": [{ "node": "A3", "station": "PA" }, { "node": "B2", "station": "PB" }],
        },
    })
}

const STATIONS: [(&str, StationKind, Quantity); 7] = [
    ("TANK", StationKind::Reservoir, Quantity::Level),
    ("PUMP", StationKind::Pump, Quantity::PumpsRunning),
    ("VALVE", StationKind::Meter, Quantity::Status),
    ("FA", StationKind::Meter, Quantity::Flow),
    ("FB", StationKind::Meter, Quantity::Flow),
    ("PA", StationKind::Meter, Quantity::Pressure),
    ("PB", StationKind::Meter, Quantity::Pressure),
];

/// What really flows: zone A draws 12 L/s a junction where the model's file says 8, and perhaps a main has
/// burst at A3.
struct Truth {
    model: pipes::Model,
    state: pipes::State,
}

impl Truth {
    fn new() -> Self {
        let (project, problems) = pipes::read(&network(12.0, 5.0));
        assert!(problems.is_empty(), "{problems:?}");
        let model = pipes::Model::new(project).unwrap();
        let state = model.start();
        Self { model, state }
    }

    fn burst(&mut self, area_m2: f64) {
        let node = self.model.node("A3").unwrap();
        self.model.set_emitter(&mut self.state, node, self.model.orifice(area_m2)).unwrap();
    }

    async fn reports(&mut self, ground: &mut Ground, n: i64) {
        pipes::Runner::new(&self.model).solve(&mut self.state).unwrap();
        let mpa = |name: &str| {
            let view = self.model.node_view(&self.state, self.model.node(name).unwrap()).unwrap();
            view.pressure * 0.009_806_65
        };
        let m3s = |name: &str| {
            self.model.link_view(&self.state, self.model.link(name).unwrap()).unwrap().flow / 1_000.0
        };
        let values = [
            ("TANK", 3.0),
            ("PUMP", 1.0),
            ("FA", m3s("A01")),
            ("FB", m3s("B01")),
            ("PA", mpa("A3")),
            ("PB", mpa("B2")),
        ];
        for (station, value) in values {
            ground.hears(station, n, value).await;
        }
    }
}

async fn town() -> Ground {
    let ground = Ground::with(&STATIONS).await;
    ground.file("supply.inp", network(8.0, 5.0)).await;
    ground.file("bindings.json", bindings().to_string()).await;
    ground
}

#[tokio::test(flavor = "multi_thread")]
async fn demands_follow_the_measured_inflow_and_pressures_then_agree() {
    let (mut ground, mut truth) = (town().await, Truth::new());
    let mut desk = ground.desk("supply");
    for n in (0..=20).step_by(5) {
        truth.reports(&mut ground, n).await;
        ground.comes_to(n);
        assert!(desk.turn().await.unwrap());
    }
    for station in ["PA", "PB"] {
        let residual = ground.series(ground.computed(station, Computed::Residual)).await;
        assert_eq!(residual.len(), 5);
        assert!(residual.iter().all(|(_, gap)| gap.abs() < 0.002), "{station} {residual:?}");
    }
    let board = ground.board("twin.supply");
    assert_eq!(board["zones"][0]["scale"], json!(1.5));
    assert_eq!(board["pressure_kpa"].as_array().unwrap().len(), 8);
    assert_eq!((&board["taps"], &board["low_taps"]), (&json!(5), &json!(0)));
    assert_eq!(
        board["closed"],
        json!([6, 8]),
        "the gate, as the file says, and the second pump stands still, as its station says"
    );
    assert_eq!(ground.board("twin.supply.map")["zones"][1], json!("ZA"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valve_opened_or_closed_by_hand_is_so_in_the_model() {
    let (mut ground, mut truth) = (town().await, Truth::new());
    let mut desk = ground.desk("supply");
    // Bit 0 is B12, bit 1 the gate.
    for (n, word, closed) in [(0, 1.0, json!([6, 8])), (5, 3.0, json!([8])), (10, 2.0, json!([5, 8]))] {
        truth.reports(&mut ground, n).await;
        ground.hears("VALVE", n, word).await;
        ground.comes_to(n);
        assert!(desk.turn().await.unwrap());
        assert_eq!(ground.board("twin.supply")["closed"], closed, "word {word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_the_model_does_not_know_raises_an_ordinary_alarm_at_its_gauge_only() {
    let (mut ground, mut truth) = (town().await, Truth::new());
    let mut desk = ground.desk("supply");
    let mut alarms = alarm::Desk::awake(ground.store.clone(), ground.clock.clone()).await.unwrap();
    for n in (0..=60).step_by(5) {
        if n == 20 {
            truth.burst(0.001);
        }
        truth.reports(&mut ground, n).await;
        ground.comes_to(n);
        desk.turn().await.unwrap();
        alarms.turn().await.unwrap();
    }
    let raised = ground.store.tables.alarms(&AlarmFilter::default()).await.unwrap();
    let raised: Vec<_> = raised.iter().filter(|a| a.kind == "model_gap").collect();
    assert_eq!(raised.len(), 1, "{raised:#?}");
    let alarm = raised[0];
    assert_eq!((alarm.station.clone(), alarm.state), (code("PA"), AlarmState::Raised));
    assert_eq!(alarm.point, ground.computed("PA", Computed::Residual));
    assert!(alarm.severity >= Severity::Yellow && alarm.evidence.value < -0.05, "{alarm:?}");
    assert!(alarm.raised_at >= minute(30), "it held for ten minutes first");
    // Both curves are there to be looked at.
    for series in [ground.point("PA"), ground.computed("PA", Computed::Simulated)] {
        assert_eq!(ground.series(series).await.len(), 13);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_meter_leaves_the_last_scale_and_is_named() {
    let (mut ground, mut truth) = (town().await, Truth::new());
    let mut desk = ground.desk("supply");
    truth.reports(&mut ground, 0).await;
    ground.comes_to(0);
    desk.turn().await.unwrap();
    ground.comes_to(60);
    desk.turn().await.unwrap();
    let board = ground.board("twin.supply");
    assert_eq!(board["flows"], json!({ "bound": 2, "silent": ["FA", "FB"] }));
    assert_eq!(board["zones"][0]["scale"], json!(1.5));
    assert_eq!(board["zones"][0]["inflow_m3s"], Value::Null);
    assert_eq!(board["closed"], json!([6, 8]), "the file's own status stands again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_if_is_tried_on_the_live_state_and_does_not_touch_it() {
    let (mut ground, mut truth) = (town().await, Truth::new());
    let close = Trial { acts: vec![TrialAct::Close { link: "A12".into() }] };
    assert_eq!(ground.trials.try_out(&close), Err(TrialError::NotRunning));
    let mut desk = ground.desk("supply");
    truth.reports(&mut ground, 0).await;
    ground.comes_to(0);
    desk.turn().await.unwrap();
    let before = ground.trials.try_out(&close).unwrap();
    assert_eq!((before.cut_off.as_slice(), before.taps), (&[2, 3][..], 5), "A2 and A3 lose their way");
    // 12 L/s each: the live demand, not the file's.
    assert!((before.demand_lost_m3s - 0.024).abs() < 1e-4, "{before:?}");
    let burst = Trial { acts: vec![TrialAct::BurstMain { link: "A23".into(), diameter_mm: 100.0 }] };
    let burst = ground.trials.try_out(&burst).unwrap();
    assert!(burst.released_m3s > 0.02 && !burst.low.is_empty(), "{burst:?}");
    let isolate = burst.isolate.unwrap();
    assert!(!isolate.close.is_empty() && isolate.cut_off.contains(&3), "{isolate:?}");
    let again = ground.trials.try_out(&close).unwrap();
    assert_eq!(again.cut_off, before.cut_off);
    let unknown = Trial { acts: vec![TrialAct::TripPump { link: "P9".into() }] };
    assert_eq!(ground.trials.try_out(&unknown), Err(TrialError::Unknown { kind: "link", name: "P9".into() }));
}
