//! Certificates that are trusted, renewed, expired, for another name, of another authority.

use std::sync::Arc;

use curlew_tests::test_ca::TestCa;
use rustls::ServerConfig;

use super::{
    answered, not_sent, send, send_all,
    server::{Limits, Peer, Server, Then},
};

const HOST: &str = "127.0.0.1";

type Issue = fn(&TestCa) -> Arc<ServerConfig>;

/// Starts a server that answers one request a connection, with one certificate after the other.
fn server(ca: TestCa, certificates: Vec<Arc<ServerConfig>>) -> Server {
    let script = |peer: &mut Peer, stream| {
        peer.answer(stream);
        Then::Close
    };
    Server::with_certificates(ca, certificates, Limits::default(), script)
}

#[tokio::test]
async fn only_a_client_with_the_authority_trusts_its_servers() {
    let ca = TestCa::new().unwrap();
    let own = ca.server(HOST).unwrap();
    let server = server(ca, vec![own]);
    assert_eq!(send(&server.client()).await, answered());
    assert_eq!(send(&server.stranger()).await, not_sent("certificate"));
    assert_eq!(server.seen().requests, 1);
}

#[tokio::test]
async fn a_renewed_certificate_of_the_same_authority_is_trusted() {
    let ca = TestCa::new().unwrap();
    let certificates = vec![ca.server(HOST).unwrap(), ca.server(HOST).unwrap()];
    let server = server(ca, certificates);
    let http = server.client();
    for connections in 1..=3 {
        assert_eq!(send(&http).await, answered());
        server.closed(connections).await;
        assert_eq!(server.seen().connections, connections);
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_whose_certificate_is_bad() {
    let bad: [(&str, Issue); 3] = [
        ("expired", |ca| ca.expired_server(HOST).unwrap()),
        ("for another name", |ca| ca.server("push.example.com").unwrap()),
        ("of another authority", |_| TestCa::new().unwrap().server(HOST).unwrap()),
    ];
    for (why, certificate) in bad {
        let ca = TestCa::new().unwrap();
        // The connection of the first request shows a good certificate.
        let certificates = vec![ca.server(HOST).unwrap(), certificate(&ca)];
        let server = server(ca, certificates);
        let http = server.client();
        assert_eq!(send(&http).await, answered(), "{why}");
        server.closed(1).await;
        assert_eq!(send_all(&http, 5).await, vec![not_sent("certificate"); 5], "{why}");
        assert_eq!(server.seen().requests, 1, "{why}");
    }
}
