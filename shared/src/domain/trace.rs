//! The rules of the decision, and their results.
//!
//! A trace is stored with every message. To keep it small, a rule that passed without inputs is written as its name
//! alone.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::reason::Reason;

/// The rules, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// some message types are never pushed; the trace names a class other than `im`
    MessageType,
    /// messages for connected devices only
    Route,
    /// groups that are too large to push to
    GroupSize,
    /// the sender's `em_ignore_notification`
    Ignore,
    /// the message's time to live
    Age,
    /// whether the receiver is known
    Receiver,
    /// whether the app banned the receiver
    Ban,
    /// at the recheck: whether the receiver acknowledged the message meanwhile
    Delivery,
    /// which devices are connected, under the app's multi-device policy
    Presence,
    /// of an instant push: which channels its strategy allows
    Channel,
    /// devices that were forced off
    Kicked,
    /// the receiver's do-not-disturb
    DoNotDisturb,
    /// the receiver's push mode
    Mode,
    /// whether the remaining devices have a binding
    Binding,
    /// the sender's choice among the receiver's devices
    Filter,
    /// whether their notifiers can be used, and which one serves a device with several
    Notifier,
    /// where title and body come from
    Content,
    /// a rule of a newer version
    #[serde(other)]
    Unknown,
}

impl Rule {
    /// Every rule of this version, in the order in which they run.
    pub const ALL: [Self; 17] = [
        Self::MessageType,
        Self::Route,
        Self::GroupSize,
        Self::Ignore,
        Self::Age,
        Self::Receiver,
        Self::Ban,
        Self::Delivery,
        Self::Presence,
        Self::Channel,
        Self::Kicked,
        Self::DoNotDisturb,
        Self::Mode,
        Self::Binding,
        Self::Filter,
        Self::Notifier,
        Self::Content,
    ];
}

/// A rule's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum RuleResult {
    /// the next rule runs
    Pass,
    /// suppressed, and why
    Skip {
        /// why
        reason: Reason,
    },
}

/// The result of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTrace {
    /// which rule
    pub rule: Rule,
    /// its result; `Skip` ends the decision
    pub result: RuleResult,
    /// what the rule read beyond the message itself, if it explains the result
    pub inputs: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Passed(Rule),
    Whole {
        rule: Rule,
        #[serde(flatten)]
        result: RuleResult,
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        inputs: Map<String, Value>,
    },
}

impl Serialize for RuleTrace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = if self.result == RuleResult::Pass && self.inputs.is_empty() {
            Written::Passed(self.rule)
        } else {
            Written::Whole { rule: self.rule, result: self.result, inputs: self.inputs.clone() }
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RuleTrace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Passed(rule) => Self { rule, result: RuleResult::Pass, inputs: Map::new() },
            Written::Whole { rule, result, inputs } => Self { rule, result, inputs },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trace_is_short_and_reads_back_as_it_was() {
        let inputs = Map::from_iter([("policy".to_owned(), json!("all_offline"))]);
        let reason = Reason::UserOnline;
        let traces = [
            RuleTrace { rule: Rule::Route, result: RuleResult::Pass, inputs: Map::new() },
            RuleTrace { rule: Rule::Presence, result: RuleResult::Skip { reason }, inputs },
        ];
        let written = serde_json::to_value(&traces).unwrap();
        let expected = json!([
            "route",
            {"rule": "presence", "verdict": "skip", "reason": "user online", "inputs": {"policy": "all_offline"}},
        ]);
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<Vec<RuleTrace>>(written).unwrap(), traces);
    }
}
