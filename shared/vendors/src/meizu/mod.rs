//! Meizu push, for phones with Flyme (<https://github.com/MEIZUPUSH/PushAPI>).
//!
//! One request carries up to 100 tokens ("pushIds") and one notification, and is signed with the app's secret. A repeat with
//! the same `notifyKey` replaces the notification instead of adding one.

mod auth;
mod class;
mod error;
mod payload;
pub mod receipt;
pub mod rules;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    slice,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use reqwest::{
    Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
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

use self::{error::Judged, payload::Payload, rules::Account};
use crate::{
    Deps, ReceiptAddress, Spec, record,
    reporting::{Failure, Part, Refusal, answer, merge},
    transport::{Description, Http, Post, Reply},
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
    describe: |call, _| describe(call, &call.tokens[0]),
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
        let payload = Payload::new(call, account)?;
        let url = self.http.address(&account.send_url())?;
        let push = Push { client: self, url, payload, last: Mutex::default() };
        let outcomes = push.all(call.tokens).await;
        let last = push.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(CallReport { outcomes, answer: answer(&last, &[account.app_secret]) })
    }
}

/// A push to one token as [`super::describe`] shows it.
pub(super) fn describe(call: &VendorCall<'_>, token: &DeviceToken) -> Result<Description, CallError> {
    let account = Account::unknown();
    let url = account.send_url();
    let body = Payload::new(call, account)?.to(&[token]);
    let described = Description::new(url, &headers(), &body, "no notice_msg_type and receipt_url");
    Ok(described.masking(&["sign"]))
}

/// One call under way.
struct Push<'a> {
    client: &'a MeizuClient,
    url: Url,
    payload: Payload<'a>,
    /// Meizu's last answer
    last: Mutex<Vec<u8>>,
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
        let judge = |reply: Reply| {
            let judged = error::judge(&reply, tokens, self.client.clock.now()).map_err(Refusal::last);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = reply.body;
            judged
        };
        let judged = judge(self.post(self.url.clone(), body.clone()).await?)?;
        let Judged::Moved(address) = judged else {
            return Ok(judged);
        };
        judge(self.post(self.client.http.address(&address)?, body).await?)
    }

    async fn post(&self, url: Url, body: Bytes) -> Result<Reply, CallError> {
        Ok(self.client.http.post(Post { url, headers: headers(), body, within: None }).await?)
    }
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8"));
    headers
}

fn part(tokens: usize, judged: Result<Judged, CallError>) -> Part {
    let result = judged.and_then(|judged| match judged {
        Judged::Each(outcomes) => Ok(outcomes),
        // asked for alone, or moved twice: no verdict
        Judged::Unclear | Judged::Moved(_) => Err(error::no_verdict()),
    });
    Part { tokens, result }
}
