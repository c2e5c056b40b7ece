//! Tasks: pushes to all users of an app, which `check-presence` walks page by page and `run-schedule` continues.

use curlew_tests::history::{Audience, Kind, Sending};
use serde_json::{Value, json};
use shared::domain::{id::UserId, instant::Strategy};

use super::{
    random::Random,
    story::{Action, Function, Story, TroubleKind},
};

/// Lets the app's server push to all users.
pub fn action(random: &Random, _: &Story) -> Action {
    let strategy = random.below(Strategy::ALL.len()) as u8;
    Action::Task { app: u8::from(random.percent(20)), strategy, key: random.percent(70) }
}

/// Lets a function die that works on tasks.
pub fn trouble(random: &Random, _: &Story) -> TroubleKind {
    let of = *random.pick(&[Function::CheckPresence, Function::RunSchedule]);
    TroubleKind::Death { of, at: random.between(0, 60) as u32, late: random.percent(60) }
}

/// Returns what a task sends, and the body of its call.
pub fn of(text: &str, strategy: u8, key: Option<String>) -> (Sending, Value) {
    let strategy = Strategy::ALL[usize::from(strategy)];
    let body = json!({"strategy": strategy.number(), "pushMessage": {"title": text, "content": text}});
    let from = UserId::parse("nobody").unwrap();
    let sending = Sending { kind: Kind::Instant(strategy), key, ..Sending::chat(text, from, Audience::Everyone) };
    (sending, body)
}
