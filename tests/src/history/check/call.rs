//! Calls: a question and its answer, joined.

use std::collections::HashMap;

use shared::domain::id::AppKey;

use super::{
    super::{Answer, CallId, Event, Request, What},
    fact::{NEVER, Position, Span},
};

/// A call of the API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'h> {
    /// the app that was called
    pub(super) app: &'h AppKey,
    /// what was asked
    pub(super) request: &'h Request,
    /// the answer
    pub(super) answer: &'h Answer,
    /// where it began
    pub(super) began: Position,
    /// where its answer came
    pub(super) ended: Position,
}

impl Call<'_> {
    /// Returns when the call took effect. `None`: it had none.
    pub(super) fn effect(&self) -> Option<Span> {
        match self.answer {
            Answer::Refused { .. } | Answer::Stale => None,
            Answer::Unknown => Some(Span { began: self.began, ended: NEVER, certain: false }),
            Answer::Accepted | Answer::Sent { .. } | Answer::Pulled { .. } | Answer::Counted { .. } => {
                Some(Span { began: self.began, ended: self.ended, certain: true })
            }
        }
    }

    /// Returns whether the call was answered 2xx.
    pub(super) fn succeeded(&self) -> bool {
        self.answer.is_success()
    }
}

/// Joins the questions of a history with their answers. A call without an answer is unknown.
pub(super) fn calls(events: &[Event]) -> Vec<Call<'_>> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    let mut open: HashMap<CallId, usize> = HashMap::new();
    for (position, event) in events.iter().enumerate() {
        match &event.what {
            What::Asked { call, app, request } => {
                open.insert(*call, calls.len());
                calls.push(Call { app, request, answer: &Answer::Unknown, began: position, ended: NEVER });
            }
            What::Answered { call, answer } => {
                if let Some(place) = open.remove(call) {
                    calls[place].answer = answer;
                    calls[place].ended = position;
                }
            }
            _ => {}
        }
    }
    calls
}
