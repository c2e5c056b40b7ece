//! Compact JSON Web Signatures (RFC 7515): `header.claims.signature`.
//!
//! RS256 and PS256 for vendors that want what a service account signed, and EdDSA for the tokens Curlew issues itself.

use ring::{
    rand::SystemRandom,
    signature::{
        ED25519, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, UnparsedPublicKey,
    },
};
use serde::Serialize;

use super::encoding::{base64url, from_base64, from_base64url};

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not a PKCS#8 private key of the kind that is needed")]
pub struct BadKey;

/// The base64 in PEM armour, without the armour and in one line.
pub fn without_armour(pem: &str) -> String {
    pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect()
}

/// Signs with an RSA private key of 2048 to 4096 bits.
#[derive(Debug)]
pub struct RsaKey {
    key: RsaKeyPair,
}

impl RsaKey {
    /// From PKCS#8 in PEM armour, or from the base64 inside.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        let der = from_base64(&without_armour(pem)).ok_or(BadKey)?;
        let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| BadKey)?;
        Ok(Self { key })
    }

    /// The form of a header and claims that is signed by RS256. `None` if they cannot be written or signed.
    pub fn rs256(&self, header: &impl Serialize, claims: &impl Serialize) -> Option<String> {
        self.sign(&RSA_PKCS1_SHA256, header, claims)
    }

    /// The same by PS256, which is another each time.
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

/// Signs with an Ed25519 key that follows from a seed.
#[derive(Debug)]
pub struct Ed25519 {
    key: Ed25519KeyPair,
}

impl Ed25519 {
    /// From 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, BadKey> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(|key| Self { key }).map_err(|_| BadKey)
    }

    /// The public key, base64url.
    pub fn public_key(&self) -> String {
        base64url(self.key.public_key().as_ref())
    }

    /// The signed form of a header and claims. `None` if they cannot be written.
    pub fn sign(&self, header: &impl Serialize, claims: &impl Serialize) -> Option<String> {
        let input = signing_input(header, claims)?;
        let signature = self.key.sign(input.as_bytes());
        Some(format!("{input}.{}", base64url(signature.as_ref())))
    }
}

/// The claims of a token whose Ed25519 signature is right, as JSON bytes.
pub fn verify_ed25519(token: &str, public_key: &str) -> Option<Vec<u8>> {
    let (input, signature) = token.rsplit_once('.')?;
    let key = from_base64url(public_key)?;
    let signature = from_base64url(signature)?;
    UnparsedPublicKey::new(&ED25519, key).verify(input.as_bytes(), &signature).ok()?;
    let (header, claims) = input.split_once('.')?;
    let header: Header = serde_json::from_slice(&from_base64url(header)?).ok()?;
    (header.alg == "EdDSA").then(|| from_base64url(claims))?
}

/// The `kid` that a token's header names. Nothing is verified.
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
