//! Attempts at a push that did not end it.
//!
//! They travel in the job and are recorded with what ended the push. A job may be for a thousand devices, most of which were
//! answered the same: each answer is written once a round, and a device names its place.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How often a push is tried while the vendor's answers leave open whether it was taken.
pub const UNCLEAR_ATTEMPTS: u32 = 5;

/// How many attempts before the last are kept: the first and the latest.
pub const KEPT_ATTEMPTS: usize = 5;
/// How many different details a round keeps; devices with others keep their retry_reason alone.
const MAX_DETAILS: usize = 8;
/// Maximum characters of a detail. The vendors' codes are shorter.
const MAX_DETAIL_CHARS: usize = 64;

/// Why an attempt did not end a push, so that there is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryReason {
    /// too many for the vendor, or for the device
    Throttled,
    /// the vendor cannot serve now, and did not take the push
    Unavailable,
    /// no answer after the request was sent, or none that makes sense: the vendor may have taken the push
    Unclear,
    /// nothing was sent: the notifier could not be read
    NotSent,
    /// written by a version of the product that knows more retry reasons
    #[serde(other)]
    Unknown,
}

impl RetryReason {
    /// All that this version gives.
    pub const ALL: [Self; 4] = [Self::Throttled, Self::Unavailable, Self::Unclear, Self::NotSent];

    /// How many attempts there may be in all; without it the message's expiry is the end.
    ///
    /// Every push carries a replace id, so a repeat shows no second notification. It may alert a second time, though, so a
    /// vendor that never says what it did is not asked all day.
    pub fn max_attempts(self) -> Option<u32> {
        match self {
            Self::Unclear => Some(UNCLEAR_ATTEMPTS),
            Self::Throttled | Self::Unavailable | Self::NotSent | Self::Unknown => None,
        }
    }
}

/// An attempt at one device that did not end the push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// which one, counted from 1
    pub number: u32,
    /// when
    pub at: Timestamp,
    /// why it was not the last
    #[serde(rename = "setback")]
    pub retry_reason: RetryReason,
    /// the vendor's code, or a word for what failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// One attempt of a job, with what came of it for its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAttempt {
    number: u32,
    at: Timestamp,
    answers: Vec<AttemptAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AttemptAnswer {
    #[serde(rename = "setback")]
    retry_reason: RetryReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl JobAttempt {
    /// The attempt with this number, without any answer.
    pub fn new(number: u32, at: Timestamp) -> Self {
        Self { number, at, answers: Vec::new() }
    }

    /// The place of an answer, for [`attempts`].
    pub fn place(&mut self, retry_reason: RetryReason, detail: &str) -> usize {
        let whole = AttemptAnswer { retry_reason, detail: Some(detail.chars().take(MAX_DETAIL_CHARS).collect()) };
        let details = self.answers.iter().filter(|answer| answer.detail.is_some()).count();
        let answer = if self.answers.contains(&whole) || details < MAX_DETAILS {
            whole
        } else {
            AttemptAnswer { retry_reason, detail: None }
        };
        self.answers.iter().position(|known| *known == answer).unwrap_or_else(|| {
            self.answers.push(answer);
            self.answers.len() - 1
        })
    }
}

/// Adds what is new; of more than [`KEPT_ATTEMPTS`] the first and the latest stay. Rounds and the places in them are kept alike.
pub fn keep<T>(list: &mut Vec<T>, new: T) {
    if list.len() >= KEPT_ATTEMPTS {
        list.remove(1);
    }
    list.push(new);
}

/// The attempts at a device that had these places in the rounds.
pub fn attempts(rounds: &[JobAttempt], places: &[usize]) -> Vec<Attempt> {
    let attempt = |(job_attempt, place): (&JobAttempt, &usize)| {
        let AttemptAnswer { retry_reason, detail } = job_attempt.answers.get(*place)?.clone();
        Some(Attempt { number: job_attempt.number, at: job_attempt.at, retry_reason, detail })
    };
    rounds.iter().zip(places).filter_map(attempt).collect()
}
