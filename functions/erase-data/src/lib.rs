//! SQS function `erase-data`, on the queue `erase`: removes the data of erased users and of deleted apps.
//!
//! The request has already removed what decisions read, see `DELETE /users/{u}`. This function removes the rest in
//! pages, until the invocation's time runs out. Then it queues the same record again. A record needs no cursor, because
//! removed rows are not found again. So an invocation may crash at any point.
//!
//! Two more sweeps follow, 2 and 15 minutes after the erasure began. They find what an ingest, a queued push or a late
//! outcome wrote meanwhile. They remove only rows from before the erasure, so that the name may be used again at once.
//!
//! For an app it removes the groups, the push labels, the listed users, and then the tasks. The name is free a minute after the
//! last sweep. For a deleted push label one sweep is enough, because nobody gets a deleted label.

mod apps;
mod config;
mod erase;
mod handler;
mod labels;
mod users;
mod work;

pub use config::Config;
pub use erase::{Erase, Ports};
pub use handler::handle;
