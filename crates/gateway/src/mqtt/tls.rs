//! TLS for the broker and for brokers outside: rustls, certificates from PEM files.

use crate::error::GatewayError;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto};

use super::config::Tls;

fn provider() -> Arc<crypto::CryptoProvider> {
    Arc::new(crypto::ring::default_provider())
}

fn bad(path: &Path, why: impl std::fmt::Display) -> GatewayError {
    GatewayError::setting("mqtt", format!("TLS file `{}`: {why}", path.display()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, GatewayError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|why| bad(path, why))?;
    let list: Vec<_> = read.collect::<Result<_, _>>().map_err(|why| bad(path, why))?;
    if list.is_empty() { Err(bad(path, "it holds no certificate")) } else { Ok(list) }
}

fn roots(path: &Path) -> Result<RootCertStore, GatewayError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|why| bad(path, why))?;
    }
    Ok(roots)
}

/// What our broker shows and asks for.
pub(crate) fn server(tls: &Tls) -> Result<Arc<ServerConfig>, GatewayError> {
    let chain = certificates(&tls.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|why| bad(&tls.key, why))?;
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|why| bad(&tls.certificate, why))?;
    let builder = match &tls.client_authority {
        Some(path) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(path)?), provider());
            // Without a certificate a client may still prove itself by its password.
            let verifier = verifier.allow_unauthenticated().build().map_err(|why| bad(path, why))?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    builder.with_single_cert(chain, key).map(Arc::new).map_err(|why| bad(&tls.certificate, why))
}

/// Whom we believe to be the broker outside.
pub(crate) fn client(authority: &Path) -> Result<Arc<ClientConfig>, GatewayError> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|why| bad(authority, why))?;
    Ok(Arc::new(builder.with_root_certificates(roots(authority)?).with_no_client_auth()))
}
