//! A decision in its stored form.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::Decision;

/// A decision as it travels through queues and is stored.
///
/// The JSON is passed on unchanged. So a function of an older version loses nothing of a newer version's decision, even
/// rules and reasons that it does not know. It is kept as text, because a batch has thousands of decisions, and parsed
/// JSON takes several times the memory. Equal decisions have equal texts, because members are in the order of their names.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct RecordedDecision(Box<RawValue>);

impl RecordedDecision {
    /// Parses the decision. Rules and reasons that this version does not know become `Unknown`. Returns `None` if the
    /// JSON is no decision.
    pub fn read(&self) -> Option<Decision> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl PartialEq for RecordedDecision {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl From<&Decision> for RecordedDecision {
    fn from(decision: &Decision) -> Self {
        // A map with text keys and plain values always converts to JSON.
        let value = serde_json::to_value(decision).unwrap_or_default();
        Self(to_raw_value(&value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl<'de> Deserialize<'de> for RecordedDecision {
    /// Reads the JSON as a value, because a record with a tag cannot hand out the text of its members.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        to_raw_value(&value).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{
        decision::{Rule, Verdict},
        reason::Reason,
    };

    #[test]
    fn what_a_newer_version_decided_is_passed_on_whole_and_can_be_read() {
        let newer = json!({
            "verdict": "skip",
            "reason": "phase of the moon",
            "score": 7,
            "rules": ["route", {"rule": "moon", "verdict": "skip", "reason": "phase of the moon", "inputs": {"phase": "full"}}, "tides"],
            "devices": [{"device_id": "d1", "verdict": "skip", "reason": "phase of the moon"}],
        });
        let recorded: RecordedDecision = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!(serde_json::to_value(&recorded).unwrap(), newer);
        let read = recorded.read().unwrap();
        assert_eq!(read.verdict, Verdict::Skip { reason: Reason::Unknown });
        assert_eq!(
            read.rules.iter().map(|trace| trace.rule).collect::<Vec<_>>(),
            [Rule::Route, Rule::Unknown, Rule::Unknown]
        );
    }
}
