//! The simulators' clock. It is the real time, because vendors have clocks of their own, unless a test gives another.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the time, in Unix milliseconds.
pub type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// Returns the real time, in Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "a simulated vendor has a clock of its own")]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
