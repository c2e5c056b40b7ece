//! How connections are made, and how long they are kept.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::Limits;

/// How long an idle connection is used again. Shorter than servers keep theirs (the common ones 60 s and more): a function that
/// was frozen learns of a closed connection only when it writes, and then cannot tell whether the request arrived.
const IDLE: Duration = Duration::from_secs(50);

/// The client: TLS by rustls and ring with Mozilla's roots built in, HTTP/2 where the vendor has it, no redirects, no
/// proxy from the environment.
pub(super) fn client(limits: &Limits) -> Result<Client, String> {
    let tls = tls().map_err(|error| error.to_string())?;
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .user_agent("curlew")
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(|error| error.to_string())
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
