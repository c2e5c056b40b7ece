//! Honor Push, for devices since Honor left Huawei (<https://developer.honor.com/cn/docs/11002/reference/downlink-message>).
//!
//! One request carries many tokens and one notification. A repeat with the same `notifyId` replaces the notification
//! instead of adding one.

mod auth;
mod batch;
mod category;
mod codes;
mod judge;
mod payload;
mod receipt;
mod rules;
#[cfg(test)]
mod tests;
mod tokens;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::{
        clock::Clock,
        vendor::{CallReport, VendorCall, VendorClient},
    },
};

use self::{
    auth::Exchange,
    batch::BatchSizes,
    judge::Judged,
    rules::{Account, Corrections, MAX_TOKENS, Options},
};
use crate::{
    Deps, ReceiptAddress, Spec,
    access_token::{Access, AccessToken, AccessTokens, Authorized, headers},
    hms::payload::Payload,
    record,
    reporting::{Failure, Isolation, Part, SendTogether, merge, of_tokens},
    transport::{Description, Http, MASK},
};

/// Holds each request's time, in milliseconds; Honor refuses requests without it.
const TIME_HEADER: &str = "timestamp";

/// All that the product knows of Honor.
pub static VENDOR: Spec = Spec {
    client: |deps| Arc::new(HonorClient::new(deps)),
    rules: &rules::HonorRules,
    describe: |call, _| describe(call),
    receipts: Some(&receipt::HonorReceipts),
    receipt_address: ReceiptAddress::Console,
    quota_options: &["honor_importance"],
    // Easemob's documents have no name for it.
    easemob_channel: "HONOR",
};

/// Speaks Honor's protocol.
pub struct HonorClient {
    http: Http,
    access_tokens: AccessTokens,
    clock: Arc<dyn Clock>,
    sizes: BatchSizes,
}

impl HonorClient {
    /// The client; it connects to nothing before its first push.
    pub fn new(deps: &Deps) -> Self {
        Self {
            http: deps.http(Vendor::Honor),
            access_tokens: deps.tokens(),
            clock: Arc::clone(&deps.clock),
            sizes: BatchSizes::default(),
        }
    }
}

#[async_trait]
impl VendorClient for HonorClient {
    fn max_tokens(&self) -> usize {
        MAX_TOKENS
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.push(&call).await.unwrap_or_else(CallReport::from)
    }
}

impl HonorClient {
    async fn push(&self, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
        let isolation = Isolation::begin();
        let account = record::read_credential(call.credential, Account::read)?;
        let options: Options = record::read("options", call.options).map_err(record::rejected)?;
        let payload = payload::new(call, &account, &options)?;
        let exchange = Exchange { http: &self.http, account: &account };
        let access = Access::open(&self.access_tokens, call, &exchange).await?;
        let requests = Authorized::new(&self.http, &account.send_url(), access)?.stamped(TIME_HEADER, &*self.clock);
        let push = Push { requests, payload, corrections: options.result_codes.unwrap_or_default() };
        let parts = self.batches(&push, &account, call.tokens, isolation).await;
        Ok(CallReport { outcomes: merge(parts), answer: push.requests.answer().await })
    }

    /// Sends to all tokens, in requests half as large whenever Honor complains of too many. When it complains of two, it
    /// complains of something else.
    async fn batches(
        &self,
        push: &Push<'_>,
        account: &Account,
        tokens: &[DeviceToken],
        mut isolation: Isolation,
    ) -> Vec<Part> {
        let usual = self.sizes.of(&account.app_id, account.max_tokens());
        let mut size = usual;
        let mut rest = tokens;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            let result = match push.batch(now).await {
                Ok(Judged::TooMany { .. }) if now.len() > 2 => {
                    size = now.len().div_ceil(2);
                    continue;
                }
                Ok(Judged::TooMany { code }) => {
                    parts.push(Part { tokens: rest.len(), result: Err(CallError::Rejected { code }) });
                    break;
                }
                Ok(Judged::Each(outcomes)) => {
                    if size < usual {
                        self.sizes.found(&account.app_id, size);
                    }
                    Ok(outcomes)
                }
                Err(error) => Err(error),
            };
            parts.extend(isolation.narrow(push, now, result).await);
            rest = later;
        }
        parts
    }
}

fn describe(call: &VendorCall<'_>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let options = record::read("options", call.options).map_err(record::rejected)?;
    let body = payload::new(call, &account, &options)?.to(&call.tokens[..1]);
    let mut headers = headers(&AUTHORIZATION, &AccessToken::masked())?;
    headers.insert(TIME_HEADER, HeaderValue::from_static(MASK));
    Ok(Description::new(account.send_url(), &headers, &body, "service_right_granted"))
}

/// One call under way.
struct Push<'a> {
    requests: Authorized<'a>,
    payload: Payload,
    corrections: Corrections,
}

impl Push<'_> {
    /// Sends to the tokens of one request; once more to those that failed without a reason.
    async fn batch(&self, tokens: &[DeviceToken]) -> Result<Judged, CallError> {
        let judged = self.request(tokens).await?;
        let Judged::Each(mut outcomes) = judged else {
            return Ok(judged);
        };
        let with_outcomes = tokens.iter().zip(&outcomes);
        let again: Vec<DeviceToken> =
            with_outcomes.filter(|(_, outcome)| tokens::failed(outcome)).map(|(token, _)| token.clone()).collect();
        if !again.is_empty() {
            let failed = outcomes.iter_mut().filter(|outcome| tokens::failed(outcome));
            for (outcome, newer) in failed.zip(self.again(&again).await) {
                *outcome = newer;
            }
        }
        Ok(Judged::Each(outcomes))
    }

    async fn again(&self, tokens: &[DeviceToken]) -> Vec<Outcome> {
        match self.request(tokens).await {
            Ok(Judged::Each(outcomes)) => outcomes,
            Ok(Judged::TooMany { code }) => vec![Outcome::Refused { code }; tokens.len()],
            Err(error) => of_tokens(error, tokens.len()),
        }
    }

    async fn request(&self, tokens: &[DeviceToken]) -> Result<Judged, CallError> {
        self.requests.post(self.payload.to(tokens), |reply| judge::judge(reply, tokens, &self.corrections)).await
    }
}

#[async_trait]
impl SendTogether for Push<'_> {
    /// Sends to tokens of a request whose size Honor has taken before.
    async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        match self.batch(tokens).await? {
            Judged::Each(outcomes) => Ok(outcomes),
            Judged::TooMany { code } => Err(CallError::Rejected { code }),
        }
    }
}
