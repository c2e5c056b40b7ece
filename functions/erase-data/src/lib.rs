//! SQS function `erase-data`, on the queue `erase`: removes what is kept of users who were erased, and of apps that are deleted.
//!
//! Whatever decides a push went already when a record comes: see `DELETE /users/{u}`. Here goes what is left, in pages, until the
//! invocation's time is over; then the same record is queued again. A record has no cursor: what is removed is not found again, so it
//! does not matter where an invocation died.
//!
//! Two sweeps follow, 2 and 15 minutes after the erasure began: they find what an ingest, a queued push or a late outcome wrote
//! meanwhile. Only what is as old as the erasure goes, so that the name may be used again at once.
//!
//! Of an app the groups are removed, and then the users of its directory. A minute after the last sweep its name is free.

mod apps;
mod config;
mod erase;
mod handler;
mod users;
mod work;

pub use config::Config;
pub use erase::{Erase, Ports};
pub use handler::handle;
