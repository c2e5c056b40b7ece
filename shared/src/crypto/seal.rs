//! Values sealed with a key that is derived from a secret. Every reader needs that secret for another purpose anyway.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
};

use crate::ports::clock::Entropy;

const NONCE_BYTES: usize = 12;

/// Seals values under a key derived from a secret and a purpose (HKDF-SHA-256, AES-256-GCM, random nonces).
#[derive(Debug)]
pub struct Seal {
    key: LessSafeKey,
}

impl Seal {
    /// Returns the seal for this secret and purpose.
    pub fn new(secret: &[u8], purpose: &str) -> Option<Self> {
        let bytes = derive(secret, purpose)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).ok()?;
        Some(Self { key: LessSafeKey::new(key) })
    }

    /// Returns nonce, ciphertext and tag.
    pub fn seal(&self, plain: &[u8], entropy: &dyn Entropy) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = entropy.bits().to_be_bytes()[..NONCE_BYTES].try_into().ok()?;
        let mut body = plain.to_vec();
        self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body).ok()?;
        Some([nonce.as_slice(), &body].concat())
    }

    /// Returns the plain value; `None` if it was changed or sealed with another secret.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let plain = self.key.open_in_place(nonce, Aad::empty(), &mut body).ok()?;
        Some(plain.to_vec())
    }
}

/// Derives 32 bytes from a secret and a purpose (HKDF-SHA-256).
pub fn derive(secret: &[u8], purpose: &str) -> Option<[u8; 32]> {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut bytes = [0; 32];
    Salt::new(HKDF_SHA256, b"curlew")
        .extract(secret)
        .expand(&[purpose.as_bytes()], Length)
        .and_then(|okm| okm.fill(&mut bytes))
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::system::System;

    #[test]
    fn a_sealed_value_opens_with_the_same_secret_and_purpose_only() {
        let seal = Seal::new(b"secret", "tokens").unwrap();
        let sealed = seal.seal(b"value", &System::default()).unwrap();
        assert_eq!(seal.open(&sealed).as_deref(), Some(b"value".as_slice()));
        assert_eq!(Seal::new(b"other", "tokens").unwrap().open(&sealed), None);
        assert_eq!(Seal::new(b"secret", "else").unwrap().open(&sealed), None);
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(seal.open(&changed), None);
    }
}
