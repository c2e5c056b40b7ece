//! Tests of the deployed product from outside. The stack of `make up` must run.
//!
//! Every test has its own app, users, phones and vendor accounts. So tests run side by side, and on a stack that was
//! used before.

#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

mod access;
mod apps;
mod bad_input;
mod callbacks;
mod console;
mod cost;
mod explain;
mod fair;
mod first_push;
mod groups;
mod harness;
mod history;
mod idempotency;
mod instant;
mod kill;
mod live;
mod migration;
mod ownership;
mod poison;
mod private_texts;
mod read_elsewhere;
mod receipts;
mod recheck;
mod redrive;
mod scenarios;
mod smoke;
mod store;
mod suppressed;
mod tasks;
mod user_settings;
mod vendor_faults;
mod whole_run;
