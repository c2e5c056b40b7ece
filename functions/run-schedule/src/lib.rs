//! Function `run-schedule`, invoked once a minute by EventBridge: runs what is due.
//!
//! | job | does |
//! |---|---|
//! | [`credentials`] | starts `watch-credentials` when its round is due, or goes on |
//! | [`callbacks`] | queues stored callbacks whose time has come, at most [`callbacks::MAX_DUE`] of an app |
//! | [`tasks`] | starts scheduled tasks, continues those that stand still, at most [`tasks::MAX_LOOKS`] |
//!
//! The jobs run side by side, each with the whole time of the invocation, and none waits for another. What is not done
//! in time is due again a minute later. EventBridge may invoke the function twice for a minute, so a job may run twice
//! at once.

pub mod callbacks;
mod config;
pub mod credentials;
mod jobs;
pub mod tasks;

pub use config::Config;
pub use jobs::{RunSchedule, handle};
