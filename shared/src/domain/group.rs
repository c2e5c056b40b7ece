//! Groups, and the results of their messages.
//!
//! A group message has one id for all members. check-presence decides for a page of members at a time, and records a
//! page as a whole, because one row for each receiver would cost more than the push.

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
/// Members that one invocation decides for. With so many a vendor call is full, and few records serve many receivers.
pub const PAGE_MEMBERS: usize = 500;

/// A group of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// its id
    pub id: GroupId,
    /// the group's name
    pub name: String,
    /// the owner, if the app named one; the owner is a member
    pub owner: Option<UserId>,
    /// how many members it has
    pub members: u32,
    /// when it was created
    pub created_at: Timestamp,
    /// what the app set for joining the group
    pub settings: GroupSettings,
    /// how often members joined or left; the same number means the same members
    pub changes: u64,
}

/// The state of a group that a message needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupState {
    /// how many members it has
    pub members: u32,
    /// whether the app switched it off; then nobody receives its messages
    pub disabled: bool,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// the member
    pub user: UserId,
    /// when the user joined; the minimum time for a member whom an earlier version added
    pub joined_at: Timestamp,
}

/// A group that a user is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// the group
    pub group: GroupId,
    /// when the user joined; the user does not get earlier messages
    pub joined_at: Timestamp,
}

/// A message to a group, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMessage {
    /// the group
    pub group: GroupId,
    /// its id, for all members
    pub msg_id: MessageId,
    /// its sequence number in the group; 0 in rows of versions that did not count
    pub n: u64,
    /// the members that it is for; `None` for all
    pub users: Option<Vec<UserId>>,
    /// what they receive
    pub content: Content,
}

/// The newest message of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupHead {
    /// how many messages the group had
    pub n: u64,
    /// the newest one by its id
    pub last: MessageId,
}

/// A page of a group's members for one message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupPage {
    /// the group
    pub group: GroupId,
    /// the number of the page, counted from 0
    pub page: u32,
    /// the last member of the page before; members of this page sort after it. Records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UserId>,
}

impl GroupPage {
    /// Returns whether the page's first member is known. It is unknown for a later page that an earlier version queued.
    pub fn is_placed(&self) -> bool {
        self.page == 0 || self.after.is_some()
    }
}

/// The result of a group message for one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// the receiver
    pub user: UserId,
    /// pushed or suppressed
    pub decision: RecordedDecision,
    /// the results of the pushes
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<DeviceOutcome>,
}

impl GroupRecord {
    /// Returns the devices whose pushes ended, with their notifiers.
    pub fn ended(&self) -> impl Iterator<Item = (UserId, DeviceId, NotifierName)> + '_ {
        self.outcomes.iter().map(|one| (self.user.clone(), one.device_id.clone(), one.notifier.clone()))
    }

    /// Merges the records of several writes to one for each receiver. Outcomes add up. A decision to push replaces a
    /// suppression from an earlier check.
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
