//! Revokes notifications of messages that were read: finds the devices' tokens, and queues jobs for the vendors.
//!
//! It adds no notification and records nothing. A failure is retried a few times, because a notification that stays is
//! no loss.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use shared::{
    domain::{
        binding::Binding,
        decision::Facts,
        id::{AppKey, MessageId, NotifierName, UserId},
        message::{Content, Receiver},
        profile::Conversation,
        retry::DISPATCH,
        vendor::Vendor,
    },
    lambda::deadline::Deadline,
    ports::{
        apps::AppConfig,
        error::StoreError,
        queue::{MAX_REVOKED_DEVICES, PushedMessage, PushedTo, RevokeJob, RevokeRequest},
        timelines::{Entry, Order, Span, Timeline},
    },
};

use crate::dispatch::{Dispatch, FINISH, PUT_BACK};

/// Maximum attempts of a request.
const MAX_ATTEMPTS: u32 = 3;
/// How long a vendor's queue may take to begin a call. Later the user has seen the notification.
pub(crate) const USEFUL: Duration = Duration::from_secs(600);
/// Maximum later messages that are read to see whether the conversation's notification shows one of them.
const LATER_MESSAGES: usize = 50;

/// The jobs of a request, by vendor.
type Jobs = BTreeMap<Vendor, Vec<RevokeJob>>;

impl Dispatch {
    /// Queues what a request asks for. Returns `false` if SQS must redeliver the record.
    pub(crate) async fn revoke(&self, request: RevokeRequest, deadline: Deadline) -> bool {
        let error = match deadline.leaving(FINISH).wait(self.queue_revocations(&request)).await {
            Some(Ok(())) => return true,
            Some(Err(error)) => error.chain(),
            None => "no time was left".to_owned(),
        };
        let attempts = request.attempts + 1;
        tracing::warn!(app = %request.app, error, attempts, "notifications of read messages cannot be revoked");
        if attempts >= MAX_ATTEMPTS {
            return true;
        }
        let delay = DISPATCH.delay(attempts, None, self.ports.entropy.fraction());
        let again = RevokeRequest { attempts, ..request };
        let queued = deadline.leaving(PUT_BACK).wait(self.ports.requests.request_revocation(&again, delay));
        matches!(queued.await, Some(Ok(())))
    }

    async fn queue_revocations(&self, request: &RevokeRequest) -> Result<(), StoreError> {
        let Some(config) = self.decider.configs.get(&request.app).await? else {
            return Ok(());
        };
        if !config.app.settings.clear_when_read {
            return Ok(());
        }
        // Which conversation does not matter: only bindings and marks are used.
        let conversation = Conversation::User(request.user.clone());
        let facts = self.decider.facts.facts(&request.app, &request.user, &conversation).await?;
        let mut jobs = Jobs::new();
        for message in &request.messages {
            self.add_jobs(request, &config, &facts, message, &mut jobs).await?;
        }
        for (vendor, jobs) in jobs {
            self.ports.revocations.queue_revocations(vendor, &jobs, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Adds the jobs of one message, one for each notifier.
    async fn add_jobs(
        &self,
        request: &RevokeRequest,
        config: &AppConfig,
        facts: &Facts,
        message: &PushedMessage,
        jobs: &mut Jobs,
    ) -> Result<(), StoreError> {
        let names: BTreeSet<&NotifierName> = message.devices.iter().map(|device| &device.notifier).collect();
        let now = self.ports.clock.now();
        for name in names {
            let Some(notifier) = config.notifiers.get(name).filter(|notifier| notifier.vendor.revokes()) else {
                continue;
            };
            let on = message.devices.iter().filter(|device| device.notifier == *name);
            let tokens: Vec<_> = on.filter_map(|device| bound(facts, device)).map(|one| one.token.clone()).collect();
            let conversation = match tokens.is_empty() {
                true => continue,
                // The pushes of a task replace each other, and nothing else.
                false if !notifier.replaces_by_conversation() || message.task.is_some() => None,
                false => match self.last_of_conversation(request, facts, message.msg_id).await? {
                    Some(conversation) => Some(conversation.into()),
                    None => continue,
                },
            };
            let job = |tokens: &[_]| RevokeJob {
                app: request.app.clone(),
                notifier: name.clone(),
                msg_id: message.msg_id,
                conversation: conversation.clone(),
                task: message.task,
                tokens: tokens.to_vec(),
                expires_at: now.plus(USEFUL),
                attempts: 0,
            };
            jobs.entry(notifier.vendor).or_default().extend(tokens.chunks(MAX_REVOKED_DEVICES).map(job));
        }
        Ok(())
    }

    /// Returns the conversation of a message, if no later message of it waits: then the conversation's one notification
    /// shows nothing unread. If too many messages came later, it counts as one that waits.
    async fn last_of_conversation(
        &self,
        request: &RevokeRequest,
        facts: &Facts,
        msg_id: MessageId,
    ) -> Result<Option<Conversation>, StoreError> {
        let RevokeRequest { app, user, .. } = request;
        let Some(content) = self.content(app, user, msg_id).await? else {
            return Ok(None);
        };
        let conversation = content.conversation();
        let timeline = match &conversation {
            Conversation::User(_) => Timeline::User(user.clone()),
            Conversation::Group(group) => Timeline::Group(group.clone()),
        };
        let Some(later) = self.later(app, &timeline, &conversation, msg_id).await? else {
            return Ok(None);
        };
        let is_for_user = |entry: &&Entry| {
            entry.content.from != *user && entry.users.as_ref().is_none_or(|users| users.contains(user))
        };
        for entry in later.iter().filter(is_for_user) {
            let receiver = Receiver { user: user.clone(), msg_id: entry.msg_id };
            let is_done = facts.marks.is_some_and(|marks| marks.cover(entry.msg_id));
            if !is_done && !self.ports.acks.is_acknowledged(app, &receiver).await? {
                return Ok(None);
            }
        }
        Ok(Some(conversation))
    }

    /// Returns the messages of a conversation that came after this one, from the timeline that has them. Returns `None`
    /// if too many messages came later.
    pub(crate) async fn later(
        &self,
        app: &AppKey,
        timeline: &Timeline,
        conversation: &Conversation,
        msg_id: MessageId,
    ) -> Result<Option<Vec<Entry>>, StoreError> {
        let span = Span {
            after: msg_id,
            up_to: MessageId::MAX,
            order: Order::NewestFirst,
            limit: LATER_MESSAGES,
            strong: true,
        };
        let mut later = self.ports.timelines.timeline(app, timeline, &span).await?;
        later.entries.retain(|entry| entry.content.conversation() == *conversation);
        Ok(later.rest.is_none().then_some(later.entries))
    }

    /// Reads the content of a user's message.
    async fn content(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Result<Option<Content>, StoreError> {
        if !msg_id.is_of_group() {
            let receiver = Receiver { user: user.clone(), msg_id };
            return self.ports.contents.content(app, &receiver, None).await;
        }
        let message = self.ports.group_messages.group_message(app, None, msg_id, user).await?;
        Ok(message.map(|message| message.content))
    }
}

/// Returns the device's binding for the notifier of the push, if it still has one.
pub(crate) fn bound<'f>(facts: &'f Facts, device: &PushedTo) -> Option<&'f Binding> {
    facts.bindings.iter().find(|one| one.device_id == device.device_id && one.notifier == device.notifier)
}
