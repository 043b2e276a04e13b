//! 电子邮件: SMTP, over TLS by rustls.
//!
//! The `Message-ID` is made of the idempotency key, so that mailboxes can tell a repetition.
//! Providers limit mails a minute and a day; the budget keeps below.

use super::http::brief;
use super::{Built, Channel, Handing, Kit, Limits, Mailbox, Outcome, Parcel, Size};
use crate::config::{BadConfig, check_budget, check_given};
use crate::error::DispatchError;
use crate::secret::Secret;
use field::clock::Clock;
use field::person::{ChannelKind, Person};
use field::time::MINUTE_MS;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox as Address, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Longest text, bytes: a mail bears more, a reader does not.
const MAX_TEXT: usize = 16_000;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailTls {
    /// Not at all: a relay on the same machine.
    None,
    /// STARTTLS, required (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
}

/// Settings of the mail server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// The server's name.
    pub host: String,
    /// Its port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: EmailTls,
    /// User, where the server asks for one.
    #[serde(default)]
    pub user: Option<String>,
    /// Password.
    #[serde(default)]
    pub password: Secret,
    /// Sender, such as `至臻水管家 <alarm@water.example>`.
    pub from: String,
    /// Mails a minute in all.
    #[serde(default = "default_per_minute")]
    pub per_minute: u32,
    /// Mails a minute to one person.
    #[serde(default = "default_person_per_minute")]
    pub person_per_minute: u32,
}

const fn default_port() -> u16 {
    587
}

const fn default_per_minute() -> u32 {
    60
}

const fn default_person_per_minute() -> u32 {
    6
}

impl EmailConfig {
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check_given("email.host", &self.host)?;
        check_budget("email.per_minute", self.per_minute, 100_000)?;
        check_budget("email.person_per_minute", self.person_per_minute, 60)?;
        self.sender().map(|_| ())
    }

    fn sender(&self) -> Result<Address, BadConfig> {
        self.from.parse().map_err(|e| {
            BadConfig::new("email.from", format!("is `{}`: {e}; write `Name <user@host>`", self.from))
        })
    }
}

struct Email {
    config: EmailConfig,
    from: Address,
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    clock: Arc<dyn Clock>,
}

pub(crate) fn build(kit: &Kit<'_>) -> Built {
    let Some(config) = kit.config.email.clone() else { return Ok(None) };
    let from = config.sender()?;
    let parameters = || {
        TlsParameters::new(config.host.clone())
            .map_err(|e| DispatchError::Config(BadConfig::new("email.tls", format!("cannot be used: {e}"))))
    };
    let tls = match config.tls {
        EmailTls::None => Tls::None,
        EmailTls::Starttls => Tls::Required(parameters()?),
        EmailTls::Tls => Tls::Wrapper(parameters()?),
    };
    let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
        .port(config.port)
        .tls(tls)
        .timeout(Some(super::http::TIMEOUT));
    if let Some(user) = &config.user {
        smtp = smtp.credentials(Credentials::new(user.clone(), config.password.reveal().to_owned()));
    }
    Ok(Some(Arc::new(Email { from, smtp: smtp.build(), clock: kit.clock.clone(), config })))
}

impl Email {
    fn mail(&self, to: &str, parcel: &Parcel) -> Result<lettre::Message, String> {
        let to: Address = to.parse().map_err(|e| format!("address `{}`: {e}", brief(to)))?;
        let ms = u64::try_from(self.clock.now().ms()).unwrap_or(0);
        MessageBuilder::new()
            .from(self.from.clone())
            .to(to)
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
            .message_id(Some(format!("<{}@{}>", parcel.key, self.from.email.domain())))
            .subject(&parcel.title)
            .header(ContentType::TEXT_PLAIN)
            .body(parcel.text.clone())
            .map_err(|e| format!("the mail cannot be written: {e}"))
    }
}

fn judge(error: &lettre::transport::smtp::Error) -> Outcome {
    let reason = brief(&error.to_string());
    if error.is_permanent() {
        return Outcome::Refused { reason };
    }
    if error.is_transient() {
        // 421, 450, 451, 452: too many, or not now. The mail was not taken.
        let code = error.status().map(|c| c.to_string()).unwrap_or_default();
        return match code.as_str() {
            "421" | "452" => Outcome::Busy { for_ms: MINUTE_MS, reason, whole_channel: true },
            _ => Outcome::Retry { reason, unknown: false },
        };
    }
    Outcome::Retry { reason, unknown: error.is_timeout() || error.is_response() }
}

impl Channel for Email {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn limits(&self) -> Limits {
        Limits {
            channel_per_minute: self.config.per_minute,
            mailbox_per_minute: self.config.person_per_minute,
            concurrency: 4,
            persons: 1,
            size: Size::Utf8(MAX_TEXT),
            one_server: true,
            knows_keys: true,
        }
    }

    fn mailbox(&self, person: &Person, _town: Option<&str>) -> Option<Mailbox> {
        person.email.as_ref().map(|_| Mailbox::Person(person.id))
    }

    fn hand<'a>(&'a self, parcel: &'a Parcel) -> Handing<'a> {
        Box::pin(async move {
            let Some(to) = parcel.persons.first().and_then(|p| p.email.as_deref()) else {
                return Outcome::Refused { reason: "the person has no e-mail address".into() };
            };
            let mail = match self.mail(to, parcel) {
                Ok(mail) => mail,
                Err(reason) => return Outcome::Refused { reason },
            };
            match self.smtp.send(mail).await {
                Ok(answer) => {
                    Outcome::Sent { receipt: brief(&answer.message().collect::<Vec<_>>().join(" ")) }
                }
                Err(error) => judge(&error),
            }
        })
    }
}
