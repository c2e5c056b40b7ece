//! Revokes notifications, beside the stages of the pushes: it records nothing, and says nothing of tokens or notifiers.
//!
//! Few retries: later the user has seen the notification. A vendor's answer never disables a notifier here, because what
//! a call of this kind needs is not what pushes need.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};
use shared::{
    app_configs::KEPT,
    domain::{
        message::MAX_PUSH_TTL,
        outcome::{CallError, Disposition},
        push::{Notification, SemanticClass},
        retry::PUSH,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{batch::Record, deadline::Deadline},
    ports::{
        access_tokens::TokenOwner,
        clock::{Clock, Entropy},
        queue::{QueueRevocations, RevokeJob, RevokedConversation},
        vendor::{Revoked, VendorClient},
    },
};

use crate::{
    budget::{CALL_LIMIT, NOT_BEGUN_DELAY, UNREADABLE_DELAY},
    limiter::{Limiter, PaceKey},
    notifiers::{Notifiers, Unusable},
};

/// Jobs processed at the same time.
const PARALLEL: usize = 8;
/// Maximum attempts of a job that reached its vendor.
const MAX_ATTEMPTS: u32 = 3;
/// The first delay of a job whose call failed; a push that waits is more urgent.
const FIRST_DELAY: Duration = Duration::from_secs(30);

/// Revokes notifications of one vendor.
pub(crate) struct RevokeAll<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) client: &'p dyn VendorClient,
    pub(crate) notifiers: &'p Notifiers,
    pub(crate) limiter: &'p Limiter,
    pub(crate) queue: &'p dyn QueueRevocations,
    pub(crate) clock: &'p dyn Clock,
    pub(crate) entropy: &'p dyn Entropy,
}

/// What follows from a job.
enum Next {
    /// nothing
    Ended,
    /// the same tokens again, after a delay; whether that was an attempt
    Again(Duration, bool),
}

impl RevokeAll<'_> {
    /// Processes the records. Begins no call after `begin_by`. Returns the ids of the records to be redelivered.
    pub(crate) async fn run(
        &self,
        records: Vec<Record<RevokeJob>>,
        begin_by: Deadline,
        write_by: Deadline,
    ) -> Vec<String> {
        let settled = stream::iter(records).map(|Record { id, job, .. }| async move {
            let settled = self.settle(job, begin_by, write_by).await;
            (!settled).then_some(id)
        });
        settled.buffer_unordered(PARALLEL).filter_map(|failed| async { failed }).collect().await
    }

    /// Processes a job. Returns `false` if SQS must redeliver it.
    async fn settle(&self, job: RevokeJob, begin_by: Deadline, write_by: Deadline) -> bool {
        let Next::Again(delay, attempted) = self.revoke(&job, begin_by).await else { return true };
        let attempts = job.attempts + u32::from(attempted);
        if attempts >= MAX_ATTEMPTS || self.clock.now().plus(delay) >= job.expires_at {
            tracing::warn!(app = %job.app, notifier = %job.notifier, message.id = %job.msg_id, "a notification is not revoked");
            return true;
        }
        let again = [RevokeJob { attempts, ..job }];
        matches!(write_by.wait(self.queue.queue_revocations(self.vendor, &again, delay)).await, Some(Ok(())))
    }

    async fn revoke(&self, job: &RevokeJob, begin_by: Deadline) -> Next {
        let (Some(revoking), true) = (self.client.revoking(), self.clock.now() < job.expires_at) else {
            return Next::Ended;
        };
        match begin_by.wait(self.notifiers.open_enabled((&job.app, &job.notifier), self.vendor)).await {
            Some(Ok(opened)) => {
                let fingerprint = opened.credential.fingerprint().to_owned();
                let pace = PaceKey { app: job.app.clone(), notifier: job.notifier.clone(), fingerprint };
                let own_pace = pace_of_revocations(&pace);
                let now = self.clock.now();
                let rate = || self.limiter.admit(&pace, job.tokens.len(), opened.tokens_per_second, now);
                if let Err(until) = self.limiter.admit(&own_pace, job.tokens.len(), None, now).and_then(|()| rate()) {
                    return Next::Again(until.since(now).max(Duration::from_secs(1)), false);
                }
                let owner = TokenOwner { app: job.app.clone(), notifier: job.notifier.clone() };
                let notification = notification(job);
                for tokens in job.tokens.chunks(self.client.max_tokens()) {
                    let call = opened.call(&owner, &notification, time_to_live(job), tokens);
                    let called = tokio::time::timeout(CALL_LIMIT, revoking.revoke(call)).await;
                    match called.unwrap_or_else(|_| Err(CallError::Ambiguous { code: "timeout".to_owned() })) {
                        Ok(Revoked::Taken) => {}
                        Ok(Revoked::NotOffered) => return Next::Ended,
                        Err(error) => return self.failed(job, &error, &own_pace, self.clock.now()),
                    }
                }
                Next::Ended
            }
            Some(Err(Unusable::Permanent(_))) => Next::Ended,
            Some(Err(Unusable::Transient(_))) => Next::Again(UNREADABLE_DELAY, true),
            None => Next::Again(NOT_BEGUN_DELAY, false),
        }
    }

    fn failed(&self, job: &RevokeJob, error: &CallError, pace: &PaceKey, now: Timestamp) -> Next {
        tracing::warn!(
            app = %job.app, notifier = %job.notifier, message.id = %job.msg_id, code = error.code(),
            "the vendor does not revoke a notification"
        );
        if let Some(rest) = error.asks_for_rest() {
            self.limiter.pause(pace, now.plus(rest.min(PUSH.max_hint)), now);
        }
        match error.disposition() {
            Disposition::Retry { after, .. } => {
                let grown = FIRST_DELAY.mul_f64(1.0 + self.entropy.fraction());
                Next::Again(grown.max(after.unwrap_or_default()), true)
            }
            // The credential may be cached, and have been replaced since. It is not cached any more at the next attempt.
            Disposition::DisableNotifier => Next::Again(KEPT, true),
            Disposition::End(_) | Disposition::EndClass { .. } => Next::Ended,
        }
    }
}

/// Returns the pace that a vendor's wish for rest slows down: that of the notifier's revocations. Its pushes do not wait,
/// because most vendors take revocations at another address, with a limit of its own.
fn pace_of_revocations(pushes: &PaceKey) -> PaceKey {
    PaceKey { fingerprint: format!("revocations with {}", pushes.fingerprint), ..pushes.clone() }
}

/// Returns how long a vendor may keep a call that it delivers to the phone as a message. A sleeping phone may show
/// something new of a conversation when it wakes, so such a call is delivered at once or not at all.
fn time_to_live(job: &RevokeJob) -> Duration {
    if job.conversation.is_some() { Duration::ZERO } else { MAX_PUSH_TTL }
}

/// Returns the notification as far as a vendor needs it to find the one that is shown.
fn notification(job: &RevokeJob) -> Notification {
    let mut custom = Map::from_iter([("m".to_owned(), json!(job.msg_id))]);
    let (name, value): (&str, Value) = match &job.conversation {
        Some(RevokedConversation::Group(group)) => ("g", json!(group)),
        Some(RevokedConversation::User(user)) => ("f", json!(user)),
        None => ("m", json!(job.msg_id)),
    };
    custom.insert(name.to_owned(), value);
    Notification {
        title: String::new(),
        body: String::new(),
        custom,
        class: SemanticClass::Im,
        replace_id: job.task.map_or_else(|| job.msg_id.to_string(), |task| task.to_string()),
        badge: false,
        options: Map::new(),
    }
}
