//! Values a caller must not be able to guess or rely on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

fn fill(bytes: &mut [u8]) {
    // The system's generator fails only where nothing else of this process would run either.
    SystemRandom::new().fill(bytes).expect("the system has a random generator");
}

/// URL-safe text of `bytes` random bytes.
pub fn opaque(bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    fill(&mut raw);
    URL_SAFE_NO_PAD.encode(raw)
}

/// That many random decimal digits.
pub fn digits(count: usize) -> String {
    let mut raw = vec![0; count];
    fill(&mut raw);
    raw.iter().map(|byte| char::from(b'0' + byte % 10)).collect()
}
