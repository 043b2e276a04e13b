//! 路由表: the only way to add a route. Each states who may call it, what it takes and what it
//! answers; the router, the OpenAPI document and the access test are all made from this one table.

use crate::access::{self, Who};
use crate::app::App;
use crate::problem::ProblemView;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};

/// Largest JSON body, bytes: the longest handling text with nine photo keys fits many times.
pub(crate) const JSON_MAX: usize = 64 * 1024;
/// Largest CSV body, bytes: ten thousand stations.
pub(crate) const CSV_MAX: usize = 8 * 1024 * 1024;

/// A named schema.
pub(crate) type Named = (String, RefOr<Schema>);

/// One route.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) who: Who,
    body_max: usize,
    handler: MethodRouter<App>,
    doc: OperationBuilder,
    schemas: Vec<Named>,
    asked: Vec<Named>,
}

impl Route {
    pub(crate) fn get<H, T>(path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::GET, path, who, on(MethodFilter::GET, handler))
    }

    pub(crate) fn post<H, T>(path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::POST, path, who, on(MethodFilter::POST, handler))
    }

    pub(crate) fn put<H, T>(path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::PUT, path, who, on(MethodFilter::PUT, handler))
    }

    pub(crate) fn delete<H, T>(path: &str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::DELETE, path, who, on(MethodFilter::DELETE, handler))
    }

    fn new(method: Method, path: &str, who: Who, handler: MethodRouter<App>) -> Self {
        let path = format!("{V1}{path}");
        let doc = OperationBuilder::new()
            .operation_id(Some(operation_id(&method, &path)))
            .description(Some(format!("Who may call it: {}.", who.text())))
            .parameters(Some(path_parameters(&path)));
        Self { method, path, who, body_max: JSON_MAX, handler, doc, schemas: vec![], asked: vec![] }
    }

    /// Outside `/api/v1`.
    pub(crate) fn at_root(mut self) -> Self {
        self.path = self.path.trim_start_matches(V1).to_owned();
        self
    }

    /// One line on what it does.
    pub(crate) fn says(mut self, summary: &str) -> Self {
        let tag = self.path.trim_start_matches(V1).split('/').nth(1).unwrap_or_default().to_owned();
        self.doc = self.doc.summary(Some(summary)).tag(tag);
        self
    }

    /// Takes these query parameters.
    pub(crate) fn asks<T: IntoParams>(mut self) -> Self {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            self.doc = self.doc.parameter(parameter);
        }
        self
    }

    /// Takes this JSON body.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        let content = ContentBuilder::new().schema(Some(named::<T>(&mut self.asked))).build();
        let body =
            RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        self.doc = self.doc.request_body(Some(body.build()));
        self
    }

    /// Takes a body of other media types, at most `max` bytes.
    pub(crate) fn takes_bytes(mut self, media: &[&str], max: usize) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let body =
            media.iter().fold(RequestBodyBuilder::new().required(Some(Required::True)), |body, media| {
                body.content(*media, ContentBuilder::new().schema(Some(text.clone())).build())
            });
        self.doc = self.doc.request_body(Some(body.build()));
        self.body_max = max;
        self
    }

    /// Needs an `Idempotency-Key` and answers the same when it is said again.
    pub(crate) fn acts(self) -> Self {
        self.needs_header("Idempotency-Key", "Names this act: said again with the same key, it is done once.")
    }

    /// Needs an `If-Match`.
    pub(crate) fn edits(self) -> Self {
        self.needs_header("If-Match", "The etag of what is being edited.")
    }

    fn needs_header(mut self, name: &str, what: &str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(what))
            .schema(Some(text));
        self.doc = self.doc.parameter(parameter);
        self
    }

    /// Answers this as JSON.
    pub(crate) fn answers<T: ToSchema>(mut self) -> Self {
        let content = ContentBuilder::new().schema(Some(named::<T>(&mut self.schemas))).build();
        let response = ResponseBuilder::new().description("OK").content("application/json", content);
        self.doc = self.doc.response("200", response);
        self
    }

    /// Answers another media type.
    pub(crate) fn answers_media(mut self, media: &str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let content = ContentBuilder::new().schema(Some(text)).build();
        self.doc = self.doc.response("200", ResponseBuilder::new().description("OK").content(media, content));
        self
    }

    /// Answers a JSON object whose shape another standard tells, or text.
    pub(crate) fn answers_foreign(mut self, text: bool) -> Self {
        let object = ObjectBuilder::new().schema_type(Type::Object).build();
        let json = ContentBuilder::new().schema(Some(object)).build();
        let mut response = ResponseBuilder::new().description("OK").content("application/json", json);
        if text {
            let plain = ObjectBuilder::new().schema_type(Type::String).build();
            response = response.content("text/plain", ContentBuilder::new().schema(Some(plain)).build());
        }
        self.doc = self.doc.response("200", response);
        self
    }

    /// Answers this as JSON, or the same in other media if `Accept` asks for them.
    pub(crate) fn answers_in<T: ToSchema>(mut self, media: &[&str]) -> Self {
        let content = ContentBuilder::new().schema(Some(named::<T>(&mut self.schemas))).build();
        let response = ResponseBuilder::new().description("OK").content("application/json", content);
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let response = media.iter().fold(response, |response, media| {
            response.content(*media, ContentBuilder::new().schema(Some(text.clone())).build())
        });
        self.doc = self.doc.response("200", response);
        self
    }

    /// Answers nothing but that it is done.
    pub(crate) fn answers_nothing(mut self) -> Self {
        self.doc = self.doc.response("204", ResponseBuilder::new().description("Done"));
        self
    }

    /// Answers with the address of what was made.
    pub(crate) fn answers_made(mut self) -> Self {
        self.doc =
            self.doc.response("201", ResponseBuilder::new().description("Made: `Location` is its address"));
        self
    }

    /// Adds a schema that no answer refers to (events of the stream).
    pub(crate) fn also<T: ToSchema>(mut self) -> Self {
        named::<T>(&mut self.schemas);
        self
    }

    /// The axum half, guarded.
    pub(crate) fn guarded(self, app: &App) -> (String, MethodRouter<App>) {
        let guard = axum::middleware::from_fn_with_state((app.clone(), self.who), access::guard);
        let limited = self.handler.layer(DefaultBodyLimit::max(self.body_max));
        (self.path, limited.route_layer(guard))
    }

    /// The OpenAPI half.
    pub(crate) fn documented(mut self) -> Documented {
        let problem = named::<ProblemView>(&mut self.schemas);
        let content = ContentBuilder::new().schema(Some(problem)).build();
        let refused = ResponseBuilder::new()
            .description("A refusal: its code and parameters")
            .content("application/problem+json", content);
        let method = match self.method {
            Method::POST => HttpMethod::Post,
            Method::PUT => HttpMethod::Put,
            Method::DELETE => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        let operation = self.doc.response("default", refused).build();
        let path = self.path.replace("{*", "{");
        Documented { path, method, operation, answered: self.schemas, asked: self.asked }
    }
}

/// What the OpenAPI document takes from a route.
pub(crate) struct Documented {
    pub(crate) path: String,
    pub(crate) method: HttpMethod,
    pub(crate) operation: Operation,
    /// Schemas of answers: every field is always there.
    pub(crate) answered: Vec<Named>,
    /// Schemas of requests: optional fields may be left out.
    pub(crate) asked: Vec<Named>,
}

/// Collects `T`'s schema and all it refers to; answers the reference.
fn named<T: ToSchema>(schemas: &mut Vec<Named>) -> RefOr<Schema> {
    let name = T::name().into_owned();
    T::schemas(schemas);
    schemas.push((name.clone(), T::schema()));
    Ref::from_schema_name(name).into()
}

/// The version's prefix.
const V1: &str = "/api/v1";

/// `get_alarms_id_acknowledge` from the method and the path.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path.trim_start_matches(V1).split(['/', '-', '.', '{', '}', '*']).filter(|w| !w.is_empty());
    words.fold(method.as_str().to_lowercase(), |id, word| format!("{id}_{word}"))
}

fn path_parameters(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let names = names.map(|name| name.trim_start_matches('*'));
    let parameter = |name: &str| {
        let kind = if name == "id" || name == "seq" { Type::Integer } else { Type::String };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(ObjectBuilder::new().schema_type(kind)))
            .build()
    };
    names.map(parameter).collect()
}
