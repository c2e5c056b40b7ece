//! What a vendor's answer means for each device token of a request, for whoever judges a run.

use serde::{Deserialize, Serialize};

use super::device::TokenState;
use super::exchange::Reply;
use super::fault::{Fault, FaultRule};
use super::vendor::Judgement;
use super::world::Scene;

/// What an answer means for a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The push is accepted.
    Accepted,
    /// The caller cannot know whether it is accepted.
    Unclear,
    /// Not accepted now: throttled, or the vendor is unavailable.
    Later,
    /// The quota is used up.
    QuotaUsedUp,
    /// The device token is unregistered.
    Unregistered {
        /// Whether that is true.
        really: bool,
    },
    /// The credential is refused.
    Credential,
    /// The credential or a device token of the request is refused.
    CredentialOrToken,
    /// The push is refused.
    Refused,
}

/// What a request meant for a device token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetResult {
    /// The device token.
    pub token: String,
    /// Whether the phone was reached, whatever the answer.
    pub reached: bool,
    /// What the answer means.
    pub meaning: Meaning,
}

/// Returns the result of each device token that a request names.
pub(super) fn results(
    (scene, rule): (&Scene<'_>, Option<&FaultRule>),
    (judgement, takes_effect): (&Judgement, bool),
    reply: &Reply,
    targets: &[String],
) -> Vec<TargetResult> {
    let of_all = rule.and_then(|rule| rule.means).or_else(|| unclear(rule, reply));
    let result = |token: &String| {
        let accepted = judgement.notices.iter().any(|notice| notice.token == *token)
            || judgement.removals.iter().any(|removal| removal.token == *token);
        let scripted = scene.results.get(token).and_then(|result| result.means);
        let own = || match scene.token_state(token, &[]) {
            TokenState::Unregistered => Meaning::Unregistered { really: true },
            _ if accepted => Meaning::Accepted,
            _ => Meaning::Refused,
        };
        let meaning = of_all.or(scripted).unwrap_or_else(own);
        TargetResult { token: token.clone(), reached: accepted && takes_effect, meaning }
    };
    targets.iter().map(result).collect()
}

/// Returns what a fault means whose rule does not say it, if it hides the vendor's answer.
fn unclear(rule: Option<&FaultRule>, reply: &Reply) -> Option<Meaning> {
    let rule = rule?;
    match (&rule.fault, reply) {
        (_, Reply::Broken(_) | Reply::Close | Reply::Reset | Reply::Hang) => Some(Meaning::Unclear),
        (Fault::Pass {}, _) => None,
        (Fault::Answer { status, .. } | Fault::Empty { status }, _) if *status >= 400 => Some(Meaning::Later),
        (Fault::Code { .. }, _) => Some(Meaning::Refused),
        _ => Some(Meaning::Unclear),
    }
}
