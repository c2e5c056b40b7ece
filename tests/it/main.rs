//! Tests that need no services: they see more than one crate.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod clients;
mod contract;
mod decisions;
mod documents;
mod easemob_calls;
mod lost_answers;
mod pipeline;
mod template;
mod upgrade;
