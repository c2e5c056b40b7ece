//! The certificate test: sends one push to one token, and returns the vendor's answer.
//!
//! It opens a notifier and calls the vendor as every push does. It ignores rate limits and used-up quotas. It records
//! no outcome: the report is its only result.

use std::time::Duration;

use serde_json::{Map, Value};
use shared::{
    domain::{
        outcome::{CallError, PushStatus},
        push::Notification,
        vendor::Vendor,
    },
    ports::{
        access_tokens::TokenOwner,
        certificate_test::{CheckedCredential, TestPush, TestReport, TestStatus},
        clock::Clock,
        vendor::{CallReport, Credential, VendorClient},
    },
};
use vendors::notifier::preflight::{facts, preflight};

use crate::{
    batch::NotifierKey,
    notifiers::{Notifiers, OpenNotifier, Unusable},
    result::DeliveryResult,
};

/// Time for which the vendor may try to deliver a test push.
const TTL: Duration = Duration::from_secs(600);

/// Sends test pushes.
pub(crate) struct SendTestPush<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) client: &'p dyn VendorClient,
    pub(crate) notifiers: &'p Notifiers,
    pub(crate) clock: &'p dyn Clock,
}

/// A test push that the vendor answered.
#[must_use]
struct SentTest<'a> {
    push: &'a TestPush,
    opened: OpenNotifier,
    report: CallReport,
}

impl SendTestPush<'_> {
    /// Sends a test push and returns the report.
    pub(crate) async fn run(&self, push: &TestPush) -> TestReport {
        match self.notifiers.open_any(key(push), self.vendor).await {
            Ok(opened) => self.settle(self.send(push, opened).await).await,
            Err(Unusable::Permanent(reason)) => unsent(TestStatus::Fail, reason.code()),
            Err(Unusable::Transient(error)) => {
                tracing::warn!(error = error.chain(), "a notifier cannot be opened");
                unsent(TestStatus::Error, "the notifier cannot be read now, try again")
            }
        }
    }

    async fn send<'a>(&self, push: &'a TestPush, opened: OpenNotifier) -> SentTest<'a> {
        let owner = TokenOwner { app: push.app.clone(), notifier: push.notifier.clone() };
        let notification = Notification {
            title: push.title.clone(),
            body: push.content.clone(),
            custom: Map::new(),
            class: push.class,
            replace_id: format!("test-{}", self.clock.now()),
            badge: true,
            options: Map::new(),
        };
        let tokens = std::slice::from_ref(&push.device_token);
        let report = self.client.send(opened.call(&owner, &notification, TTL, tokens)).await;
        SentTest { push, opened, report }
    }

    /// Stores a success, and returns the report with the vendor's answer.
    async fn settle(&self, SentTest { push, opened, report }: SentTest<'_>) -> TestReport {
        let (status, detail) = self.status(&report);
        if status == TestStatus::Success {
            self.note_success(push, &opened.credential).await;
        }
        let credential = opened.credential.expose().as_object().cloned().unwrap_or_default();
        // A credential or options that are no longer valid are not sent, and the report says so. Then there are no
        // warnings.
        let warnings = preflight(self.vendor, &credential, &opened.options, &[push.class]).unwrap_or_default();
        let checked = if status == TestStatus::Success { checked(self.vendor, &opened.credential) } else { None };
        TestReport { status, detail, vendor: report.answer.shown(), warnings, checked }
    }

    /// Returns the status and the detail of the vendor's answer.
    fn status(&self, report: &CallReport) -> (TestStatus, String) {
        let outcomes = match &report.outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => return (status_of_error(error), error.to_string()),
        };
        match outcomes.first().map(|outcome| DeliveryResult::of_outcome(outcome, self.clock.now())) {
            Some(DeliveryResult::Ended(end)) if end.status == PushStatus::Success => {
                (TestStatus::Success, "success".to_owned())
            }
            Some(DeliveryResult::Ended(end)) => (TestStatus::Fail, end.detail.unwrap_or_default()),
            Some(DeliveryResult::Retry { detail, .. }) => (TestStatus::Fail, detail),
            Some(DeliveryResult::Deferred { .. }) | None => {
                (TestStatus::Error, "the vendor said nothing of the token".to_owned())
            }
        }
    }

    /// Stores that the notifier works, and ends the used-up quota of the class.
    async fn note_success(&self, push: &TestPush, credential: &Credential) {
        let (Notifiers { quotas, health, .. }, now) = (self.notifiers, self.clock.now());
        let lifted = quotas.lift(key(push), push.class, credential.fingerprint(), now);
        futures::join!(lifted, health.note_tested(key(push), now));
    }
}

fn key(push: &TestPush) -> NotifierKey<'_> {
    (&push.app, &push.notifier)
}

/// Distinguishes errors that the operator can correct from errors that say nothing about the notifier.
fn status_of_error(error: &CallError) -> TestStatus {
    match error {
        CallError::Credential { .. }
        | CallError::CredentialOrToken { .. }
        | CallError::QuotaUsedUp { .. }
        | CallError::Rejected { .. } => TestStatus::Fail,
        CallError::RateLimited { .. }
        | CallError::Unavailable { .. }
        | CallError::Ambiguous { .. }
        | CallError::Protocol { .. } => TestStatus::Error,
    }
}

/// Returns the facts of the credential for the preflight. `manage-app` cannot decrypt credentials.
fn checked(vendor: Vendor, credential: &Credential) -> Option<CheckedCredential> {
    let facts = facts(vendor, credential.expose())?;
    Some(CheckedCredential { fingerprint: credential.fingerprint().to_owned(), facts })
}

/// Returns the report of a test push that was not sent.
fn unsent(status: TestStatus, detail: &str) -> TestReport {
    TestReport { status, detail: detail.to_owned(), vendor: Value::Null, warnings: Vec::new(), checked: None }
}
