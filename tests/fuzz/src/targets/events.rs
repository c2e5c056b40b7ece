//! Events of functions: what API Gateway's connections and other functions send.

use crate::promises;
use shared::ports::{
    certificate_test::TestPush,
    credential_check::{CheckResult, CheckedNotifier},
    push_now::PushNowReport,
};

/// Each function reads the same event. An unknown event is refused by the runtime, and ends nothing.
pub(super) fn check(bytes: &[u8]) {
    drop(serde_json::from_slice::<hold_connection::Event>(bytes));
    drop(serde_json::from_slice::<push_vendor::Event>(bytes));
    drop(serde_json::from_slice::<aws_lambda_events::event::sqs::SqsEvent>(bytes));
    if let Ok(push) = serde_json::from_slice::<TestPush>(bytes) {
        promises::survives(&push);
    }
    if let Ok(asked) = serde_json::from_slice::<Vec<CheckedNotifier>>(bytes) {
        promises::survives(&asked);
    }
    if let Ok(report) = serde_json::from_slice::<PushNowReport>(bytes) {
        promises::survives(&report);
    }
    if let Ok(results) = serde_json::from_slice::<Vec<CheckResult>>(bytes) {
        assert!(results.iter().all(|result| !result.name().is_empty()));
    }
}
