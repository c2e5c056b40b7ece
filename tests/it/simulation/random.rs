//! Random numbers of a run. The same seed gives the same numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// A sequence of random numbers (SplitMix64). Each purpose has its own, so that one more draw changes no other purpose.
#[derive(Debug)]
pub struct Random(AtomicU64);

impl Random {
    /// Returns the sequence of this purpose under this seed.
    pub fn of(seed: u64, purpose: &str) -> Self {
        let named = purpose.bytes().fold(seed, |state, byte| mix(state ^ u64::from(byte)));
        Self(AtomicU64::new(named))
    }

    /// Returns the next number.
    pub fn next(&self) -> u64 {
        mix(self.0.fetch_add(STEP, Ordering::SeqCst))
    }

    /// Returns a number from 0 on, below `end`.
    pub fn below(&self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Returns a number from `from` to `to`, both included.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }

    /// Returns `true` this many times of 100.
    pub fn percent(&self, times: u8) -> bool {
        self.next() % 100 < u64::from(times)
    }

    /// Returns one of these.
    pub fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes the bits of a number.
pub fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(STEP);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
