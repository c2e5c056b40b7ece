//! SQS function `check-presence`, on the queue `dispatch`: decides for every receiver.
//!
//! For each receiver: read the facts, decide, then queue a job for every vendor that has a device to reach, or record why there is
//! silence. Presence is read after the message was stored, so a race ends in one push too many and never in silence.
//!
//! The records of an invocation are decided side by side; then their vendor jobs are queued together, since every request to a
//! queue costs.
//!
//! A record of a group is a page of its members: they are read, decided together, and recorded in one row; then the next page is
//! queued. So no invocation holds a whole group. What ends for every member alike is decided once.
//!
//! A receiver who is connected to us gets the message over the queue `direct`, and is rechecked: without an acknowledgement the
//! connection counts as none, and the decision is taken again.
//!
//! Retries: a receiver whose facts cannot be read, or whose jobs cannot be queued, goes back to the queue alone, later and
//! later, until the message expires. Only if that fails too is the record reported to the queue. What may have been done
//! before is marked as a repeat, and the vendor's function looks before it sends.

mod config;
mod count;
mod decide;
mod deferred;
mod direct;
mod dispatch;
mod finish;
mod groups;
mod handler;
mod jobs;
mod recheck_context;

pub use config::Config;
pub use dispatch::{Dispatch, Ports};
pub use handler::handle;
