//! Vendor simulators, the demo, the harness of the tests, and what writes the vendors' parts of the template.

pub mod access;
pub mod aws_faults;
pub mod canaries;
pub mod conformance;
pub mod cost;
pub mod demo;
pub mod history;
pub mod returns;
#[expect(missing_docs, reason = "fields and variants carry the names that the vendors' documents explain")]
pub mod simulators;
pub mod stack;
pub mod tables;
pub mod template;
pub mod test_ca;
pub mod upgrade;
