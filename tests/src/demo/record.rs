//! Reads a message's stored trace: for each device, pushed or suppressed, and why.

use serde_json::{Map, Value};
use shared::{
    domain::{
        attempt::Attempt,
        decision::{Decision, DeviceDecision, Rule, RuleResult, RuleTrace, Verdict},
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
    },
    ports::messages::StoredMessage,
};

use super::result::{DeliveryResult, Ended};

/// The result for one device.
#[derive(Debug)]
pub struct Line {
    /// how it ended
    pub ended: Ended,
    /// the notifier that sent the push, or would have
    pub notifier: Option<String>,
    /// the recorded reason
    pub reason: String,
    /// what the rule saw, or what the vendor answered
    pub detail: String,
}

/// Returns a line for each device; `None` while a push is still pending.
pub fn read(message: &StoredMessage) -> Option<Vec<Line>> {
    let decision = message.decision.as_ref()?;
    if let (Verdict::Skip { reason }, []) = (decision.verdict, &*decision.devices) {
        let ended = Ended { device: None, result: DeliveryResult::Suppressed(reason) };
        return Some(vec![Line { ended, notifier: None, reason: reason.to_string(), detail: last_rule(decision) }]);
    }
    decision.devices.iter().map(|device| line(message, decision, device)).collect()
}

fn line(message: &StoredMessage, decision: &Decision, device: &DeviceDecision) -> Option<Line> {
    let (result, reason, detail) = match device.verdict {
        Verdict::Skip { reason } => (DeliveryResult::Suppressed(reason), reason.to_string(), last_rule(decision)),
        Verdict::Push => {
            let own = |outcome: &&DeviceOutcome| {
                outcome.device_id == device.device_id && Some(&outcome.notifier) == device.notifier.as_ref()
            };
            let outcome = message.outcomes.iter().find(own)?;
            let after = outcome.at.since(message.content.accepted_at).as_millis();
            let detail = format!("{} after {after} ms", vendors_word(outcome));
            match outcome.status {
                PushStatus::Success => {
                    (DeliveryResult::Pushed { attempts: outcome.attempts }, who_is_online(decision), detail)
                }
                PushStatus::Fail => {
                    let reason = outcome.reason.unwrap_or(Reason::PushYetButFail);
                    (DeliveryResult::Refused { reason, attempts: outcome.attempts }, reason.to_string(), detail)
                }
            }
        }
    };
    let notifier = device.notifier.as_ref().map(ToString::to_string);
    Some(Line { ended: Ended { device: Some(device.device_id.to_string()), result }, notifier, reason, detail })
}

// ---- in words ----

/// Returns the rule that ended the decision, with its inputs.
fn last_rule(decision: &Decision) -> String {
    let ended = decision.rules.iter().find(|trace| matches!(trace.result, RuleResult::Skip { .. }));
    ended.map(rule).unwrap_or_default()
}

fn rule(trace: &RuleTrace) -> String {
    let name = serde_json::to_value(trace.rule).unwrap_or_default();
    let name = format!("rule {}", words(&name));
    if trace.inputs.is_empty() { name } else { format!("{name}: {}", inputs(&trace.inputs)) }
}

fn inputs(inputs: &Map<String, Value>) -> String {
    let one = |(name, value): (&String, &Value)| match name.as_str() {
        "online_devices" => format!("{} online", words(value)),
        "kicked_devices" => format!("{} kicked", words(value)),
        name => format!("{} {}", name.replace('_', " "), words(value)),
    };
    inputs.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('_', " "),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(words).collect::<Vec<_>>().join(" and "),
        other => other.to_string(),
    }
}

/// Returns what the presence rule saw, in a decision for a push.
fn who_is_online(decision: &Decision) -> String {
    let trace = decision.rules.iter().find(|trace| trace.rule == Rule::Presence);
    match trace.and_then(|trace| trace.inputs.get("online_devices")?.as_array()) {
        Some(online) if online.is_empty() => "no device online".to_owned(),
        Some(online) => format!("only {} online", words(&Value::Array(online.clone()))),
        None => "presence not asked".to_owned(),
    }
}

fn vendors_word(outcome: &DeviceOutcome) -> String {
    let word = match (outcome.status, &outcome.detail) {
        (PushStatus::Success, _) => "accepted",
        (PushStatus::Fail, Some(code)) => code,
        (PushStatus::Fail, None) => "given up",
    };
    let notifier = &outcome.notifier;
    let earlier: String = outcome.earlier.iter().map(|attempt| format!("{}, ", retry_reason(attempt))).collect();
    match outcome.attempts {
        1 => format!("{notifier}: {word}"),
        attempts => format!("{notifier}: {earlier}{word} at attempt {attempts}"),
    }
}

fn retry_reason(attempt: &Attempt) -> String {
    let word = words(&serde_json::to_value(attempt.retry_reason).unwrap_or_default());
    attempt.detail.as_ref().map_or_else(|| word.clone(), |detail| format!("{word} ({detail})"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use shared::{
        domain::{
            app::Settings,
            attempt::RetryReason,
            decision::{AppFacts, Facts, NotifierFacts, decide},
            time::Timestamp,
            vendor::Vendor,
        },
        testing::sample,
    };

    use super::*;
    use crate::demo::result::{pushed_at, suppressed_without_device};

    const SENT: Timestamp = Timestamp::from_millis(1_000);

    fn decided(facts: &Facts) -> StoredMessage {
        let content = sample::content("hi", SENT);
        let notifiers =
            HashMap::from([(sample::notifier_name("n"), NotifierFacts { vendor: Vendor::Fcm, enabled: true })]);
        let settings = Settings::default();
        let judged = decide(
            &content,
            &sample::user("ann"),
            facts,
            AppFacts { settings: &settings, notifiers: &notifiers, templates: &Default::default() },
            SENT,
        );
        StoredMessage { content, decision: Some(judged.decision), outcomes: Vec::new(), receipts: Vec::new() }
    }

    #[test]
    fn a_push_is_told_once_the_vendor_has_spoken() {
        let facts = Facts { known: true, bindings: vec![sample::binding("d", "n", "t", SENT)], ..Facts::default() };
        let mut message = decided(&facts);
        assert!(read(&message).is_none());
        message.outcomes.push(DeviceOutcome {
            device_id: sample::device("d"),
            notifier: sample::notifier_name("n"),
            at: Timestamp::from_millis(1_250),
            status: PushStatus::Success,
            reason: None,
            detail: None,
            vendor_message_id: None,
            attempts: 2,
            earlier: vec![Attempt {
                number: 1,
                at: SENT,
                retry_reason: RetryReason::NotSent,
                detail: Some("x".into()),
            }],
        });
        let lines = read(&message).unwrap();
        assert_eq!(lines[0].ended, pushed_at("d", 2));
        assert_eq!((lines[0].reason.as_str(), lines.len()), ("no device online", 1));
        assert_eq!(lines[0].detail, "n: not sent (x), accepted at attempt 2 after 250 ms");
    }

    #[test]
    fn a_suppression_without_any_device_is_told_too() {
        let lines = read(&decided(&Facts { known: true, ..Facts::default() })).unwrap();
        assert_eq!(lines[0].ended, suppressed_without_device(Reason::NoPushBinding));
        assert_eq!(lines[0].detail, "rule binding: bindings 0");
    }
}
