//! Time and randomness as ports, so that tests control both.

use std::time::Duration;

use crate::domain::{id::MessageId, time::Timestamp};

/// Maximum difference between the clocks of two functions.
pub const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the present time.
    fn now(&self) -> Timestamp;
}

/// Returns random bits that are good enough for ids and secrets.
pub trait Entropy: Send + Sync {
    /// Returns 128 random bits.
    fn bits(&self) -> u128;

    /// Returns a random number from 0 to 1, 1 excluded, for jitter.
    fn fraction(&self) -> f64 {
        // A double holds 53 bits exactly.
        (self.bits() >> 75) as f64 / (1u64 << 53) as f64
    }

    /// Returns a new message id.
    fn message_id(&self, at: Timestamp) -> MessageId {
        MessageId::new(at, self.bits())
    }
}
