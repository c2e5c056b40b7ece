//! For Android: from an OAuth client's secret to an access token, by client credentials
//! (<https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/oauth2-0000001212610981>).

use super::{judge, rules::AndroidApp};
use crate::prelude::*;

#[async_trait]
impl Issuer for Issuing<'_, AndroidApp> {
    fn secret(&self) -> &[u8] {
        self.account.client_secret.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let AndroidApp { auth_url, client_id, client_secret, .. } = self.account;
        oauth::client_credentials(&self.client.http, auth_url, client_id, client_secret, judge::of_token_request).await
    }
}
