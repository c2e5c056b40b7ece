//! Idempotency keys: a repeated request gets the first answer.

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

/// How long a running request holds its key: longer than any function may run.
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
    /// an earlier try began and never answered, so some of the work may be done
    pub abandoned: bool,
    /// when ids were given anew to what earlier tries did not finish, oldest first
    pub renamed: Vec<Timestamp>,
    /// the claim of its key
    pub claim: Option<Claim>,
}

impl RequestAttempt {
    /// When ids were given, oldest first: by the first try, and by repeats to what was left.
    pub fn times(&self) -> Vec<Timestamp> {
        [&[self.since], self.renamed.as_slice()].concat()
    }
}

/// Runs `work` once a key: the same request again gets the first answer, also after a crash in between.
///
/// Without a key the work simply runs. `route` keeps the same key apart on different routes. A hash of `body` is kept: what could be
/// guessed from that, such as a password, must not be in it.
pub async fn once<F, W>(
    claims: &dyn ClaimKeys,
    (clock, entropy): (&dyn Clock, &dyn Entropy),
    app: &App,
    route: &str,
    headers: &HeaderMap,
    body: &[u8],
    work: W,
) -> ApiResult
where
    F: Future<Output = ApiResult>,
    W: FnOnce(RequestAttempt) -> F,
{
    let now = clock.now();
    let Some(key) = key(headers)? else {
        return work(RequestAttempt { since: now, key: None, abandoned: false, renamed: Vec::new(), claim: None })
            .await;
    };
    let claim = Claim {
        key: format!("{} {route} {key}", app.key),
        body_sha256: sha256_hex(body),
        not_before: app.created_at,
        owner: hex(&entropy.bits().to_be_bytes()),
    };
    let attempt = match claims.claim(&claim, now, HOLD).await? {
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
        Ok(reply) => {
            claims.answer(&claim, &serde_json::to_string(reply).unwrap_or_default()).await?;
        }
        Err(error) if error.status().is_server_error() => claims.abandon(&claim).await?,
        Err(_) => claims.give_back(&claim).await?,
    }
    answer
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|text| (1..=255).contains(&text.len()));
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| ApiError::bad_request("Idempotency-Key must be 1 to 255 printable ASCII characters"))
}
