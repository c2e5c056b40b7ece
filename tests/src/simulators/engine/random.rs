//! Random values that a caller cannot guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

fn fill(bytes: &mut [u8]) {
    // If the system's generator fails, nothing else in this process would work either.
    SystemRandom::new().fill(bytes).expect("the system has a random generator");
}

/// Returns URL-safe text of `bytes` random bytes.
pub fn opaque(bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    fill(&mut raw);
    URL_SAFE_NO_PAD.encode(raw)
}

/// Returns `count` random decimal digits.
pub fn digits(count: usize) -> String {
    let mut raw = vec![0; count];
    fill(&mut raw);
    raw.iter().map(|byte| char::from(b'0' + byte % 10)).collect()
}
