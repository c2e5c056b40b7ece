//! Tests that need no services: they see more than one crate.

mod contract;
mod pipeline;
mod template;
