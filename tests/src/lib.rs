//! Vendor simulators, the demo and the harness of the tests.

pub mod conformance;
pub mod cost;
pub mod demo;
pub mod returns;
#[expect(missing_docs, reason = "fields and variants carry the names that the vendors' documents explain")]
pub mod simulators;
pub mod stack;
pub mod tables;
pub mod upgrade;
