//! What becomes of a device after what the vendor said, or did not say.

use std::time::Duration;

use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Disposition, Outcome, Status},
        reason::Reason,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::apps::UsedUpQuota,
};

use crate::{batch::Delivery, call::Call, deliver::Deliver};

/// What becomes of one device of one job.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryResult {
    /// it ended
    Ended { status: Status, reason: Option<Reason>, detail: Option<String>, vendor_message_id: Option<String> },
    /// again, not before the hint, unless that would be above the attempts allowed
    Again { retry_reason: RetryReason, after: Option<Duration>, detail: String },
    /// not tried: the limiter holds it back
    Held { until: Timestamp },
}

/// A device with its result.
pub(crate) type Settled<'a> = (Delivery<'a>, DeliveryResult);

impl Deliver {
    /// What follows from a failed call for everything in it.
    pub(crate) async fn call_error_results<'a>(
        &self,
        call: Call<'a>,
        error: &CallError,
        metrics: &Metrics,
    ) -> Vec<Settled<'a>> {
        let code = error.code();
        tracing::warn!(vendor = self.vendor.name(), app = %call.app, notifier = %call.notifier, code, %error, "a vendor call failed");
        metrics.add(Metric::VendorCodes, [("vendor", self.vendor.name()), ("code", code)], 1);
        let now = self.ports.clock.now();
        self.notifiers.note(call.app, call.notifier, false, now).await;
        let result = match error.disposition() {
            Disposition::Retry { retry_reason, after } => {
                DeliveryResult::Again { retry_reason, after, detail: code.to_owned() }
            }
            Disposition::End(reason) => failed(reason, code),
            Disposition::EndClass { lasts } => {
                self.note_quota(&call, code, lasts).await;
                failed(Reason::QuotaUsedUp, code)
            }
            Disposition::DisableNotifier => {
                if self.notifiers.disable(call.app, call.notifier, &call.opened.credential, code, now).await {
                    metrics.add(Metric::NotifiersDisabled, [], 1);
                }
                failed(Reason::NotifierDisabled, code)
            }
        };
        all(call.into_deliveries(), &result).collect()
    }

    /// Notes a used-up quota, unless the messages chose their own way at the vendor: then it says nothing of a class.
    pub(crate) async fn note_quota(&self, call: &Call<'_>, code: &str, lasts: Duration) {
        let Some(class) = call.class else { return };
        let now = self.ports.clock.now();
        let fingerprint = call.opened.credential.fingerprint().to_owned();
        let quota = UsedUpQuota { code: code.to_owned(), until: now.plus(lasts), fingerprint };
        self.notifiers.quotas.note(call.app, call.notifier, class, quota, now).await;
    }

    /// What follows from what the vendor said of a token.
    pub(crate) fn result(&self, outcome: Outcome, metrics: &Metrics) -> DeliveryResult {
        let vendor = self.vendor.name();
        let code = match &outcome {
            Outcome::Accepted { .. } => None,
            Outcome::Unregistered { code, .. }
            | Outcome::Later { code, .. }
            | Outcome::QuotaUsedUp { code, .. }
            | Outcome::Refused { code } => Some(code),
        };
        if let Some(code) = code {
            metrics.add(Metric::VendorCodes, [("vendor", vendor), ("code", code)], 1);
        }
        match outcome {
            Outcome::Accepted { vendor_message_id } => {
                DeliveryResult::Ended { status: Status::Success, reason: None, detail: None, vendor_message_id }
            }
            Outcome::Unregistered { code, .. } => failed(Reason::IllegalBinding, &code),
            Outcome::QuotaUsedUp { code, .. } => failed(Reason::QuotaUsedUp, &code),
            Outcome::Refused { code } => failed(Reason::PushYetButFail, &code),
            Outcome::Later { retry_reason, code, after } => DeliveryResult::Again { retry_reason, after, detail: code },
        }
    }
}

/// The same result for all of them.
pub(crate) fn all<'a>(
    deliveries: impl IntoIterator<Item = Delivery<'a>>,
    result: &DeliveryResult,
) -> impl Iterator<Item = Settled<'a>> {
    deliveries.into_iter().map(|delivery| (delivery, result.clone()))
}

pub(crate) fn ended(reason: Reason) -> DeliveryResult {
    DeliveryResult::Ended { status: Status::Fail, reason: Some(reason), detail: None, vendor_message_id: None }
}

pub(crate) fn failed(reason: Reason, code: &str) -> DeliveryResult {
    DeliveryResult::Ended {
        status: Status::Fail,
        reason: Some(reason),
        detail: Some(code.to_owned()),
        vendor_message_id: None,
    }
}
