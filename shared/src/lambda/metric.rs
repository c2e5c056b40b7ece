//! Metrics in CloudWatch's embedded metric format: one log line for each invocation and set of dimensions, and no API
//! call.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value, json};

use crate::domain::time::Timestamp;

/// The variable with the namespace. Each stack has its own, so stacks in one account are counted separately.
pub const METRIC_NAMESPACE: &str = "METRIC_NAMESPACE";

/// The metrics of Curlew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// receivers with a decision
    Decisions,
    /// device tokens whose push ended
    PushOutcomes,
    /// vendor answers other than success
    VendorCodes,
    /// bindings removed because the vendor unregistered the token
    TokensRemoved,
    /// notifiers disabled because their vendor refuses the credential
    NotifiersDisabled,
    /// checks of credentials
    CredentialChecks,
    /// credentials that may not be able to push, or soon will not be
    CredentialsAtRisk,
    /// receipts of vendors
    Receipts,
    /// frames posted to connections
    Frames,
    /// queue records dead-lettered
    RecordsDeadLettered,
    /// calls of apps' servers
    Callbacks,
    /// events for apps' servers that could not be queued
    CallbacksLost,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 12] = [
        Self::Decisions,
        Self::PushOutcomes,
        Self::VendorCodes,
        Self::TokensRemoved,
        Self::NotifiersDisabled,
        Self::CredentialChecks,
        Self::CredentialsAtRisk,
        Self::Receipts,
        Self::Frames,
        Self::RecordsDeadLettered,
        Self::Callbacks,
        Self::CallbacksLost,
    ];

    /// Returns the name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decisions => "Decisions",
            Self::PushOutcomes => "PushOutcomes",
            Self::VendorCodes => "VendorCodes",
            Self::TokensRemoved => "TokensRemoved",
            Self::NotifiersDisabled => "NotifiersDisabled",
            Self::CredentialChecks => "CredentialChecks",
            Self::CredentialsAtRisk => "CredentialsAtRisk",
            Self::Receipts => "Receipts",
            Self::Frames => "Frames",
            Self::RecordsDeadLettered => "RecordsDeadLettered",
            Self::Callbacks => "Callbacks",
            Self::CallbacksLost => "CallbacksLost",
        }
    }

    /// Returns the names of the dimensions.
    pub const fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::Decisions => &["reason"],
            Self::PushOutcomes => &["vendor", "outcome"],
            Self::VendorCodes => &["vendor", "code"],
            Self::TokensRemoved => &["vendor"],
            Self::NotifiersDisabled => &[],
            Self::CredentialChecks => &["vendor", "result"],
            Self::CredentialsAtRisk => &["risk"],
            Self::Receipts => &["vendor", "event"],
            Self::Frames => &["outcome"],
            Self::RecordsDeadLettered => &["queue"],
            Self::Callbacks => &["outcome"],
            Self::CallbacksLost => &[],
        }
    }

    /// Returns what the metric counts, in the words of the documents.
    pub const fn counts(self) -> &'static str {
        match self {
            Self::Decisions => "receivers decided; `reason` is a [reason](reasons.md), or `push`",
            Self::PushOutcomes => "device tokens whose push ended; `outcome` is a [reason](reasons.md), or `accepted`",
            Self::VendorCodes => "answers of vendors other than success",
            Self::TokensRemoved => "bindings removed because their vendor called the token unregistered",
            Self::NotifiersDisabled => "notifiers disabled because their vendor refuses the credential",
            Self::CredentialChecks => {
                "checks of credentials; `result` is `valid`, `refused`, `unclear`, `not_offered` or `skipped`"
            }
            Self::CredentialsAtRisk => {
                "notifiers whose credential is at risk, once an hour each; `risk` is `refused`, `failing` or `expires`"
            }
            Self::Receipts => "receipts of vendors",
            Self::Frames => "frames posted to connections; `outcome` is `accepted`, `gone`, `throttled` or `failed`",
            Self::RecordsDeadLettered => "queue records dead-lettered",
            Self::Callbacks => {
                "events for apps' servers; `outcome` is `delivered`, `failed`, `stored`, `deferred`, `gone` (410) or `dropped`"
            }
            Self::CallbacksLost => "events for apps' servers that could not be queued",
        }
    }
}

type Dimensions = Vec<(&'static str, String)>;

/// Counts of one invocation.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<(Metric, Dimensions), u64>>);

impl Metrics {
    /// Adds `count` to a metric under these dimensions.
    pub fn add<const N: usize>(&self, metric: Metric, dimensions: [(&'static str, &str); N], count: u64) {
        debug_assert!(dimensions.iter().map(|(name, _)| name).eq(metric.dimensions()), "dimensions of {metric:?}");
        let dimensions = dimensions.map(|(name, value)| (name, value.to_owned())).to_vec();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((metric, dimensions)).or_default() += count;
    }

    /// Writes the counts and resets them to zero.
    pub fn flush(&self, namespace: &str, at: Timestamp, out: &mut dyn Write) {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((metric, dimensions), count) in counts {
            let line = embedded(namespace, metric, &dimensions, count, at);
            if writeln!(out, "{line}").is_err() {
                tracing::warn!(metric = metric.name(), "a metric could not be written");
            }
        }
    }
}

fn embedded(namespace: &str, metric: Metric, dimensions: &Dimensions, count: u64, at: Timestamp) -> Value {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": at,
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [names],
                "Metrics": [{"Name": metric.name(), "Unit": "Count"}],
            }],
        }),
    );
    for (name, value) in dimensions {
        line.insert((*name).into(), json!(value));
    }
    line.insert(metric.name().into(), json!(count));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_are_written_as_one_line() {
        let metrics = Metrics::default();
        metrics.add(Metric::PushOutcomes, [("vendor", "fcm"), ("outcome", "accepted")], 2);
        metrics.add(Metric::PushOutcomes, [("vendor", "fcm"), ("outcome", "accepted")], 3);
        let mut out = Vec::new();
        metrics.flush("Curlew/test", Timestamp::from_millis(7), &mut out);
        metrics.flush("Curlew/test", Timestamp::from_millis(8), &mut out);
        let line: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(line["PushOutcomes"], 5);
        assert_eq!(line["vendor"], "fcm");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Curlew/test");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0], json!(["vendor", "outcome"]));
    }

    #[test]
    fn a_metric_without_dimensions_has_the_empty_set_of_them() {
        let metrics = Metrics::default();
        metrics.add(Metric::NotifiersDisabled, [], 1);
        let mut out = Vec::new();
        metrics.flush("Curlew/test", Timestamp::from_millis(7), &mut out);
        let line: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
    }
}
