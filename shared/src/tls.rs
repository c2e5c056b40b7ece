//! TLS towards vendors and apps' servers: rustls and ring, with Mozilla's certificate authorities built in.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{crypto::encoding::from_base64, ports::names::NoPort};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Certificate authorities that a client trusts besides Mozilla's.
#[derive(Debug, Clone)]
pub struct ExtraCas(RootCertStore);

impl NoPort for ExtraCas {}

impl ExtraCas {
    /// No certificate authority.
    pub fn none() -> Self {
        Self(RootCertStore::empty())
    }

    /// Reads certificates in PEM, one after the other. White space is read as line ends, because forms of one line turn
    /// line ends into spaces.
    pub fn parse(pem: &str) -> Result<Self, &'static str> {
        let mut read = Self::none();
        let mut rest = pem.trim();
        while !rest.is_empty() {
            let parts = rest.strip_prefix(BEGIN).and_then(|rest| rest.split_once(END));
            let (body, after) = parts.ok_or("must be certificates in PEM, and nothing else")?;
            let body: String = body.split_whitespace().collect();
            let der = from_base64(&body).ok_or("has a certificate that is not base64")?;
            read.0.add(der.into()).map_err(|_| "has a certificate that cannot be read")?;
            rest = after.trim_start();
        }
        Ok(read)
    }
}

/// Returns the settings of a client. It speaks HTTP/2 where the server does, else HTTP/1.1.
pub fn client_config(extra: &ExtraCas) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.roots.extend_from_slice(&extra.0.roots);
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Certificates of real authorities.
    const ROOTS: &str = include_str!("aws/roots.pem");

    /// Returns the certificates alone, as the parameter of a stack has them.
    fn certificates() -> String {
        let mut inside = false;
        let lines = ROOTS.lines().filter(|line| {
            let of_certificate = inside || *line == BEGIN;
            inside = of_certificate && *line != END;
            of_certificate
        });
        lines.map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn certificates_are_read_with_their_lines_and_in_one_line() {
        let pem = certificates();
        let count = pem.matches(BEGIN).count();
        assert!(count > 1);
        for text in [pem.clone(), pem.replace('\n', " "), pem.replace('\n', ""), format!("\n {pem}\r\n")] {
            assert_eq!(ExtraCas::parse(&text).unwrap().0.len(), count);
        }
        assert!(ExtraCas::parse("").unwrap().0.is_empty());
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let pem = certificates();
        let half = &pem[..pem.len() / 2];
        let key = pem.replace("CERTIFICATE", "PRIVATE KEY");
        let no_certificate = format!("{BEGIN}\naGVsbG8=\n{END}");
        let no_base64 = format!("{BEGIN}\n!!!\n{END}");
        for text in ["hello", half, &key, &no_certificate, &no_base64, &format!("# a comment\n{pem}")] {
            assert!(ExtraCas::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mozillas_authorities_stay_trusted() {
        let extra = ExtraCas::parse(&certificates()).unwrap();
        let mozilla = webpki_roots::TLS_SERVER_ROOTS.len();
        assert!(mozilla > 100);
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.roots.extend_from_slice(&extra.0.roots);
        assert_eq!(roots.len(), mozilla + extra.0.len());
        assert!(client_config(&extra).is_ok());
    }
}
