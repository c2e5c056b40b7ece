//! Groups in memory.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{Faults, lock};
use crate::{
    domain::{
        directory::Month,
        group::{Group, GroupHead, GroupState, Membership},
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, MessageId, UserId},
        time::Timestamp,
    },
    ports::{
        directory::ReadGroupDirectory,
        erasure::EraseGroups,
        error::StoreError,
        groups::{ManageGroups, MembersChange, RaiseHead, ReadMembers, ReadMemberships},
    },
};

/// Groups with their members. The number of members is not stored separately.
#[derive(Debug, Default)]
pub struct MemoryGroups {
    /// failures on demand
    pub faults: Faults,
    groups: Mutex<BTreeMap<(AppKey, GroupId), Rows>>,
    heads: Mutex<HashMap<(AppKey, GroupId), GroupHead>>,
    largest_page: Mutex<HashMap<(AppKey, GroupId), usize>>,
}

#[derive(Debug)]
pub(super) struct Rows {
    pub(super) name: String,
    pub(super) owner: Option<UserId>,
    pub(super) created_at: Timestamp,
    pub(super) settings: GroupSettings,
    pub(super) info: GroupInfo,
    pub(super) changes: u64,
    /// the members, and when they joined
    pub(super) members: BTreeMap<UserId, Timestamp>,
    /// the members who are administrators
    pub(super) admins: BTreeSet<UserId>,
}

impl Rows {
    pub(super) fn group(&self, id: &GroupId) -> Group {
        Group {
            id: id.clone(),
            name: self.name.clone(),
            owner: self.owner.clone(),
            members: u32::try_from(self.members.len()).unwrap_or(u32::MAX),
            created_at: self.created_at,
            settings: self.settings,
            changes: self.changes,
        }
    }

    fn join(&mut self, users: &[UserId], at: Timestamp) -> MembersChange {
        let users: BTreeSet<&UserId> = users.iter().collect();
        let new: Vec<UserId> = users.into_iter().filter(|user| !self.members.contains_key(*user)).cloned().collect();
        if !new.is_empty() && !self.settings.has_room_for(self.members.len() + new.len()) {
            return MembersChange::Full;
        }
        self.changes += u64::from(!new.is_empty());
        self.members.extend(new.iter().map(|user| (user.clone(), at)));
        MembersChange::Changed(new)
    }

    fn remove(&mut self, users: &[UserId]) -> MembersChange {
        if self.owner.as_ref().is_some_and(|owner| users.contains(owner)) {
            return MembersChange::IsOwner;
        }
        let users: BTreeSet<&UserId> = users.iter().collect();
        let gone = users.into_iter().filter(|user| self.leave(user)).cloned();
        MembersChange::Changed(gone.collect())
    }

    fn leave(&mut self, user: &UserId) -> bool {
        let left = self.members.remove(user).is_some();
        self.admins.remove(user);
        self.changes += u64::from(left);
        left
    }
}

impl MemoryGroups {
    /// Returns the largest number of members of the group in one read so far.
    pub fn largest_page(&self, app: &AppKey, group: &GroupId) -> usize {
        lock(&self.largest_page).get(&(app.clone(), group.clone())).copied().unwrap_or_default()
    }

    /// Reads or changes a group. Returns `None` if there is no such group.
    pub(super) fn with<T>(&self, app: &AppKey, group: &GroupId, work: impl FnOnce(&mut Rows) -> T) -> Option<T> {
        lock(&self.groups).get_mut(&(app.clone(), group.clone())).map(work)
    }
}

#[async_trait]
impl ReadMembers for MemoryGroups {
    async fn state(&self, app: &AppKey, group: &GroupId) -> Result<Option<GroupState>, StoreError> {
        self.faults.before("state").await?;
        let state = |group: Group| GroupState { members: group.members, disabled: group.settings.disabled };
        Ok(self.with(app, group, |rows| state(rows.group(group))))
    }

    async fn members(
        &self,
        app: &AppKey,
        group: &GroupId,
        after: Option<&UserId>,
        max: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        self.faults.before("members").await?;
        let key = (app.clone(), group.clone());
        let groups = lock(&self.groups);
        let members = groups.get(&key).into_iter().flat_map(|rows| rows.members.keys());
        let behind = members.filter(|member| after.is_none_or(|after| *member > after));
        let page: Vec<UserId> = behind.take(max).cloned().collect();
        let mut largest = lock(&self.largest_page);
        let largest = largest.entry(key).or_default();
        *largest = page.len().max(*largest);
        Ok(page)
    }
}

#[async_trait]
impl ManageGroups for MemoryGroups {
    async fn create_group(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
    ) -> Result<(), StoreError> {
        self.faults.before("create_group").await?;
        let mut groups = lock(&self.groups);
        let key = (app.clone(), group.id.clone());
        if groups.contains_key(&key) {
            return Err(StoreError::Conflict);
        }
        let members = members.iter().map(|member| (member.clone(), group.created_at)).collect();
        let (name, owner) = (group.name.clone(), group.owner.clone());
        let rows = Rows {
            name,
            owner,
            created_at: group.created_at,
            settings: group.settings,
            info: info.clone(),
            changes: 0,
            members,
            admins: BTreeSet::new(),
        };
        groups.insert(key, rows);
        drop(groups);
        self.faults.after("create_group")
    }

    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError> {
        self.faults.before("group").await?;
        Ok(self.with(app, group, |rows| rows.group(group)))
    }

    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError> {
        self.faults.before("delete_group").await?;
        self.faults.read("delete_group", group.as_str())?;
        let removed = lock(&self.groups).remove(&(app.clone(), group.clone()));
        self.faults.after("delete_group")?;
        Ok(removed.is_some())
    }

    async fn delete_as_read(&self, app: &AppKey, group: &Group) -> Result<bool, StoreError> {
        self.faults.before("delete_as_read").await?;
        let is_as_read = |rows: &mut Rows| (&rows.owner, rows.created_at) == (&group.owner, group.created_at);
        let mut groups = lock(&self.groups);
        let key = (app.clone(), group.id.clone());
        let removes = groups.get_mut(&key).is_some_and(is_as_read);
        if removes {
            groups.remove(&key);
        }
        drop(groups);
        self.faults.after("delete_as_read")?;
        Ok(removes)
    }

    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<MembersChange, StoreError> {
        self.faults.before("add_members").await?;
        let change = self.with(app, group, |rows| rows.join(users, at));
        self.faults.after("add_members")?;
        Ok(change.unwrap_or(MembersChange::NoGroup))
    }

    async fn remove_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
    ) -> Result<MembersChange, StoreError> {
        self.faults.before("remove_members").await?;
        let change = self.with(app, group, |rows| rows.remove(users));
        self.faults.after("remove_members")?;
        Ok(change.unwrap_or(MembersChange::NoGroup))
    }
}

#[async_trait]
impl ReadMemberships for MemoryGroups {
    async fn groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        self.faults.before("groups_of").await?;
        let groups = lock(&self.groups);
        let of_app = groups.iter().filter(|((of, _), _)| of == app);
        let membership = |(_, group): &(AppKey, GroupId), rows: &Rows| {
            rows.members.get(user).map(|at| Membership { group: group.clone(), joined_at: *at })
        };
        Ok(of_app.filter_map(|(key, rows)| membership(key, rows)).collect())
    }

    async fn heads(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<GroupHead>>, StoreError> {
        self.faults.before("heads").await?;
        let heads = lock(&self.heads);
        Ok(groups.iter().map(|group| heads.get(&(app.clone(), group.clone())).copied()).collect())
    }
}

#[async_trait]
impl ReadGroupDirectory for MemoryGroups {
    async fn groups(
        &self,
        app: &AppKey,
        month: Month,
        after: Option<&(Timestamp, GroupId)>,
        max: usize,
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError> {
        self.faults.before("groups").await?;
        let groups = lock(&self.groups);
        let of_month = groups.iter().filter(|((of, _), rows)| of == app && Month::of(rows.created_at) == month);
        let newest = |(at, group): &(Timestamp, GroupId)| (Reverse(*at), group.clone());
        let mut listed: Vec<_> = of_month.map(|((_, group), rows)| (rows.created_at, group.clone())).collect();
        listed.sort_by_key(newest);
        Ok(listed.into_iter().filter(|one| after.is_none_or(|after| newest(one) > newest(after))).take(max).collect())
    }
}

#[async_trait]
impl EraseGroups for MemoryGroups {
    async fn leave(
        &self,
        app: &AppKey,
        user: &UserId,
        membership: &Membership,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        self.faults.before("leave").await?;
        self.with(app, &membership.group, |rows| {
            if rows.members.get(user) == Some(&membership.joined_at) {
                rows.leave(user);
            }
        });
        self.faults.after("leave")
    }

    async fn forget_group(&self, app: &AppKey, group: &GroupId, _created_at: Timestamp) -> Result<(), StoreError> {
        self.faults.before("forget_group").await?;
        lock(&self.heads).remove(&(app.clone(), group.clone()));
        self.faults.after("forget_group")
    }
}

#[async_trait]
impl RaiseHead for MemoryGroups {
    async fn raise_head(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> Result<u64, StoreError> {
        self.faults.before("raise_head").await?;
        let n = {
            let mut heads = lock(&self.heads);
            let head = heads.entry((app.clone(), group.clone())).or_insert(GroupHead { n: 0, last: msg_id });
            *head = GroupHead { n: head.n + 1, last: head.last.max(msg_id) };
            head.n
        };
        self.faults.after("raise_head")?;
        Ok(n)
    }
}
