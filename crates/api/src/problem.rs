//! 出错回答: RFC 9457 problem details. A stable code and its parameters; the sentence is the interface's.
//!
//! Promises: every refusal of this crate is one [`Problem`]. Never a sentence for people, never an
//! inside detail of the machine for somebody outside.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use field::alarm::AlarmRefusal;
use field::command::CommandRefusal;
use field::order::OrderRefusal;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Refusal, StoreError};
use utoipa::ToSchema;

/// What is wrong, in one stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// No session, or it has ended.
    NotSignedIn,
    /// Unknown login or wrong password: which of them is not said.
    BadCredentials,
    /// Wait `wait_s` seconds.
    TooManyAttempts,
    /// The role, or the block, does not allow it.
    Forbidden,
    /// A state-changing request from another site's page.
    CrossSite,
    /// There is no `what` `id`.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// `what` is not right: `why`.
    Invalid,
    /// A SensorThings query: option `what` is not right: `why`.
    BadQuery,
    /// The body is no JSON, CSV or picture as expected: `why`.
    BadBody,
    /// The body is larger than `max_bytes`.
    TooLarge,
    /// The picture is no JPEG, PNG or WebP.
    BadPhoto,
    /// The act needs an `Idempotency-Key`.
    IdempotencyKeyMissing,
    /// The key was used for another act.
    IdempotencyKeyReused,
    /// The edit needs an `If-Match`.
    IfMatchMissing,
    /// Somebody changed it since it was read.
    ChangedMeanwhile,
    /// A thing of that code is already there.
    AlreadyThere,
    /// The thing is closed.
    Closed,
    /// Somebody has already taken the alarm.
    AlreadyAcknowledged,
    /// The condition has already gone.
    AlreadyReturned,
    /// The condition still holds.
    StillActive,
    /// Nobody has acknowledged it yet.
    Unacknowledged,
    /// Nothing would change.
    NoChange,
    /// A shelf needs a reason and at most 24 hours.
    BadShelf,
    /// Another step comes first.
    OutOfTurn,
    /// Somebody else has accepted the order.
    NotYours,
    /// Closing, reassigning, refusing and telling a station something need a reason.
    ReasonNeeded,
    /// Somebody else must allow a command than the one who asked for it.
    OwnCommand,
    /// The command's time is over: ask again.
    CommandExpired,
    /// A handling needs 1 to 2000 characters and at most 9 photos.
    BadHandling,
    /// A rule's parameter is not right: `param`, `why`.
    BadRule,
    /// Too many at once; try again in `wait_s`.
    Busy,
    /// The disk is full; nothing was changed.
    DiskFull,
    /// The server failed; it is in its log.
    Internal,
    /// It took too long.
    TimedOut,
    /// `written` rows are durable, `refused` rows are in the quarantine: `faults` names them.
    PartialWrite,
}

impl ProblemCode {
    /// The HTTP status it goes with.
    const fn status(self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::BadCredentials => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid | Self::BadHandling | Self::BadShelf | Self::BadRule => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::BadBody | Self::BadQuery | Self::IdempotencyKeyMissing | Self::PartialWrite => {
                StatusCode::BAD_REQUEST
            }
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadPhoto => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IfMatchMissing => StatusCode::PRECONDITION_REQUIRED,
            Self::ChangedMeanwhile => StatusCode::PRECONDITION_FAILED,
            Self::IdempotencyKeyReused
            | Self::AlreadyThere
            | Self::Closed
            | Self::AlreadyAcknowledged
            | Self::AlreadyReturned
            | Self::StillActive
            | Self::Unacknowledged
            | Self::NoChange
            | Self::OutOfTurn
            | Self::NotYours
            | Self::OwnCommand
            | Self::CommandExpired
            | Self::ReasonNeeded => StatusCode::CONFLICT,
            Self::Busy | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// One refusal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    code: ProblemCode,
    params: Value,
}

/// RFC 9457 body.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// `about:blank`: the code says it all.
    r#type: &'static str,
    /// The HTTP status's own phrase.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What is wrong.
    code: ProblemCode,
    /// What the sentence needs.
    #[schema(value_type = Object)]
    params: Value,
}

impl Problem {
    /// A refusal without parameters.
    pub(crate) fn new(code: ProblemCode) -> Self {
        Self { code, params: json!({}) }
    }

    /// A refusal with parameters (a JSON object).
    pub(crate) fn with(code: ProblemCode, params: Value) -> Self {
        Self { code, params }
    }

    /// There is no `what` called `id`.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::with(ProblemCode::NotFound, json!({ "what": what, "id": id.to_string() }))
    }

    /// `what` was given and is not right, because of `why` (a code or the range allowed).
    pub(crate) fn invalid(what: &str, why: impl std::fmt::Display) -> Self {
        Self::with(ProblemCode::Invalid, json!({ "what": what, "why": why.to_string() }))
    }

    /// Its code.
    pub(crate) const fn code(&self) -> ProblemCode {
        self.code
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let view = ProblemView {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.code,
            params: self.params,
        };
        let wait_s = view.params.get("wait_s").and_then(Value::as_u64);
        let body = serde_json::to_vec(&view).unwrap_or_default();
        let mut answer = (status, body).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait_s) = wait_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so the line ends here; whoever would use it for the
            // next request has to know.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(Refusal::Alarm(refusal)) => alarm_code(refusal).into(),
            StoreError::Refused(Refusal::Order(refusal)) => order_code(refusal).into(),
            StoreError::Refused(Refusal::Command(refusal)) => command_code(refusal).into(),
            StoreError::Conflict { .. } => ProblemCode::ChangedMeanwhile.into(),
            StoreError::Missing { what, id } => Self::not_found(what, id),
            StoreError::Invalid { what: "repeating an act", .. } => ProblemCode::IdempotencyKeyReused.into(),
            StoreError::Invalid { what, why } => Self::invalid(what, why),
            StoreError::Full { .. } => {
                tracing::error!(error = %error, "disk full");
                ProblemCode::DiskFull.into()
            }
            other => {
                tracing::error!(error = %other, "store failed");
                ProblemCode::Internal.into()
            }
        }
    }
}

const fn alarm_code(refusal: AlarmRefusal) -> ProblemCode {
    match refusal {
        AlarmRefusal::Closed => ProblemCode::Closed,
        AlarmRefusal::AlreadyAcknowledged => ProblemCode::AlreadyAcknowledged,
        AlarmRefusal::AlreadyReturned => ProblemCode::AlreadyReturned,
        AlarmRefusal::StillActive => ProblemCode::StillActive,
        AlarmRefusal::Unacknowledged => ProblemCode::Unacknowledged,
        AlarmRefusal::NoChange => ProblemCode::NoChange,
        AlarmRefusal::BadShelf => ProblemCode::BadShelf,
    }
}

const fn order_code(refusal: OrderRefusal) -> ProblemCode {
    match refusal {
        OrderRefusal::Closed => ProblemCode::Closed,
        OrderRefusal::OutOfTurn => ProblemCode::OutOfTurn,
        OrderRefusal::NotYours => ProblemCode::NotYours,
        OrderRefusal::ReasonNeeded => ProblemCode::ReasonNeeded,
        OrderRefusal::BadHandling => ProblemCode::BadHandling,
        OrderRefusal::NoChange => ProblemCode::NoChange,
    }
}

const fn command_code(refusal: CommandRefusal) -> ProblemCode {
    match refusal {
        CommandRefusal::OutOfTurn => ProblemCode::OutOfTurn,
        CommandRefusal::OwnCommand => ProblemCode::OwnCommand,
        CommandRefusal::ReasonNeeded => ProblemCode::ReasonNeeded,
        CommandRefusal::Expired => ProblemCode::CommandExpired,
    }
}
