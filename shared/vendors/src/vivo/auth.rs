//! From an app's secret to an access token, by a signed request (<https://dev.vivo.com.cn/documentCenter/doc/362>).
//!
//! vivo answers ten requests a second and app at the most, keeps a token good for a day, lets several be good at once, and
//! asks senders to share one and to replace it every hour or two.

use std::time::Duration;

use async_trait::async_trait;
use shared::{
    domain::{outcome::CallError, time::Timestamp},
    ports::clock::Clock,
};

use super::{
    error::{self, Reading},
    rules::Account,
    wire::{Answer, Grant},
};
use crate::{
    access_token::{AccessToken, Issued, Issuer, md5::md5_hex, oauth},
    reporting::{Failure, answer},
    transport::{Http, Reply},
};

const CONTENT_TYPE: &str = "application/json; charset=UTF-8";
/// An hour less than vivo grants, so that no clock's error matters.
const LIFE: Duration = Duration::from_secs(23 * 3600);
const REPLACE_AFTER: Duration = Duration::from_secs(3600);

/// Exchanges one app's signed requests for access tokens.
pub(super) struct Exchange<'a> {
    pub(super) http: &'a Http,
    pub(super) clock: &'a dyn Clock,
    pub(super) account: Account<'a>,
    pub(super) reading: Reading,
}

#[async_trait]
impl Issuer for Exchange<'_> {
    fn secret(&self) -> &[u8] {
        self.account.app_secret.as_bytes()
    }

    fn replace_after(&self) -> Option<Duration> {
        Some(REPLACE_AFTER)
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let grant = grant(&self.account, self.clock.now());
        let body = serde_json::to_string(&grant).map_err(|error| CallError::Rejected { code: error.to_string() })?;
        let reply = oauth::post_as(self.http, &self.account.auth_url(), CONTENT_TYPE, body).await?;
        issued(&reply).ok_or_else(|| self.failed(&reply, &grant.sign))
    }
}

impl Exchange<'_> {
    /// vivo refuses with status 200, so the status does not tell which answers may hold a token; the field does.
    fn failed(&self, reply: &Reply, sign: &str) -> Failure {
        let error = error::of_token_request(reply, &self.reading, self.clock.now());
        let secrets = [self.account.app_secret, sign];
        match serde_json::from_slice::<Answer>(&reply.body) {
            Ok(refusal) if refusal.auth_token.is_null() => Failure { error, answer: answer(&reply.body, &secrets) },
            _ => oauth::failed(error, reply, &secrets),
        }
    }
}

/// The signed request for a token.
pub(super) fn grant<'a>(account: &Account<'a>, now: Timestamp) -> Grant<'a> {
    let timestamp = now.as_millis();
    let signed = format!("{}{}{timestamp}{}", account.app_id, account.app_key, account.app_secret);
    Grant { app_id: account.app_id, app_key: account.app_key, timestamp, sign: md5_hex(signed.trim()) }
}

/// The token of a good answer.
pub(super) fn issued(reply: &Reply) -> Option<Issued> {
    let answer: Answer = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status == 200)?;
    let token = answer.auth_token.as_str().filter(|_| answer.code().as_deref() == Some(error::SUCCESS))?;
    Some(Issued { token: AccessToken::parse(token)?, lives: LIFE })
}
