//! What the tests of vendors share: a server under a test's control, calls to make to it, and what every vendor must pass.
//!
//! A vendor's tests state its facts once, in a [`TestedVendor`]. Its methods whose names begin with `assert` are what vendors must pass.

mod access_tokens;
mod batches;
mod call;
mod classes;
mod connection;
mod exchange;
mod nonsense;
mod results;
mod rules;
mod server;
mod tables;
pub mod test_key;
mod tested_vendor;
mod trouble;
mod unsent;

pub use call::{Call, deps, object};
pub use classes::{of_each_class, warnings};
pub use exchange::{Say, Seen};
pub use nonsense::nonsense;
pub use results::{failure, meaning, times, unregistered};
pub use server::Server;
pub use tables::{assert_nonsense_unregisters_nobody, assert_statuses, explained, keys, reply};
pub use tested_vendor::{TestedVendor, TokenEndpoint};
