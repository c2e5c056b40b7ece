//! The offline store on the fakes.

mod bounded;
mod erased;
mod history;
mod limits;
mod marks;
mod pages;

use std::{
    slice::from_ref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{Bounds, Cursor, OfflinePage, OfflineStore, PageRequest};
use crate::{
    domain::{
        ack::{Ack, Acked, OlderMark},
        group::{Group, GroupMessage},
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, MessageId, UserId},
        instant::{InstantPush, Strategy},
        message::{Content, Receiver},
        time::Timestamp,
    },
    ports::{
        acks::{AckSpan, AcknowledgeMessages, Acks},
        clock::Clock,
        erasure::{ReadVisibleSince, VisibleSince},
        error::StoreError,
        group_messages::StoreGroupMessages,
        groups::{ManageGroups, RaiseHead},
        messages::StoreMessages,
        timelines::{Chunk, ReadTimeline, Span, Timeline},
    },
    testing::{
        chance::FixedClock,
        memory::{MemoryGroups, MemoryMessages, MemoryUsers},
        sample,
    },
};

/// Ann, and the stores with her messages.
pub(super) struct World {
    clock: FixedClock,
    app: AppKey,
    ann: UserId,
    messages: Arc<MemoryMessages>,
    reads: Arc<Counted>,
    users: Arc<MemoryUsers>,
    groups: Arc<MemoryGroups>,
    store: OfflineStore,
}

pub(super) fn group(name: &str) -> GroupId {
    GroupId::parse(name).unwrap()
}

/// The time from which everybody's messages count.
struct FixedVisibleSince {
    at: Option<Timestamp>,
    groups_complete: bool,
}

#[async_trait]
impl ReadVisibleSince for FixedVisibleSince {
    async fn visible_since(&self, _: &AppKey, _: &UserId) -> Result<VisibleSince, StoreError> {
        Ok(VisibleSince { at: self.at, groups_complete: self.groups_complete })
    }
}

/// Counts the messages and acknowledgements that are read.
struct Counted {
    rows: AtomicUsize,
    messages: Arc<MemoryMessages>,
}

impl Counted {
    fn take(&self) -> usize {
        self.rows.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl ReadTimeline for Counted {
    async fn timeline(&self, app: &AppKey, timeline: &Timeline, span: &Span) -> Result<Chunk, StoreError> {
        let chunk = self.messages.timeline(app, timeline, span).await?;
        self.rows.fetch_add(chunk.entries.len(), Ordering::SeqCst);
        Ok(chunk)
    }
}

#[async_trait]
impl AcknowledgeMessages for Counted {
    async fn acknowledged(&self, app: &AppKey, user: &UserId, span: &AckSpan) -> Result<Acks, StoreError> {
        let acks = self.messages.acknowledged(app, user, span).await?;
        self.rows.fetch_add(acks.ids.len(), Ordering::SeqCst);
        Ok(acks)
    }

    async fn older_mark(&self, app: &AppKey, user: &UserId) -> Result<Option<OlderMark>, StoreError> {
        self.messages.older_mark(app, user).await
    }

    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError> {
        self.messages.acknowledge(app, user, ids).await
    }
}

impl World {
    fn new() -> Self {
        Self::bounded(Bounds::default())
    }

    /// Creates a setup whose calls read little.
    fn bounded(bounds: Bounds) -> Self {
        let clock = FixedClock::default();
        let messages = Arc::new(MemoryMessages::new(clock.clone()));
        let reads = Arc::new(Counted { rows: AtomicUsize::new(0), messages: messages.clone() });
        let users = Arc::new(MemoryUsers::default());
        let groups = Arc::new(MemoryGroups::default());
        let store = OfflineStore {
            timelines: reads.clone(),
            stored: messages.clone(),
            acks: reads.clone(),
            inbox: users.clone(),
            memberships: groups.clone(),
            visible_since: Arc::new(FixedVisibleSince { at: None, groups_complete: true }),
            bounds,
            clock: Arc::new(clock.clone()),
        };
        let (app, ann) = (sample::app_key("acme#chat"), sample::user("ann"));
        Self { clock, app, ann, messages, reads, users, groups, store }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pass(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    /// Creates a group without Ann.
    async fn found(&self, name: &str) {
        let created = Group {
            id: group(name),
            name: name.into(),
            owner: None,
            members: 1,
            created_at: self.now(),
            settings: GroupSettings::default(),
            changes: 0,
        };
        self.groups.create_group(&self.app, &created, &GroupInfo::default(), &[sample::user("bob")]).await.unwrap();
    }

    async fn join(&self, name: &str) {
        self.groups.add_members(&self.app, &group(name), from_ref(&self.ann), self.now()).await.unwrap();
    }

    async fn leave(&self, name: &str) {
        self.groups.remove_members(&self.app, &group(name), from_ref(&self.ann)).await.unwrap();
    }

    /// Stores a message to Ann under this id.
    async fn store(&self, msg_id: MessageId) {
        let content = sample::content("hi", msg_id.accepted_at());
        let receiver = Receiver { user: self.ann.clone(), msg_id };
        self.messages.store(&self.app, &[(&content, &[receiver])], &self.clock).await.unwrap();
    }

    /// Sends an instant push to Ann that waits for her login, a millisecond later.
    async fn push(&self) -> MessageId {
        self.pass(1);
        let msg_id = MessageId::new(self.now(), 7);
        let instant = InstantPush { strategy: Strategy::OwnChannel, ..InstantPush::default() };
        let content = Content { instant: Some(Box::new(instant)), ..sample::content("hi", msg_id.accepted_at()) };
        let receiver = Receiver { user: self.ann.clone(), msg_id };
        self.messages.store(&self.app, &[(&content, &[receiver])], &self.clock).await.unwrap();
        msg_id
    }

    /// Stores a message to a group under this id.
    async fn store_for(&self, name: &str, from: &str, users: Option<&[&str]>, msg_id: MessageId) {
        let n = self.groups.raise_head(&self.app, &group(name), msg_id).await.unwrap();
        let at = msg_id.accepted_at();
        let content = Content { from: sample::user(from), group: Some(group(name)), ..sample::content("hi", at) };
        let users = users.map(|users| users.iter().map(|user| sample::user(user)).collect());
        let message = GroupMessage { group: group(name), msg_id, n, users, content };
        self.messages.store_for_group(&self.app, &message, &self.clock).await.unwrap();
    }

    /// Sends a message to Ann, a millisecond later.
    async fn send(&self) -> MessageId {
        self.pass(1);
        let id = MessageId::new(self.now(), 7);
        self.store(id).await;
        id
    }

    /// Sends a message from Bob to a group, a millisecond later.
    async fn send_to(&self, name: &str) -> MessageId {
        self.pass(1);
        let id = MessageId::for_group(self.now(), &group(name), 7);
        self.store_for(name, "bob", None, id).await;
        id
    }

    async fn page(&self, limit: usize, cursor: Option<Cursor>) -> OfflinePage {
        let request = PageRequest { limit, cursor, since: None };
        self.store.page(&self.app, &self.ann, &request).await.unwrap()
    }

    /// Returns the ids of all pages.
    async fn walk(&self, limit: usize) -> Vec<MessageId> {
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.page(limit, cursor).await;
            assert!(page.messages.len() <= limit);
            ids.extend(page.messages.iter().map(|message| message.msg_id));
            assert!(ids.is_sorted(), "not oldest first: {ids:?}");
            cursor = page.cursor;
            if cursor.is_none() {
                return ids;
            }
        }
    }

    async fn ack(&self, ids: &[MessageId]) -> Acked {
        let ack = Ack::Messages(ids.iter().copied().collect());
        self.store.acknowledge(&self.app, &self.ann, &ack).await.unwrap()
    }

    async fn ack_up_to(&self, id: MessageId) -> Acked {
        self.store.acknowledge(&self.app, &self.ann, &Ack::UpTo(id)).await.unwrap()
    }

    async fn count(&self) -> usize {
        self.store.count(&self.app, &self.ann).await.unwrap()
    }
}
