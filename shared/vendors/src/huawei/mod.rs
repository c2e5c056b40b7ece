//! Huawei Push Kit (<https://developer.huawei.com/consumer/en/hms/huawei-pushkit>): v1 and v2 for Android, and `harmony` for
//! HarmonyOS from 5 on. The credential of a notifier says which.
//!
//! One request carries up to 1000 tokens and one notification. A repeat with the same `notify_id` replaces the
//! notification instead of adding one.

mod auth;
mod category;
mod codes;
mod harmony;
mod judge;
mod payload;
mod receipt;
mod rules;
#[cfg(test)]
mod tests;
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
    codes::ALL_INVALID,
    harmony::{auth::Signer, rules::HarmonyProject},
    judge::Judged,
    rules::{Account, AndroidApp},
};
use crate::{
    Deps, ReceiptAddress, Spec,
    access_token::{Access, AccessToken, AccessTokens, Authorized, headers},
    hms::payload::Payload,
    record,
    reporting::{Failure, Isolation, Part, Refusal, SendTogether, merge},
    transport::{Description, Http, Reply},
};

/// Maximum tokens of one request.
const MAX_TOKENS: usize = 1000;
/// From here on, an answer that calls every token of a request unregistered is asked for again in halves. As many as it takes for
/// such an answer to look like a fault of the credential.
const DOUBTFUL: usize = 20;

/// All that the product knows of Huawei.
pub static VENDOR: Spec = Spec {
    client: |deps| Arc::new(HuaweiClient::new(deps)),
    rules: &rules::HuaweiRules,
    describe,
    receipts: Some(&receipt::HuaweiReceipts),
    receipt_address: ReceiptAddress::Console,
    quota_options: &["huawei_category"],
    easemob_channel: "HUAWEIPUSH",
};

/// Speaks Huawei's protocols.
pub struct HuaweiClient {
    http: Http,
    access_tokens: AccessTokens,
    /// what goes in their place to HarmonyOS
    bearers: AccessTokens,
    clock: Arc<dyn Clock>,
}

impl HuaweiClient {
    /// The client; it connects to nothing before its first push.
    pub fn new(deps: &Deps) -> Self {
        Self {
            http: deps.http(Vendor::Huawei),
            access_tokens: deps.tokens(),
            bearers: deps.own_tokens(),
            clock: Arc::clone(&deps.clock),
        }
    }
}

#[async_trait]
impl VendorClient for HuaweiClient {
    fn max_tokens(&self) -> usize {
        MAX_TOKENS
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.push(&call).await.unwrap_or_else(CallReport::from)
    }
}

impl HuaweiClient {
    async fn push(&self, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
        match record::read_credential(call.credential, Account::read)? {
            Account::Android(app) => self.push_to_android(call, &app).await,
            Account::Harmony(project) => self.push_to_harmony(call, &project).await,
        }
    }

    async fn push_to_android(&self, call: &VendorCall<'_>, app: &AndroidApp) -> Result<CallReport, Failure> {
        let isolation = Isolation::begin();
        let payload = payload::new(call, app)?;
        let exchange = Exchange { http: &self.http, app };
        let access = Access::open(&self.access_tokens, call, &exchange).await?;
        let requests = Authorized::new(&self.http, &app.send_url(), access)?;
        Ok(Push { requests, payload, judge: judge::judge }.all(call.tokens, MAX_TOKENS, isolation).await)
    }

    async fn push_to_harmony(&self, call: &VendorCall<'_>, project: &HarmonyProject) -> Result<CallReport, Failure> {
        let isolation = Isolation::begin();
        let (payload, max_tokens) = harmony::payload::new(call, project)?;
        let signer = Signer { clock: &*self.clock, project };
        let access = Access::open(&self.bearers, call, &signer).await?;
        let requests = Authorized::new(&self.http, &project.send_url(), access)?;
        let requests = requests.marked(harmony::PUSH_TYPE, harmony::NOTIFICATION);
        Ok(Push { requests, payload, judge: harmony::judge::judge }.all(call.tokens, max_tokens, isolation).await)
    }
}

fn describe(call: &VendorCall<'_>, api: Option<&str>) -> Result<Description, CallError> {
    let mut headers = headers(&AUTHORIZATION, &AccessToken::masked())?;
    let (payload, url) = match Account::unknown(api) {
        Account::Android(app) => (payload::new(call, &app)?, app.send_url()),
        Account::Harmony(project) => {
            headers.insert(harmony::PUSH_TYPE, HeaderValue::from_static(harmony::NOTIFICATION));
            (harmony::payload::new(call, &project)?.0, project.send_url())
        }
    };
    let body = payload.to(&call.tokens[..1]);
    Ok(Description::new(url, &headers, &body, "im_category_granted, no receipt_id"))
}

/// One call under way.
struct Push<'a> {
    requests: Authorized<'a>,
    payload: Payload,
    judge: fn(&Reply, &[DeviceToken]) -> Result<Judged, Refusal>,
}

impl Push<'_> {
    /// Sends to all tokens, in requests of at most so many.
    async fn all(self, tokens: &[DeviceToken], max: usize, mut isolation: Isolation) -> CallReport {
        let mut parts = Vec::new();
        for tokens in tokens.chunks(max) {
            parts.extend(isolation.send(&self, tokens).await);
        }
        CallReport { outcomes: merge(parts), answer: self.requests.answer().await }
    }
}

#[async_trait]
impl SendTogether for Push<'_> {
    /// Sends to the tokens of one request. "All tokens are invalid" may be a fault of the configuration as well: for many
    /// tokens it is asked for once more, in halves.
    async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        match self.request(tokens).await? {
            Judged::AllInvalid if tokens.len() >= DOUBTFUL => {
                let (first, second) = tokens.split_at(tokens.len() / 2);
                let mut parts = Vec::new();
                for half in [first, second] {
                    let result = self.request(half).await.map(|judged| outcomes(half, judged));
                    parts.push(Part { tokens: half.len(), result });
                }
                merge(parts)
            }
            judged => Ok(outcomes(tokens, judged)),
        }
    }
}

impl Push<'_> {
    async fn request(&self, tokens: &[DeviceToken]) -> Result<Judged, CallError> {
        self.requests.post(self.payload.to(tokens), |reply| (self.judge)(reply, tokens)).await
    }
}

fn outcomes(tokens: &[DeviceToken], judged: Judged) -> Vec<Outcome> {
    match judged {
        Judged::Each(outcomes) => outcomes,
        Judged::AllInvalid => {
            vec![Outcome::Unregistered { code: ALL_INVALID.to_owned(), certain: false }; tokens.len()]
        }
    }
}
