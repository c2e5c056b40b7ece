//! From an OAuth client's secret to an access token, by client credentials
//! (<https://developer.honor.com/cn/docs/11002/reference/downlink-message>).

use std::time::Duration;

use async_trait::async_trait;

use super::{error, rules::Account};
use crate::{
    access_token::{Issued, Issuer, oauth},
    reporting::Failure,
    transport::{Http, form::form},
};

/// Honor publishes no limit of its token endpoint; after a failure it is left alone for so long.
pub(super) const REST: Duration = Duration::from_secs(60);

/// Exchanges one client's secret for access tokens.
pub(super) struct Exchange<'a> {
    pub(super) http: &'a Http,
    pub(super) account: Account<'a>,
}

#[async_trait]
impl Issuer for Exchange<'_> {
    fn secret(&self) -> &[u8] {
        self.account.client_secret.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let reply = oauth::post(self.http, self.account.auth_url, body(&self.account)).await?;
        oauth::issued(&reply)
            .ok_or_else(|| oauth::failed(error::of_token_request(&reply), &reply, &[self.account.client_secret]))
    }

    fn rest(&self) -> Duration {
        REST
    }
}

pub(super) fn body(account: &Account<'_>) -> String {
    form(&[
        ("grant_type", "client_credentials"),
        ("client_id", account.client_id),
        ("client_secret", account.client_secret),
    ])
}
