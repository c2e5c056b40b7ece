//! Signatures of callbacks: the MD5 of Easemob, and the headers of Standard Webhooks.
//!
//! Source: Easemob, "post-delivery callback"; Standard Webhooks 1.0.0, "Webhook headers" and "Signature scheme".

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use ring::hmac;

use super::encoding::{from_base64, hex, sha256_hex};
use crate::domain::{
    callback::{check_secret, event::CallbackEvent},
    id::AppKey,
    invalid::Invalid,
    time::Timestamp,
};

/// The beginning of a secret in the form of Standard Webhooks.
const WEBHOOK_SECRET: &str = "whsec_";
/// The fewest and most bytes of such a secret's key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Characters of the hash in a `webhook-id`.
const ID_CHARS: usize = 32;

/// Checks a secret that an app sets. The rule never repeats the secret.
pub fn check(field: &str, secret: &str) -> Result<(), Invalid> {
    let Some(encoded) = secret.strip_prefix(WEBHOOK_SECRET) else {
        return check_secret(field, secret);
    };
    match from_base64(encoded) {
        Some(key) if KEY_BYTES.contains(&key.len()) => Ok(()),
        _ => {
            let (least, most) = (KEY_BYTES.start(), KEY_BYTES.end());
            Err(Invalid::new(field, format!("must have {least} to {most} bytes in base64 behind {WEBHOOK_SECRET}")))
        }
    }
}

/// Returns the `webhook-id` of an event: the same for every try, and no other event has it.
pub fn webhook_id(app: &AppKey, event: &CallbackEvent) -> String {
    format!("msg_{}", &sha256_hex(event.identity(app).as_bytes())[..ID_CHARS])
}

/// Returns the `security` of a body: the MD5 of call id, secret and time. The secret is taken as the app gave it.
pub fn security(call_id: &str, secret: &str, at: Timestamp) -> String {
    hex(&Md5::digest(format!("{call_id}{secret}{at}").as_bytes()))
}

/// Returns the header `webhook-signature`: a signature for each secret, with a space in between.
pub fn signatures(id: &str, at: Timestamp, body: &[u8], secrets: &[&str]) -> String {
    let signed = [format!("{id}.{}.", at.as_seconds()).as_bytes(), body].concat();
    let signature = |secret: &&str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &signing_key(secret));
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)))
    };
    secrets.iter().map(signature).collect::<Vec<_>>().join(" ")
}

/// Returns the key of a secret: what stands in base64 behind `whsec_`, or else the text itself.
fn signing_key(secret: &str) -> Vec<u8> {
    secret.strip_prefix(WEBHOOK_SECRET).and_then(from_base64).unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Example of Standard Webhooks' reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_signature_is_that_of_the_reference_libraries() {
        let at = Timestamp::from_millis(1_614_265_330_999);
        let signed = signatures("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#, &[SECRET]);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_live_secrets_sign_both_and_a_plain_secret_is_its_bytes() {
        let at = Timestamp::from_millis(1_000);
        let both = signatures("msg_1", at, b"{}", &[SECRET, "a plain secret"]);
        let [first, second] = both.split(' ').collect::<Vec<_>>()[..] else { panic!("{both}") };
        assert_eq!(first, signatures("msg_1", at, b"{}", &[SECRET]));
        let same = format!("{WEBHOOK_SECRET}{}", STANDARD.encode("a plain secret"));
        assert_eq!(second, signatures("msg_1", at, b"{}", &[&same]));
    }

    #[test]
    fn security_is_the_md5_of_call_id_secret_and_milliseconds() {
        // printf 'acme#chat_1secret1656398024142' | md5sum
        let at = Timestamp::from_millis(1_656_398_024_142);
        assert_eq!(security("acme#chat_1", "secret", at), "2de02d4b03e97d17ab4955ee708cb170");
    }

    #[test]
    fn a_secret_is_long_enough_and_says_so_without_being_repeated() {
        for good in [SECRET, "8 bytes.", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(check("callback.secret", good), Ok(()), "{good}");
        }
        for bad in ["", "7 bytes", "whsec_", "whsec_AAAA", "whsec_no base64!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa"] {
            let refused = check("callback.secret", bad).unwrap_err().to_string();
            assert!(
                refused.starts_with("callback.secret must ") && (bad.len() < 8 || !refused.contains(bad)),
                "{refused}"
            );
        }
        assert!(check("callback.secret", &"a".repeat(257)).is_err());
    }
}
