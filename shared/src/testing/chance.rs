//! A clock that a test moves, and random numbers that repeat.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    domain::time::Timestamp,
    ports::clock::{Clock, Entropy},
};

/// A clock that stands still until a test moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct FixedClock {
    at: Arc<AtomicI64>,
    since: Option<Instant>,
}

impl FixedClock {
    /// Creates a clock that shows `at`.
    pub fn new(at: Timestamp) -> Self {
        Self { at: Arc::new(AtomicI64::new(at.as_millis())), since: None }
    }

    /// Creates a clock that shows `at` now, and from now on moves with tokio's time, which a simulation pauses.
    pub fn moving(at: Timestamp) -> Self {
        Self { since: Some(Instant::now()), ..Self::new(at) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }

    /// Returns how far it moved by itself.
    fn moved(&self) -> Duration {
        self.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Sets the clock.
    pub fn set(&self, at: Timestamp) {
        let moved = i64::try_from(self.moved().as_millis()).unwrap_or(i64::MAX);
        self.at.store(at.as_millis() - moved, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// Returns a morning in 2026, in UTC.
    fn default() -> Self {
        Self::new(Timestamp::from_millis(1_768_467_600_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.at.load(Ordering::SeqCst)).plus(self.moved())
    }
}

/// Random numbers from a seed (SplitMix64). Clones share one sequence.
#[derive(Debug, Clone)]
pub struct SeededEntropy(Arc<AtomicU64>);

impl SeededEntropy {
    /// Returns the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Default for SeededEntropy {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Entropy for SeededEntropy {
    fn bits(&self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_sequence_and_nothing_in_it() {
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            (0..100).map(|_| entropy.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_eq!(draw(7).into_iter().collect::<std::collections::HashSet<_>>().len(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_moving_clock_moves_with_the_time_of_tokio() {
        let clock = FixedClock::moving(Timestamp::from_millis(1_000));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), Timestamp::from_millis(3_000));
        clock.advance(Duration::from_secs(5));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(clock.now(), Timestamp::from_millis(8_001));
    }

    #[test]
    fn clones_of_a_clock_show_the_same_time() {
        let clock = FixedClock::default();
        let other = clock.clone();
        clock.advance(Duration::from_secs(5));
        assert_eq!(other.now(), FixedClock::default().now().plus(Duration::from_secs(5)));
    }
}
