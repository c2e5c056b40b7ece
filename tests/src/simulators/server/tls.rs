//! TLS on the port of plain HTTP. The authority is made once in a process.

use std::sync::{Arc, LazyLock};

use axum::{Router, routing};
use rustls::ServerConfig;

use crate::test_ca::TestCa;

/// First byte of a connection with TLS. HTTP begins with a letter.
pub const HANDSHAKE: u8 = 22;

static MADE: LazyLock<(String, Arc<ServerConfig>)> = LazyLock::new(|| {
    let ca = TestCa::new().expect("an authority can be made");
    (ca.pem(), ca.server("127.0.0.1").expect("a certificate can be made"))
});

/// Returns the authority's certificate.
pub fn ca_pem() -> String {
    MADE.0.clone()
}

/// Returns the settings of connections.
pub fn server() -> Arc<ServerConfig> {
    Arc::clone(&MADE.1)
}

/// Returns the same without HTTP/2.
pub fn http1_server() -> Arc<ServerConfig> {
    let mut config = ServerConfig::clone(&MADE.1);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Returns the route by which other processes learn of the authority.
pub fn router() -> Router {
    Router::new().route("/_sim/ca.pem", routing::get(async || ca_pem()))
}
