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
mod revoke;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use self::{
    codes::{ALL_INVALID, MESSAGES, PARTIAL, REASONS, TOKEN_ENDPOINT},
    harmony::rules::HarmonyProject,
    judge::Judged,
    rules::{Account, AndroidApp},
};
use crate::prelude::*;

/// Maximum tokens of one request.
const MAX_TOKENS: usize = 1000;
/// From here on, an answer that calls every token of a request unregistered is asked for again in halves. As many as it takes for
/// such an answer to look like a fault of the credential.
const DOUBTFUL: usize = 20;

/// All that the product knows of Huawei.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed())
        .renewing(|client, call| renew(client, call).boxed())
        .revoking(|client, call| revoke::revoke(client, call).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&MESSAGES, &TOKEN_ENDPOINT, &Classifier::of(REASONS, &[]), &Words(&[PARTIAL])],
    receipts: Some(&receipt::READER),
    receipt_address: ReceiptAddress::Console,
    quota_options: &["huawei_category"],
    easemob_channel: "HUAWEIPUSH",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    match account_of(call.credential)? {
        Account::Android(app) => push_to_android(client, call, &app).await,
        Account::Harmony(project) => push_to_harmony(client, call, &project).await,
    }
}

async fn push_to_android(client: &Client, call: &VendorCall<'_>, app: &AndroidApp) -> Result<CallReport, Failure> {
    let isolation = Isolation::begin();
    let payload = payload::new(call, app)?;
    let issuing = Issuing { client, account: app };
    let requests = client.authorized(call, &issuing, &app.send_url()).await?;
    Ok(Push { requests, payload, judge: judge::judge }.all(call.tokens, MAX_TOKENS, isolation).await)
}

async fn push_to_harmony(
    client: &Client,
    call: &VendorCall<'_>,
    project: &HarmonyProject,
) -> Result<CallReport, Failure> {
    let isolation = Isolation::begin();
    let (payload, max_tokens) = harmony::payload::new(call, project)?;
    let issuing = Issuing { client, account: project };
    let access = Access::open(&client.own_tokens, call, &issuing).await?;
    let requests = Authorized::new(&client.http, &project.send_url(), access)?;
    let requests = requests.marked(harmony::PUSH_TYPE, harmony::NOTIFICATION);
    Ok(Push { requests, payload, judge: harmony::judge::judge }.all(call.tokens, max_tokens, isolation).await)
}

/// For HarmonyOS every process signs its own bearers, so there is nothing to renew.
async fn renew(client: &Client, call: &RenewCall<'_>) -> Result<Renewed, Failure> {
    match account_of(call.credential)? {
        Account::Android(app) => client.renewed(call, &Issuing { client, account: &app }).await,
        Account::Harmony(_) => Ok(Renewed::NotOffered),
    }
}

fn describe(call: &VendorCall<'_>, api: Option<&str>) -> Result<Description, CallError> {
    let mut headers = authorization(&AUTHORIZATION, &AccessToken::masked())?;
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
        self.requests.report(parts).await
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
