//! What becomes of a device after what the vendor said, or did not say.

use std::time::Duration;

use shared::{
    domain::{
        attempt::Setback,
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
pub(crate) enum Fate {
    /// it ended
    Ended { status: Status, reason: Option<Reason>, detail: Option<String>, vendor_message_id: Option<String> },
    /// again, not before the hint, unless that would be above the attempts allowed
    Again { setback: Setback, after: Option<Duration>, detail: String },
    /// not tried: the limiter holds it back
    Held { until: Timestamp },
}

/// A device with its fate.
pub(crate) type Fated<'a> = (Delivery<'a>, Fate);

impl Deliver {
    /// What follows from a failed call for everything in it.
    pub(crate) async fn failed_call<'a>(&self, call: Call<'a>, error: &CallError, metrics: &Metrics) -> Vec<Fated<'a>> {
        let code = error.code();
        tracing::warn!(vendor = self.vendor.name(), app = %call.app, notifier = %call.notifier, code, %error, "a vendor call failed");
        metrics.add(Metric::VendorCodes, [("vendor", self.vendor.name()), ("code", code)], 1);
        let now = self.ports.clock.now();
        self.notifiers.note(call.app, call.notifier, false, now).await;
        let fate = match error.disposition() {
            Disposition::Retry { setback, after } => Fate::Again { setback, after, detail: code.to_owned() },
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
        all(call.into_deliveries(), &fate).collect()
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
    pub(crate) fn fate(&self, outcome: Outcome, metrics: &Metrics) -> Fate {
        let vendor = self.vendor.name();
        let code = match &outcome {
            Outcome::Accepted { .. } => None,
            Outcome::Dead { code, .. }
            | Outcome::Later { code, .. }
            | Outcome::QuotaUsedUp { code, .. }
            | Outcome::Refused { code } => Some(code),
        };
        if let Some(code) = code {
            metrics.add(Metric::VendorCodes, [("vendor", vendor), ("code", code)], 1);
        }
        match outcome {
            Outcome::Accepted { vendor_message_id } => {
                Fate::Ended { status: Status::Success, reason: None, detail: None, vendor_message_id }
            }
            Outcome::Dead { code, .. } => failed(Reason::IllegalBinding, &code),
            Outcome::QuotaUsedUp { code, .. } => failed(Reason::QuotaUsedUp, &code),
            Outcome::Refused { code } => failed(Reason::PushYetButFail, &code),
            Outcome::Later { setback, code, after } => Fate::Again { setback, after, detail: code },
        }
    }
}

/// The same fate for all of them.
pub(crate) fn all<'a>(
    deliveries: impl IntoIterator<Item = Delivery<'a>>,
    fate: &Fate,
) -> impl Iterator<Item = Fated<'a>> {
    deliveries.into_iter().map(|delivery| (delivery, fate.clone()))
}

pub(crate) fn ended(reason: Reason) -> Fate {
    Fate::Ended { status: Status::Fail, reason: Some(reason), detail: None, vendor_message_id: None }
}

pub(crate) fn failed(reason: Reason, code: &str) -> Fate {
    Fate::Ended { status: Status::Fail, reason: Some(reason), detail: Some(code.to_owned()), vendor_message_id: None }
}
