//! What answers of v3 say of tokens: each that failed is named under a reason. A reason that speaks of rights or penalties
//! does not call its tokens unregistered; when all of a request failed for a penalty, the credential is at fault.

use super::wire::Failed;
use crate::{
    hms::partial::counts_agree,
    huawei::{
        codes::{ALL_INVALID, PARTIAL, REASONS},
        judge::{Judged, Told, told},
    },
    prelude::*,
};

/// Returns what the answer to a request with these tokens of HarmonyOS devices says of them.
pub(in crate::huawei) fn judge(reply: &Reply, tokens: &[DeviceToken]) -> Result<Judged, Refusal> {
    match told(reply)? {
        Told::Taken(accepted) => Ok(Judged::Each(vec![accepted; tokens.len()])),
        Told::Partly { msg, others } => named(PARTIAL, &msg, tokens, &others),
        Told::Invalid { msg } if is_document(&msg) => {
            named(ALL_INVALID, &msg, tokens, &Outcome::Accepted { vendor_message_id: None })
        }
        Told::Invalid { .. } => Ok(Judged::AllInvalid),
    }
}

/// Returns whether a message is more than words.
fn is_document(msg: &Value) -> bool {
    msg.as_str().is_some_and(|text| serde_json::from_str::<Value>(text).is_ok())
}

/// The named tokens have failed for their reasons, the others are accepted. An answer that contradicts itself or the
/// request is not believed. Its tokens are refused, because those that were accepted must not be told twice.
fn named(code: &str, msg: &Value, tokens: &[DeviceToken], others: &Outcome) -> Result<Judged, Refusal> {
    let Some(reasons) = reasons(msg, tokens) else {
        return Ok(Judged::Each(vec![Outcome::Refused { code: code.to_owned() }; tokens.len()]));
    };
    let reason = |token: &DeviceToken| reasons.get(token.expose()).map(String::as_str);
    let blames_credential = |token| reason(token).is_some_and(|reason| verdict(reason) == Verdict::Credential);
    if let Some(code) = tokens.first().and_then(reason)
        && tokens.iter().all(blames_credential)
    {
        return Err(CallError::Credential { code: code.to_owned() }.into());
    }
    let failed = reasons.iter().map(|(token, reason)| (token.as_str(), of_reason(reason))).collect();
    Ok(Judged::Each(of_named(tokens, Some(failed), others, code)))
}

/// The reason of each token that failed.
fn reasons(msg: &Value, tokens: &[DeviceToken]) -> Option<HashMap<String, String>> {
    let Failed { success, failure, illegal_tokens } = serde_json::from_str(msg.as_str()?).ok()?;
    let listed: usize = illegal_tokens.values().map(Vec::len).sum();
    let mut reasons = HashMap::with_capacity(listed);
    for (reason, named) in illegal_tokens {
        // one of Huawei's own examples has blanks around a reason
        reasons.extend(named.into_iter().map(|token| (token, reason.trim().to_owned())));
    }
    (listed == reasons.len() && counts_agree(success, failure, listed, tokens)).then_some(reasons)
}

fn verdict(reason: &str) -> Verdict {
    look_up(REASONS, reason).unwrap_or(Verdict::Rejected)
}

fn of_reason(reason: &str) -> Outcome {
    let judged = verdict(reason).of_token(reason.to_owned(), None);
    judged.unwrap_or_else(|refusal| of_token(refusal.last()))
}
