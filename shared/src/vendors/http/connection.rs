//! How connections are made, and whether a request had one of its own.
//!
//! A vendor closes connections that were idle for long, and a function that was frozen in between learns of it only when
//! it writes. Such a request never reached the vendor's application, so it may be sent again; a request whose fresh
//! connection broke may have reached it. Which of the two it was, the HTTP client does not tell: the layer here notes,
//! for the task that sends, whether a connection was opened for it.

use std::{
    cell::Cell,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tower::{Layer, Service};

use super::Limits;

/// Longer than the gaps of a quiet app. A connection that the vendor closed earlier is noticed and replaced.
const IDLE: Duration = Duration::from_secs(600);

tokio::task_local! {
    static OPENED: Cell<bool>;
}

/// Runs `request` and tells whether a connection was opened for it.
pub(super) async fn noting<F: Future>(request: F) -> (F::Output, bool) {
    let noted = async {
        let output = request.await;
        (output, OPENED.with(Cell::get))
    };
    OPENED.scope(Cell::new(false), noted).await
}

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
        .connector_layer(NoteOpening)
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

/// Notes the opening of connections.
#[derive(Debug, Clone, Copy)]
struct NoteOpening;

impl<S> Layer<S> for NoteOpening {
    type Service = Noted<S>;

    fn layer(&self, connector: S) -> Noted<S> {
        Noted(connector)
    }
}

#[derive(Debug, Clone)]
struct Noted<S>(S);

impl<S: Service<R>, R> Service<R> for Noted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, address: R) -> S::Future {
        // outside of `noting` there is nobody to tell
        OPENED.try_with(|opened| opened.set(true)).unwrap_or_default();
        self.0.call(address)
    }
}
