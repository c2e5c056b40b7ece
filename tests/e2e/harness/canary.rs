//! Secrets that must never appear in logs.
//!
//! Secrets of this run contain the run's mark. Secrets from elsewhere are noted.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use curlew_tests::stack::Refusals;
use shared::{
    crypto::system::System,
    domain::time::Timestamp,
    ports::clock::{Clock, Entropy},
};

static BEGAN: OnceLock<Timestamp> = OnceLock::new();
static MARK: OnceLock<String> = OnceLock::new();
static NOTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static REFUSALS: OnceLock<Refusals> = OnceLock::new();
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Returns sixteen letters and digits that were never used before.
pub fn fresh() -> String {
    format!("{:032x}", System::default().bits())[16..].to_owned()
}

/// Returns a number that this run has not used before.
pub fn count() -> u64 {
    COUNT.fetch_add(1, Ordering::SeqCst)
}

/// Returns when the run made its first secret.
pub fn began() -> Timestamp {
    *BEGAN.get_or_init(|| System::default().now())
}

/// Returns the text that every secret of this run contains.
pub fn mark() -> &'static str {
    began();
    MARK.get_or_init(|| format!("canary{}", fresh()))
}

/// Returns a new secret of letters and digits.
pub fn secret() -> String {
    format!("{}x{}", mark(), count())
}

/// Notes a secret that was made elsewhere.
pub fn note(secret: &str) {
    assert!(secret.len() >= 16, "too short to be told from other text");
    NOTED.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
}

/// Returns the mark and everything noted.
pub fn all() -> Vec<String> {
    let noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    std::iter::once(mark().to_owned()).chain(noted.iter().cloned()).collect()
}

/// Returns every error answer of this run.
pub fn refusals() -> Refusals {
    REFUSALS.get_or_init(Refusals::default).clone()
}
