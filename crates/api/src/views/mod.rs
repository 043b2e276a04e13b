//! 视图: what the interface sees. A domain type is never the wire's type.
//!
//! Plain data with `Serialize` and a schema; how each is made from the domain is beside it.

pub(crate) mod alarm;
pub(crate) mod command;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod line;
pub(crate) mod map;
pub(crate) mod message;
pub(crate) mod order;
pub(crate) mod overview;
pub(crate) mod packet;
pub(crate) mod person;
pub(crate) mod picture;
pub(crate) mod rain;
pub(crate) mod rule;
pub(crate) mod samples;
pub(crate) mod series;
pub(crate) mod station;
pub(crate) mod storage;
pub(crate) mod stream;
pub(crate) mod twin;
#[expect(dead_code, reason = "the word lists are there for their schemas only")]
pub(crate) mod words;

use serde::Serialize;
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A list.
#[derive(Serialize)]
pub(crate) struct List<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Give it back as `cursor` to get what follows; `null` at the end.
    pub(crate) next: Option<String>,
}

// By hand: the derived name is the same for every kind of item.
impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("List_{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let next = SchemaType::from_iter([Type::String, Type::Null]);
        let next = ObjectBuilder::new()
            .schema_type(next)
            .description(Some("Give it back as `cursor` to get what follows; `null` at the end."));
        ObjectBuilder::new()
            .property("items", ArrayBuilder::new().items(Ref::from_schema_name(T::name())))
            .property("next", next)
            .into()
    }
}

impl<T> List<T> {
    /// A list that is whole.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
