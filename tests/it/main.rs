//! Placeholder.

mod contract;
