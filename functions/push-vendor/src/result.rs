//! What becomes of a device after what the vendor said, or did not say.

use std::{sync::Arc, time::Duration};

use shared::{
    domain::{
        attempt::RetryReason,
        id::{AppKey, NotifierName},
        outcome::{CallError, Disposition, Outcome, PushStatus},
        push::SemanticClass,
        reason::Reason,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::{apps::UsedUpQuota, vendor::Credential},
};

use crate::{
    ambiguous_refusals::Refused,
    batch::Delivery,
    call::Call,
    deliver::{Deliver, NOT_BEGUN},
};

/// What becomes of one device of one job.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryResult {
    /// it ended
    Ended { status: PushStatus, reason: Option<Reason>, detail: Option<String>, vendor_message_id: Option<String> },
    /// again, not before the hint, unless that would be above the attempts allowed
    Again { retry_reason: RetryReason, after: Option<Duration>, detail: String },
    /// not tried: the limiter holds it back, or it shared a request with tokens that were refused
    Held { until: Timestamp },
}

/// A device with its result.
pub(crate) type Settled<'a> = (Delivery<'a>, DeliveryResult);

/// What a batch's answers mean beyond its deliveries: for tokens, for notifiers and their quotas. It is written when the results are.
pub(crate) enum Aftermath<'a> {
    /// the vendor answered for each token
    Answered { app: &'a AppKey, notifier: &'a NotifierName, outcomes: Vec<(Delivery<'a>, Outcome)> },
    /// a whole call failed
    Failed { app: &'a AppKey, notifier: &'a NotifierName, credential: Arc<Credential>, error: CallError },
    /// calls failed for the credential or for device tokens
    Doubted { app: &'a AppKey, notifier: &'a NotifierName, refused: Refused },
    /// the quota of a class is used up
    UsedUp { app: &'a AppKey, notifier: &'a NotifierName, class: SemanticClass, quota: UsedUpQuota },
}

impl Deliver {
    /// What follows from a failed call for everything in it.
    pub(crate) fn call_error_results<'a>(
        &self,
        call: Call<'a>,
        error: CallError,
        aftermath: &mut Vec<Aftermath<'a>>,
        metrics: &Metrics,
    ) -> Vec<Settled<'a>> {
        let code = error.code().to_owned();
        tracing::warn!(vendor = self.vendor.name(), app = %call.app, notifier = %call.notifier, code, %error, "a vendor call failed");
        metrics.add(Metric::VendorCodes, [("vendor", self.vendor.name()), ("code", &code)], 1);
        let result = match error.disposition() {
            Disposition::Retry { retry_reason, after } => DeliveryResult::Again { retry_reason, after, detail: code },
            Disposition::End(reason) => failed(reason, &code),
            Disposition::EndClass { resets_after } => {
                aftermath.extend(self.used_up(&call, &code, resets_after));
                failed(Reason::QuotaUsedUp, &code)
            }
            Disposition::DisableNotifier => failed(Reason::NotifierDisabled, &code),
        };
        let (app, notifier, credential) = (call.app, call.notifier, call.opened.credential.clone());
        aftermath.push(Aftermath::Failed { app, notifier, credential, error });
        all(call.into_deliveries(), &result).collect()
    }

    /// That a quota is used up, unless the messages chose their own way at the vendor: then it says nothing of a class.
    pub(crate) fn used_up<'a>(&self, call: &Call<'a>, code: &str, resets_after: Duration) -> Option<Aftermath<'a>> {
        let fingerprint = call.opened.credential.fingerprint().to_owned();
        let until = self.ports.clock.now().plus(resets_after);
        let quota = UsedUpQuota { code: code.to_owned(), until, fingerprint };
        Some(Aftermath::UsedUp { app: call.app, notifier: call.notifier, class: call.class?, quota })
    }

    /// What follows from what the vendor said of a token.
    pub(crate) fn result(&self, outcome: &Outcome, metrics: &Metrics) -> DeliveryResult {
        let vendor = self.vendor.name();
        let code = match outcome {
            Outcome::Accepted { .. } | Outcome::Deferred => None,
            Outcome::Unregistered { code, .. }
            | Outcome::Transient { code, .. }
            | Outcome::QuotaUsedUp { code, .. }
            | Outcome::CredentialOrToken { code }
            | Outcome::Refused { code } => Some(code),
        };
        if let Some(code) = code {
            metrics.add(Metric::VendorCodes, [("vendor", vendor), ("code", code)], 1);
        }
        match outcome {
            Outcome::Accepted { vendor_message_id } => DeliveryResult::Ended {
                status: PushStatus::Success,
                reason: None,
                detail: None,
                vendor_message_id: vendor_message_id.clone(),
            },
            Outcome::Unregistered { code, .. } => failed(Reason::IllegalBinding, code),
            Outcome::QuotaUsedUp { code, .. } => failed(Reason::QuotaUsedUp, code),
            Outcome::CredentialOrToken { code } | Outcome::Refused { code } => failed(Reason::PushYetButFail, code),
            Outcome::Deferred => DeliveryResult::Held { until: self.ports.clock.now().plus(NOT_BEGUN) },
            Outcome::Transient { retry_reason, code, after } => {
                DeliveryResult::Again { retry_reason: *retry_reason, after: *after, detail: code.clone() }
            }
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
    DeliveryResult::Ended { status: PushStatus::Fail, reason: Some(reason), detail: None, vendor_message_id: None }
}

pub(crate) fn failed(reason: Reason, code: &str) -> DeliveryResult {
    DeliveryResult::Ended {
        status: PushStatus::Fail,
        reason: Some(reason),
        detail: Some(code.to_owned()),
        vendor_message_id: None,
    }
}
