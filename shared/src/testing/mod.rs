//! The ports in memory, and the suites of sentences that every implementation of a port must pass.
//!
//! The fakes in [`memory`] keep state as the real stores do; nothing here expects calls. Time, chance and failures are in
//! the test's hand: [`chance::FixedClock`], [`chance::SeededEntropy`], [`memory::Faults`].

pub mod chance;
pub mod contract;
pub mod memory;
pub mod sample;
