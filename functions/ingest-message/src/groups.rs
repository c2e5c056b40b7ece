//! Messages to groups: they are parsed, get ids, are stored once for each group, and queued.

use std::time::Duration;

use async_trait::async_trait;
use shared::{
    domain::{
        group::{GroupMessage, GroupPage, MAX_DIRECTED, MAX_GROUPS},
        id::{AppKey, GroupId, MessageId, UserId},
        invalid::Invalid,
        message::{Content, Receiver},
        time::Timestamp,
    },
    lambda::{
        error::ApiError,
        fields::Fields,
        idempotency::RequestAttempt,
        message::{MessageCall, MessageForm, ids, only_ids},
    },
    ports::{
        clock::Clock,
        error::StoreError,
        group_messages::StoreGroupMessages,
        groups::RaiseHead,
        messages::FindStored,
        queue::{DispatchJob, GroupJob, QueueDispatch},
    },
};

use crate::ids::{Target, WithId};

/// Some members of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Directed {
    /// the group
    pub group: GroupId,
    /// the members
    pub users: Vec<UserId>,
}

/// Parses a message to groups.
pub fn parse(form: MessageForm, fields: &Fields) -> Result<MessageCall<Vec<GroupId>>, ApiError> {
    MessageCall::addressed(form, fields, |fields| groups(form, fields, MAX_GROUPS))
}

/// Parses a message to some members of a group.
pub fn parse_directed(fields: &Fields) -> Result<MessageCall<Directed>, ApiError> {
    MessageCall::addressed(MessageForm::Current, fields, |fields| {
        // Exactly one group is allowed.
        let group = groups(MessageForm::Current, fields, 1)?.remove(0);
        Ok(Directed { group, users: only_ids(ids(fields, "users", "user", MAX_DIRECTED, UserId::parse_as)?) })
    })
}

/// A group that receives a call's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToGroup {
    /// the group
    pub group: GroupId,
    /// whether the message is stored
    pub kept: bool,
}

#[async_trait]
impl Target for ToGroup {
    fn place(&self) -> String {
        format!("group\n{}", self.group)
    }

    fn is_kept(&self) -> bool {
        self.kept
    }

    fn id(&self, at: Timestamp, random: u128) -> MessageId {
        MessageId::for_group(at, &self.group, random)
    }

    /// Returns the id of an earlier version. So a repeat after an upgrade finds what an interrupted call stored before
    /// it. A claim is stored for a day, so the version after the one that introduced group bits in ids does not need
    /// this.
    fn former_id(&self, at: Timestamp, random: u128) -> Option<MessageId> {
        Some(MessageId::of_group(at, random))
    }

    async fn stored(
        rows: &dyn FindStored,
        app: &AppKey,
        asked: &[(&Self, MessageId)],
    ) -> Result<Vec<bool>, StoreError> {
        let message = |(to, msg_id): &(&Self, MessageId)| (to.group.clone(), *msg_id);
        rows.stored_for_groups(app, &asked.iter().map(message).collect::<Vec<_>>()).await
    }
}

/// A message of one group.
#[derive(Debug, Clone)]
pub struct AcceptedForGroup {
    /// the content for its members
    content: Content,
    /// the group
    pub group: GroupId,
    /// the message's id for all members
    pub msg_id: MessageId,
    /// whether an earlier try has stored the row
    stored: bool,
}

impl AcceptedForGroup {
    /// Creates the message of a group. Its content gets the group.
    pub fn new(content: &Content, WithId { to, msg_id, stored }: WithId<ToGroup>) -> Self {
        let content = Content { group: Some(to.group.clone()), ..content.renewed(msg_id.accepted_at()) };
        Self { content, group: to.group, msg_id, stored }
    }

    fn page(&self) -> GroupPage {
        GroupPage { group: self.group.clone(), page: 0, after: None }
    }
}

/// The stores for messages of groups.
pub struct Stores<'a> {
    /// the message counters of groups
    pub heads: &'a dyn RaiseHead,
    /// the offline store
    pub messages: &'a dyn StoreGroupMessages,
    /// tells the time
    pub clock: &'a dyn Clock,
}

/// Stores the message of each group and queues the first page of its members.
pub async fn accept(
    app: &AppKey,
    accepted: &[AcceptedForGroup],
    attempt: &RequestAttempt,
    stores: &Stores<'_>,
    queue: &dyn QueueDispatch,
) -> Result<(), StoreError> {
    for one in accepted {
        store(app, one, None, stores).await?;
    }
    let job = |one: &AcceptedForGroup| GroupJob {
        app: app.clone(),
        content: one.content.clone(),
        msg_id: one.msg_id,
        page: one.page(),
        after: None,
        members: None,
        attempts: 0,
        repeat: attempt.abandoned,
    };
    let jobs: Vec<GroupJob> = accepted.iter().map(job).collect();
    queue.queue_groups(&jobs, Duration::ZERO).await
}

/// Stores the message of a group, and queues the decisions for some of its members, the sender excluded.
pub async fn accept_directed(
    app: &AppKey,
    accepted: &AcceptedForGroup,
    users: Vec<UserId>,
    attempt: &RequestAttempt,
    stores: &Stores<'_>,
    queue: &dyn QueueDispatch,
) -> Result<(), StoreError> {
    let others: Vec<UserId> = users.into_iter().filter(|user| *user != accepted.content.from).collect();
    store(app, accepted, Some(&others), stores).await?;
    let receivers: Vec<Receiver> = others.into_iter().map(|user| Receiver { user, msg_id: accepted.msg_id }).collect();
    if receivers.is_empty() {
        return Ok(());
    }
    let job = DispatchJob {
        app: app.clone(),
        content: accepted.content.clone(),
        page: Some(accepted.page()),
        members: None,
        receivers,
        recheck_at: None,
        waited: None,
        connections: None,
        pushed: Vec::new(),
        vendor_failed: false,
        attempts: 0,
        repeat: attempt.abandoned,
    };
    queue.queue_dispatch(&[job], Duration::ZERO).await
}

/// Raises the head, and then stores the message. So a reader who finds the message also finds its head.
async fn store(
    app: &AppKey,
    one: &AcceptedForGroup,
    users: Option<&[UserId]>,
    stores: &Stores<'_>,
) -> Result<(), StoreError> {
    if one.content.online_only || one.stored {
        return Ok(());
    }
    let n = stores.heads.raise_head(app, &one.group, one.msg_id).await?;
    let (group, content) = (one.group.clone(), one.content.clone());
    let message = GroupMessage { group, msg_id: one.msg_id, n, users: users.map(<[UserId]>::to_vec), content };
    stores.messages.store_for_group(app, &message, stores.clock).await
}

fn groups(form: MessageForm, fields: &Fields, most: usize) -> Result<Vec<GroupId>, Invalid> {
    Ok(only_ids(ids(fields, form.to(), "group", most, GroupId::parse_as)?))
}
