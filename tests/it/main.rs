//! Tests that need no services and use more than one crate.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod busy_group;
mod clients;
mod contract;
mod decisions;
mod documents;
mod easemob_calls;
mod house;
mod links;
mod lost_answers;
mod overtaken;
mod pipeline;
mod queues;
mod regressions;
mod simulation;
mod template;
mod translations;
mod upgrade;
mod webhooks;
mod wiring;
