//! From an OAuth client's secret to an access token, by client credentials
//! (<https://developer.honor.com/cn/docs/11002/reference/downlink-message>).

use super::{judge, rules::Account};
use crate::prelude::*;

/// Honor publishes no limit of its token endpoint; after a failure it is left alone for so long.
pub(super) const REST: Duration = Duration::from_secs(60);

#[async_trait]
impl Issuer for Issuing<'_, Account> {
    fn secret(&self) -> &[u8] {
        self.account.client_secret.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let Account { auth_url, client_id, client_secret, .. } = self.account;
        oauth::client_credentials(&self.client.http, auth_url, client_id, client_secret, judge::of_token_request).await
    }

    fn rest(&self) -> Duration {
        REST
    }
}
