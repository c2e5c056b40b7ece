//! Google Firebase Cloud Messaging, HTTP v1 (<https://firebase.google.com/docs/cloud-messaging>).
//!
//! One request carries one token; the requests of a call run side by side on one connection. Sends are not idempotent:
//! the message's `tag` makes a repeat replace the notification instead of adding one.

mod auth;
mod category;
mod codes;
mod judge;
mod payload;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use reqwest::header::AUTHORIZATION;
use shared::{
    domain::{outcome::CallError, vendor::Vendor},
    ports::{
        clock::Clock,
        vendor::{CallReport, VendorCall, VendorClient},
    },
};

use self::{auth::Exchange, payload::Payload, rules::Account};
use crate::{
    Deps, ReceiptAddress, Spec,
    access_token::{Access, AccessToken, AccessTokens, Authorized, headers},
    record,
    reporting::{Failure, Part, merge},
    transport::{Description, Http},
};
/// All of a call's requests are under way at once, so that a call lasts no longer than one of them. Google's servers allow 100
/// streams a connection.
const MAX_TOKENS: usize = 64;

/// All that the product knows of FCM.
pub static VENDOR: Spec = Spec {
    client: |deps| Arc::new(FcmClient::new(deps)),
    rules: &rules::FcmRules,
    describe: |call, _| describe(call),
    receipts: None,
    receipt_address: ReceiptAddress::Console,
    quota_options: &[],
    easemob_channel: "FCM",
};

/// Speaks FCM's protocol.
pub struct FcmClient {
    http: Http,
    access_tokens: AccessTokens,
    clock: Arc<dyn Clock>,
}

impl FcmClient {
    /// The client; it connects to nothing before its first push.
    pub fn new(deps: &Deps) -> Self {
        Self { http: deps.http(Vendor::Fcm), access_tokens: deps.tokens(), clock: Arc::clone(&deps.clock) }
    }
}

#[async_trait]
impl VendorClient for FcmClient {
    fn max_tokens(&self) -> usize {
        MAX_TOKENS
    }

    fn requests_at_once(&self, tokens: usize) -> usize {
        tokens
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.push(&call).await.unwrap_or_else(CallReport::from)
    }
}

impl FcmClient {
    async fn push(&self, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
        let account = record::read_credential(call.credential, Account::read)?;
        let payload = Payload::new(call, &account)?;
        let exchange = Exchange { http: &self.http, clock: &*self.clock, account: &account };
        let access = Access::open(&self.access_tokens, call, &exchange).await?;
        let requests = Authorized::new(&self.http, &account.send_url(), access)?;
        let parts = stream::iter(0..call.tokens.len())
            .map(|at| requests.post(payload.to(&call.tokens[at]), judge::judge))
            .buffered(MAX_TOKENS)
            .map(|result| Part { tokens: 1, result: result.map(|outcome| vec![outcome]) })
            .collect()
            .await;
        Ok(CallReport { outcomes: merge(parts), answer: requests.answer().await })
    }
}

fn describe(call: &VendorCall<'_>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let body = Payload::new(call, &account)?.to(&call.tokens[0]);
    let headers = headers(&AUTHORIZATION, &AccessToken::masked())?;
    Ok(Description::new(account.send_url(), &headers, &body, "that the credential names a package"))
}
