//! A push that its caller waits for: the report of its devices, with the vendor's raw answers.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use shared::{
    domain::{binding::DeviceToken, outcome::PushStatus, reason::Reason},
    ports::{
        push_now::{PushNowDevice, PushNowReport, PushNowStatus},
        vendor::{CallReport, VendorCall, VendorClient},
    },
};

use crate::{
    raw_answer::bounded,
    result::{DeliveryResult, PushEnd, Resolved},
};

/// Maximum bytes of a raw answer in a report. Idempotency keys store reports, and a row has at most 400 KB.
const MAX_ANSWER_BYTES: usize = 8 * 1024;

/// A vendor's client that keeps the raw answer to each call. It merges no calls, so each answer is of one notification.
pub(crate) struct NotingClient<'c> {
    client: &'c dyn VendorClient,
    answers: Mutex<Vec<RawAnswer>>,
}

/// The answer to a call.
#[derive(Debug, Clone)]
pub(crate) struct RawAnswer {
    tokens: Vec<DeviceToken>,
    answer: Value,
}

impl<'c> NotingClient<'c> {
    /// Creates a client without answers.
    pub(crate) fn new(client: &'c dyn VendorClient) -> Self {
        Self { client, answers: Mutex::default() }
    }

    /// Returns the answers so far.
    pub(crate) fn answers(&self) -> Vec<RawAnswer> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl VendorClient for NotingClient<'_> {
    fn max_tokens(&self) -> usize {
        self.client.max_tokens()
    }

    fn requests_at_once(&self, tokens: usize) -> usize {
        self.client.requests_at_once(tokens)
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        let tokens = call.tokens.to_vec();
        let report = self.client.send(call).await;
        let answer = RawAnswer { tokens, answer: bounded(&report.answer.shown(), MAX_ANSWER_BYTES) };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
        report
    }
}

/// Returns the report of a push. A device whose push ended at an earlier try is not in it.
pub(crate) fn report(resolved: &[Resolved<'_>], answers: Vec<RawAnswer>) -> PushNowReport {
    let answer = |token: &DeviceToken| {
        let of_token = answers.iter().find(|answer| answer.tokens.contains(token));
        of_token.map(|answer| answer.answer.clone()).unwrap_or_default()
    };
    let device = |one: &Resolved<'_>| {
        let device = one.delivery.device;
        let (status, detail) = ended(&one.result);
        PushNowDevice { device_id: device.device_id.clone(), status, detail, answer: answer(&device.token) }
    };
    PushNowReport { devices: resolved.iter().map(device).collect() }
}

fn ended(result: &DeliveryResult) -> (PushNowStatus, String) {
    match result {
        DeliveryResult::Ended(PushEnd { status: PushStatus::Success, .. }) => {
            (PushNowStatus::Success, "success".to_owned())
        }
        DeliveryResult::Ended(PushEnd { reason, detail, .. }) => {
            let reason = reason.unwrap_or(Reason::PushYetButFail);
            let text = detail.as_ref().map_or_else(|| reason.to_string(), |detail| format!("{reason}: {detail}"));
            (PushNowStatus::Fail, text)
        }
        DeliveryResult::Retry { detail, .. } => (PushNowStatus::Error, detail.clone()),
        DeliveryResult::Deferred { .. } => {
            (PushNowStatus::Error, "the notifier is at its rate limit, or no time was left".to_owned())
        }
    }
}
