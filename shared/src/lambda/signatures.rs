//! Tokens whose signature a process has verified. Verifying one takes 0.6 million instructions, a third of accepting a
//! message.

use crate::{cache::BoundedCache, crypto::jwt::verify_ed25519, ports::names::NoPort};

/// Tokens that a process remembers. An entry takes less than a kilobyte.
const MAX_TOKENS: usize = 1000;

/// Remembers the claims of tokens by their signature's public key. A token that is not validly signed is never
/// remembered, so nobody without a valid token can fill the cache.
pub struct Signatures(BoundedCache<String, Verified>);

struct Verified {
    public_key: String,
    claims: Vec<u8>,
}

impl NoPort for Signatures {}

impl Signatures {
    /// Returns the claims of a token as JSON bytes. Returns `None` unless this key signed it.
    ///
    /// The caller judges expiry and revocation, which change while the signature stays valid.
    pub fn claims(&self, token: &str, public_key: &str) -> Option<Vec<u8>> {
        if let Some(known) = self.0.lock().get(token).filter(|known| known.public_key == public_key) {
            return Some(known.claims.clone());
        }
        let claims = verify_ed25519(token, public_key)?;
        let verified = Verified { public_key: public_key.to_owned(), claims: claims.clone() };
        self.0.lock().put(token.to_owned(), verified);
        Some(claims)
    }
}

impl Default for Signatures {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_TOKENS))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::jwt::Ed25519;

    fn signed(key: &Ed25519, user: usize) -> String {
        key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &json!({"sub": user})).unwrap()
    }

    #[test]
    fn a_remembered_token_is_valid_only_for_the_key_that_signed_it() {
        let [own, other] = [1, 2].map(|seed| Ed25519::from_seed(&[seed; 32]).unwrap());
        let (signatures, token) = (Signatures::default(), signed(&own, 7));
        for _ in 0..2 {
            assert_eq!(signatures.claims(&token, &own.public_key()).as_deref(), Some(&br#"{"sub":7}"#[..]));
            assert_eq!(signatures.claims(&token, &other.public_key()), None);
        }
    }

    #[test]
    fn forged_tokens_are_not_remembered_and_valid_ones_up_to_a_maximum() {
        let key = Ed25519::from_seed(&[1; 32]).unwrap();
        let signatures = Signatures::default();
        let forged = signed(&Ed25519::from_seed(&[2; 32]).unwrap(), 0);
        assert_eq!(signatures.claims(&forged, &key.public_key()), None);
        assert_eq!(signatures.0.lock().len(), 0);
        for user in 0..MAX_TOKENS + 10 {
            assert!(signatures.claims(&signed(&key, user), &key.public_key()).is_some());
        }
        assert_eq!(signatures.0.lock().len(), MAX_TOKENS);
    }
}
