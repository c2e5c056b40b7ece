//! The list of recent messages on the fakes.

mod bounded;
mod hidden;
mod walks;

use std::{slice::from_ref, sync::Arc, time::Duration};

use shared::{
    domain::{
        group::{Group, GroupMessage},
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, MessageId, UserId},
        message::{Content, Receiver},
        time::Timestamp,
    },
    offline::Bounds,
    ports::{
        clock::Clock,
        group_messages::StoreGroupMessages,
        groups::{ManageGroups, RaiseHead},
        messages::StoreMessages,
    },
    testing::{
        chance::FixedClock,
        memory::{MemoryGroups, MemoryMessages},
        sample,
    },
};

use super::{RECENT_BOUNDS, RecentMessages, Whose};

/// Ann, and the stores with her messages.
struct World {
    clock: FixedClock,
    begun: Timestamp,
    app: AppKey,
    ann: UserId,
    messages: Arc<MemoryMessages>,
    groups: Arc<MemoryGroups>,
    recent: RecentMessages,
}

fn group(name: &str) -> GroupId {
    GroupId::parse(name).unwrap()
}

impl World {
    fn new() -> Self {
        Self::bounded(RECENT_BOUNDS)
    }

    fn bounded(bounds: Bounds) -> Self {
        let clock = FixedClock::default();
        let messages = Arc::new(MemoryMessages::new(clock.clone()));
        let groups = Arc::new(MemoryGroups::default());
        let recent = RecentMessages {
            timelines: messages.clone(),
            memberships: groups.clone(),
            traces: messages.clone(),
            bounds,
            clock: Arc::new(clock.clone()),
        };
        let (app, ann) = (sample::app_key("acme#chat"), sample::user("ann"));
        let begun = clock.now().minus(Duration::from_secs(365 * 86_400));
        Self { clock, begun, app, ann, messages, groups, recent }
    }

    fn pass(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    async fn found(&self, name: &str) {
        let created = Group {
            id: group(name),
            name: name.into(),
            owner: None,
            members: 1,
            created_at: self.clock.now(),
            settings: GroupSettings::default(),
            changes: 0,
        };
        self.groups.create_group(&self.app, &created, &GroupInfo::default(), &[sample::user("bob")]).await.unwrap();
    }

    async fn join(&self, name: &str) {
        self.groups.add_members(&self.app, &group(name), from_ref(&self.ann), self.clock.now()).await.unwrap();
    }

    async fn leave(&self, name: &str) {
        self.groups.remove_members(&self.app, &group(name), from_ref(&self.ann)).await.unwrap();
    }

    /// Sends a message to Ann, with this time of acceptance and these random bits.
    async fn send_at(&self, at: Timestamp, random: u128) -> MessageId {
        let msg_id = MessageId::new(at, random);
        let receiver = Receiver { user: self.ann.clone(), msg_id };
        self.messages.store(&self.app, &[(&sample::content("hi", at), &[receiver])], &self.clock).await.unwrap();
        msg_id
    }

    /// Sends Ann an instant push that waits for nobody.
    async fn push_at(&self, at: Timestamp, random: u128) -> MessageId {
        let msg_id = MessageId::new(at, random);
        let receiver = Receiver { user: self.ann.clone(), msg_id };
        let content = Content { instant: Some(Box::default()), ..sample::content("a notice", at) };
        self.messages.store(&self.app, &[(&content, &[receiver])], &self.clock).await.unwrap();
        msg_id
    }

    /// Sends a message to all or some members of a group.
    async fn send_to_at(
        &self,
        name: &str,
        from: &str,
        users: Option<&[&str]>,
        at: Timestamp,
        random: u128,
    ) -> MessageId {
        let msg_id = MessageId::for_group(at, &group(name), random);
        let n = self.groups.raise_head(&self.app, &group(name), msg_id).await.unwrap();
        let content = Content { from: sample::user(from), group: Some(group(name)), ..sample::content("hi", at) };
        let users = users.map(|users| users.iter().map(|user| sample::user(user)).collect());
        let message = GroupMessage { group: group(name), msg_id, n, users, content };
        self.messages.store_for_group(&self.app, &message, &self.clock).await.unwrap();
        msg_id
    }

    /// Sends a message to Ann, a millisecond after the previous one.
    async fn send(&self) -> MessageId {
        self.pass(1);
        self.send_at(self.clock.now(), 7).await
    }

    /// Sends a message from Bob to a group, a millisecond after the previous one.
    async fn send_to(&self, name: &str) -> MessageId {
        self.pass(1);
        self.send_to_at(name, "bob", None, self.clock.now(), 7).await
    }

    /// Returns the ids of a page, and where the next one begins.
    async fn page(&self, up_to: MessageId, limit: usize) -> (Vec<MessageId>, Option<MessageId>) {
        let whose = Whose { app: &self.app, user: &self.ann, hidden_until: self.begun };
        let recent = self.recent.page(whose, up_to, limit).await.unwrap();
        assert!(recent.messages.len() <= limit);
        (recent.messages.iter().map(|(header, _)| header.msg_id).collect(), recent.rest)
    }

    /// Returns the ids of all pages.
    async fn walk(&self, limit: usize) -> Vec<MessageId> {
        let (mut ids, mut next) = (Vec::new(), Some(MessageId::MAX));
        while let Some(up_to) = next {
            let (page, rest) = self.page(up_to, limit).await;
            ids.extend(page);
            assert!(rest.is_none_or(|rest| rest < up_to), "the walk does not go on");
            next = rest;
        }
        ids
    }
}
