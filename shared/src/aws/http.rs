//! The HTTP client that all AWS clients share.

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};

/// The certificate authorities that AWS endpoints chain to, in every partition. They are Amazon Root CA 1 to 4 and
/// Starfield Services Root CA - G2 (Amazon Trust Services repository), DigiCert Global Root CA and G2 (China regions).
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// HTTP client of the SDK, with one change. The SDK's own client sets TLS up once for each AWS client and discards the
/// result. This one sets it up at the first request, once for all clients.
#[derive(Debug)]
pub(super) struct Client(SharedHttpClient);

impl Client {
    /// Returns a client that trusts only [`ROOTS`].
    pub(super) fn new() -> Self {
        let trust = TrustStore::empty().with_pem_certificate(ROOTS);
        #[expect(clippy::expect_used, reason = "the embedded certificates are read by a test")]
        let tls = TlsContext::builder().with_trust_store(trust).build().expect("the embedded trust store is valid");
        Self(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
    }
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::{http::HttpClient, runtime_components::RuntimeComponentsBuilder};
    use aws_smithy_types::config_bag::ConfigBag;

    use super::*;

    #[test]
    fn the_embedded_trust_store_can_be_read() {
        // The SDK's own check sets TLS up, and panics if a certificate cannot be read.
        let checked = Client::new().0;
        let components = RuntimeComponentsBuilder::new("test");
        assert!(HttpClient::validate_base_client_config(&checked, &components, &ConfigBag::base()).is_ok());
    }
}
