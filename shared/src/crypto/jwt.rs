//! Compact JSON Web Signatures (RFC 7515): `header.claims.signature`.
//!
//! Vendors want RS256 or PS256 signatures of a service account. Curlew signs its own tokens with EdDSA.

use ring::{
    rand::SystemRandom,
    signature::{
        ED25519, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, UnparsedPublicKey,
    },
};
use serde::Serialize;

use super::encoding::{base64url, from_base64, from_base64url};

/// Error for a key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not a PKCS#8 private key of the kind that is needed")]
pub struct BadKey;

/// Returns the base64 of a PEM text in one line, without the armour.
pub fn without_armour(pem: &str) -> String {
    pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect()
}

/// RSA private key of 2048 to 4096 bits that signs.
#[derive(Debug)]
pub struct RsaKey {
    key: RsaKeyPair,
}

impl RsaKey {
    /// Reads PKCS#8 in PEM armour, or the base64 inside it.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        let der = from_base64(&without_armour(pem)).ok_or(BadKey)?;
        let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| BadKey)?;
        Ok(Self { key })
    }

    /// Returns the compact form of header and claims, signed with RS256. `None` if they cannot be serialized or signed.
    pub fn rs256(&self, header: &impl Serialize, claims: &impl Serialize) -> Option<String> {
        self.sign(&RSA_PKCS1_SHA256, header, claims)
    }

    /// Returns the compact form of header and claims, signed with PS256. The result differs each time.
    pub fn ps256(&self, header: &impl Serialize, claims: &impl Serialize) -> Option<String> {
        self.sign(&RSA_PSS_SHA256, header, claims)
    }

    fn sign(
        &self,
        encoding: &'static dyn RsaEncoding,
        header: &impl Serialize,
        claims: &impl Serialize,
    ) -> Option<String> {
        let input = signing_input(header, claims)?;
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(encoding, &SystemRandom::new(), input.as_bytes(), &mut signature).ok()?;
        Some(format!("{input}.{}", base64url(&signature)))
    }
}

/// Ed25519 key that signs, derived from a seed.
#[derive(Debug)]
pub struct Ed25519 {
    key: Ed25519KeyPair,
}

impl Ed25519 {
    /// Derives the key from 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, BadKey> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(|key| Self { key }).map_err(|_| BadKey)
    }

    /// Returns the public key in base64url.
    pub fn public_key(&self) -> String {
        base64url(self.key.public_key().as_ref())
    }

    /// Returns the signed compact form of header and claims. `None` if they cannot be serialized.
    pub fn sign(&self, header: &impl Serialize, claims: &impl Serialize) -> Option<String> {
        let input = signing_input(header, claims)?;
        let signature = self.key.sign(input.as_bytes());
        Some(format!("{input}.{}", base64url(signature.as_ref())))
    }
}

/// Returns the claims of a token as JSON bytes; `None` unless its Ed25519 signature is right.
pub fn verify_ed25519(token: &str, public_key: &str) -> Option<Vec<u8>> {
    let (input, signature) = token.rsplit_once('.')?;
    let key = from_base64url(public_key)?;
    let signature = from_base64url(signature)?;
    UnparsedPublicKey::new(&ED25519, key).verify(input.as_bytes(), &signature).ok()?;
    let (header, claims) = input.split_once('.')?;
    let header: Header = serde_json::from_slice(&from_base64url(header)?).ok()?;
    (header.alg == "EdDSA").then(|| from_base64url(claims))?
}

/// Returns the `kid` in a token's header. Verifies nothing.
pub fn key_id(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.')?;
    serde_json::from_slice::<Header>(&from_base64url(header)?).ok()?.kid
}

#[derive(serde::Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

fn signing_input(header: &impl Serialize, claims: &impl Serialize) -> Option<String> {
    let part = |value: Vec<u8>| base64url(&value);
    let header = serde_json::to_vec(header).ok().map(part)?;
    let claims = serde_json::to_vec(claims).ok().map(part)?;
    Some(format!("{header}.{claims}"))
}
