//! 权限: who may call a route. Closed unless opened.
//!
//! The guard stands before every handler: it refuses another site's pages (CSRF), finds the session,
//! compares the role with the route's [`Who`], and hands the [`Caller`] on.

use crate::app::App;
use crate::problem::{Problem, ProblemCode};
use crate::session;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use field::block::Block;
use field::id::{BlockId, PersonId};
use field::person::Role;
use std::collections::HashSet;
use store::Registry;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Even somebody who is not signed in.
    Anyone,
    /// Everybody who is signed in.
    SignedIn,
    /// Only these roles.
    Roles(&'static [Role]),
    /// Everybody who is signed in, and a push source that may read, with its token.
    Reader,
    /// A push source with its token; the handler looks at it. No person.
    Source,
}

/// 调度员 and 系统管理员: those who see the whole city.
pub(crate) const STAFF: Who = Who::Roles(&[Role::Dispatcher, Role::Administrator]);
/// 调度员.
pub(crate) const DISPATCHER: Who = Who::Roles(&[Role::Dispatcher]);
/// 调度员 and 区块责任人: those who work on orders.
pub(crate) const CREW: Who = Who::Roles(&[Role::Dispatcher, Role::BlockOwner]);
/// 系统管理员.
pub(crate) const ADMINISTRATOR: Who = Who::Roles(&[Role::Administrator]);

impl Who {
    /// Whether `role` (`None`: nobody is signed in) may call it.
    #[must_use]
    pub fn allows(self, role: Option<Role>) -> bool {
        match (self, role) {
            (Self::Anyone, _) | (Self::SignedIn | Self::Reader, Some(_)) => true,
            (Self::Roles(roles), Some(role)) => roles.contains(&role),
            (Self::Source, _) | (_, None) => false,
        }
    }

    /// For the OpenAPI document.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Anyone => "anyone".to_owned(),
            Self::SignedIn => "everybody signed in".to_owned(),
            Self::Reader => "everybody signed in, and a push source that may read with its token".to_owned(),
            Self::Source => "a push source with its token".to_owned(),
            Self::Roles(roles) => roles.iter().map(|r| r.code()).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Caller {
    pub(crate) person: PersonId,
    pub(crate) role: Role,
    pub(crate) token_hash: String,
}

impl Caller {
    /// Whether they see the whole city.
    pub(crate) const fn is_staff(&self) -> bool {
        matches!(self.role, Role::Dispatcher | Role::Administrator)
    }

    /// Whether they answer for the block, in its chain or on its roster; staff answer for all.
    pub(crate) fn answers_for(&self, registry: &Registry, block: BlockId) -> bool {
        self.is_staff() || registry.block(block).is_some_and(|b| belongs(registry, b, self.person))
    }
}

/// The blocks a person answers for.
pub(crate) fn blocks_of(registry: &Registry, person: PersonId) -> HashSet<BlockId> {
    registry.blocks().values().filter(|b| belongs(registry, b, person)).map(|b| b.id).collect()
}

fn belongs(registry: &Registry, block: &Block, person: PersonId) -> bool {
    let chain = block.chain;
    [chain.a, chain.b, chain.supervisor].contains(&person)
        || registry.roster(block.id).is_some_and(|r| {
            r.shifts.iter().any(|s| s.person == person) || r.substitutions.iter().any(|s| s.person == person)
        })
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ProblemCode::NotSignedIn.into())
    }
}

/// Stands before every handler.
pub(crate) async fn guard(
    State((app, who)): State<(App, Who)>,
    mut request: Request,
    next: Next,
) -> Response {
    let (safe, headers) = (request.method().is_safe(), request.headers().clone());
    match admit(&app, who, safe, &headers).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn admit(app: &App, who: Who, safe: bool, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    if !safe && !is_same_site(headers, app.public_origin()) {
        return Err(ProblemCode::CrossSite.into());
    }
    if matches!(who, Who::Anyone | Who::Source) {
        return Ok(None);
    }
    if who == Who::Reader && headers.contains_key(header::AUTHORIZATION) {
        let source = app.sources.find(headers, "").filter(|source| source.config.read);
        return source.map(|_| None).ok_or_else(|| ProblemCode::NotSignedIn.into());
    }
    let caller = session::find(app, headers).await?.ok_or(ProblemCode::NotSignedIn)?;
    if who.allows(Some(caller.role)) { Ok(Some(caller)) } else { Err(ProblemCode::Forbidden.into()) }
}

/// Whether the browser says that the request comes from our own page. Programs other than browsers
/// send neither header; they carry no cookie they did not fetch themselves.
fn is_same_site(headers: &HeaderMap, public_origin: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    if public_origin == Some(origin) {
        return true;
    }
    let host = text(header::HOST.as_str()).unwrap_or_default();
    !host.is_empty() && origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn a_post_from_another_sites_page_is_told_apart() {
        let ours = [("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")];
        assert!(is_same_site(&headers(&ours), None));
        assert!(!is_same_site(
            &headers(&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")]),
            None
        ));
        assert!(!is_same_site(&headers(&[("sec-fetch-site", "cross-site"), ("host", "x")]), None));
        assert!(!is_same_site(&headers(&[("sec-fetch-site", "same-site")]), None));
        assert!(!is_same_site(&headers(&[("origin", "null"), ("host", "x")]), None));
        assert!(is_same_site(&headers(&[("host", "x")]), None), "a program that is no browser");
        let proxied = [("origin", "https://water.example"), ("host", "10.0.0.5:8080")];
        assert!(is_same_site(&headers(&proxied), Some("https://water.example")));
    }

    #[test]
    fn nobody_may_call_what_is_not_open_to_anyone() {
        assert!(!Who::SignedIn.allows(None) && !STAFF.allows(None));
        assert!(STAFF.allows(Some(Role::Administrator)) && !STAFF.allows(Some(Role::BlockOwner)));
    }
}
