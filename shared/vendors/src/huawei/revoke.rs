//! Revokes notifications: those that phones do not show yet, and those that their users did not tap
//! (<https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-msg-revoke>). The badge stays.
//!
//! The address names the app's client, so a HarmonyOS credential without `client_id` revokes nothing. For Android no page
//! describes it any more, so an Android notifier revokes only with the option `revoke: on`.

use super::{
    harmony::{self, rules::HarmonyProject},
    judge::told,
    rules::{Account, AndroidApp},
};
use crate::{hms::message::replaces, prelude::*};

const FRAME: Frame = Frame { head: r#"{"token":["#, joint: "],", end: "", limit: None };

/// What is revoked, all but the tokens.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Revocation {
    notify_id: u32,
}

/// Revokes the notification of a call.
pub(super) async fn revoke(client: &Client, call: &VendorCall<'_>) -> Result<Revoked, Failure> {
    match account_of(call.credential)? {
        Account::Android(app) => on_android(client, call, &app).await,
        Account::Harmony(project) => on_harmony(client, call, &project).await,
    }
}

async fn on_android(client: &Client, call: &VendorCall<'_>, app: &AndroidApp) -> Result<Revoked, Failure> {
    let Some(url) = app.revoke_url().filter(|_| revocation::is_on(call.options, false)) else {
        return Ok(Revoked::NotOffered);
    };
    let issuing = Issuing { client, account: app };
    send(call, client.authorized(call, &issuing, &url).await?).await
}

async fn on_harmony(client: &Client, call: &VendorCall<'_>, project: &HarmonyProject) -> Result<Revoked, Failure> {
    let Some(url) = project.revoke_url().filter(|_| revocation::is_on(call.options, true)) else {
        return Ok(Revoked::NotOffered);
    };
    let issuing = Issuing { client, account: project };
    let access = Access::open(&client.own_tokens, call, &issuing).await?;
    let requests = Authorized::new(&client.http, &url, access)?;
    send(call, requests.marked(harmony::PUSH_TYPE, harmony::NOTIFICATION)).await
}

/// Sends the request. Of an answer that names tokens nothing follows: their notifications are gone, or stay.
async fn send(call: &VendorCall<'_>, requests: Authorized<'_>) -> Result<Revoked, Failure> {
    let payload = Payload::new(&FRAME, &Revocation { notify_id: replaces(call).1 })?;
    requests.post(payload.to(call.tokens), |reply| told(reply).map(drop)).await?;
    Ok(Revoked::Taken)
}
