//! Honor Push, for devices since Honor left Huawei (<https://developer.honor.com/cn/docs/11002/reference/downlink-message>).
//!
//! One request carries many tokens and one notification. A repeat with the same `notifyId` replaces the notification
//! instead of adding one.

mod auth;
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

use self::{
    codes::{MESSAGES, PARTIAL, TOKEN_ENDPOINT, TOO_MANY},
    judge::Judged,
    rules::{Account, Corrections, MAX_TOKENS},
};
use crate::prelude::*;

/// Holds each request's time, in milliseconds; Honor refuses requests without it.
const TIME_HEADER: &str = "timestamp";

/// All that the product knows of Honor.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed())
        .renewing(|client, call| renew(client, call).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&MESSAGES, &TOKEN_ENDPOINT, &Words(&[PARTIAL, TOO_MANY]), &Words(tokens::WORDS)],
    receipts: Some(&receipt::READER),
    receipt_address: ReceiptAddress::Console,
    quota_options: &["honor_importance"],
    // Easemob's documents have no name for it.
    easemob_channel: "HONOR",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    let isolation = Isolation::begin();
    let account: Account = account_of(call.credential)?;
    let settings = settings_of(call)?;
    let payload = payload::new(call, &account, &settings)?;
    let issuing = Issuing { client, account: &account };
    let requests = client.authorized(call, &issuing, &account.send_url()).await?.stamped(TIME_HEADER, &*client.clock);
    let push = Push { requests, payload, corrections: settings.options.result_codes.unwrap_or_default() };
    let parts = push.all(&client.request_sizes, &account, call.tokens, isolation).await;
    Ok(push.requests.report(parts).await)
}

async fn renew(client: &Client, call: &RenewCall<'_>) -> Result<Renewed, Failure> {
    let account: Account = account_of(call.credential)?;
    client.renewed(call, &Issuing { client, account: &account }).await
}

fn describe(call: &VendorCall<'_>, _: Option<&str>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let settings = settings_of(call)?;
    let body = payload::new(call, &account, &settings)?.to(&call.tokens[..1]);
    let mut headers = authorization(&AUTHORIZATION, &AccessToken::masked())?;
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
    /// Sends to all tokens, in requests half as large whenever Honor complains of too many. When it complains of two, it
    /// complains of something else.
    async fn all(
        &self,
        sizes: &RequestSizes,
        account: &Account,
        tokens: &[DeviceToken],
        mut isolation: Isolation,
    ) -> Vec<Part> {
        let usual = sizes.of(&account.app_id, account.max_tokens());
        let mut size = usual;
        let mut rest = tokens;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            let result = match self.batch(now).await {
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
                        sizes.found(&account.app_id, size);
                    }
                    Ok(outcomes)
                }
                Err(error) => Err(error),
            };
            parts.extend(isolation.narrow(self, now, result).await);
            rest = later;
        }
        parts
    }

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
