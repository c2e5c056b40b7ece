//! The certificate test: one push to one token, with the vendor's own answer.

use std::time::Duration;

use serde_json::{Map, Value};
use shared::{
    domain::{
        outcome::{CallError, Outcome},
        push::Notification,
        vendor::Vendor,
    },
    ports::{
        access_tokens::TokenOwner,
        certificate_test::{CheckedCredential, TestPush, TestReport, TestStatus},
        vendor::{Credential, VendorCall},
    },
};
use vendors::notifier::preflight::{facts, preflight};

use crate::{deliver::Deliver, notifiers::Unusable};

/// How long the vendor may try to deliver a test push.
const TTL: Duration = Duration::from_secs(600);

/// Sends a test push and reports.
pub async fn test_push(push: &TestPush, deliver: &Deliver) -> TestReport {
    let opened = match deliver.notifiers.any(&push.app, &push.notifier, deliver.vendor).await {
        Ok(opened) => opened,
        Err(Unusable::Ended(reason)) => return report(TestStatus::Fail, reason.code()),
        Err(Unusable::Later(error)) => {
            tracing::warn!(error = error.chain(), "a notifier cannot be opened");
            return report(TestStatus::Error, "the notifier cannot be read now, try again");
        }
    };
    let owner = TokenOwner { app: push.app.clone(), notifier: push.notifier.clone() };
    let notification = Notification {
        title: push.title.clone(),
        body: push.content.clone(),
        custom: Map::new(),
        class: push.class,
        replace_id: format!("test-{}", deliver.ports.clock.now()),
        badge: true,
        options: Map::new(),
    };
    let credential = opened.credential.expose().as_object().cloned().unwrap_or_default();
    // What is no longer valid is not sent, and the report says so.
    let warnings = preflight(deliver.vendor, &credential, &opened.options, &[push.class]).unwrap_or_default();
    let sent = deliver
        .client
        .send(VendorCall {
            owner: &owner,
            credential: &opened.credential,
            options: &opened.options,
            notification: &notification,
            ttl: TTL,
            receipt_url: opened.receipt_url.as_deref(),
            tokens: std::slice::from_ref(&push.device_token),
        })
        .await;
    let (status, detail) = match &sent.outcomes {
        Ok(outcomes) => match outcomes.first() {
            Some(Outcome::Accepted { .. }) => {
                let (fingerprint, now) = (opened.credential.fingerprint(), deliver.ports.clock.now());
                let quotas = &deliver.notifiers.quotas;
                let lifted = quotas.lift(&push.app, &push.notifier, notification.class, fingerprint, now);
                futures::join!(lifted, deliver.notifiers.note_tested(&push.app, &push.notifier, now));
                (TestStatus::Success, "success".to_owned())
            }
            Some(
                Outcome::Unregistered { code, .. }
                | Outcome::Transient { code, .. }
                | Outcome::QuotaUsedUp { code, .. }
                | Outcome::CredentialOrToken { code }
                | Outcome::Refused { code },
            ) => (TestStatus::Fail, code.clone()),
            Some(Outcome::Deferred) | None => (TestStatus::Error, "the vendor said nothing of the token".to_owned()),
        },
        Err(
            error @ (CallError::Credential { .. }
            | CallError::CredentialOrToken { .. }
            | CallError::QuotaUsedUp { .. }
            | CallError::Rejected { .. }),
        ) => (TestStatus::Fail, error.to_string()),
        Err(error) => (TestStatus::Error, error.to_string()),
    };
    let checked = if status == TestStatus::Success { checked(deliver.vendor, &opened.credential) } else { None };
    TestReport { status, detail, vendor: sent.answer, warnings, checked }
}

/// What the preflight needs of the credential; `manage-app` can open none.
fn checked(vendor: Vendor, credential: &Credential) -> Option<CheckedCredential> {
    let facts = facts(vendor, credential.expose())?;
    Some(CheckedCredential { fingerprint: credential.fingerprint().to_owned(), facts })
}

fn report(status: TestStatus, detail: &str) -> TestReport {
    TestReport { status, detail: detail.to_owned(), vendor: Value::Null, warnings: Vec::new(), checked: None }
}
