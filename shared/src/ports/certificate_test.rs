//! The test of a notifier: one push to one token, with the vendor's raw answer.

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
    /// where to send it
    pub device_token: DeviceToken,
    /// first line
    pub title: String,
    /// text
    pub content: String,
    /// what kind of disturbance it is
    pub class: SemanticClass,
}

/// How a test push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestStatus {
    /// the vendor accepted it
    Success,
    /// the vendor refused it
    Fail,
    /// the vendor could not be asked
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
    /// what keeps the vendor from showing the push as it is meant
    pub warnings: Vec<Warning>,
    /// what the preflight needs of the credential, after a success; functions of versions before do not say it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<CheckedCredential>,
}

/// What the preflight needs of a credential, none of it secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedCredential {
    /// which credential it is
    pub fingerprint: String,
    /// as a notifier stores them
    pub facts: Map<String, Value>,
}

/// Has the vendor's function send a test push.
#[async_trait]
pub trait TestNotifier: Send + Sync {
    /// Sends it and waits for the report.
    async fn test(&self, vendor: Vendor, push: &TestPush) -> Result<TestReport, StoreError>;
}
