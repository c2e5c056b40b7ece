//! Xiaomi Push, "MiPush" (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559>).
//!
//! One request carries up to 1000 tokens and one notification, as a form, under the app's secret; or up to 1000
//! notifications with a token each, for secrets of one package. A repeat with the same `notify_id` replaces the
//! notification instead of adding one.

mod auth;
mod category;
mod codes;
mod judge;
mod merged_call;
mod payload;
pub mod receipt;
mod revoke;
mod rules;
mod template;
#[cfg(test)]
mod tests;
mod wire;

use shared::ports::vendor::Credential;

use self::{
    codes::{ANSWERS, BAD_REGIDS, NO_REGID},
    judge::Judged,
    merged_call::{LIMITS, Merged},
    payload::Payload,
    rules::Account,
};
use crate::prelude::*;

/// Maximum tokens of one request.
const MAX_TOKENS: usize = 1000;
/// Below, a request of which nothing was taken is repeated token by token; from here on, in halves. As many as it takes
/// for such an answer to look like a fault of the credential.
const DOUBTFUL: usize = 20;
/// Requests of single tokens under way at once.
const AT_ONCE: usize = 8;

/// All that the product knows of Xiaomi.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed())
        .merging(max_merged, |client, first, calls| push_merged(client, first, calls).boxed())
        .revoking(|client, call| revoke::revoke(client, call).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&ANSWERS, &Words(&[BAD_REGIDS, NO_REGID])],
    receipts: Some(&receipt::READER),
    // <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1560> has a code for "too long" and no number: ours
    receipt_address: ReceiptAddress::UnlessOff { max_bytes: 1024 },
    quota_options: &["xiaomi_channel_id"],
    easemob_channel: "XIAOMIPUSH",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    let account: Account = account_of(call.credential)?;
    let payload = Payload::new(call, &account)?;
    let requests = Keyed::new(&client.http, &account.send_url(), auth::headers(&account)?)?;
    let push = Push { requests, payload, clock: &*client.clock };
    let mut isolation = Isolation::begin();
    let mut parts = Vec::new();
    for tokens in call.tokens.chunk_by(|one, next| payload::fits(one) == payload::fits(next)) {
        if tokens.first().is_some_and(payload::fits) {
            for tokens in tokens.chunks(MAX_TOKENS) {
                parts.extend(isolation.send(&push, tokens).await);
            }
        } else {
            parts.push(Part { tokens: tokens.len(), result: Ok(vec![judge::no_regid(); tokens.len()]) });
        }
    }
    Ok(push.requests.report(merge(parts), &[&account.app_secret]))
}

/// Merged requests name one package, and nobody knows which of several a token belongs to.
fn max_merged(credential: &Credential) -> usize {
    let account = account_of::<Account>(credential).ok();
    account.filter(|account| account.package_names.len() == 1).map_or(1, |_| MAX_TOKENS)
}

async fn push_merged(
    client: &Client,
    first: &VendorCall<'_>,
    calls: &[VendorCall<'_>],
) -> Result<Vec<Outcome>, Failure> {
    let account: Account = account_of(first.credential)?;
    let requests = Keyed::new(&client.http, &account.merged_url(), auth::headers(&account)?)?;
    Ok(merged::send(&Merged { client, account: &account, requests }, calls, LIMITS).await?)
}

fn describe(call: &VendorCall<'_>, _: Option<&str>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let body = Payload::new(call, &account)?.to(&call.tokens[..1]);
    let headers = auth::headers(&account)?;
    let assumes = "the region cn, channels and templates for every class, no callback_url";
    let described = Description::new(account.send_url(), &headers, &body, assumes);
    Ok(described.masking(&["extra.template_param"]))
}

#[async_trait]
impl SendTogether for Push<'_> {
    async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        let mut parts = Vec::new();
        self.batch(tokens, &mut parts).await;
        merge(parts)
    }
}

/// One call under way.
struct Push<'a> {
    requests: Keyed<'a>,
    payload: Payload,
    clock: &'a dyn Clock,
}

impl Push<'_> {
    /// Sends to the tokens of one request. When Xiaomi took none of them for a reason that may lie with some, they are
    /// sent once more in smaller requests.
    async fn batch(&self, tokens: &[DeviceToken], parts: &mut Vec<Part>) {
        match self.request(tokens).await {
            Ok(Judged::NoneTaken(_)) if tokens.len() > 1 => {
                let size = if tokens.len() < DOUBTFUL { 1 } else { tokens.len().div_ceil(2) };
                let pieces: Vec<_> = tokens.chunks(size).map(|piece| self.piece(piece)).collect();
                parts.extend(stream::iter(pieces).buffered(AT_ONCE).collect::<Vec<_>>().await);
            }
            judged => parts.push(part(tokens, judged)),
        }
    }

    async fn piece(&self, tokens: &[DeviceToken]) -> Part {
        part(tokens, self.request(tokens).await)
    }

    async fn request(&self, tokens: &[DeviceToken]) -> Result<Judged, CallError> {
        self.requests.post(self.payload.to(tokens), |reply| judge::judge(reply, tokens, self.clock.now())).await
    }
}

fn part(tokens: &[DeviceToken], judged: Result<Judged, CallError>) -> Part {
    let outcomes = |judged| -> Result<Vec<Outcome>, CallError> {
        match judged {
            Judged::Each(outcomes) => Ok(outcomes),
            Judged::NoneTaken(code) => judge::none_taken(code, tokens.len()),
        }
    };
    Part { tokens: tokens.len(), result: judged.and_then(outcomes) }
}
