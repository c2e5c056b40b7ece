//! Claims of idempotency keys: a repeated request gets the first answer.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::time::Timestamp;

/// Time for which a key is remembered.
pub const CLAIM_RETENTION: Duration = Duration::from_secs(24 * 3600);

/// A request under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// app, route and key
    pub key: String,
    /// the hash of the body; another one means another request
    pub body_sha256: String,
    /// earlier claims do not count, because they are of a former app with the same name
    pub not_before: Timestamp,
    /// identifies this request; a claim with the same owner was made by an earlier try of it
    pub owner: String,
}

/// The result of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// the first request with this key, which may go on
    First {
        /// when the key was first claimed; unchanged when an abandoned claim is taken over
        since: Timestamp,
        /// whether an earlier request began and never answered
        abandoned: bool,
        /// when new ids were assigned to what earlier requests did not finish, the oldest first
        renamed: Vec<Timestamp>,
    },
    /// another request with this key is running
    Running,
    /// the first request got this answer
    Answered(String),
    /// the key was used with another body
    OtherBody,
}

/// Claims idempotency keys.
#[async_trait]
pub trait ClaimKeys: Send + Sync {
    /// Claims the key for `hold`. After that the claim counts as abandoned. A second claim of the same owner returns
    /// the same result.
    async fn claim(&self, claim: &Claim, now: Timestamp, hold: Duration) -> Result<Claimed, StoreError>;

    /// Stores when new ids were assigned to what earlier requests did not finish. Fails with [`StoreError::Conflict`]
    /// if another request holds the claim.
    async fn rename(&self, claim: &Claim, renamed: &[Timestamp]) -> Result<(), StoreError>;

    /// Stores the answer for repetitions of the request.
    async fn answer(&self, claim: &Claim, answer: &str) -> Result<(), StoreError>;

    /// Releases the key after a refusal. Nothing happened, so a corrected request may use it. A claim of another
    /// request stays.
    async fn give_back(&self, claim: &Claim) -> Result<(), StoreError>;

    /// Ends the hold after a failure. Something may have happened, so a repetition takes the claim over as abandoned. A
    /// claim of another request stays.
    async fn abandon(&self, claim: &Claim) -> Result<(), StoreError>;
}
