//! vivo Push (<https://dev.vivo.com.cn/documentCenter/doc/362>): notifications only, for phones in mainland China.
//!
//! One phone is one request. More than one take two: one saves the message, the other names up to 1000 phones for it. A
//! repeat with the same `notifyId` replaces the notification instead of adding one. vivo refuses texts that chats are full
//! of, and its documents disagree about their length; a refused text is sent once more in another form.

mod auth;
mod category;
mod codes;
mod content;
mod judge;
mod payload;
mod receipt;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use reqwest::Url;

use self::{
    auth::SignedIssuing,
    codes::{INVALID_USER, MESSAGES, STATUSES, TOKEN_ENDPOINT},
    judge::Reading,
    payload::{Payload, Texts},
    rules::{Account, Options},
};
use crate::{prelude::*, record::rejected};

/// Maximum tokens of one list.
const MAX_TOKENS: usize = 1000;
/// Requests under way at once, where a message cannot go to a list.
const AT_ONCE: usize = 16;
/// As long as vivo's own library waits; two requests and one for an access token then fit into one invocation.
const LONGEST: Duration = Duration::from_secs(5);
/// The interface of messages to one phone.
const SEND: &str = "send";
/// The header of the access token; names of headers have no case.
const AUTH_TOKEN: HeaderName = HeaderName::from_static("authtoken");

/// All that the product knows of vivo.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed())
        .within(LONGEST)
        .renewing(|client, call| renew(client, call).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&MESSAGES, &TOKEN_ENDPOINT, &Classifier::of(STATUSES, &[]).prefixed(INVALID_USER)],
    receipts: Some(&receipt::READER),
    // <https://dev.vivo.com.cn/documentCenter/doc/362>
    receipt_address: ReceiptAddress::UnlessOff { max_bytes: 128 },
    quota_options: &["vivo_category"],
    easemob_channel: "VIVOPUSH",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    let account: Account = account_of(call.credential)?;
    let settings = settings_of(call)?;
    let payload = Payload::new(call, &account, &settings)?;
    let (clock, reading) = (&*client.clock, settings.options.reading());
    let issuing = SignedIssuing { client, account: &account, reading };
    let push = Push {
        requests: client.authorized(call, &issuing, &account.url(SEND)).await?.in_header(AUTH_TOKEN),
        save_url: client.http.address(&account.url("saveListPayload"))?,
        list_url: client.http.address(&account.url("pushToList"))?,
        max_tokens: if payload.fits_lists { MAX_TOKENS } else { 1 },
        payload,
        reading,
        clock,
    };
    let parts = stream::iter((0..call.tokens.len()).step_by(push.max_tokens))
        .map(|at| push.part(&call.tokens[at..call.tokens.len().min(at + push.max_tokens)]))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok(push.requests.report(parts).await)
}

async fn renew(client: &Client, call: &RenewCall<'_>) -> Result<Renewed, Failure> {
    let account: Account = account_of(call.credential)?;
    let options: Options = read("options", call.options).map_err(rejected)?;
    client.renewed(call, &SignedIssuing { client, account: &account, reading: options.reading() }).await
}

fn describe(call: &VendorCall<'_>, _: Option<&str>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let settings = settings_of(call)?;
    let body = Payload::new(call, &account, &settings)?.to_one(Texts::Own, &call.tokens[0])?;
    let headers = authorization(&AUTH_TOKEN, &AccessToken::masked())?;
    let described = Description::new(account.url(SEND), &headers, &body, "push_mode 0, no receipts");
    Ok(described.masking(&["appId", "requestId"]))
}

/// One call under way.
struct Push<'a> {
    requests: Authorized<'a>,
    save_url: Url,
    list_url: Url,
    /// maximum tokens of a part
    max_tokens: usize,
    payload: Payload<'a>,
    reading: Reading,
    clock: &'a dyn Clock,
}

impl Push<'_> {
    /// Sends to one token or one list of them, with other texts when vivo does not take these. Whatever vivo refuses as a
    /// whole has reached nobody.
    async fn part(&self, tokens: &[DeviceToken]) -> Part {
        let mut texts = Texts::Own;
        loop {
            let result = match tokens {
                [token] => self.one(texts, token).await.map(|outcome| vec![outcome]),
                tokens => self.list(texts, tokens).await,
            };
            match result.as_ref().err().and_then(|error| self.payload.instead(texts, error)) {
                Some(next) => texts = next,
                None => return Part { tokens: tokens.len(), result },
            }
        }
    }

    async fn one(&self, texts: Texts, token: &DeviceToken) -> Result<Outcome, CallError> {
        let body = self.payload.to_one(texts, token)?;
        let judge = |reply: &_| judge::judge(reply, token, &self.reading, self.clock.now());
        self.requests.post(body, judge).await
    }

    async fn list(&self, texts: Texts, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        let task_id = self.save(texts, tokens).await?;
        let body = self.payload.to_list(&task_id, tokens)?;
        let judge = |reply: &_| judge::judge_list(reply, tokens, &task_id, &self.reading, self.clock.now());
        self.requests.post_to(&self.list_url, body, judge).await
    }

    /// Saves the message. That reaches no phone, so an unanswered request is no worse than one that was not sent.
    async fn save(&self, texts: Texts, tokens: &[DeviceToken]) -> Result<String, CallError> {
        let body = self.payload.to_save(texts, tokens)?;
        let judge = |reply: &_| judge::saved(reply, &self.reading, self.clock.now());
        match self.requests.post_to(&self.save_url, body, judge).await {
            Err(CallError::Ambiguous { code }) => Err(CallError::Unavailable { code, after: None }),
            result => result,
        }
    }
}
