//! The ports in memory, and the contract suites that every implementation of a port must pass.
//!
//! The fakes in [`memory`] keep state like the real stores. They are no mocks: nothing expects calls. Tests control
//! time, randomness and failures: [`chance::FixedClock`], [`chance::SeededEntropy`], [`memory::Faults`].

pub mod chance;
pub mod contract;
pub mod memory;
pub mod sample;
