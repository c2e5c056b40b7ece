//! A push whose caller waits: it is decided here, and the vendors' functions are called directly.
//!
//! What needs no vendor is queued, so that check-presence records it, and posts it to connections. A vendor's function
//! records what it does, so nothing is recorded here. A function that does not answer may have sent the push or not. So
//! its queue gets the job again, for later and only to be ended: push-vendor then records what it finds no end of.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use serde_json::{Value, json};
use shared::{
    decider::Decided,
    domain::{
        decision::{ChosenDevice, Verdict},
        id::{AppKey, MessageId, NotifierName, UserId},
        message::{Content, Receiver},
        push::Notification,
        reason::Reason,
        vendor::Vendor,
    },
    lambda::{deadline::Deadline, error::ApiError, idempotency::RequestAttempt, instant_call::InstantCall},
    ports::{
        push_now::{PushNowDevice, PushNowReport, PushNowStatus},
        queue::{PushDevice, PushJob, PushReceiver},
    },
};

use crate::{
    accept::{ToUser, queue_decision},
    handler::IngestMessage,
    instant::QUEUED,
};

/// Maximum time for the vendors. It leaves time to store the push before, and to answer after.
const VENDORS: Duration = Duration::from_secs(10);
/// When a push without an answer is ended: later than a vendor's function can still record it.
const ENDED_AFTER: Duration = Duration::from_secs(45);
/// Maximum time to queue that.
const QUEUED_WITHIN: Duration = Duration::from_secs(1);

/// A job for one notifier, with its vendor.
type VendorJob = (Vendor, PushJob);

impl IngestMessage {
    /// Pushes to a user. Returns an answer for each device, or one for the user.
    pub(crate) async fn push_sync(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        push: InstantCall,
        user: UserId,
    ) -> Result<Vec<Value>, ApiError> {
        let content = push.content(attempt.since)?;
        let to = ToUser { message: 0, user, names: Vec::new(), kept: content.waits_for_login() };
        // One target gets one id.
        let named = self.id_assigner(app, attempt).assign_ids(vec![to]).await?.remove(0);
        let content = content.renewed(named.msg_id.accepted_at());
        let receiver = Receiver { user: named.to.user, msg_id: named.msg_id };
        if !named.stored {
            let (messages, clock) = self.stores();
            messages.store(app, &[(&content, std::slice::from_ref(&receiver))], clock).await?;
        }
        let unknown = || ApiError::app_not_found(app.org(), app.app());
        let context = self.decider.begin(app, &content, None).await?.ok_or_else(unknown)?;
        let decided = self.decider.decide(&context, receiver.clone()).await?;
        let Some((devices, notification)) = &decided.push else {
            queue_decision(app, &content, receiver.clone(), attempt, &*self.queue).await?;
            return Ok(vec![undelivered(&decided, receiver.msg_id)]);
        };
        let jobs = self.jobs(app, &content, &decided, (devices, notification), attempt);
        Ok(self.push_all(&jobs, receiver.msg_id).await)
    }

    /// Returns a job for each notifier.
    fn jobs(
        &self,
        app: &AppKey,
        content: &Content,
        decided: &Decided,
        (devices, notification): (&[ChosenDevice], &Notification),
        attempt: &RequestAttempt,
    ) -> Vec<VendorJob> {
        let mut by_notifier: BTreeMap<(Vendor, &NotifierName), Vec<PushDevice>> = BTreeMap::new();
        for one in devices {
            let device = PushDevice { device_id: one.device_id.clone(), token: one.token.clone(), places: Vec::new() };
            by_notifier.entry((one.vendor, &one.notifier)).or_default().push(device);
        }
        let job = |((vendor, notifier), devices): ((Vendor, &NotifierName), Vec<PushDevice>)| {
            let decision = (&decided.decision).into();
            let job = PushJob {
                app: app.clone(),
                notifier: notifier.clone(),
                notification: notification.of_block(vendor),
                expires_at: content.expires_at,
                page: None,
                group_exists: false,
                waits_for_login: content.waits_for_login(),
                task: content.task(),
                receivers: vec![PushReceiver {
                    receiver: decided.receiver.clone(),
                    decision,
                    devices,
                    tokens: Vec::new(),
                }],
                decided_at: Some(self.clock.now()),
                connections: None,
                attempts: 0,
                rounds: Vec::new(),
                not_before: None,
                repeat: attempt.abandoned,
                unanswered: false,
            };
            (vendor, job)
        };
        by_notifier.into_iter().map(job).collect()
    }

    /// Calls the vendors' functions in parallel. Returns an answer for each device.
    async fn push_all(&self, jobs: &[VendorJob], msg_id: MessageId) -> Vec<Value> {
        let by = Deadline::after(VENDORS);
        let pushed = jobs.iter().map(|(vendor, job)| async move {
            let text = match by.wait(self.pushes.push_now(*vendor, job)).await {
                Some(Ok(report)) => return answers(job, &report, msg_id),
                Some(Err(error)) => {
                    tracing::error!(vendor = vendor.name(), error = error.chain(), "a push cannot be waited for");
                    "the push service failed, see the trace"
                }
                None => "no answer in time, see the trace",
            };
            self.queue_end(*vendor, job).await;
            unknown(job, text, msg_id)
        });
        join_all(pushed).await.concat()
    }

    /// Queues a job without an answer, so that it ends.
    async fn queue_end(&self, vendor: Vendor, job: &PushJob) {
        let end = [PushJob { repeat: true, unanswered: true, ..job.clone() }];
        let queued = Deadline::after(QUEUED_WITHIN).wait(self.push_queues.queue_push(vendor, &end, ENDED_AFTER)).await;
        let error = match queued {
            Some(Ok(())) => return,
            Some(Err(error)) => error.chain(),
            None => "no answer in time".to_owned(),
        };
        tracing::error!(app = %job.app, vendor = vendor.name(), error, "the trace of a push stays pending");
    }
}

/// Returns the answer for a user whom no vendor is asked for.
fn undelivered(decided: &Decided, msg_id: MessageId) -> Value {
    let reason = match decided.decision.verdict {
        Verdict::Skip { reason } => reason,
        Verdict::Push => Reason::Unknown,
    };
    match reason {
        _ if decided.connected => {
            json!({"pushStatus": QUEUED, "desc": "queued for the receiver's connection", "msg_id": msg_id})
        }
        Reason::WaitsForLogin => json!({"pushStatus": QUEUED, "desc": reason, "msg_id": msg_id}),
        Reason::NoUserExist => json!({"pushStatus": "FAIL", "desc": "appUser not exists", "msg_id": msg_id}),
        reason => json!({"pushStatus": "FAIL", "desc": reason, "msg_id": msg_id}),
    }
}

/// Returns the answers for the devices of a job. A device without a report got its push at an earlier try of this call.
fn answers(job: &PushJob, report: &PushNowReport, msg_id: MessageId) -> Vec<Value> {
    let of_device = |device: &PushDevice| {
        let found = report.devices.iter().find(|one| one.device_id == device.device_id);
        found.map_or_else(
            || failed(device, "pushed by an earlier try, see the trace", msg_id),
            |one| answer(one, msg_id),
        )
    };
    devices(job).map(of_device).collect()
}

/// Returns the answers for devices of which nothing is known.
fn unknown(job: &PushJob, text: &str, msg_id: MessageId) -> Vec<Value> {
    devices(job).map(|device| failed(device, text, msg_id)).collect()
}

fn devices(job: &PushJob) -> impl Iterator<Item = &PushDevice> {
    job.receivers.iter().flat_map(|receiver| &receiver.devices)
}

fn failed(device: &PushDevice, text: &str, msg_id: MessageId) -> Value {
    json!({"pushStatus": "ERROR", "desc": text, "device_id": device.device_id, "msg_id": msg_id})
}

fn answer(device: &PushNowDevice, msg_id: MessageId) -> Value {
    let PushNowDevice { device_id, status, detail, answer } = device;
    let status = match status {
        PushNowStatus::Success => "SUCCESS",
        PushNowStatus::Fail => "FAIL",
        PushNowStatus::Error => "ERROR",
    };
    json!({"pushStatus": status, "data": answer, "desc": detail, "device_id": device_id, "msg_id": msg_id})
}
