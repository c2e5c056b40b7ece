//! A batch of push jobs, from the queue to the vendor and into the record.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream, stream::FuturesUnordered};
use shared::{
    domain::{
        id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
        outcome::{CallError, Disposition, Outcome, Status},
        reason::Reason,
        retry::PUSH,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{
        batch::Record,
        metric::{Metric, Metrics},
    },
    ports::{
        access_tokens::TokenOwner,
        apps::UsedUpQuota,
        clock::{Clock, Entropy},
        error::StoreError,
        group_messages::{FindEnded, RecordPage},
        messages::RecordOutcomes,
        queue::{PushDevice, PushJob, PushReceiver, PushRecord, QueuePush},
        suspects::SuspectTokens,
        users::RemoveDeadToken,
        vendor::{VendorCall, VendorClient},
    },
};

use crate::{
    batch::{Delivery, calls, group},
    call::{Call, Message, merge},
    hygiene,
    limiter::Limiter,
    notifiers::{Notifiers, Unusable},
};

/// How many writes are under way at once.
pub(crate) const PARALLEL_WRITES: usize = 16;
/// How many vendor calls of a batch are under way at once; more than a batch has records.
const PARALLEL_CALLS: usize = 128;
/// A vendor that takes longer than this may have taken the push.
const CALL_LIMIT: Duration = Duration::from_secs(14);

/// What the use case works with.
pub struct Ports {
    /// decisions and outcomes
    pub outcomes: Arc<dyn RecordOutcomes>,
    /// the same for pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// what ended of them
    pub ended: Arc<dyn FindEnded>,
    /// bindings of dead tokens
    pub tokens: Arc<dyn RemoveDeadToken>,
    /// tokens that were condemned with most others
    pub suspects: Arc<dyn SuspectTokens>,
    /// its own queue, for what must wait
    pub queue: Arc<dyn QueuePush>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

/// Delivers jobs of one vendor.
pub struct Deliver {
    /// the vendor
    pub vendor: Vendor,
    /// its protocol
    pub client: Arc<dyn VendorClient>,
    /// its notifiers
    pub notifiers: Notifiers,
    /// how fast they are used
    pub limiter: Limiter,
    /// everything else
    pub ports: Ports,
}

/// What becomes of one device of one job.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// it ended
    Ended { status: Status, reason: Option<Reason>, detail: Option<String>, vendor_message_id: Option<String> },
    /// again, not before the hint, unless that would be above the attempts allowed
    Again { after: Option<Duration>, most: Option<u32>, detail: String },
    /// not tried: the limiter holds it back
    Held { until: Timestamp },
}

/// What became of one call.
enum Sent {
    /// an outcome for each of its tokens
    Answered(Vec<Outcome>),
    /// nothing is known of its tokens
    Failed(CallError),
    /// not sent before this
    Held(Timestamp),
}

/// A device with its fate.
pub(crate) type Fated<'a> = (Delivery<'a>, Fate);

impl Deliver {
    /// Works on the jobs; answers the ids of records to be given again.
    pub async fn run(&self, records: Vec<Record<PushRecord>>, metrics: &Metrics) -> Vec<String> {
        let (ids, jobs): (Vec<String>, Vec<PushJob>) = records
            .into_iter()
            .map(|record| {
                let PushRecord::V1(mut job) = record.job;
                job.repeat |= record.redelivered;
                (record.id, job)
            })
            .unzip();
        let now = self.ports.clock.now();
        let mut failed: Vec<String> = Vec::new();
        let mut due: Vec<(&PushJob, Vec<Delivery<'_>>)> = Vec::new();
        let mut fates: Vec<Fated<'_>> = Vec::new();
        for (index, job) in jobs.iter().enumerate() {
            if let Some(at) = job.not_before.filter(|at| now < *at) {
                if !self.queue_again(std::slice::from_ref(job), at, now).await {
                    failed.push(ids[index].clone());
                }
                continue;
            }
            match self.open_deliveries(index, job).await {
                Ok(open) if now < job.expires_at => due.push((job, open)),
                Ok(open) => fates.extend(open.into_iter().map(|delivery| (delivery, ended(Reason::ExpireMessage)))),
                Err(()) => failed.push(ids[index].clone()),
            }
        }
        fates.extend(self.send(due, metrics).await);
        for index in self.settle(&jobs, fates, metrics).await {
            failed.push(ids[index].clone());
        }
        failed
    }

    /// The devices of a job whose push has not ended yet. `Err` if a repeated job cannot be looked up.
    async fn open_deliveries<'a>(&self, index: usize, job: &'a PushJob) -> Result<Vec<Delivery<'a>>, ()> {
        let ended = if job.repeat { self.ended(job).await? } else { HashSet::new() };
        let mut open = Vec::new();
        for receiver in &job.receivers {
            let is_open = |device: &&PushDevice| {
                ended.is_empty() || !ended.contains(&(receiver.receiver.user.clone(), device.device_id.clone()))
            };
            let devices = receiver.devices.iter().filter(is_open);
            open.extend(devices.map(|device| Delivery { job: index, receiver, device, attempts: job.attempts }));
        }
        Ok(open)
    }

    /// Of the job's receivers, the devices whose push through its notifier ended before.
    async fn ended(&self, job: &PushJob) -> Result<HashSet<(UserId, DeviceId)>, ()> {
        let mut ended = HashSet::new();
        let failed = |msg_id: MessageId, error: StoreError| {
            tracing::warn!(message.id = %msg_id, error = error.chain(), "a repeated job cannot be looked up");
        };
        match (&job.page, job.receivers.first()) {
            (Some(page), Some(first)) => {
                let msg_id = first.receiver.msg_id;
                let found = self.ports.ended.ended_of_page(&job.app, page, msg_id).await;
                let found = found.map_err(|error| failed(msg_id, error))?;
                let own = found.into_iter().filter(|(_, _, notifier)| *notifier == job.notifier);
                ended.extend(own.map(|(user, device, _)| (user, device)));
            }
            (Some(_) | None, _) => {
                for PushReceiver { receiver, .. } in &job.receivers {
                    let found = self.ports.outcomes.ended(&job.app, &receiver.user, receiver.msg_id).await;
                    let found = found.map_err(|error| failed(receiver.msg_id, error))?;
                    let own = found.into_iter().filter(|(_, notifier)| *notifier == job.notifier);
                    ended.extend(own.map(|(device, _)| (receiver.user.clone(), device)));
                }
            }
        }
        Ok(ended)
    }

    /// Sends what is due; every delivery comes back with its fate.
    async fn send<'a>(&self, due: Vec<(&'a PushJob, Vec<Delivery<'a>>)>, metrics: &Metrics) -> Vec<Fated<'a>> {
        let now = self.ports.clock.now();
        let mut fates = Vec::new();
        let mut waiting = Vec::new();
        for group in group(due) {
            let (app, notifier) = (group.app, group.notifier);
            let opened = match self.notifiers.enabled(app, notifier, self.vendor).await {
                Ok(opened) => opened,
                Err(Unusable::Ended(reason)) => {
                    fates.extend(all(group.deliveries, &ended(reason)));
                    continue;
                }
                Err(Unusable::Later(error)) => {
                    tracing::warn!(notifier = %notifier, error = error.chain(), "a notifier cannot be opened");
                    let again = Fate::Again { after: None, most: None, detail: "notifier not readable".to_owned() };
                    fates.extend(all(group.deliveries, &again));
                    continue;
                }
            };
            let class = group.notification.is_of_its_class().then_some(group.notification.class);
            let fingerprint = opened.credential.fingerprint();
            if let Some(class) = class
                && let Some(quota) = self.notifiers.quotas.used_up(app, notifier, class, fingerprint, now).await
            {
                fates.extend(all(group.deliveries, &failed(Reason::QuotaUsedUp, &quota.code)));
                continue;
            }
            let message =
                |deliveries| Message { notification: group.notification, ttl: group.expires_at.since(now), deliveries };
            let call =
                |deliveries| Call { app, notifier, opened: opened.clone(), class, messages: vec![message(deliveries)] };
            waiting.extend(calls(&group.deliveries, self.client.most_tokens()).into_iter().map(call));
        }
        if let Some(merging) = self.client.merging() {
            waiting = merge(waiting, |credential| merging.most_merged(credential));
        }
        let mut answered: BTreeMap<(&AppKey, &NotifierName), Vec<(Delivery<'a>, Outcome)>> = BTreeMap::new();
        for (call, sent) in self.call_all(waiting).await {
            match sent {
                Sent::Answered(outcomes) => {
                    if let Some((code, lasts)) = outcomes.iter().find_map(used_up) {
                        self.note_quota(&call, code, lasts).await;
                    }
                    let (app, notifier) = (call.app, call.notifier);
                    let outcomes = call.into_deliveries().zip(outcomes);
                    answered.entry((app, notifier)).or_default().extend(outcomes);
                }
                Sent::Failed(error) => fates.extend(self.failed_call(call, &error, metrics).await),
                Sent::Held(until) => fates.extend(all(call.into_deliveries(), &Fate::Held { until })),
            }
        }
        for ((app, notifier), outcomes) in answered {
            self.clean(app, notifier, &outcomes, now, metrics).await;
            if outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted { .. })) {
                self.notifiers.note(app, notifier, true, now).await;
            }
            fates.extend(outcomes.into_iter().map(|(delivery, outcome)| (delivery, self.fate(outcome, metrics))));
        }
        fates
    }

    async fn call_all<'a>(&self, calls: Vec<Call<'a>>) -> Vec<(Call<'a>, Sent)> {
        let mut waiting = calls.into_iter();
        let mut under_way: FuturesUnordered<_> =
            waiting.by_ref().take(PARALLEL_CALLS).map(|call| self.call(call)).collect();
        let mut done = Vec::new();
        while let Some(result) = under_way.next().await {
            done.push(result);
            under_way.extend(waiting.next().map(|call| self.call(call)));
        }
        done
    }

    async fn call<'a>(&self, call: Call<'a>) -> (Call<'a>, Sent) {
        let paced = call.paced();
        let rate = call.opened.tokens_per_second;
        let tokens = call.tokens();
        let count = tokens.iter().map(Vec::len).sum();
        if let Err(until) = self.limiter.admit(&paced, count, rate, self.ports.clock.now()) {
            return (call, Sent::Held(until));
        }
        let owner = TokenOwner { app: call.app.clone(), notifier: call.notifier.clone() };
        let calls: Vec<VendorCall<'_>> = call
            .messages
            .iter()
            .zip(&tokens)
            .map(|(message, tokens)| VendorCall {
                owner: &owner,
                credential: &call.opened.credential,
                options: &call.opened.options,
                notification: message.notification,
                ttl: message.ttl,
                tokens,
            })
            .collect();
        let sent = async {
            match self.client.merging() {
                Some(merging) if calls.len() > 1 => merging.send_merged(&calls).await,
                _ => self.client.send(calls[0]).await.outcomes,
            }
        };
        let outcomes = match tokio::time::timeout(CALL_LIMIT, sent).await {
            Ok(outcomes) => outcomes,
            Err(_) => Err(CallError::Ambiguous { code: "no answer in time".to_owned() }),
        };
        let sent = match outcomes {
            Ok(outcomes) if outcomes.len() == count => Sent::Answered(outcomes),
            Ok(_) => Sent::Failed(CallError::Protocol { code: "not one outcome a token".to_owned() }),
            Err(error) => {
                if let Some(rest) = error.asks_for_rest() {
                    let now = self.ports.clock.now();
                    self.limiter.pause(&paced, now.plus(rest.min(PUSH.most_hint)), now);
                }
                Sent::Failed(error)
            }
        };
        (call, sent)
    }

    async fn failed_call<'a>(&self, call: Call<'a>, error: &CallError, metrics: &Metrics) -> Vec<Fated<'a>> {
        let code = error.code();
        tracing::warn!(vendor = self.vendor.name(), app = %call.app, notifier = %call.notifier, code, %error, "a vendor call failed");
        metrics.add(Metric::VendorCodes, [("vendor", self.vendor.name()), ("code", code)], 1);
        let now = self.ports.clock.now();
        self.notifiers.note(call.app, call.notifier, false, now).await;
        let fate = match error.disposition() {
            Disposition::Retry { after, most } => Fate::Again { after, most, detail: code.to_owned() },
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
    async fn note_quota(&self, call: &Call<'_>, code: &str, lasts: Duration) {
        let Some(class) = call.class else { return };
        let now = self.ports.clock.now();
        let fingerprint = call.opened.credential.fingerprint().to_owned();
        let quota = UsedUpQuota { code: code.to_owned(), until: now.plus(lasts), fingerprint };
        self.notifiers.quotas.note(call.app, call.notifier, class, quota, now).await;
    }

    fn fate(&self, outcome: Outcome, metrics: &Metrics) -> Fate {
        let vendor = self.vendor.name();
        let code = match &outcome {
            Outcome::Accepted { .. } => None,
            Outcome::Dead { code, .. }
            | Outcome::Throttled { code, .. }
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
            Outcome::Throttled { code, after } => Fate::Again { after, most: None, detail: code },
        }
    }

    /// Removes the bindings of condemned tokens.
    async fn clean(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        outcomes: &[(Delivery<'_>, Outcome)],
        now: Timestamp,
        metrics: &Metrics,
    ) {
        let said: Vec<&Outcome> = outcomes.iter().map(|(_, outcome)| outcome).collect();
        let last_success =
            if hygiene::needs_last_success(&said) { self.notifiers.last_success(app, notifier).await } else { None };
        let suspects = stream::iter(hygiene::suspects(&said))
            .map(|place| async move {
                let token = &outcomes[place].0.device.token;
                let suspected = self.ports.suspects.suspect(app, notifier, token, now).await;
                let before = suspected.unwrap_or_else(|error| {
                    tracing::warn!(error = error.chain(), "a suspect token cannot be noted");
                    None
                });
                (place, before)
            })
            .buffer_unordered(PARALLEL_WRITES)
            .filter_map(async |(place, before)| hygiene::confirmed(before, last_success).then_some(place))
            .collect::<Vec<_>>()
            .await;
        for place in hygiene::condemned(&said, last_success, now).into_iter().chain(suspects) {
            let Delivery { receiver, device, .. } = outcomes[place].0;
            let user = &receiver.receiver.user;
            let removed = self.ports.tokens.remove_if_current(app, user, &device.device_id, notifier, &device.token);
            match removed.await {
                Ok(true) => {
                    tracing::info!(vendor = self.vendor.name(), notifier = %notifier, "a dead token is removed");
                    metrics.add(Metric::TokensRemoved, [("vendor", self.vendor.name())], 1);
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(error = error.chain(), "a dead token cannot be removed"),
            }
        }
    }
}

/// The same fate for all of them.
fn all<'a>(deliveries: impl IntoIterator<Item = Delivery<'a>>, fate: &Fate) -> impl Iterator<Item = Fated<'a>> {
    deliveries.into_iter().map(|delivery| (delivery, fate.clone()))
}

fn used_up(outcome: &Outcome) -> Option<(&str, Duration)> {
    match outcome {
        Outcome::QuotaUsedUp { code, lasts } => Some((code, *lasts)),
        Outcome::Accepted { .. } | Outcome::Dead { .. } | Outcome::Throttled { .. } | Outcome::Refused { .. } => None,
    }
}

fn ended(reason: Reason) -> Fate {
    Fate::Ended { status: Status::Fail, reason: Some(reason), detail: None, vendor_message_id: None }
}

pub(crate) fn failed(reason: Reason, code: &str) -> Fate {
    Fate::Ended { status: Status::Fail, reason: Some(reason), detail: Some(code.to_owned()), vendor_message_id: None }
}
