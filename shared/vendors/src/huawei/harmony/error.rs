//! What answers of v3 say of tokens: each that failed is named under a reason. A reason that speaks of rights or penalties
//! does not call its tokens unregistered; when all of a request failed for a penalty, the credential is at fault.

use std::collections::HashMap;

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
};

use super::wire::Failed;
use crate::{
    huawei::error::{ALL_INVALID, HARMONY_CODES, Judged, PARTIAL, Told, accepted, row, told},
    reporting::{Refusal, Row, Verdict, look_up, of_token},
    transport::Reply,
};

/// The reasons under which tokens are named.
pub(super) const REASONS: &[Row<&str>] = &[
    row("tokenFormatError", Verdict::Unregistered { certain: true }, HARMONY_CODES),
    row("tokenPlatformNotSupport", Verdict::Unregistered { certain: true }, HARMONY_CODES),
    // a token of another project, or of the device's Android days
    row("noRight", Verdict::Unregistered { certain: false }, HARMONY_CODES),
    row("noPushTypeRight", Verdict::CredentialOrToken, HARMONY_CODES),
    row("noRightToSendThisLiveNotificationEvent", Verdict::CredentialOrToken, HARMONY_CODES),
    row("notSupportPlayVoice", Verdict::CredentialOrToken, HARMONY_CODES),
    // of the app, whatever the token
    row("disableSendHuaweiMsgBecauseOfPenalty", Verdict::Credential, HARMONY_CODES),
    row("appinfoError", Verdict::CredentialOrToken, HARMONY_CODES),
    row("atomicUnableSendUnsubscribedMsg", Verdict::Rejected, HARMONY_CODES),
    row("countryNotSupport", Verdict::Rejected, HARMONY_CODES),
    row("differentImgVerifyPolicy", Verdict::Rejected, HARMONY_CODES),
];

/// What the answer to a request with these tokens of HarmonyOS devices says of them.
pub(in crate::huawei) fn judge(reply: &Reply, tokens: &[DeviceToken]) -> Result<Judged, Refusal> {
    match told(reply)? {
        Told::Taken { request_id } => Ok(Judged::Each(vec![accepted(request_id); tokens.len()])),
        Told::Partly { msg, request_id } => named(PARTIAL, &msg, tokens, request_id),
        Told::Invalid { msg } if is_document(&msg) => named(ALL_INVALID, &msg, tokens, None),
        Told::Invalid { .. } => Ok(Judged::AllInvalid),
    }
}

/// Whether a message is more than words.
fn is_document(msg: &Value) -> bool {
    msg.as_str().is_some_and(|text| serde_json::from_str::<Value>(text).is_ok())
}

/// The named tokens have failed for their reasons, the others are accepted. An answer that contradicts itself or the
/// request is believed in nothing: its tokens are refused, because those that were accepted must not be told twice.
fn named(code: &str, msg: &Value, tokens: &[DeviceToken], request_id: Option<String>) -> Result<Judged, Refusal> {
    let Some(reasons) = reasons(msg, tokens) else {
        return Ok(Judged::Each(vec![Outcome::Refused { code: code.to_owned() }; tokens.len()]));
    };
    let reason = |token: &DeviceToken| reasons.get(token.expose()).map(String::as_str);
    let blames_credential = |token| reason(token).is_some_and(|reason| meaning(reason) == Verdict::Credential);
    if let Some(code) = tokens.first().and_then(reason)
        && tokens.iter().all(blames_credential)
    {
        return Err(CallError::Credential { code: code.to_owned() }.into());
    }
    let outcome = |token| reason(token).map_or_else(|| accepted(request_id.clone()), of_reason);
    Ok(Judged::Each(tokens.iter().map(outcome).collect()))
}

/// The reason of each token that failed.
fn reasons(msg: &Value, tokens: &[DeviceToken]) -> Option<HashMap<String, String>> {
    let failed: Failed<'_> = serde_json::from_str(msg.as_str()?).ok()?;
    let listed: usize = failed.illegal_tokens.values().map(Vec::len).sum();
    let mut reasons = HashMap::with_capacity(listed);
    for (reason, named) in &failed.illegal_tokens {
        // one of Huawei's own examples has blanks around a reason
        reasons.extend(named.iter().map(|token| (token.to_string(), reason.trim().to_owned())));
    }
    let known = tokens.iter().filter(|token| reasons.contains_key(token.expose())).count();
    let consistent = listed == reasons.len()
        && known == listed
        && failed.failure == listed
        && failed.success.checked_add(listed) == Some(tokens.len());
    consistent.then_some(reasons)
}

fn meaning(reason: &str) -> Verdict {
    look_up(REASONS, reason).unwrap_or(Verdict::Rejected)
}

fn of_reason(reason: &str) -> Outcome {
    let judged = meaning(reason).of_token(reason.to_owned(), None);
    judged.unwrap_or_else(|refusal| of_token(refusal.last()))
}
