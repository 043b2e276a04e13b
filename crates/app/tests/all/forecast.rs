//! The twin of the whole town through a drawn storm: it runs on the stations' reports, is corrected by the
//! 26 levels, foretells two hours, and its forecasts are scored beside persistence.

use crate::harness::{stderr, zhizhen};
use serde_json::{Value, json};

/// Minutes of rain, and minutes played.
const RAIN_MIN: u32 = 120;
const PLAYED_MIN: u64 = 120 + 190;
/// Least skill a quarter of an hour ahead at any station where persistence errs by more than this, m. Further
/// ahead the rain decides, of which nobody knows more than the gauges say.
const FLOOR: f64 = 0.5;
const MOVED_M: f64 = 0.05;
const LEADS_MIN: [&str; 4] = ["15", "30", "60", "120"];

fn play() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let figures = folder.path().join("figures.json");
    let rain = RAIN_MIN.to_string();
    let args = ["bench", "forecast", "--storms", "1", "--rain", &rain, "--json", figures.to_str().unwrap()];
    let output = zhizhen(&args);
    let text = std::fs::read_to_string(&figures).unwrap_or_default();
    assert!(!text.is_empty(), "{}", stderr(&output));
    serde_json::from_str::<Value>(&text).unwrap()["results"]["forecast"]["figures"].clone()
}

#[test]
fn the_twin_of_the_town_is_corrected_by_its_levels_and_foretells_better_than_persistence() {
    let figures = play();
    let storm = &figures["storms"][0];
    assert_eq!(storm["board"]["levels"], json!({ "bound": 26, "silent": [] }));
    assert_eq!(storm["board"]["gages"], json!({ "bound": 54, "silent": [] }));
    assert_eq!(storm["events"], 1);
    let stations = storm["stations"].as_array().unwrap();
    assert_eq!(stations.len(), 26);
    for station in stations {
        // Every minute from the first turn on.
        assert!(station["simulated"].as_u64() >= Some(PLAYED_MIN - 15), "{station}");
        for lead in LEADS_MIN {
            assert!(station["stored"][lead].as_u64() >= Some(PLAYED_MIN / 5 - 2), "{lead} min: {station}");
        }
        assert_eq!(station["scores"][0]["leads"].as_array().unwrap().len(), 4, "{station}");
    }
    let squares =
        |what: &str| -> f64 { stations.iter().map(|station| station[what].as_f64().unwrap().powi(2)).sum() };
    let (corrected, alone) = (squares("simulated_rmse_m"), squares("alone_rmse_m"));
    assert!(corrected < 0.25 * alone, "levels correct the model: {corrected} m², alone {alone} m²");
    for row in figures["stations"].as_array().unwrap() {
        for lead in row["leads"].as_array().unwrap() {
            let moved = lead["lead_min"] == 15 && lead["persistence_rmse_m"].as_f64() >= Some(MOVED_M);
            assert!(!moved || lead["skill"].as_f64() >= Some(FLOOR), "{} {lead}", row["name"]);
        }
    }
}
