//! From an app's secret to an access token, by a signed request (<https://dev.vivo.com.cn/documentCenter/doc/362>).
//!
//! vivo answers ten requests a second and app at the most, keeps a token good for a day, lets several be good at once, and
//! asks senders to share one and to replace it every hour or two.

use super::{
    codes::SUCCESS,
    judge::{self, Reading},
    rules::Account,
    wire::{TokenRequest, VivoResponse},
};
use crate::{access_token::md5::md5_hex, prelude::*};

const CONTENT_TYPE: &str = "application/json; charset=UTF-8";
/// An hour less than vivo grants, so that no clock's error matters.
const LIFE: Duration = Duration::from_secs(23 * 3600);
const REPLACE_AFTER: Duration = Duration::from_secs(3600);

/// Exchanges one app's signed requests for access tokens.
pub(super) struct SignedIssuing<'a> {
    pub(super) client: &'a Client,
    pub(super) account: &'a Account,
    pub(super) reading: Reading,
}

#[async_trait]
impl Issuer for SignedIssuing<'_> {
    fn secret(&self) -> &[u8] {
        self.account.keys.app_secret.as_bytes()
    }

    fn replace_after(&self) -> Option<Duration> {
        Some(REPLACE_AFTER)
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let request = token_request(self.account, self.client.now());
        let body = to_json(&request)?;
        let reply = oauth::post_as(&self.client.http, &self.account.url("auth"), CONTENT_TYPE, body).await?;
        issued(&reply).ok_or_else(|| self.failed(&reply, &request.sign))
    }
}

impl SignedIssuing<'_> {
    /// vivo refuses with status 200, so the status does not tell which answers may hold a token; the field does.
    fn failed(&self, reply: &Reply, sign: &str) -> Failure {
        let error = judge::of_token_request(reply, &self.reading, self.client.now());
        let secrets = [&*self.account.keys.app_secret, sign];
        match serde_json::from_slice::<VivoResponse>(&reply.body) {
            Ok(refusal) if refusal.auth_token.is_null() => {
                Failure { error, answer: VendorAnswer::new(reply.body.clone(), &secrets) }
            }
            _ => oauth::failed(error, reply, &secrets),
        }
    }
}

/// Returns the signed request for a token.
pub(super) fn token_request(account: &Account, now: Timestamp) -> TokenRequest<'_> {
    let (app_id, timestamp, keys) = (account.app_id, now.as_millis(), &account.keys);
    let signed = format!("{app_id}{}{timestamp}{}", &*keys.app_key, &*keys.app_secret);
    TokenRequest { app_id, app_key: &keys.app_key, timestamp, sign: md5_hex(signed.trim()) }
}

/// Returns the token of a good answer.
pub(super) fn issued(reply: &Reply) -> Option<Issued> {
    let response: VivoResponse = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status == 200)?;
    let token = response.auth_token.as_str().filter(|_| response.result.as_deref() == Some(SUCCESS))?;
    Some(Issued { token: AccessToken::parse(token)?, lives: LIFE })
}
