//! OPPO push (HeyTap) for OPPO, realme and OnePlus (<https://open.oppomobile.com/documentation/page/info?id=11235>).
//!
//! One token goes alone; more go in batches of up to 1000 messages, each with its own token and its own notification, or a
//! copy of the one for all. The vendor's broadcast, which would carry one copy for all, is for public messages only. A repeat has the
//! same `app_message_id`, which OPPO takes once a token, and the same `notify_id`, which replaces the notification on the
//! phone.

mod auth;
mod category;
mod click;
mod codes;
mod judge;
mod merged;
mod payload;
pub mod receipt;
mod registration_id;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::{
        clock::Clock,
        vendor::{CallReport, Credential, SendMerged, VendorCall, VendorClient},
    },
};

use self::{
    auth::Exchange,
    codes::INVALID_ARGUMENT,
    judge::Judge,
    merged::{LIMITS, Merged},
    payload::Payload,
    registration_id::well_formed,
    rules::{Account, Options},
};
use crate::{
    Deps, ReceiptAddress, Spec,
    access_token::{Access, AccessToken, AccessTokens, Authorized},
    record::{self, rejected},
    reporting::{Failure, Part, day::until_hour, merge, merged::send, of_tokens},
    transport::{Description, Http, NoReply, form},
};

/// Maximum messages of one request.
const MAX_TOKENS: usize = 1000;

/// All that the product knows of OPPO.
pub static VENDOR: Spec = Spec {
    client: |deps| Arc::new(OppoClient::new(deps)),
    rules: &rules::OppoRules,
    describe: |call, _| describe(call),
    receipts: Some(&receipt::OppoReceipts),
    // <https://open.oppomobile.com/documentation/page/info?id=11236>
    receipt_address: ReceiptAddress::UnlessOff { max_bytes: 200 },
    quota_options: &["oppo_category"],
    easemob_channel: "OPPOPUSH",
};

/// Speaks OPPO's protocol.
pub struct OppoClient {
    http: Http,
    access_tokens: AccessTokens,
    clock: Arc<dyn Clock>,
}

impl OppoClient {
    /// The client; it connects to nothing before its first push.
    pub fn new(deps: &Deps) -> Self {
        Self { http: deps.http(Vendor::Oppo), access_tokens: deps.tokens(), clock: Arc::clone(&deps.clock) }
    }
}

#[async_trait]
impl VendorClient for OppoClient {
    fn max_tokens(&self) -> usize {
        MAX_TOKENS
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.push(&call).await.unwrap_or_else(CallReport::from)
    }

    fn merging(&self) -> Option<&dyn SendMerged> {
        Some(self)
    }
}

#[async_trait]
impl SendMerged for OppoClient {
    fn max_merged(&self, _: &Credential) -> usize {
        MAX_TOKENS
    }

    async fn send_merged(&self, calls: &[VendorCall<'_>]) -> Result<Vec<Outcome>, CallError> {
        let Some(first) = calls.first() else {
            return Ok(Vec::new());
        };
        self.push_merged(first, calls).await.map_err(|failure| failure.error)
    }
}

impl OppoClient {
    async fn push(&self, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
        let account = record::read_credential(call.credential, Account::read)?;
        let payload = Payload::new(call, &account)?;
        let exchange = Exchange { http: &self.http, clock: &*self.clock, account: &account };
        let access = Access::open(&self.access_tokens, call, &exchange).await?;
        let url = if call.tokens.len() == 1 { account.unicast_url() } else { account.batch_url() };
        let judge = self.judge(&account, payload.deduplicated());
        let push = Push { requests: Authorized::new(&self.http, &url, access)?, payload, judge };
        let parts = match call.tokens {
            [token] => vec![Part { tokens: 1, result: push.single(token).await.map(|outcome| vec![outcome]) }],
            tokens => push.batches(tokens).await,
        };
        Ok(CallReport { outcomes: merge(parts), answer: push.requests.answer().await })
    }

    async fn push_merged(&self, first: &VendorCall<'_>, calls: &[VendorCall<'_>]) -> Result<Vec<Outcome>, Failure> {
        let account = record::read_credential(first.credential, Account::read)?;
        let deduplicated = Options::read(first.options).map_err(rejected)?.deduplicate.get();
        let exchange = Exchange { http: &self.http, clock: &*self.clock, account: &account };
        let access = Access::open(&self.access_tokens, first, &exchange).await?;
        let requests = Authorized::new(&self.http, &account.batch_url(), access)?;
        let judge = self.judge(&account, deduplicated);
        Ok(send(&Merged { client: self, account: &account, requests, judge }, calls, LIMITS).await?)
    }

    fn judge(&self, account: &Account, deduplicated: bool) -> Judge {
        Judge { region: account.region, deduplicated, quota_lasts: until_hour(0, self.clock.now()) }
    }
}

fn describe(call: &VendorCall<'_>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let payload = Payload::new(call, &account)?;
    let (headers, body) = written(payload.single(&AccessToken::masked(), &call.tokens[0]))?;
    let assumes = "the region cn, channels for every class, no category, notify_level and callback_url";
    Ok(Description::new(account.unicast_url(), &headers, &body, assumes))
}

/// One call under way.
struct Push<'a> {
    requests: Authorized<'a>,
    payload: Payload,
    judge: Judge,
}

impl Push<'_> {
    async fn single(&self, token: &DeviceToken) -> Result<Outcome, CallError> {
        let write = |access: &AccessToken| written(self.payload.single(access, token));
        self.requests.post_written(write, |reply| self.judge.single(reply, token)).await
    }

    async fn batches(&self, tokens: &[DeviceToken]) -> Vec<Part> {
        let mut parts = Vec::new();
        for tokens in tokens.chunks(self.payload.max_tokens(tokens)) {
            parts.push(Part { tokens: tokens.len(), result: self.batch(tokens).await });
        }
        parts
    }

    /// Sends to the tokens of one request, and once more to those that its answer leaves open.
    async fn batch(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        match self.request(tokens).await {
            Ok(said) if said.iter().all(Option::is_some) => Ok(said.into_iter().flatten().collect()),
            Ok(said) => {
                let left = left(tokens, &said);
                Ok(fill(said, self.last(&left).await))
            }
            Err(CallError::Rejected { code }) if code == INVALID_ARGUMENT.to_string() && mixed(tokens) => {
                Ok(self.without_malformed(tokens, &code).await)
            }
            Err(error) => Err(error),
        }
    }

    /// One malformed registration id may be why the whole request was refused. It is a suspect if the others are taken.
    async fn without_malformed(&self, tokens: &[DeviceToken], code: &str) -> Vec<Outcome> {
        let suspect = |token| (!well_formed(token)).then(|| judge::suspect(code));
        let said: Vec<Option<Outcome>> = tokens.iter().map(suspect).collect();
        let again = self.last(&left(tokens, &said)).await;
        let vouched = again.iter().any(|outcome| matches!(outcome, Outcome::Accepted { .. }));
        let refused = |_| Outcome::Refused { code: code.to_owned() };
        let said = said.into_iter().map(|outcome| if vouched { outcome } else { outcome.map(refused) });
        fill(said.collect(), again)
    }

    /// A request whose answer is final: what it leaves open is refused.
    async fn last(&self, tokens: &[DeviceToken]) -> Vec<Outcome> {
        match self.request(tokens).await {
            Ok(said) => said.into_iter().map(|outcome| outcome.unwrap_or_else(judge::unanswered)).collect(),
            Err(CallError::Protocol { .. }) => vec![judge::unanswered(); tokens.len()],
            Err(error) => of_tokens(error, tokens.len()),
        }
    }

    async fn request(&self, tokens: &[DeviceToken]) -> Result<Vec<Option<Outcome>>, CallError> {
        let write = |access: &AccessToken| written(self.payload.batch(access, tokens));
        self.requests.post_written(write, |reply| self.judge.batch(reply, tokens)).await
    }
}

fn written(body: Vec<u8>) -> Result<(HeaderMap, Bytes), NoReply> {
    Ok((form::headers(), Bytes::from(body)))
}

/// Whether some of the tokens, but not all, look like OPPO's.
fn mixed(tokens: &[DeviceToken]) -> bool {
    let formed = tokens.iter().filter(|token| well_formed(token)).count();
    (1..tokens.len()).contains(&formed)
}

/// The tokens of whom nothing is said.
fn left(tokens: &[DeviceToken], said: &[Option<Outcome>]) -> Vec<DeviceToken> {
    let open = tokens.iter().zip(said).filter(|(_, outcome)| outcome.is_none());
    open.map(|(token, _)| token.clone()).collect()
}

/// What was said of all tokens, with what was said later of those that were left.
fn fill(said: Vec<Option<Outcome>>, later: Vec<Outcome>) -> Vec<Outcome> {
    let mut later = later.into_iter();
    said.into_iter().map(|outcome| outcome.or_else(|| later.next()).unwrap_or_else(judge::unanswered)).collect()
}
