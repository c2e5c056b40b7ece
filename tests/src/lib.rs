//! Vendor simulators, the demo and the harness of the tests.

pub mod simulators;
pub mod stack;
