//! The test of a notifier: one push to one token, which returns the vendor's raw answer.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::StoreError;
use crate::domain::{
    binding::DeviceToken,
    id::{AppKey, NotifierName},
    push::SemanticClass,
    vendor::Vendor,
    warning::Warning,
};

/// Asks the vendor's function for a test push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestPush {
    /// the app
    pub app: AppKey,
    /// the notifier to test
    pub notifier: NotifierName,
    /// the token that gets the push
    pub device_token: DeviceToken,
    /// title of the notification
    pub title: String,
    /// text of the notification
    pub content: String,
    /// class of the message
    pub class: SemanticClass,
}

/// Result of a test push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestStatus {
    /// the vendor accepted it
    Success,
    /// the vendor refused it
    Fail,
    /// the call failed before the vendor answered
    Error,
}

/// The result of a test push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestReport {
    /// how it ended
    pub status: TestStatus,
    /// the code, or what went wrong
    pub detail: String,
    /// the vendor's answer as it came, parsed where it is JSON
    pub vendor: Value,
    /// what keeps the vendor from showing the push as intended
    pub warnings: Vec<Warning>,
    /// after a success, the credential's facts for the preflight; functions of earlier versions do not return them
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<CheckedCredential>,
}

/// Facts of a credential for the preflight. None of them is secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedCredential {
    /// the credential's fingerprint
    pub fingerprint: String,
    /// the facts, as a notifier stores them
    pub facts: Map<String, Value>,
}

/// Asks the vendor's function to send a test push.
#[async_trait]
pub trait TestNotifier: Send + Sync {
    /// Sends it and waits for the report.
    async fn test(&self, vendor: Vendor, push: &TestPush) -> Result<TestReport, StoreError>;
}
