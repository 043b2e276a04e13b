//! OpenAPI 3.1, made from the route table; `docs/openapi.json` is this text.

use crate::route::{Named, Route};
use std::collections::BTreeMap;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder, Paths, RefOr};

/// The document as pretty JSON, ending in a newline.
pub(crate) fn document(table: Vec<Route>) -> String {
    let mut paths = Paths::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    for route in table {
        let doc = route.documented();
        paths.add_path_operation(&doc.path, vec![doc.method], doc.operation);
        schemas.extend(doc.asked);
        schemas.extend(doc.answered.into_iter().map(always_whole));
    }
    let info = InfoBuilder::new()
        .title("Zhizhen")
        .version("1")
        .description(Some(
            "至臻水管家: the HTTP interface. Times are RFC 3339 with offset; errors are RFC 9457.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()));
    let components = ComponentsBuilder::new().schemas_from_iter(schemas).build();
    let document = OpenApiBuilder::new().info(info.build()).paths(paths).components(Some(components)).build();
    document.to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

/// An answer has all its fields always (`null` where there is nothing), so the types say so.
fn always_whole((name, schema): Named) -> Named {
    (name, whole(schema))
}

fn whole(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.required = object.properties.keys().cloned().collect();
            RefOr::T(Schema::Object(object))
        }
        // A view made of others.
        RefOr::T(Schema::AllOf(mut all)) => {
            all.items = all.items.into_iter().map(whole).collect();
            RefOr::T(Schema::AllOf(all))
        }
        other => other,
    }
}
