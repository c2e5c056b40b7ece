//! Idempotency keys: a repeated request gets the first response.

use std::{future::Future, time::Duration};

use axum::http::HeaderMap;

use super::{
    error::ApiError,
    http::{ApiReply, ApiResult},
};
use crate::{
    crypto::encoding::{hex, sha256_hex},
    domain::{app::App, time::Timestamp},
    ports::{
        claims::{Claim, ClaimKeys, Claimed},
        clock::{Clock, Entropy},
    },
};

/// Time for which a running request holds its key. It is longer than the timeout of any function.
const HOLD: Duration = Duration::from_secs(35);

/// The header that carries the key.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// One try of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAttempt {
    /// when the request was first seen
    pub since: Timestamp,
    /// its key, if it has one
    pub key: Option<String>,
    /// whether an earlier try began and never answered; some of the work may be done
    pub abandoned: bool,
    /// when earlier retries assigned new ids to unfinished work, the oldest first
    pub renamed: Vec<Timestamp>,
    /// the claim of its key
    pub claim: Option<Claim>,
}

impl RequestAttempt {
    /// Returns when ids were assigned, oldest first: by the first try, and by retries to unfinished work.
    pub fn times(&self) -> Vec<Timestamp> {
        [&[self.since], self.renamed.as_slice()].concat()
    }
}

/// A request whose work runs once for each idempotency key.
#[derive(Clone, Copy)]
pub struct IdempotentRequest<'a> {
    /// stores the claims of keys
    pub claims: &'a dyn ClaimKeys,
    /// tells the time
    pub clock: &'a dyn Clock,
    /// gives a claim its owner's name
    pub entropy: &'a dyn Entropy,
    /// the app of the caller
    pub app: &'a App,
    /// the route; the same key on another route is another key
    pub route: &'a str,
    /// the headers, which may have the key
    pub headers: &'a HeaderMap,
    /// distinguishes requests. Its hash is stored, so it must not contain anything that can be guessed from the hash,
    /// such as a password
    pub body: &'a [u8],
}

impl IdempotentRequest<'_> {
    /// Runs `work` once for each key. A repeated request gets the first response, also after a crash in between.
    /// Without a key the work always runs.
    pub async fn run<F, W>(self, work: W) -> ApiResult
    where
        F: Future<Output = ApiResult>,
        W: FnOnce(RequestAttempt) -> F,
    {
        let now = self.clock.now();
        let Some(key) = key(self.headers)? else {
            return work(RequestAttempt { since: now, key: None, abandoned: false, renamed: Vec::new(), claim: None })
                .await;
        };
        let claim = self.claim(&key);
        let attempt = match self.claims.claim(&claim, now, HOLD).await? {
            Claimed::First { since, abandoned, renamed } => {
                RequestAttempt { since, key: Some(key), abandoned, renamed, claim: Some(claim.clone()) }
            }
            Claimed::Running => return Err(ApiError::conflict("a request with this Idempotency-Key is running")),
            Claimed::OtherBody => return Err(ApiError::other_body()),
            Claimed::Answered(stored) => {
                return serde_json::from_str::<ApiReply>(&stored)
                    .map_err(|_| ApiError::conflict("the answer to this Idempotency-Key can no longer be read"));
            }
        };
        let answer = work(attempt).await;
        match &answer {
            Ok(reply) => self.claims.answer(&claim, &serde_json::to_string(reply).unwrap_or_default()).await?,
            Err(error) if error.status().is_server_error() => self.claims.abandon(&claim).await?,
            Err(_) => self.claims.give_back(&claim).await?,
        }
        answer
    }

    fn claim(&self, key: &str) -> Claim {
        Claim {
            key: format!("{} {} {key}", self.app.key, self.route),
            body_sha256: sha256_hex(self.body),
            not_before: self.app.created_at,
            owner: hex(&self.entropy.bits().to_be_bytes()),
        }
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|text| (1..=255).contains(&text.len()));
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| ApiError::bad_request("Idempotency-Key must be 1 to 255 printable ASCII characters"))
}
