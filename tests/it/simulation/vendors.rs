//! The vendors, behind the port of their clients: they accept every push of a registered token, unless the story says
//! otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use curlew_tests::history::{VendorAnswer, VendorGot, What};
use serde_json::Value;
use shared::{
    domain::{
        attempt::RetryReason,
        binding::DeviceToken,
        id::MessageId,
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::vendor::{CallReport, RevokeNotifications, Revoked, VendorCall, VendorClient},
};

use super::{
    process::Life,
    recorder::Recorder,
    story::{Service, VendorTrouble},
    weather::Weather,
};

/// How long a vendor that does not answer keeps its caller, who gives up before.
const SILENCE: Duration = Duration::from_secs(60);

/// What all vendors know, and who writes down what they get.
#[derive(Debug)]
pub struct Phones {
    recorder: Recorder,
    weather: Arc<Weather>,
    /// the interface of each notifier
    interfaces: BTreeMap<String, usize>,
    unregistered: Mutex<BTreeSet<String>>,
    requests: AtomicU64,
}

impl Phones {
    /// Returns phones that all have the app.
    pub fn new(recorder: Recorder, weather: Arc<Weather>, interfaces: BTreeMap<String, usize>) -> Arc<Self> {
        let (unregistered, requests) = Default::default();
        Arc::new(Self { recorder, weather, interfaces, unregistered, requests })
    }

    /// Removes the app from a phone.
    pub fn uninstall(&self, token: &str) {
        self.unregistered.lock().unwrap().insert(token.to_owned());
    }

    fn has_app(&self, token: &DeviceToken) -> bool {
        !self.unregistered.lock().unwrap().contains(token.expose())
    }
}

/// One vendor.
pub struct SimVendor {
    vendor: Vendor,
    phones: Arc<Phones>,
}

impl SimVendor {
    /// Returns the client of a vendor.
    pub fn new(vendor: Vendor, phones: Arc<Phones>) -> Arc<Self> {
        Arc::new(Self { vendor, phones })
    }

    fn trouble(&self, call: &VendorCall<'_>) -> Option<VendorTrouble> {
        let interface = self.phones.interfaces.get(call.owner.notifier.as_str());
        interface.and_then(|interface| self.phones.weather.of_vendor(*interface))
    }

    /// Writes down what the vendor got for each token.
    fn note(&self, call: &VendorCall<'_>, answers: &[VendorAnswer], shown: bool, revokes: bool) {
        let request = self.phones.requests.fetch_add(1, Ordering::SeqCst);
        let message = call.notification.custom.get("m").and_then(Value::as_str);
        for (token, answer) in call.tokens.iter().zip(answers) {
            self.phones.recorder.add(What::VendorGot(VendorGot {
                vendor: self.vendor,
                request,
                app: call.owner.app.clone(),
                notifier: call.owner.notifier.clone(),
                token: token.expose().to_owned(),
                text: None,
                message: message.and_then(|id| MessageId::parse(id).ok()),
                replace_id: Some(call.notification.replace_id.clone()),
                revokes,
                test: false,
                shown: shown && !revokes && self.phones.has_app(token),
                answer: *answer,
            }));
        }
    }

    /// Returns the outcome of each token in fair weather, or with one token that fails.
    fn outcomes(&self, call: &VendorCall<'_>, fails: Option<usize>) -> (Vec<VendorAnswer>, Vec<Outcome>) {
        let of_token = |(place, token): (usize, &DeviceToken)| {
            if !self.phones.has_app(token) {
                let outcome = Outcome::Unregistered { code: "unregistered".into(), certain: true };
                return (VendorAnswer::Unregistered { really: true }, outcome);
            }
            if fails == Some(place) {
                let (retry_reason, code) = (RetryReason::Unavailable, "busy".to_owned());
                return (VendorAnswer::Later, Outcome::Transient { retry_reason, code, after: None });
            }
            (VendorAnswer::Accepted, Outcome::Accepted { vendor_message_id: None })
        };
        call.tokens.iter().enumerate().map(of_token).unzip()
    }

    async fn judge(&self, call: &VendorCall<'_>) -> Result<Vec<Outcome>, CallError> {
        let all = |answer| vec![answer; call.tokens.len()];
        let refuse = |answer, error| {
            self.note(call, &all(answer), false, false);
            Err(error)
        };
        let trouble = self.trouble(call);
        match trouble {
            Some(VendorTrouble::Limits(seconds)) => {
                let after = seconds.map(|seconds| Duration::from_secs(seconds.into()));
                let error = CallError::RateLimited { code: "limit".into(), after, asked: after.is_some() };
                refuse(VendorAnswer::Later, error)
            }
            Some(VendorTrouble::Down) => {
                refuse(VendorAnswer::Later, CallError::Unavailable { code: "503".into(), after: None })
            }
            Some(VendorTrouble::RefusesCredential) => {
                refuse(VendorAnswer::Credential, CallError::Credential { code: "credential".into() })
            }
            Some(VendorTrouble::QuotaUsedUp(seconds)) => {
                let resets_after = Duration::from_secs(seconds.into());
                refuse(VendorAnswer::QuotaUsedUp, CallError::QuotaUsedUp { code: "quota".into(), resets_after })
            }
            Some(VendorTrouble::Refuses) => {
                refuse(VendorAnswer::Refused, CallError::Rejected { code: "payload".into() })
            }
            Some(VendorTrouble::Nonsense) => {
                refuse(VendorAnswer::Unclear, CallError::Protocol { code: "nonsense".into() })
            }
            Some(silent @ (VendorTrouble::TakesSilently | VendorTrouble::Silent)) => {
                self.note(call, &all(VendorAnswer::Unclear), silent == VendorTrouble::TakesSilently, false);
                tokio::time::sleep(SILENCE).await;
                Err(CallError::Ambiguous { code: "timeout".into() })
            }
            Some(VendorTrouble::TokenFails) | None => {
                let (answers, outcomes) = self.outcomes(call, trouble.map(|_| 0));
                self.note(call, &answers, true, false);
                Ok(outcomes)
            }
        }
    }
}

#[async_trait]
impl VendorClient for SimVendor {
    fn max_tokens(&self) -> usize {
        if self.vendor == Vendor::Fcm { 1 } else { 100 }
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        let chaos = self.phones.weather.of(Service::Vendors);
        if let Err(error) = chaos.before("send").await {
            let outcomes = Err(CallError::Unavailable { code: error.to_string(), after: None });
            return CallReport { outcomes, answer: Value::Null };
        }
        let outcomes = self.judge(&call).await;
        // A process that dies here leaves a push that was taken, and no record of it.
        let answered = chaos.after("send");
        if Life::of_caller().is_some_and(|life| life.is_over()) {
            std::future::pending::<()>().await;
        }
        match answered {
            Ok(()) => CallReport { outcomes, answer: Value::Null },
            Err(_) => CallReport {
                outcomes: Err(CallError::Ambiguous { code: "connection lost".into() }),
                answer: Value::Null,
            },
        }
    }

    fn revoking(&self) -> Option<&dyn RevokeNotifications> {
        Some(self)
    }
}

#[async_trait]
impl RevokeNotifications for SimVendor {
    async fn revoke(&self, call: VendorCall<'_>) -> Result<Revoked, CallError> {
        let chaos = self.phones.weather.of(Service::Vendors);
        let unavailable = |error: String| CallError::Unavailable { code: error, after: None };
        chaos.before("revoke").await.map_err(|error| unavailable(error.to_string()))?;
        self.note(&call, &vec![VendorAnswer::Accepted; call.tokens.len()], false, true);
        chaos.after("revoke").map_err(|error| unavailable(error.to_string()))?;
        Ok(Revoked::Taken)
    }
}
