//! Claims of idempotency keys: a repeated request gets the first answer.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::time::Timestamp;

/// How long a key is remembered.
pub const CLAIM_RETENTION: Duration = Duration::from_secs(24 * 3600);

/// A request under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// app, route and key
    pub key: String,
    /// tells bodies apart
    pub body_sha256: String,
    /// tells this request from all others: a claim that it finds as its own was made by an earlier try
    pub owner: String,
}

/// What a claim finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// the first request: go on
    First {
        /// when the key was first claimed; the same again when an abandoned claim is taken over
        since: Timestamp,
        /// an earlier request began and never answered
        abandoned: bool,
        /// when ids were given anew to what earlier requests did not finish, oldest first
        renamed: Vec<Timestamp>,
    },
    /// another request with this key is running
    Running,
    /// the first request was answered like this
    Answered(String),
    /// the key was used with another body
    OtherBody,
}

/// Claims idempotency keys.
#[async_trait]
pub trait ClaimKeys: Send + Sync {
    /// Claims the key for `hold`, after which the claim counts as abandoned. Claiming again what the same owner claimed finds the same.
    async fn claim(&self, claim: &Claim, now: Timestamp, hold: Duration) -> Result<Claimed, StoreError>;

    /// Keeps when ids were given anew to what earlier requests did not finish. [`StoreError::Conflict`] if another request holds the claim.
    async fn rename(&self, claim: &Claim, renamed: &[Timestamp]) -> Result<(), StoreError>;

    /// Keeps the answer for whoever repeats the request.
    async fn answer(&self, claim: &Claim, answer: &str) -> Result<(), StoreError>;

    /// Gives the key back after a refusal: nothing happened, and a corrected request may use it. What another request holds stays.
    async fn give_back(&self, claim: &Claim) -> Result<(), StoreError>;

    /// Ends the hold after a failure: something may have happened, and a repeat takes the claim over as abandoned. What another
    /// request holds stays.
    async fn abandon(&self, claim: &Claim) -> Result<(), StoreError>;
}
