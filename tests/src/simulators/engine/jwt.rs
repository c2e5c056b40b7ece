//! Reads JSON web tokens and RSA public keys as a vendor does.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey};
use serde_json::Value;

/// A token in its three parts, not verified yet.
#[derive(Clone, Debug)]
pub struct Jwt<'a> {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// Parses a token: all parts are base64url without padding, and the first two are JSON objects.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |text: &str| {
            serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok().filter(Value::is_object)
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: part(header)?, claims: part(claims)?, signed, signature })
    }

    /// Returns whether the signature is RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn is_rs256_of(&self, public_key: &PublicKey) -> bool {
        self.is_signed(&RSA_PKCS1_2048_8192_SHA256, public_key)
    }

    /// Returns whether the signature is RSASSA-PSS with SHA-256, and a salt as long as its hash.
    pub fn is_ps256_of(&self, public_key: &PublicKey) -> bool {
        self.is_signed(&RSA_PSS_2048_8192_SHA256, public_key)
    }

    fn is_signed(&self, algorithm: &'static RsaParameters, public_key: &PublicKey) -> bool {
        let key = UnparsedPublicKey::new(algorithm, &public_key.0);
        key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// An RSA public key: DER of `RSAPublicKey` (PKCS#1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads base64 of a DER key in either usual form: `SubjectPublicKeyInfo`, or the bare key.
    pub fn from_base64(text: &str) -> Option<Self> {
        /// rsaEncryption with its NULL parameter.
        const ALGORITHM: &[u8] =
            &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
        let der = STANDARD.decode(text.trim()).ok().filter(|der| der.first() == Some(&0x30))?;
        let Some(at) = der.windows(ALGORITHM.len()).take(8).position(|window| window == ALGORITHM) else {
            return Some(Self(der));
        };
        // A bit string without unused bits holds the bare key.
        let bits = &der[at + ALGORITHM.len()..];
        let header =
            2 + bits.get(1).map_or(0, |length| if length & 0x80 == 0 { 0 } else { usize::from(length & 0x7f) });
        (bits.first() == Some(&0x03) && bits.get(header) == Some(&0)).then(|| Self(bits[header + 1..].to_vec()))
    }
}
