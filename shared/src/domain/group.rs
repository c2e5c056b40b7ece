//! Groups, and what became of their messages.
//!
//! A group message has one id for all members. They are decided a page at a time, and a page is recorded as a whole: a row a
//! receiver would cost more than the push.

use serde::{Deserialize, Serialize};

use super::{
    decision::RecordedDecision,
    group_profile::GroupSettings,
    id::{DeviceId, GroupId, MessageId, NotifierName, UserId},
    message::Content,
    outcome::DeviceOutcome,
    time::Timestamp,
};

/// Maximum groups of one call. Source: Easemob, "send group messages".
pub const MAX_GROUPS: usize = 3;
/// Maximum members that one message to some members of a group names. Source: the same page.
pub const MAX_DIRECTED: usize = 20;
/// Maximum members that one call adds or removes. Source: Easemob, "add and remove group members".
pub const MAX_MEMBERS_AT_ONCE: usize = 60;
/// Maximum members that a group is created with, beside its owner.
pub const MAX_FIRST_MEMBERS: usize = 100;
/// Maximum characters of a group's name. Source: Easemob, "manage groups".
pub const MAX_NAME_CHARS: usize = 128;
/// Maximum groups that one call shows. Source: the same page.
pub const MAX_SHOWN_GROUPS: usize = 100;
/// Maximum administrators of a group, its owner not among them. Source: Easemob, "get the members of a group".
pub const MAX_ADMINS: usize = 99;
/// How many members of a group are decided at once: few enough for one invocation, and enough that a vendor's call is full and
/// few records pay for many receivers.
pub const PAGE_MEMBERS: usize = 500;

/// A group of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// its id
    pub id: GroupId,
    /// what people call it
    pub name: String,
    /// whose it is, if that was said; the owner is a member
    pub owner: Option<UserId>,
    /// how many members it has
    pub members: u32,
    /// when it was created
    pub created_at: Timestamp,
    /// what the app said about joining it
    pub settings: GroupSettings,
    /// how often members came or went: the same number means the same members
    pub changes: u64,
}

/// What a message finds of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupState {
    /// how many members it has
    pub members: u32,
    /// whether the app switched it off: then no message of it reaches anybody
    pub disabled: bool,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// who
    pub user: UserId,
    /// since when; the beginning of time for one whom a version before added
    pub joined_at: Timestamp,
}

/// A group that a user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// the group
    pub group: GroupId,
    /// since when: earlier messages are not the user's
    pub joined_at: Timestamp,
}

/// A message to a group, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMessage {
    /// the group
    pub group: GroupId,
    /// its id, for all members
    pub msg_id: MessageId,
    /// its running number in the group; 0 in rows of versions that counted none
    pub n: u64,
    /// the members it is for, if it is not for all
    pub users: Option<Vec<UserId>>,
    /// what they receive
    pub content: Content,
}

/// What was last sent to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupHead {
    /// how many messages were counted
    pub n: u64,
    /// the newest of them by its id
    pub last: MessageId,
}

/// A page of a group's members, as one message met them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupPage {
    /// the group
    pub group: GroupId,
    /// counted from 0
    pub page: u32,
    /// the last member of the page before: every member of this one sorts behind. Pages that older versions queued do not have it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UserId>,
}

impl GroupPage {
    /// Whether it is known where the page begins. It is not of a later page that an older version queued.
    pub fn is_placed(&self) -> bool {
        self.page == 0 || self.after.is_some()
    }
}

/// What became of a group message for one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// the receiver
    pub user: UserId,
    /// pushed or silent
    pub decision: RecordedDecision,
    /// what became of the pushes
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<DeviceOutcome>,
}

impl GroupRecord {
    /// The devices whose pushes ended, and through which notifier.
    pub fn ended(&self) -> impl Iterator<Item = (UserId, DeviceId, NotifierName)> + '_ {
        self.outcomes.iter().map(|one| (self.user.clone(), one.device_id.clone(), one.notifier.clone()))
    }

    /// One record a receiver, from those of several writes: outcomes add up, and a decision to push stands over a silence of
    /// an earlier check.
    pub fn merge(records: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: std::collections::BTreeMap<UserId, Self> = std::collections::BTreeMap::new();
        for record in records {
            let Some(known) = merged.get_mut(&record.user) else {
                merged.insert(record.user.clone(), record);
                continue;
            };
            if known.outcomes.is_empty() && !record.outcomes.is_empty() {
                known.decision = record.decision;
            }
            for outcome in record.outcomes {
                let same =
                    |old: &DeviceOutcome| (&old.device_id, &old.notifier) == (&outcome.device_id, &outcome.notifier);
                match known.outcomes.iter_mut().find(|old| same(old)) {
                    Some(old) if old.at < outcome.at => *old = outcome,
                    Some(_) => {}
                    None => known.outcomes.push(outcome),
                }
            }
            known.outcomes.sort_by(|a, b| (&a.device_id, &a.notifier).cmp(&(&b.device_id, &b.notifier)));
        }
        merged.into_values().collect()
    }
}
