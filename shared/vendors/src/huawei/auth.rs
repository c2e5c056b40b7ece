//! For Android: from an OAuth client's secret to an access token, by client credentials
//! (<https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/oauth2-0000001212610981>).

use async_trait::async_trait;

use super::{judge, rules::AndroidApp};
use crate::{
    access_token::{Issued, Issuer, oauth},
    reporting::Failure,
    transport::{Http, form::form},
};

/// Exchanges one client's secret for access tokens.
pub(super) struct Exchange<'a> {
    pub(super) http: &'a Http,
    pub(super) app: &'a AndroidApp,
}

#[async_trait]
impl Issuer for Exchange<'_> {
    fn secret(&self) -> &[u8] {
        self.app.client_secret.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let (id, secret) = (&*self.app.client_id, &*self.app.client_secret);
        let body = form(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
        let reply = oauth::post(self.http, &self.app.auth_url, body).await?;
        oauth::issued(&reply).ok_or_else(|| oauth::failed(judge::of_token_request(&reply), &reply, &[secret]))
    }
}
