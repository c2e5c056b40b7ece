//! Huawei Push Kit for Android, v1 and v2 (<https://developer.huawei.com/consumer/en/hms/huawei-pushkit>).
//!
//! One request carries up to 1000 tokens and one notification. A repeat with the same `notify_id` replaces the
//! notification instead of adding one.

mod auth;
mod class;
mod error;
mod payload;
pub mod receipt;
pub mod rules;
#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
mod wire;

use async_trait::async_trait;

use self::{auth::Exchange, error::Judged, payload::Payload, rules::Account};
use super::{
    Deps,
    access_token::{Access, AccessTokens},
    authorized::Authorized,
    http::Http,
    record,
    report::{Failure, Part, merge},
};
use crate::{
    domain::{binding::DeviceToken, outcome::CallError, vendor::Vendor},
    ports::vendor::{CallReport, VendorCall, VendorClient},
};

/// The most tokens of one request.
const MOST_TOKENS: usize = 1000;
/// From here on, an answer that condemns every token of a request is asked for again in halves. As many as it takes for
/// such an answer to look like a fault of the credential.
const DOUBTFUL: usize = 20;

/// Speaks Huawei's protocol.
pub struct HuaweiClient {
    http: Http,
    access_tokens: AccessTokens,
}

impl HuaweiClient {
    /// The client; it connects to nothing before its first push.
    pub fn new(deps: &Deps) -> Self {
        Self { http: deps.http(Vendor::Huawei), access_tokens: deps.tokens() }
    }
}

#[async_trait]
impl VendorClient for HuaweiClient {
    fn most_tokens(&self) -> usize {
        MOST_TOKENS
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.push(&call).await.unwrap_or_else(CallReport::from)
    }
}

impl HuaweiClient {
    async fn push(&self, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
        let account = record::read(call.credential, Account::read)?;
        let payload = Payload::new(call, &account)?;
        let exchange = Exchange { http: &self.http, account };
        let access = Access::open(&self.access_tokens, call, &exchange).await?;
        let push = Push { requests: Authorized::new(&self.http, &account.send_url(), access)?, payload };
        let mut parts = Vec::new();
        for tokens in call.tokens.chunks(MOST_TOKENS) {
            push.batch(tokens, &mut parts).await;
        }
        Ok(CallReport { outcomes: merge(parts), answer: push.requests.answer().await })
    }
}

/// One call under way.
struct Push<'a> {
    requests: Authorized<'a>,
    payload: Payload,
}

impl Push<'_> {
    /// Sends to the tokens of one request. "All tokens are invalid" may be a fault of the configuration as well: for many
    /// tokens it is asked for once more, in halves.
    async fn batch(&self, tokens: &[DeviceToken], parts: &mut Vec<Part>) {
        match self.request(tokens).await {
            Ok(Judged::AllInvalid) if tokens.len() >= DOUBTFUL => {
                let (first, second) = tokens.split_at(tokens.len() / 2);
                for half in [first, second] {
                    parts.push(part(half, self.request(half).await));
                }
            }
            judged => parts.push(part(tokens, judged)),
        }
    }

    async fn request(&self, tokens: &[DeviceToken]) -> Result<Judged, CallError> {
        self.requests.post(self.payload.to(tokens), |reply| error::judge(reply, tokens)).await
    }
}

fn part(tokens: &[DeviceToken], judged: Result<Judged, CallError>) -> Part {
    let outcomes = |judged| match judged {
        Judged::Each(outcomes) => outcomes,
        Judged::AllInvalid => vec![error::all_invalid(); tokens.len()],
    };
    Part { tokens: tokens.len(), result: judged.map(outcomes) }
}
