//! Recalled messages: revokes their notifications on all devices that got one.
//!
//! A push may have been on its way when the message was recalled. So everything is looked at twice.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use shared::{
    domain::{
        binding::DeviceToken,
        id::{MessageId, NotifierName, TaskId, UserId},
        message::Receiver,
        outcome::{DeviceOutcome, PushStatus},
        profile::Conversation,
        recall::{LOOKED_AT_FROM, MessageTarget},
        retry::DISPATCH,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::deadline::Deadline,
    ports::{
        apps::AppConfig,
        error::StoreError,
        queue::{DispatchJob, MAX_REVOKED_DEVICES, PushedTo, RecallJob, RevokeJob},
        timelines::Timeline,
    },
};

use crate::{
    decide::is_later_check,
    dispatch::{Dispatch, FINISH, PUT_BACK},
    revoke::{ShownBy, bound, useful_until},
};

/// Maximum attempts of a look.
const MAX_ATTEMPTS: u32 = 5;
/// When the recheck follows: pushes that waited longer are decided again, and then dropped.
const SECOND_LOOK: Duration = Duration::from_secs(90);
/// Users whose bindings are read at the same time.
const PARALLEL_USERS: usize = 25;

/// The devices of a notifier.
type Tokens = BTreeMap<(Vendor, NotifierName), Vec<DeviceToken>>;

/// Where a message was pushed.
struct Pushed {
    /// the accepted pushes
    outcomes: Vec<(UserId, DeviceOutcome)>,
    /// where to read on, if others may follow
    rest: Option<String>,
    /// the task that pushed it, if one did
    task: Option<TaskId>,
}

impl Dispatch {
    /// Revokes what a message's notifications are, and queues what follows. Returns `false` if SQS must redeliver the
    /// record.
    pub(crate) async fn recall(&self, job: RecallJob, deadline: Deadline) -> bool {
        let (next, delay) = match deadline.leaving(FINISH).wait(self.revoke_recalled(&job)).await {
            Some(Ok(rest)) => match next(&job, rest) {
                Some(next) => next,
                None => return true,
            },
            failed => {
                let error = failed.and_then(Result::err);
                let error = error.map_or_else(|| "no time was left".to_owned(), |error| error.chain());
                let attempts = job.attempts + 1;
                tracing::warn!(app = %job.app, message.id = %job.msg_id, error, attempts, "a recalled message keeps notifications");
                if attempts >= MAX_ATTEMPTS {
                    return true;
                }
                let delay = DISPATCH.delay(attempts, None, self.ports.entropy.fraction());
                (RecallJob { attempts, ..job }, delay)
            }
        };
        matches!(
            deadline.leaving(PUT_BACK).wait(self.ports.recalls_queue.queue_recall(&next, delay)).await,
            Some(Ok(()))
        )
    }

    /// Queues the revocations of a page. Returns where the next page begins, if there is one.
    async fn revoke_recalled(&self, job: &RecallJob) -> Result<Option<String>, StoreError> {
        let Some(config) = self.decider.configs.get(&job.app).await? else {
            return Ok(None);
        };
        if !config.notifiers.values().any(|notifier| notifier.vendor.revokes()) {
            return Ok(None);
        }
        let Pushed { outcomes, rest, task } = self.pushed(job).await?;
        let tokens = self.tokens(job, &config, outcomes).await?;
        let mut jobs: BTreeMap<Vendor, Vec<RevokeJob>> = BTreeMap::new();
        for ((vendor, notifier), tokens) in tokens {
            let by_conversation = config.notifiers.get(&notifier).is_some_and(|one| one.replaces_by_conversation());
            let conversation = match by_conversation && task.is_none() {
                false => None,
                true => match self.shown_last(job).await? {
                    ShownBy::Itself => None,
                    ShownBy::Conversation(conversation) => Some(conversation.into()),
                    ShownBy::Nothing => continue,
                },
            };
            let expires_at = useful_until(self.ports.clock.now(), conversation.as_ref());
            let of = |tokens: &[DeviceToken]| RevokeJob {
                app: job.app.clone(),
                notifier: notifier.clone(),
                msg_id: job.msg_id,
                conversation: conversation.clone(),
                task,
                tokens: tokens.to_vec(),
                expires_at,
                attempts: 0,
            };
            jobs.entry(vendor).or_default().extend(tokens.chunks(MAX_REVOKED_DEVICES).map(of));
        }
        for (vendor, jobs) in jobs {
            self.ports.revocations.queue_revocations(vendor, &jobs, Duration::ZERO).await?;
        }
        Ok(rest)
    }

    /// Reads where the message was pushed: to its receiver, or to some receivers of its group.
    async fn pushed(&self, job: &RecallJob) -> Result<Pushed, StoreError> {
        let of = |user: &UserId, outcomes: Vec<DeviceOutcome>| -> Vec<(UserId, DeviceOutcome)> {
            let accepted = outcomes.into_iter().filter(|outcome| outcome.status == PushStatus::Success);
            accepted.map(|outcome| (user.clone(), outcome)).collect()
        };
        match &job.to {
            MessageTarget::User(user) => {
                let traces = self.ports.traces.traces(&job.app, user, &[job.msg_id]).await?;
                let task = traces.iter().find_map(|trace| trace.decision.as_ref()?.task());
                let outcomes = traces.into_iter().flat_map(|trace| of(user, trace.outcomes)).collect();
                Ok(Pushed { outcomes, rest: None, task })
            }
            MessageTarget::Group(_) => {
                let chunk = self.ports.records.records(&job.app, job.msg_id, job.after.as_deref()).await?;
                let pushed = chunk.records.into_iter().flat_map(|record| of(&record.user, record.outcomes));
                Ok(Pushed { outcomes: pushed.collect(), rest: chunk.rest, task: None })
            }
        }
    }

    /// Reads the tokens that these devices have now.
    async fn tokens(
        &self,
        job: &RecallJob,
        config: &AppConfig,
        outcomes: Vec<(UserId, DeviceOutcome)>,
    ) -> Result<Tokens, StoreError> {
        let mut by_user: BTreeMap<UserId, Vec<(Vendor, PushedTo)>> = BTreeMap::new();
        for (user, outcome) in outcomes {
            let notifier = config.notifiers.get(&outcome.notifier).filter(|notifier| notifier.vendor.revokes());
            if let Some(notifier) = notifier {
                let to = PushedTo { device_id: outcome.device_id, notifier: outcome.notifier };
                by_user.entry(user).or_default().push((notifier.vendor, to));
            }
        }
        // Which conversation does not matter, but facts for a group are cheaper.
        let conversation = |user: &UserId| match &job.to {
            MessageTarget::User(_) => Conversation::User(user.clone()),
            MessageTarget::Group(group) => Conversation::Group(group.clone()),
        };
        let read: Vec<_> = stream::iter(by_user)
            .map(|(user, devices)| async move {
                let facts = self.decider.facts.facts(&job.app, &user, &conversation(&user)).await?;
                Ok::<_, StoreError>((facts, devices))
            })
            .buffered(PARALLEL_USERS)
            .try_collect()
            .await?;
        let mut tokens = Tokens::new();
        for (facts, devices) in &read {
            for (vendor, device) in devices {
                if let Some(binding) = bound(facts, device) {
                    let of = tokens.entry((*vendor, device.notifier.clone())).or_default();
                    of.push(binding.token.clone());
                }
            }
        }
        tokens.values_mut().for_each(|tokens| {
            tokens.sort_unstable();
            tokens.dedup();
        });
        Ok(tokens)
    }

    /// Returns what shows a recalled message. A conversation's notification shows the latest message that is stored.
    async fn shown_last(&self, job: &RecallJob) -> Result<ShownBy, StoreError> {
        let (timeline, conversation) = match &job.to {
            MessageTarget::Group(group) => (Timeline::Group(group.clone()), Conversation::Group(group.clone())),
            MessageTarget::User(user) => {
                let receiver = Receiver { user: user.clone(), msg_id: job.msg_id };
                let Some(content) = self.ports.contents.content(&job.app, &receiver, None).await? else {
                    return Ok(ShownBy::Nothing);
                };
                let Some(conversation) = content.shown_conversation() else {
                    return Ok(ShownBy::Itself);
                };
                (Timeline::User(user.clone()), conversation)
            }
        };
        let later = self.later(&job.app, &timeline, &conversation, job.msg_id).await?;
        let is_last = later.is_some_and(|later| later.is_empty());
        Ok(if is_last { ShownBy::Conversation(conversation) } else { ShownBy::Nothing })
    }

    /// Returns which receivers' messages were recalled. Receivers may share an id: those of a group, and those of a
    /// task, who have a message each. Jobs that are decided at once spare the read. A later check of a one-to-one
    /// message learns it with the acknowledgements.
    pub(crate) async fn recalled(&self, job: &DispatchJob, now: Timestamp) -> Result<Vec<Receiver>, StoreError> {
        // A page of a task that is repeated has old ids.
        let oldest = job.receivers.iter().map(|one| one.msg_id.accepted_at()).min().unwrap_or(now);
        let asked: Vec<(MessageTarget, MessageId)> = match &job.content.group {
            _ if now.since(oldest) < LOOKED_AT_FROM || job.content.online_only => Vec::new(),
            // All members have one id.
            Some(group) => {
                let first = job.receivers.first();
                first.map(|one| (MessageTarget::Group(group.clone()), one.msg_id)).into_iter().collect()
            }
            // A push that waits for nobody has no acknowledgements.
            None if is_later_check(job) && !job.content.is_beside_store() => Vec::new(),
            None => job.receivers.iter().map(|one| (MessageTarget::User(one.user.clone()), one.msg_id)).collect(),
        };
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let recalled = self.ports.recalls.recalled(&job.app, &asked).await?;
        let recalled: Vec<_> = asked.into_iter().zip(recalled).filter_map(|(asked, at)| at.map(|_| asked)).collect();
        let is_of = |one: &&Receiver| {
            recalled.iter().any(|(to, msg_id)| match to {
                MessageTarget::User(user) => (user, *msg_id) == (&one.user, one.msg_id),
                MessageTarget::Group(_) => *msg_id == one.msg_id,
            })
        };
        Ok(job.receivers.iter().filter(is_of).cloned().collect())
    }
}

/// Returns what follows a look, and when: the next page, or the recheck from the beginning.
fn next(job: &RecallJob, rest: Option<String>) -> Option<(RecallJob, Duration)> {
    match rest {
        Some(after) => Some((RecallJob { after: Some(after), attempts: 0, ..job.clone() }, Duration::ZERO)),
        None if job.looks == 0 => Some((RecallJob { after: None, looks: 1, attempts: 0, ..job.clone() }, SECOND_LOOK)),
        None => None,
    }
}
