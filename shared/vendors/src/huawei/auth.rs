//! For Android: from an OAuth client's secret to an access token, by client credentials
//! (<https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/oauth2-0000001212610981>).

use async_trait::async_trait;

use super::{error, rules::AndroidApp};
use crate::{
    access_token::{Issued, Issuer, oauth},
    reporting::Failure,
    transport::{Http, form::form},
};

/// Exchanges one client's secret for access tokens.
pub(super) struct Exchange<'a> {
    pub(super) http: &'a Http,
    pub(super) account: AndroidApp<'a>,
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
}

pub(super) fn body(account: &AndroidApp<'_>) -> String {
    form(&[
        ("grant_type", "client_credentials"),
        ("client_id", account.client_id),
        ("client_secret", account.client_secret),
    ])
}
