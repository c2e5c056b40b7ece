//! The domain without any technology: identifiers, messages, presence, the decision, jobs and outcomes.
//!
//! Nothing here reads a clock, the environment or a network. Every value is valid, because its constructor checks it.

pub mod account;
pub mod ack;
pub mod ambiguous_refusal;
pub mod app;
pub mod attempt;
pub mod binding;
pub mod connection;
pub mod content;
pub mod decision;
pub mod directory;
pub mod ending;
pub mod erasure;
pub mod gateway;
pub mod group;
pub mod group_profile;
pub mod hash;
pub mod hygiene;
pub mod id;
pub mod inbox;
pub mod invalid;
pub mod labels;
pub mod line;
pub mod message;
pub mod notifier;
pub mod outcome;
pub mod presence;
pub mod profile;
pub mod push;
pub mod quiet;
pub mod reason;
pub mod rebuilt_wording;
pub mod recall;
pub mod receipt;
pub mod recheck;
pub mod retry;
pub mod room;
pub mod statistics;
pub mod template;
pub mod time;
pub mod trace;
pub mod vendor;
pub mod visibility;
pub mod warning;
pub mod zone;
