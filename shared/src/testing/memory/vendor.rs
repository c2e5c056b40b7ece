//! A vendor, and a vendor's function, with scripted answers.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Faults, lock};
use crate::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
        push::Notification,
        vendor::Vendor,
        vendor_answer::VendorAnswer,
    },
    ports::{
        access_tokens::TokenOwner,
        certificate_test::{TestNotifier, TestPush, TestReport, TestStatus},
        error::StoreError,
        vendor::{CallReport, VendorCall, VendorClient},
    },
};

/// A vendor's client that records every call. It accepts every token, unless a script says otherwise.
#[derive(Debug)]
pub struct ScriptedVendor {
    max_tokens: usize,
    answers: Mutex<VecDeque<Result<Vec<Outcome>, CallError>>>,
    calls: Mutex<Vec<SentCall>>,
}

/// A call that a [`ScriptedVendor`] got.
#[derive(Debug, Clone, PartialEq)]
pub struct SentCall {
    /// the notifier
    pub owner: TokenOwner,
    /// the credential record
    pub credential: Value,
    /// the notifier's defaults
    pub options: Map<String, Value>,
    /// the notification
    pub notification: Notification,
    /// how long the vendor may still try
    pub ttl: Duration,
    /// the device tokens
    pub tokens: Vec<DeviceToken>,
}

impl ScriptedVendor {
    /// Creates a vendor that takes this many tokens in a call.
    pub fn new(max_tokens: usize) -> Self {
        Self { max_tokens, answers: Mutex::default(), calls: Mutex::default() }
    }

    /// Scripts the next call without an answer: one outcome for each of its tokens, or an error for the whole call.
    pub fn answer_next(&self, answer: Result<Vec<Outcome>, CallError>) {
        lock(&self.answers).push_back(answer);
    }

    /// Returns every call so far.
    pub fn calls(&self) -> Vec<SentCall> {
        lock(&self.calls).clone()
    }
}

#[async_trait]
impl VendorClient for ScriptedVendor {
    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        let number = {
            let mut calls = lock(&self.calls);
            calls.push(SentCall {
                owner: call.owner.clone(),
                credential: call.credential.expose().clone(),
                options: call.options.clone(),
                notification: call.notification.clone(),
                ttl: call.ttl,
                tokens: call.tokens.to_vec(),
            });
            calls.len()
        };
        let accepted = |index: usize| Outcome::Accepted { vendor_message_id: Some(format!("call-{number}-{index}")) };
        let scripted = lock(&self.answers).pop_front();
        let outcomes = scripted.unwrap_or_else(|| Ok((0..call.tokens.len()).map(accepted).collect()));
        if let Ok(outcomes) = &outcomes {
            assert_eq!(outcomes.len(), call.tokens.len(), "a script must give one outcome a token");
        }
        CallReport { outcomes, answer: VendorAnswer::new(json!({ "call": number }).to_string().into_bytes(), &[]) }
    }
}

/// The vendors' functions for test pushes. They report success, unless a script says otherwise.
#[derive(Debug)]
pub struct ScriptedNotifierTest {
    /// failures on demand
    pub faults: Faults,
    report: Mutex<TestReport>,
    pushes: Mutex<Vec<(Vendor, TestPush)>>,
}

impl Default for ScriptedNotifierTest {
    fn default() -> Self {
        let report = TestReport {
            status: TestStatus::Success,
            detail: "accepted".into(),
            vendor: Value::Null,
            warnings: Vec::new(),
            checked: None,
        };
        Self { faults: Faults::default(), report: Mutex::new(report), pushes: Mutex::default() }
    }
}

impl ScriptedNotifierTest {
    /// Scripts the report of every later test push.
    pub fn report(&self, report: TestReport) {
        *lock(&self.report) = report;
    }

    /// Returns every test push so far.
    pub fn pushes(&self) -> Vec<(Vendor, TestPush)> {
        lock(&self.pushes).clone()
    }
}

#[async_trait]
impl TestNotifier for ScriptedNotifierTest {
    async fn test(&self, vendor: Vendor, push: &TestPush) -> Result<TestReport, StoreError> {
        self.faults.before("test").await?;
        lock(&self.pushes).push((vendor, push.clone()));
        Ok(lock(&self.report).clone())
    }
}
