//! 凭据: what a station proves itself with. Set and removed here; never read back.

use crate::access::{ADMINISTRATOR, Caller};
use crate::app::App;
use crate::extract::{Ask, Body, Of, station_code};
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::session::{hex, random_bytes};
use crate::views::List;
use axum::Json;
use axum::extract::State;
use field::id::StationCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Actor, Credential, Secret};
use utoipa::{IntoParams, ToSchema};

/// The protocol whose passwords are kept salted: nobody but the device needs them.
const MQTT: &str = "mqtt";
/// Shortest MQTT password that is given instead of drawn, bytes: fast hashes want long passwords
/// (`docs/decisions/0010-device-credentials.md`).
const PASSWORD_MIN: usize = 12;

/// A credential, without its secret.
#[derive(Serialize, ToSchema)]
struct CredentialView {
    /// `sl651`, `hj212`, `mqtt`, …
    protocol: String,
    /// The user; empty where the protocol has none.
    user: String,
    /// `plain`, `salted` or `certificate`.
    kind: &'static str,
    /// The password that was drawn: this once, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// A credential to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CredentialEdit {
    /// `sl651`, `hj212`, `mqtt`, …
    protocol: String,
    /// The user; empty or left out where the protocol has none.
    #[serde(default)]
    user: String,
    /// The password. Left out for `mqtt`, one is drawn and answered this once.
    password: Option<String>,
    /// Instead of a password: SHA-256 of the client certificate's DER, 64 hexadecimal digits;
    /// colons are for the reader.
    certificate: Option<String>,
}

/// Which credential.
#[derive(Deserialize, IntoParams)]
struct CredentialAsk {
    /// Its protocol.
    protocol: String,
    /// Its user; empty or left out where the protocol has none.
    #[serde(default)]
    user: String,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/stations/{code}/credentials", ADMINISTRATOR, list)
            .says("What a station proves itself with, without the secrets")
            .answers::<List<CredentialView>>(),
        Route::put("/stations/{code}/credentials", ADMINISTRATOR, put)
            .says("Sets a station's credential of a protocol and user")
            .takes::<CredentialEdit>()
            .answers::<CredentialView>(),
        Route::delete("/stations/{code}/credentials", ADMINISTRATOR, remove)
            .says("Removes a credential")
            .asks::<CredentialAsk>()
            .answers::<List<CredentialView>>(),
    ]
}

async fn list(State(app): State<App>, Of(code): Of<String>) -> Result<Json<List<CredentialView>>, Problem> {
    view(&app, &station_code(&code)?)
}

fn view(app: &App, code: &StationCode) -> Result<Json<List<CredentialView>>, Problem> {
    let registry = app.store.tables.registry();
    registry.station(code).ok_or_else(|| Problem::not_found("station", code))?;
    Ok(Json(List::whole(registry.credentials_of(code).iter().map(|c| shown(c, None)).collect())))
}

fn shown(credential: &Credential, password: Option<String>) -> CredentialView {
    let Credential { protocol, user, secret, .. } = credential;
    CredentialView { protocol: protocol.clone(), user: user.clone(), kind: secret.kind(), password }
}

async fn put(
    State(app): State<App>,
    caller: Caller,
    Of(code): Of<String>,
    Body(edit): Body<CredentialEdit>,
) -> Result<Json<CredentialView>, Problem> {
    let station = station_code(&code)?;
    if edit.protocol != MQTT && wire::protocol(&edit.protocol).is_none() {
        return Err(Problem::invalid("protocol", "the name of a protocol, such as sl651 or mqtt"));
    }
    let (secret, drawn) = secret_of(&edit)?;
    let credential = Credential { station, protocol: edit.protocol, user: edit.user, secret };
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    tx.credential_put(&credential).await?;
    tx.commit().await?;
    Ok(Json(shown(&credential, drawn)))
}

/// The secret to be kept, and the password when it was drawn here.
fn secret_of(edit: &CredentialEdit) -> Result<(Secret, Option<String>), Problem> {
    match (&edit.password, &edit.certificate) {
        (Some(_), Some(_)) => Err(Problem::invalid("certificate", "a password or a certificate, not both")),
        (None, Some(text)) => Ok((Secret::Certificate { fingerprint: fingerprint(text)? }, None)),
        (given, None) if edit.protocol == MQTT => {
            if edit.user.is_empty() {
                return Err(Problem::invalid("user", "an MQTT client proves itself with a user"));
            }
            if given.as_ref().is_some_and(|p| p.len() < PASSWORD_MIN) {
                return Err(Problem::invalid("password", format!("at least {PASSWORD_MIN} characters")));
            }
            let salt: [u8; 16] = random_bytes()?;
            match given {
                Some(password) => Ok((Secret::salted(password, salt), None)),
                None => {
                    let password = hex(&random_bytes::<16>()?);
                    Ok((Secret::salted(&password, salt), Some(password)))
                }
            }
        }
        (Some(text), None) => Ok((Secret::Plain { text: text.clone() }, None)),
        (None, None) => Err(Problem::invalid("password", "the protocol's password is needed")),
    }
}

fn fingerprint(text: &str) -> Result<String, Problem> {
    let digits: String = text.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
    let fits = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then_some(digits).ok_or_else(|| Problem::invalid("certificate", "64 hexadecimal digits (SHA-256)"))
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Of(code): Of<String>,
    Ask(ask): Ask<CredentialAsk>,
) -> Result<Json<List<CredentialView>>, Problem> {
    let code = station_code(&code)?;
    if !app
        .store
        .tables
        .registry()
        .credentials_of(&code)
        .iter()
        .any(|c| c.protocol == ask.protocol && c.user == ask.user)
    {
        let params = json!({ "what": "credential", "id": format!("{code} {} {}", ask.protocol, ask.user) });
        return Err(Problem::with(ProblemCode::NotFound, params));
    }
    let mut tx = app.store.tables.begin(Actor::Person(caller.person), app.now()).await?;
    tx.credential_delete(&code, &ask.protocol, &ask.user).await?;
    tx.commit().await?;
    view(&app, &code)
}
