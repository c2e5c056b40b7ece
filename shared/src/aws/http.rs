//! The HTTP client that all AWS clients share: HTTP/1.1 over TLS with an embedded trust store.
//!
//! The SDK's own client also links HTTP/2, which DynamoDB and SQS do not speak, and sets TLS up once for each AWS
//! client. This one sets it up at the first request, once for all clients.

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Hyper, Error as HyperError, connect::HttpConnector as Tcp},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The certificate authorities that AWS endpoints chain to, in every partition. They are Amazon Root CA 1 to 4 and
/// Starfield Services Root CA - G2 (Amazon Trust Services repository), DigiCert Global Root CA and G2 (China regions).
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// Time for a TCP connection. The SDK's timeouts bound everything else.
const CONNECT: Duration = Duration::from_secs(2);

/// HTTP client of the SDK.
#[derive(Debug, Default)]
pub(super) struct Client(OnceLock<SharedHttpConnector>);

impl HttpClient for Client {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.get_or_init(|| SharedHttpConnector::new(Connector(hyper()))).clone()
    }
}

/// Sends requests over connections that are kept.
#[derive(Debug)]
struct Connector(Hyper<HttpsConnector<Tcp>, SdkBody>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let response = answer.await.map_err(judged)?;
            let response = response.map(SdkBody::from_body_1_x).try_into();
            response.map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::other(error.into(), None))
        })
    }
}

fn hyper() -> Hyper<HttpsConnector<Tcp>, SdkBody> {
    let mut tcp = Tcp::new();
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls()).https_or_http().enable_http1().wrap_connector(tcp);
    Hyper::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector)
}

#[expect(clippy::expect_used, reason = "the embedded certificates are read by a test")]
fn tls() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(ROOTS) {
        roots.add(root.expect("the embedded certificates are PEM")).expect("the embedded certificates are valid");
    }
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring offers TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Tells the SDK which errors to retry: those of connections.
fn judged(error: HyperError) -> ConnectorError {
    let hyper = source::<hyper::Error>(&error);
    let closed = hyper.is_some_and(|hyper| hyper.is_closed() || hyper.is_canceled());
    let cut_off = hyper.is_some_and(hyper::Error::is_incomplete_message);
    if closed || error.is_connect() || source::<std::io::Error>(&error).is_some() {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), cut_off.then_some(ErrorKind::TransientError))
    }
}

/// Returns the first cause of this type.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn the_embedded_trust_store_can_be_read() {
        tls();
    }

    /// Calls a server that reads a request and answers with these bytes, then closes the connection.
    async fn call(answer: &'static [u8]) -> Result<u16, ConnectorError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
        };
        let mut request = HttpRequest::new(SdkBody::from("body"));
        request.set_uri(url.as_str()).unwrap();
        let (response, ()) = tokio::join!(Connector(hyper()).call(request), server);
        response.map(|response| response.status().as_u16())
    }

    #[tokio::test]
    async fn an_answer_is_passed_on_and_a_cut_one_is_transient() {
        assert_eq!(call(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap(), 200);
        assert!(call(b"HTTP/1.1 2").await.unwrap_err().as_other() == Some(ErrorKind::TransientError));
    }

    #[tokio::test]
    async fn a_refused_connection_is_an_error_of_the_connection() {
        let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(format!("http://{closed}/").as_str()).unwrap();
        assert!(Connector(hyper()).call(request).await.unwrap_err().is_io());
    }
}
