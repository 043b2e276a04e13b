//! 界面: the built web interface inside the binary.
//!
//! Promises: any path gets one of three answers: a file, the page (a single-page application's own
//! routes), or "no such thing". A binary built before the interface was built still compiles and
//! says how to get it. Never: a file from outside `web/dist`.
//!
//! Debug builds read `web/dist` from the disk at each request, release builds carry it.

mod kind;
mod missing;

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file to send.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its bytes, encoded as `encoding` says.
    pub body: Cow<'static, [u8]>,
    /// `Content-Type`.
    pub mime: &'static str,
    /// `Content-Encoding`: `br`, `gzip` or none.
    pub encoding: Option<&'static str>,
    /// `Cache-Control`.
    pub cache: &'static str,
    /// `ETag`, quoted; of this encoding.
    pub etag: String,
}

/// What a path gets.
#[derive(Clone, Debug)]
pub enum Found {
    /// 200 with this file.
    File(Asset),
    /// 404.
    Nothing,
    /// 503: this binary carries no interface; the page says how to get one.
    NotBuilt(Asset),
}

/// The page every route of the interface is drawn on.
const PAGE: &str = "index.html";
/// Named by their content: they never change.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Asked again each time (cheaply, by `ETag`), so that an update reaches every screen.
const REVALIDATE: &str = "no-cache";

/// The answer for `path` (as in the request line, without the query).
#[must_use]
pub fn find(path: &str, accept_encoding: &str) -> Found {
    if Dist::get(PAGE).is_none() {
        return Found::NotBuilt(missing::page());
    }
    let name = path.trim_start_matches('/');
    if let Some(asset) = file(name, accept_encoding) {
        return Found::File(asset);
    }
    // A name with an extension is a file that is not there; anything else is a page's own address.
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return Found::Nothing;
    }
    file(PAGE, accept_encoding).map_or(Found::Nothing, Found::File)
}

/// Whether this binary can show the interface.
#[must_use]
pub fn is_built() -> bool {
    Dist::get(PAGE).is_some()
}

fn file(name: &str, accept_encoding: &str) -> Option<Asset> {
    if name.is_empty() || kind::is_encoded(name) {
        return None;
    }
    let plain = Dist::get(name)?;
    let encoded = kind::ENCODINGS
        .into_iter()
        .filter(|(_, encoding)| kind::accepts(accept_encoding, encoding))
        .find_map(|(ending, encoding)| Dist::get(&format!("{name}{ending}")).map(|f| (f, encoding)));
    let (found, encoding) = match encoded {
        Some((file, encoding)) => (file, Some(encoding)),
        None => (plain, None),
    };
    let hash = found.metadata.sha256_hash();
    let etag: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
    let cache = if name.starts_with("assets/") { IMMUTABLE } else { REVALIDATE };
    Some(Asset { body: found.data, mime: kind::mime(name), encoding, cache, etag: format!("\"{etag}\"") })
}
