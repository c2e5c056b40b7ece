//! Fuzz targets: one for each kind of untrusted bytes that Curlew parses.
//!
//! A target is a function of bytes that panics when a promise is broken: what is accepted survives being written and read
//! again, what is produced has a bound, and a refusal shows no secret. `tests/replay.rs` calls each target with its corpus
//! and with mutations of it, in `make test`. `make fuzz` calls it with what libFuzzer makes of the corpus.

pub mod corpus;
#[path = "../../it/pipeline/harness.rs"]
#[allow(
    dead_code,
    missing_docs,
    unused_imports,
    clippy::unwrap_used,
    reason = "the product in one process, as the tests of the pipeline have it"
)]
mod harness;
mod input;
pub mod mutate;
mod promises;
mod targets;
#[path = "../../it/wiring/mod.rs"]
#[allow(
    dead_code,
    missing_docs,
    unused_imports,
    clippy::unwrap_used,
    reason = "the processes of the product, as the tests of the pipeline have them"
)]
mod wiring;
mod world;

pub use targets::{TARGETS, Target};
