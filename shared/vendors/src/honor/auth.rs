//! From an OAuth client's secret to an access token, by client credentials
//! (<https://developer.honor.com/cn/docs/11002/reference/downlink-message>).

use std::time::Duration;

use async_trait::async_trait;

use super::{judge, rules::Account};
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
    pub(super) account: &'a Account,
}

#[async_trait]
impl Issuer for Exchange<'_> {
    fn secret(&self) -> &[u8] {
        self.account.client_secret.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let (id, secret) = (&*self.account.client_id, &*self.account.client_secret);
        let body = form(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
        let reply = oauth::post(self.http, &self.account.auth_url, body).await?;
        oauth::issued(&reply).ok_or_else(|| oauth::failed(judge::of_token_request(&reply), &reply, &[secret]))
    }

    fn rest(&self) -> Duration {
        REST
    }
}
