//! Attempts at a push that a retry followed.
//!
//! The job carries them, and push-vendor records them with the end of the push. A job may hold a thousand devices with
//! few different answers. So each attempt lists its answers once, and a device holds the index of its answer.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Maximum attempts while the vendor's answers do not say whether it accepted the push.
pub const UNCLEAR_ATTEMPTS: u32 = 5;

/// Maximum earlier attempts that are stored: the first one and the latest ones.
pub const KEPT_ATTEMPTS: usize = 5;
/// Maximum different details of one attempt. Devices with other details keep only their retry reason.
const MAX_DETAILS: usize = 8;
/// Maximum characters of a detail. The vendors' codes are shorter.
const MAX_DETAIL_CHARS: usize = 64;

/// Reason for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryReason {
    /// the vendor or the device got too many requests
    Throttled,
    /// the vendor cannot serve now and did not accept the push
    Unavailable,
    /// no answer after the request was sent, or one that cannot be read: the vendor may have accepted the push
    Unclear,
    /// the notifier could not be read, so nothing was sent
    NotSent,
    /// a newer version wrote a reason that this one does not know
    #[serde(other)]
    Unknown,
}

impl RetryReason {
    /// Every reason that this version writes.
    pub const ALL: [Self; 4] = [Self::Throttled, Self::Unavailable, Self::Unclear, Self::NotSent];

    /// Returns the maximum number of attempts, or `None` if only the message's expiry ends them.
    ///
    /// Every push carries a replace id, so a retry shows no second notification. But a retry may alert a second time.
    /// So attempts with an unclear answer are limited.
    pub fn max_attempts(self) -> Option<u32> {
        match self {
            Self::Unclear => Some(UNCLEAR_ATTEMPTS),
            Self::Throttled | Self::Unavailable | Self::NotSent | Self::Unknown => None,
        }
    }
}

/// An attempt at one device that a retry followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// the number of the attempt, counted from 1
    pub number: u32,
    /// when it was made
    pub at: Timestamp,
    /// the retry reason
    #[serde(rename = "setback")]
    pub retry_reason: RetryReason,
    /// the vendor's code, or a word for what failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// One attempt of a job, with its different answers.
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
    /// Creates the attempt with this number, without answers.
    pub fn new(number: u32, at: Timestamp) -> Self {
        Self { number, at, answers: Vec::new() }
    }

    /// Adds an answer if it is new, and returns its index for [`attempts`].
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

/// Appends to a list of attempts or of indices. If it exceeds [`KEPT_ATTEMPTS`], the first entry and the latest ones
/// stay.
pub fn keep<T>(list: &mut Vec<T>, new: T) {
    if list.len() >= KEPT_ATTEMPTS {
        list.remove(1);
    }
    list.push(new);
}

/// Returns the attempts at a device, from the indices of its answers.
pub fn attempts(rounds: &[JobAttempt], places: &[usize]) -> Vec<Attempt> {
    let attempt = |(job_attempt, place): (&JobAttempt, &usize)| {
        let AttemptAnswer { retry_reason, detail } = job_attempt.answers.get(*place)?.clone();
        Some(Attempt { number: job_attempt.number, at: job_attempt.at, retry_reason, detail })
    };
    rounds.iter().zip(places).filter_map(attempt).collect()
}
