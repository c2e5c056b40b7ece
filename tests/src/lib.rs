//! Vendor simulators, the demo and the harness of the tests.

pub mod conformance;
pub mod cost;
pub mod demo;
pub mod returns;
pub mod simulators;
pub mod stack;
pub mod tables;
pub mod upgrade;
