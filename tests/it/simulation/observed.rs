//! A vendor's client that writes down what the vendor got, and dies with its process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use curlew_tests::history::{VendorAnswer, VendorGot, What};
use serde_json::Value;
use shared::{
    domain::{
        id::{AppKey, MessageId, NotifierName},
        outcome::{CallError, Outcome},
        retry::PUSH,
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        clock::Clock,
        error::StoreError,
        vendor::{CallReport, Credential, RevokeNotifications, Revoked, SendMerged, VendorCall, VendorClient},
    },
};

use super::{process::Life, steps::text_in, story::Service, vendors::Phones};

/// A client of a vendor, observed. Each process has its own.
pub struct Observed {
    vendor: Vendor,
    phones: Arc<Phones>,
    client: Arc<dyn VendorClient>,
    /// until when the vendor wants no request of a credential, as far as the process knows
    rests: Mutex<BTreeMap<Pace, Timestamp>>,
}

/// What a vendor asks to wait: a notifier of an app with one credential, by its fingerprint.
type Pace = (AppKey, NotifierName, String);

/// Calls that are sent together. What the vendor got is written down when they end, or when their sender dies.
struct Sending<'a> {
    of: &'a Observed,
    calls: &'a [VendorCall<'a>],
    /// how many pushes each phone had before
    before: Vec<u64>,
    revokes: bool,
    /// whether the process knew that the vendor wants no request yet
    too_early: bool,
    ended: bool,
}

impl Observed {
    /// Returns the observed client.
    pub fn new(vendor: Vendor, phones: Arc<Phones>, client: Arc<dyn VendorClient>) -> Arc<Self> {
        Arc::new(Self { vendor, phones, client, rests: Mutex::default() })
    }

    /// Returns whether the process knows that the vendor wants no such call yet.
    fn is_too_early(&self, call: &VendorCall<'_>) -> bool {
        let rests = self.rests.lock().unwrap();
        rests.get(&pace(call)).is_some_and(|until| self.phones.clock.now() < *until)
    }

    fn begin<'a>(&'a self, calls: &'a [VendorCall<'a>], revokes: bool, too_early: bool) -> Sending<'a> {
        let tokens = calls.iter().flat_map(|call| call.tokens);
        let before = tokens.map(|token| self.phones.delivered(self.vendor, token.expose())).collect();
        Sending { of: self, calls, before, revokes, too_early, ended: false }
    }

    /// Lets the weather meet a call. An error is one before anything was sent.
    async fn meet(&self, call: &VendorCall<'_>) -> Result<(), StoreError> {
        self.phones.weather.of(Service::Vendors).before("send").await?;
        self.phones.disturb(self.vendor, call.owner.notifier.as_str());
        Ok(())
    }

    /// Returns what the sender learns. A process that dies here leaves a push that was taken, and no record of it.
    async fn learn<T>(&self, call: &VendorCall<'_>, answer: Result<T, CallError>) -> Result<T, CallError> {
        let answered = self.phones.weather.of(Service::Vendors).after("send");
        if Life::of_caller().is_some_and(|life| life.is_over()) {
            std::future::pending::<()>().await;
        }
        answered.map_err(|_| CallError::Ambiguous { code: "connection lost".into() })?;
        if let Some(rest) = answer.as_ref().err().and_then(CallError::asks_for_rest) {
            let until = self.phones.clock.now().plus(rest.min(PUSH.max_hint));
            let mut rests = self.rests.lock().unwrap();
            let known = rests.entry(pace(call)).or_insert(until);
            *known = until.max(*known);
        }
        answer
    }
}

impl Sending<'_> {
    /// Writes down what the vendor got.
    fn end(mut self, outcomes: &Result<Vec<Outcome>, CallError>) {
        self.ended = true;
        let tokens = self.calls.iter().map(|call| call.tokens.len()).sum();
        let answers: Vec<Option<VendorAnswer>> = match outcomes {
            Ok(outcomes) => outcomes.iter().map(|outcome| self.of_outcome(outcome)).collect(),
            Err(error) => vec![Some(of_error(error)); tokens],
        };
        self.note(&answers);
    }

    fn note(&self, answers: &[Option<VendorAnswer>]) {
        let Observed { vendor, phones, .. } = self.of;
        let request = phones.next_request();
        let tokens = self.calls.iter().flat_map(|call| call.tokens.iter().map(move |token| (call, token)));
        for (((call, token), answer), before) in tokens.zip(answers).zip(&self.before) {
            let shown = !self.revokes && phones.delivered(*vendor, token.expose()) > *before;
            // What was not sent has no answer.
            let Some(mut answer) = *answer else { continue };
            if let VendorAnswer::Unregistered { really } = &mut answer {
                *really = phones.is_uninstalled(token.expose());
            }
            let message = call.notification.custom.get("m").and_then(Value::as_str);
            phones.recorder.add(What::VendorGot(VendorGot {
                vendor: *vendor,
                request,
                app: call.owner.app.clone(),
                notifier: call.owner.notifier.clone(),
                token: token.expose().to_owned(),
                text: text_in(&call.notification.body),
                message: message.and_then(|id| MessageId::parse(id).ok()),
                replace_id: Some(call.notification.replace_id.clone()),
                revokes: self.revokes,
                test: false,
                too_early: self.too_early,
                outdated: phones.is_outdated(call),
                shown,
                answer,
            }));
        }
    }

    fn of_outcome(&self, outcome: &Outcome) -> Option<VendorAnswer> {
        Some(match outcome {
            Outcome::Accepted { .. } => VendorAnswer::Accepted,
            Outcome::Unregistered { .. } => VendorAnswer::Unregistered { really: true },
            Outcome::Transient { .. } => VendorAnswer::Later,
            Outcome::Deferred => return None,
            Outcome::QuotaUsedUp { .. } => VendorAnswer::QuotaUsedUp,
            Outcome::CredentialOrToken { .. } => VendorAnswer::Credential,
            Outcome::Refused { .. } => VendorAnswer::Refused,
        })
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.note(&vec![Some(VendorAnswer::Unclear); self.before.len()]);
        }
    }
}

fn of_error(error: &CallError) -> VendorAnswer {
    match error {
        CallError::Credential { .. } | CallError::CredentialOrToken { .. } => VendorAnswer::Credential,
        CallError::RateLimited { .. } | CallError::Unavailable { .. } => VendorAnswer::Later,
        CallError::QuotaUsedUp { .. } => VendorAnswer::QuotaUsedUp,
        CallError::Ambiguous { .. } | CallError::Protocol { .. } => VendorAnswer::Unclear,
        CallError::Rejected { .. } => VendorAnswer::Refused,
    }
}

fn pace(call: &VendorCall<'_>) -> Pace {
    (call.owner.app.clone(), call.owner.notifier.clone(), call.credential.fingerprint().to_owned())
}

fn unavailable(error: &StoreError) -> CallError {
    CallError::Unavailable { code: error.to_string(), after: None }
}

#[async_trait]
impl VendorClient for Observed {
    fn max_tokens(&self) -> usize {
        self.client.max_tokens()
    }

    fn requests_at_once(&self, tokens: usize) -> usize {
        self.client.requests_at_once(tokens)
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        let too_early = self.is_too_early(&call);
        if let Err(error) = self.meet(&call).await {
            return CallReport {
                outcomes: Err(unavailable(&error)),
                answer: shared::domain::vendor_answer::VendorAnswer::default(),
            };
        }
        let calls = [call];
        let sending = self.begin(&calls, false, too_early);
        let CallReport { outcomes, answer } = self.client.send(call).await;
        sending.end(&outcomes);
        CallReport { outcomes: self.learn(&call, outcomes).await, answer }
    }

    fn merging(&self) -> Option<&dyn SendMerged> {
        self.client.merging().map(|_| self as &dyn SendMerged)
    }

    fn revoking(&self) -> Option<&dyn RevokeNotifications> {
        self.client.revoking().map(|_| self as &dyn RevokeNotifications)
    }
}

#[async_trait]
impl SendMerged for Observed {
    fn max_merged(&self, credential: &Credential) -> usize {
        self.client.merging().map_or(1, |merging| merging.max_merged(credential))
    }

    async fn send_merged(&self, calls: &[VendorCall<'_>]) -> Result<Vec<Outcome>, CallError> {
        let too_early = self.is_too_early(&calls[0]);
        self.meet(&calls[0]).await.map_err(|error| unavailable(&error))?;
        let sending = self.begin(calls, false, too_early);
        let outcomes = self.client.merging().unwrap().send_merged(calls).await;
        sending.end(&outcomes);
        self.learn(&calls[0], outcomes).await
    }
}

#[async_trait]
impl RevokeNotifications for Observed {
    async fn revoke(&self, call: VendorCall<'_>) -> Result<Revoked, CallError> {
        let too_early = self.is_too_early(&call);
        self.phones.weather.of(Service::Vendors).before("revoke").await.map_err(|error| unavailable(&error))?;
        let calls = [call];
        let sending = self.begin(&calls, true, too_early);
        let revoked = self.client.revoking().unwrap().revoke(call).await;
        let outcomes = revoked.clone().map(|_| vec![Outcome::Accepted { vendor_message_id: None }; call.tokens.len()]);
        sending.end(&outcomes);
        self.learn(&call, revoked).await
    }
}
