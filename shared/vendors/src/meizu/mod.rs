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

use std::{slice, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
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

use self::{judge::Judged, payload::Payload, rules::Account};
use crate::{
    Deps, ReceiptAddress, Spec,
    access_token::Keyed,
    record,
    reporting::{Failure, Part, merge},
    transport::{Description, Http, Reply},
};

/// Maximum tokens of one request.
const MAX_TOKENS: usize = 100;
/// Requests under way at once, where the tokens of one have to be told apart.
const AT_ONCE: usize = 8;
/// The code for a token that cannot be one of Meizu's, since it would be read as two.
const COMMA: &str = "pushId with a comma";

/// All that the product knows of Meizu.
pub static VENDOR: Spec = Spec {
    client: |deps| Arc::new(MeizuClient::new(deps)),
    rules: &rules::MeizuRules,
    describe: |call, _| describe(call),
    receipts: Some(&receipt::MeizuReceipts),
    // <https://github.com/MEIZUPUSH/PushAPI>. Meizu may refuse a push that names an address which its console does not hold.
    receipt_address: ReceiptAddress::IfOn { max_bytes: 128 },
    quota_options: &[],
    easemob_channel: "MEIZUPUSH",
};

/// Speaks Meizu's protocol.
pub struct MeizuClient {
    http: Http,
    clock: Arc<dyn Clock>,
}

impl MeizuClient {
    /// The client; it connects to nothing before its first push.
    pub fn new(deps: &Deps) -> Self {
        Self { http: deps.http(Vendor::Meizu), clock: Arc::clone(&deps.clock) }
    }
}

#[async_trait]
impl VendorClient for MeizuClient {
    fn max_tokens(&self) -> usize {
        MAX_TOKENS
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.push(&call).await.unwrap_or_else(CallReport::from)
    }
}

impl MeizuClient {
    async fn push(&self, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
        let account = record::read_credential(call.credential, Account::read)?;
        let payload = Payload::new(call, &account)?;
        let requests = Keyed::new(&self.http, &account.send_url(), headers())?;
        let push = Push { client: self, requests, payload };
        let outcomes = push.all(call.tokens).await;
        Ok(CallReport { outcomes, answer: push.requests.answer(&[&account.app.app_secret]) })
    }
}

fn describe(call: &VendorCall<'_>) -> Result<Description, CallError> {
    let account = Account::default();
    let body = Payload::new(call, &account)?.to(&[&call.tokens[0]]);
    let described = Description::new(account.send_url(), &headers(), &body, "no notice_msg_type and receipt_url");
    Ok(described.masking(&["sign"]))
}

fn headers() -> HeaderMap {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");
    HeaderMap::from_iter([(CONTENT_TYPE, form)])
}

/// One call under way.
struct Push<'a> {
    client: &'a MeizuClient,
    requests: Keyed<'a>,
    payload: Payload<'a>,
}

impl Push<'_> {
    /// Sends to every token that can be sent; the comma stands between the tokens of a request.
    async fn all(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        let whole = |token: &&DeviceToken| !token.expose().contains(',');
        let sent: Vec<&DeviceToken> = tokens.iter().filter(whole).collect();
        let mut parts = Vec::new();
        for tokens in sent.chunks(MAX_TOKENS) {
            self.batch(tokens, &mut parts).await;
        }
        let mut known = merge(parts)?.into_iter();
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
        let judge = |reply: &Reply| judge::judge(reply, tokens, self.client.clock.now());
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
