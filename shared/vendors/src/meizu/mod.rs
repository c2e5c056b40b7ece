//! Meizu push, for phones with Flyme (<https://github.com/MEIZUPUSH/PushAPI>).
//!
//! One request carries up to 100 tokens ("pushIds") and one notification, and is signed with the app's secret. A repeat with
//! the same `notifyKey` replaces the notification instead of adding one.

mod auth;
mod category;
mod codes;
mod judge;
mod payload;
mod receipt;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use std::slice;

use self::{
    codes::{MESSAGES, TOKEN_CODES, UNREADABLE},
    judge::Judged,
    payload::Payload,
    rules::Account,
};
use crate::prelude::*;

/// Maximum tokens of one request.
const MAX_TOKENS: usize = 100;
/// Requests under way at once, where the tokens of one have to be told apart.
const AT_ONCE: usize = 8;
/// The code for a token that cannot be one of Meizu's, since it would be read as two.
const COMMA: &str = "pushId with a comma";

/// All that the product knows of Meizu.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&MESSAGES, &Classifier::of(TOKEN_CODES, &[]), &Words(&[UNREADABLE, COMMA])],
    receipts: Some(&receipt::READER),
    // <https://github.com/MEIZUPUSH/PushAPI>. Meizu may refuse a push that names an address which its console does not hold.
    receipt_address: ReceiptAddress::IfOn { max_bytes: 128 },
    quota_options: &[],
    easemob_channel: "MEIZUPUSH",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    let account: Account = account_of(call.credential)?;
    let payload = Payload::new(call, &account)?;
    let requests = Keyed::new(&client.http, &account.send_url(), form::headers())?;
    let push = Push { client, requests, payload };
    let outcomes = push.all(call.tokens).await;
    Ok(push.requests.report(outcomes, &[&account.app.app_secret]))
}

fn describe(call: &VendorCall<'_>, _: Option<&str>) -> Result<Description, CallError> {
    let account = Account::default();
    let body = Payload::new(call, &account)?.to(&[&call.tokens[0]]);
    let assumes = "no notice_msg_type and receipt_url";
    Ok(Description::new(account.send_url(), &form::headers(), &body, assumes).masking(&["sign"]))
}

/// One call under way.
struct Push<'a> {
    client: &'a Client,
    requests: Keyed<'a>,
    payload: Payload<'a>,
}

impl Push<'_> {
    /// Sends to every token that can be sent; the comma stands between the tokens of a request.
    async fn all(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        let whole = |token: &&DeviceToken| !token.expose().as_bytes().contains(&b',');
        let sent: Vec<&DeviceToken> = tokens.iter().filter(whole).collect();
        let mut parts = Vec::new();
        for tokens in sent.chunks(MAX_TOKENS) {
            self.batch(tokens, &mut parts).await;
        }
        let known = merge(parts)?;
        if sent.len() == tokens.len() {
            return Ok(known);
        }
        let mut known = known.into_iter();
        let refused = || Outcome::Refused { code: COMMA.to_owned() };
        let outcome = |token: &DeviceToken| if whole(&token) { known.next() } else { None }.unwrap_or_else(refused);
        Ok(tokens.iter().map(outcome).collect())
    }

    /// Sends to the tokens of one request. When Meizu refuses it for a token and does not say which, each is asked for alone.
    async fn batch(&self, tokens: &[&DeviceToken], parts: &mut Vec<Part>) {
        match self.request(tokens).await {
            Ok(Judged::Unclear) => {
                let alone = stream::iter(0..tokens.len())
                    .map(|at| async move { part(1, self.request(slice::from_ref(&tokens[at])).await) })
                    .buffered(AT_ONCE);
                parts.extend(alone.collect::<Vec<_>>().await);
            }
            judged => parts.push(part(tokens.len(), judged)),
        }
    }

    /// One request, and once more where Meizu sends it to another of its addresses.
    async fn request(&self, tokens: &[&DeviceToken]) -> Result<Judged, CallError> {
        let body = self.payload.to(tokens);
        let judge = |reply: &Reply| judge::judge(reply, tokens, self.client.now());
        match self.requests.post(body.clone(), judge).await? {
            Judged::Moved(address) => {
                let url = self.client.http.address(&address)?;
                self.requests.post_to(&url, body, judge).await
            }
            judged => Ok(judged),
        }
    }
}

fn part(tokens: usize, judged: Result<Judged, CallError>) -> Part {
    let result = judged.and_then(|judged| match judged {
        Judged::Each(outcomes) => Ok(outcomes),
        // asked for alone, or moved twice: no verdict
        Judged::Unclear | Judged::Moved(_) => Err(judge::no_verdict()),
    });
    Part { tokens, result }
}
