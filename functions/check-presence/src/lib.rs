//! SQS function `check-presence`, on the queue `dispatch`: decides for every receiver.
//!
//! For each receiver it reads the facts and decides. Then it queues a job for every vendor with a device to push to, or
//! records why the push is suppressed. It reads presence after the message was stored. So a race can cause an extra
//! push, but never lose one.
//!
//! An invocation decides its records in parallel. Then it queues their vendor jobs together, because each request to a
//! queue costs.
//!
//! A record of a group stands for a page of its members. They are read, decided together, and recorded in one row. Then
//! the next page is queued. So no invocation holds a whole group. A decision for every member is taken once.
//!
//! A receiver who is connected to us gets the message over the queue `direct`, and is rechecked. Without an
//! acknowledgement the connection counts as offline, and check-presence decides again.
//!
//! A record may also ask to revoke notifications: of messages that a user has read, or of a recalled message.
//! check-presence looks up the devices' tokens, and queues jobs for their vendors.
//!
//! A record of a task stands for its next page of users. check-presence reads them, stores a message for each, and
//! queues them as if they were messages. Then it queues the next page.
//!
//! Retries: if a receiver's facts cannot be read, or the jobs cannot be queued, only this receiver goes back to the
//! queue. The delay grows until the message expires. If putting back fails, too, SQS redelivers the record. A record
//! that may have been processed is marked as a repeat, and push-vendor then checks what ended before it sends.

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
mod recall;
mod recheck_context;
mod revoke;
mod tasks;
mod tell;
mod walk;
mod walk_page;
mod walk_push;

pub use config::Config;
pub use dispatch::{Dispatch, Ports};
pub use handler::handle;
pub use walk::WalkPorts;
