//! The description in git is the one the code makes.

use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[test]
fn the_description_in_git_is_fresh() {
    let known = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(known == api::openapi(), "docs/openapi.json is old: run `cargo xtask generate`");
}

#[test]
fn the_description_lists_exactly_the_routes_of_the_table() {
    let document: Value = serde_json::from_str(&api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut listed: Vec<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let mut table: Vec<_> = api::routes().into_iter().map(|(method, path, _)| (method, path)).collect();
    listed.sort();
    table.sort();
    assert_eq!(listed, table);
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    let text = api::openapi();
    let document: Value = serde_json::from_str(&text).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    for name in ["AlarmView", "AlarmCard", "OrderView", "OrderCard", "StationView", "MessageView", "Problem"]
    {
        assert!(schemas.contains_key(name), "{name}");
    }
}
