//! Time and chance, injected so that a test decides both.

use crate::domain::{id::MessageId, time::Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Gives random bits, good enough for ids and secrets.
pub trait Entropy: Send + Sync {
    /// 128 random bits.
    fn bits(&self) -> u128;

    /// A number from 0 up to 1, for jitter.
    fn fraction(&self) -> f64 {
        // 53 bits are what a double can hold exactly
        (self.bits() >> 75) as f64 / (1u64 << 53) as f64
    }

    /// A new message id.
    fn message_id(&self, at: Timestamp) -> MessageId {
        MessageId::new(at, self.bits())
    }
}
