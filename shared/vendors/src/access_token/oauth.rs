//! What the token endpoints of OAuth 2.0 (RFC 6749) have in common.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use shared::domain::{outcome::CallError, vendor_answer::VendorAnswer};

use super::{AccessToken, FETCH_TIMEOUT, Issued};
use crate::{
    reporting::Failure,
    transport::{Http, NoReply, Post, Reply, form::form},
};

/// Begins the code of every failure to get an access token.
pub const CODE: &str = "access token: ";

/// Seconds that a token lives whose answer does not say so; vendors may leave it out.
const USUAL_LIFE: u64 = 3600;
/// No vendor's token lives longer than a day.
const LONGEST_LIFE: u64 = 86_400;

/// Exchanges a form for a token. `judge` says what an answer without one means.
pub async fn exchange(
    http: &Http,
    own: &str,
    form: String,
    secrets: &[&str],
    judge: impl Fn(&Reply) -> CallError,
) -> Result<Issued, Failure> {
    let reply = post(http, own, form).await?;
    issued(&reply).ok_or_else(|| failed(judge(&reply), &reply, secrets))
}

/// Exchanges a client's id and secret for a token, by the grant "client credentials". `judge` says what an answer without
/// one means.
pub async fn client_credentials(
    http: &Http,
    own: &str,
    id: &str,
    secret: &str,
    judge: impl Fn(&Reply) -> CallError,
) -> Result<Issued, Failure> {
    let form = form(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
    exchange(http, own, form, &[secret], judge).await
}

/// Posts a form to a vendor's token endpoint.
pub async fn post(http: &Http, own: &str, form: String) -> Result<Reply, Failure> {
    post_as(http, own, "application/x-www-form-urlencoded", form).await
}

/// The same with a body of another type.
pub async fn post_as(
    http: &Http,
    own: &str,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Result<Reply, Failure> {
    // Asking for a token may be repeated freely, so an unanswered request is no worse than one that was not sent.
    let unavailable = |no_reply| {
        let (NoReply::NotSent(what) | NoReply::Unanswered(what)) = no_reply;
        Failure::from(CallError::Unavailable { code: format!("{CODE}{what}"), after: None })
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let post =
        Post { url: http.address(own).map_err(unavailable)?, headers, body: body.into(), within: Some(FETCH_TIMEOUT) };
    http.post(post).await.map_err(unavailable)
}

/// The token of a good answer.
pub fn issued(reply: &Reply) -> Option<Issued> {
    #[derive(Deserialize)]
    struct TokenResponse {
        access_token: String,
        #[serde(default)]
        expires_in: Value,
    }
    if reply.status != 200 {
        return None;
    }
    let response: TokenResponse = serde_json::from_slice(&reply.body).ok()?;
    let seconds = match &response.expires_in {
        Value::Null => Some(USUAL_LIFE),
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    Some(Issued {
        token: AccessToken::parse(&response.access_token)?,
        lives: Duration::from_secs(seconds.filter(|seconds| *seconds > 0)?.min(LONGEST_LIFE)),
    })
}

/// Why there is no token, with the endpoint's answer as far as it may be shown. An answer that should have held a token
/// may hold one in an unexpected form, so it is not shown at all.
pub fn failed(error: CallError, reply: &Reply, secrets: &[&str]) -> Failure {
    let answer = match reply.status {
        200..300 => VendorAnswer::default(),
        _ => VendorAnswer::new(reply.body.clone(), secrets),
    };
    Failure { error, answer }
}
