//! The parts that dry runs and traces share, as the API writes them.

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        decision::{Decision, DeviceDecision, Rule, RuleResult, RuleTrace, Verdict},
        visibility::Visibility,
    },
    ports::apps::AppConfig,
};

/// Returns verdict and rules of a decision. The caller adds the devices.
pub(crate) fn decision(decision: &Decision, visibility: Visibility) -> Map<String, Value> {
    let mut shown = verdict(decision.verdict);
    shown.insert("rules".into(), rules(&decision.rules, visibility));
    shown
}

/// Returns the verdict and the rules of a message without a decision.
pub(crate) fn undecided() -> Map<String, Value> {
    let mut shown = pending();
    shown.insert("rules".into(), rules(&[], Visibility::Masked));
    shown
}

/// Returns the verdict of a message without a decision.
pub(crate) fn pending() -> Map<String, Value> {
    Map::from_iter([("verdict".to_owned(), json!("pending"))])
}

/// Returns a device with its verdict.
pub(crate) fn device(config: &AppConfig, device: &DeviceDecision) -> Map<String, Value> {
    let mut shown = verdict(device.verdict);
    shown.insert("device_id".into(), json!(device.device_id));
    if let Some(name) = &device.notifier {
        shown.insert("notifier_name".into(), json!(name));
        if let Some(notifier) = config.notifiers.get(name) {
            shown.insert("vendor".into(), json!(notifier.vendor.name()));
        }
    }
    shown
}

/// Returns a verdict with its reason.
pub(crate) fn verdict(verdict: Verdict) -> Map<String, Value> {
    match verdict {
        Verdict::Push => Map::from_iter([("verdict".to_owned(), json!("push"))]),
        Verdict::Skip { reason } => {
            Map::from_iter([("verdict".to_owned(), json!("skip")), ("reason".to_owned(), json!(reason))])
        }
    }
}

/// Returns every rule in its order, including those that did not apply or run.
fn rules(traces: &[RuleTrace], visibility: Visibility) -> Value {
    let of = |rule: Rule| traces.iter().find(|trace| trace.rule == rule);
    Rule::ALL
        .into_iter()
        .map(|rule| match of(rule) {
            None => json!({"rule": rule, "inputs": {}, "verdict": "n/a"}),
            Some(RuleTrace { result: RuleResult::Pass, inputs, .. }) => {
                json!({"rule": rule, "inputs": visibility.rule_inputs(inputs), "verdict": "pass"})
            }
            Some(RuleTrace { result: RuleResult::Skip { reason }, inputs, .. }) => {
                json!({"rule": rule, "inputs": visibility.rule_inputs(inputs), "verdict": "skip", "reason": reason})
            }
        })
        .collect()
}
