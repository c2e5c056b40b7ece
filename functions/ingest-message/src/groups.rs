//! Messages to groups: read, named, stored once a group, and queued.

use std::time::Duration;

use shared::{
    crypto::encoding::sha256_bits,
    domain::{
        group::{GroupMessage, GroupPage, MAX_DIRECTED, MAX_GROUPS},
        id::{AppKey, GroupId, MessageId, UserId},
        invalid::Invalid,
        message::{Content, Receiver},
    },
    lambda::{
        error::ApiError,
        fields::Fields,
        message::{Message, ids},
        once::Attempt,
    },
    ports::{
        clock::Entropy,
        error::StoreError,
        group_messages::StoreGroupMessages,
        groups::RaiseHead,
        queue::{DispatchJob, GroupJob, QueueDispatch},
    },
};

/// Some members of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Directed {
    /// the group
    pub group: GroupId,
    /// the members
    pub users: Vec<UserId>,
}

/// Parses a message to groups.
pub fn parse(body: &[u8]) -> Result<Message<Vec<GroupId>>, ApiError> {
    Message::addressed(&fields(body)?, |fields| groups(fields, MAX_GROUPS))
}

/// Parses a message to some members of a group.
pub fn parse_directed(body: &[u8]) -> Result<Message<Directed>, ApiError> {
    Message::addressed(&fields(body)?, |fields| {
        // One group is the most and the least.
        let group = groups(fields, 1)?.remove(0);
        Ok(Directed { group, users: ids(fields, "users", "user", MAX_DIRECTED, UserId::parse_as)? })
    })
}

/// A message of one group.
#[derive(Debug, Clone)]
pub struct AcceptedForGroup {
    /// what its members receive
    pub content: Content,
    /// the group
    pub group: GroupId,
    /// the message's id, for all of them
    pub msg_id: MessageId,
}

impl AcceptedForGroup {
    /// Gives a group's message its id, and its content the group.
    pub fn new(app: &AppKey, content: Content, group: GroupId, attempt: &Attempt, entropy: &dyn Entropy) -> Self {
        let random = match &attempt.key {
            Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\ngroup\n{group}", attempt.since)),
            None => entropy.bits(),
        };
        let msg_id = MessageId::of_group(attempt.since, random);
        Self { content: Content { group: Some(group.clone()), ..content }, group, msg_id }
    }

    fn page(&self) -> GroupPage {
        GroupPage { group: self.group.clone(), page: 0, after: None }
    }
}

/// Stores the message of each group and queues the first page of its members.
pub async fn accept(
    app: &AppKey,
    accepted: &[AcceptedForGroup],
    attempt: &Attempt,
    stores: (&dyn RaiseHead, &dyn StoreGroupMessages),
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

/// Stores the message of a group and queues the decisions of some of its members. The sender is not among them.
pub async fn accept_directed(
    app: &AppKey,
    accepted: &AcceptedForGroup,
    users: Vec<UserId>,
    attempt: &Attempt,
    stores: (&dyn RaiseHead, &dyn StoreGroupMessages),
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
        attempts: 0,
        repeat: attempt.abandoned,
    };
    queue.queue_dispatch(&[job], Duration::ZERO).await
}

/// The head is raised first: whoever sees the message sees that there is one.
async fn store(
    app: &AppKey,
    one: &AcceptedForGroup,
    users: Option<&[UserId]>,
    (heads, messages): (&dyn RaiseHead, &dyn StoreGroupMessages),
) -> Result<(), StoreError> {
    if one.content.online_only {
        return Ok(());
    }
    let n = heads.raise_head(app, &one.group, one.msg_id).await?;
    let (group, content) = (one.group.clone(), one.content.clone());
    let message = GroupMessage { group, msg_id: one.msg_id, n, users: users.map(<[UserId]>::to_vec), content };
    messages.store_for_group(app, &message).await
}

fn fields(body: &[u8]) -> Result<Fields, ApiError> {
    Fields::parse(body).map_err(|invalid| ApiError::invalid(&invalid).of_message(None))
}

fn groups(fields: &Fields, most: usize) -> Result<Vec<GroupId>, Invalid> {
    ids(fields, "to", "group", most, GroupId::parse_as)
}
