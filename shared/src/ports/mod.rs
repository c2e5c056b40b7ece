//! Ports: the capabilities that use cases need from outside. Each capability is one trait, named after the need and not
//! after the technology.
//!
//! A function's use case lists its ports, and [`names`] returns their names. Tests compare them with the function's IAM
//! policy.

pub mod access_tokens;
pub mod acks;
pub mod app_directory;
pub mod apps;
pub mod callbacks;
pub mod certificate_test;
pub mod cipher;
pub mod claims;
pub mod clock;
pub mod connections;
pub mod credential_check;
pub mod credential_watch;
pub mod directory;
pub mod effect;
pub mod erase_queue;
pub mod erasure;
pub mod error;
pub mod gateways;
pub mod group_messages;
pub mod groups;
pub mod inbox;
pub mod messages;
pub mod names;
pub mod push_labels;
pub mod push_now;
pub mod queue;
pub mod recalls;
pub mod secrets;
pub mod statistics;
pub mod suspects;
pub mod tasks;
pub mod timelines;
pub mod traces;
pub mod users;
pub mod vendor;
