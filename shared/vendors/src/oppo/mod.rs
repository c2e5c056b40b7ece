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
mod merged_call;
mod payload;
mod push;
pub mod receipt;
mod registration_id;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use self::{
    codes::{ANSWERS, TOKEN_ENDPOINT},
    judge::{Judge, UNANSWERED},
    merged_call::{LIMITS, Merged},
    payload::Payload,
    push::{Push, written},
    rules::Account,
};
use crate::prelude::*;

/// Maximum messages of one request.
const MAX_TOKENS: usize = 1000;

/// All that the product knows of OPPO.
pub const VENDOR: Spec = Spec {
    protocol: Protocol::new(MAX_TOKENS, |client, call| push(client, call).boxed())
        .renewing(|client, call| renew(client, call).boxed())
        .merging(|_| MAX_TOKENS, |client, first, calls| push_merged(client, first, calls).boxed()),
    rules: rules_of::<Account>(),
    describe,
    codes: &[&ANSWERS, &TOKEN_ENDPOINT, &Words(&[UNANSWERED])],
    receipts: Some(&receipt::READER),
    // <https://open.oppomobile.com/documentation/page/info?id=11236>
    receipt_address: ReceiptAddress::UnlessOff { max_bytes: 200 },
    quota_options: &["oppo_category"],
    easemob_channel: "OPPOPUSH",
};

async fn push(client: &Client, call: &VendorCall<'_>) -> Result<CallReport, Failure> {
    let account: Account = account_of(call.credential)?;
    let payload = Payload::new(call, &account)?;
    let issuing = Issuing { client, account: &account };
    let url = if call.tokens.len() == 1 { account.unicast_url() } else { account.batch_url() };
    let requests = client.authorized(call, &issuing, &url).await?;
    let judge = Judge::new(&account, payload.deduplicated(), client.now());
    let push = Push { requests, payload, judge };
    let parts = push.all(call.tokens).await;
    Ok(push.requests.report(parts).await)
}

async fn push_merged(
    client: &Client,
    first: &VendorCall<'_>,
    calls: &[VendorCall<'_>],
) -> Result<Vec<Outcome>, Failure> {
    let account: Account = account_of(first.credential)?;
    // Each message's own options are checked where it is written, so that a bad one costs only itself.
    let options = options_of::<Account>(first)?;
    let issuing = Issuing { client, account: &account };
    let requests = client.authorized(first, &issuing, &account.batch_url()).await?;
    let judge = Judge::new(&account, options.deduplicate.get(), client.now());
    Ok(merged::send(&Merged { client, account: &account, requests, judge }, calls, LIMITS).await?)
}

async fn renew(client: &Client, call: &RenewCall<'_>) -> Result<Renewed, Failure> {
    let account: Account = account_of(call.credential)?;
    client.renewed(call, &Issuing { client, account: &account }).await
}

fn describe(call: &VendorCall<'_>, _: Option<&str>) -> Result<Description, CallError> {
    let account = Account::unknown();
    let payload = Payload::new(call, &account)?;
    let (headers, body) = written(payload.single(&AccessToken::masked(), &call.tokens[0]))?;
    let assumes = "the region cn, channels for every class, no category, notify_level and callback_url";
    Ok(Description::new(account.unicast_url(), &headers, &body, assumes))
}
