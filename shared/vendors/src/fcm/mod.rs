//! Google Firebase Cloud Messaging, HTTP v1 (<https://firebase.google.com/docs/cloud-messaging>).
//!
//! One request carries one token; the requests of a call run side by side on one connection. Sends are not idempotent:
//! the message's `tag` makes a repeat replace the notification instead of adding one.

mod auth;
mod category;
mod codes;
mod judge;
mod payload;
mod revoke;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use self::{
    codes::{BY_API_STATUS, BY_FCM_CODE, TOKEN_ENDPOINT},
    rules::Account,
};
use crate::prelude::*;

/// All of a call's requests are under way at once, so that a call lasts no longer than one of them. Google's servers allow 100
/// streams a connection.
const MAX_TOKENS: usize = 64;

/// All that the product knows of FCM.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed())
        .renewing(|client, call| renew(client, call).boxed())
        .with_a_request_per_token()
        .revoking(|client, call| revoke::revoke(client, call).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&BY_FCM_CODE, &BY_API_STATUS, &TOKEN_ENDPOINT],
    receipts: None,
    receipt_address: ReceiptAddress::Console,
    quota_options: &[],
    easemob_channel: "FCM",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    let account: Account = account_of(call.credential)?;
    let payload = payload::new(call, &account)?;
    let issuing = Issuing { client, account: &account };
    let requests = client.authorized(call, &issuing, &account.send_url()).await?;
    let parts = stream::iter(0..call.tokens.len())
        .map(|at| requests.post(payload.to(&call.tokens[at..=at]), judge::judge))
        .buffered(MAX_TOKENS)
        .map(|result| Part { tokens: 1, result: result.map(|outcome| vec![outcome]) })
        .collect()
        .await;
    Ok(requests.report(parts).await)
}

async fn renew(client: &Client, call: &RenewCall<'_>) -> Result<Renewed, Failure> {
    let account: Account = account_of(call.credential)?;
    client.renewed(call, &Issuing { client, account: &account }).await
}

fn describe(call: &VendorCall<'_>, _: Option<&str>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let body = payload::new(call, &account)?.to(&call.tokens[..1]);
    let headers = authorization(&AUTHORIZATION, &AccessToken::masked())?;
    Ok(Description::new(account.send_url(), &headers, &body, "that the credential names a package"))
}
