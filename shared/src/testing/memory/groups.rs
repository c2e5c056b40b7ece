//! Groups in memory.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{Faults, lock};
use crate::{
    domain::{
        directory::Month,
        group::{Group, GroupHead, Membership},
        id::{AppKey, GroupId, MessageId, UserId},
        time::Timestamp,
    },
    ports::{
        directory::ReadGroupDirectory,
        erasure::EraseGroups,
        error::StoreError,
        groups::{ManageGroups, RaiseHead, ReadMembers, ReadMemberships},
    },
};

/// Groups with their members. How many they are follows from the members.
#[derive(Debug, Default)]
pub struct MemoryGroups {
    /// failures on demand
    pub faults: Faults,
    groups: Mutex<BTreeMap<(AppKey, GroupId), Rows>>,
    heads: Mutex<HashMap<(AppKey, GroupId), GroupHead>>,
    largest_page: Mutex<HashMap<(AppKey, GroupId), usize>>,
}

#[derive(Debug)]
struct Rows {
    name: String,
    owner: Option<UserId>,
    created_at: Timestamp,
    /// since when they are members
    members: BTreeMap<UserId, Timestamp>,
}

impl MemoryGroups {
    /// The most members of the group that were read at once so far.
    pub fn largest_page(&self, app: &AppKey, group: &GroupId) -> usize {
        lock(&self.largest_page).get(&(app.clone(), group.clone())).copied().unwrap_or_default()
    }

    /// Changes the members of a group; `false` if there is no such group.
    fn change(&self, app: &AppKey, group: &GroupId, change: impl FnOnce(&mut BTreeMap<UserId, Timestamp>)) -> bool {
        let mut groups = lock(&self.groups);
        let rows = groups.get_mut(&(app.clone(), group.clone()));
        rows.map(|rows| change(&mut rows.members)).is_some()
    }
}

#[async_trait]
impl ReadMembers for MemoryGroups {
    async fn size(&self, app: &AppKey, group: &GroupId) -> Result<Option<u32>, StoreError> {
        self.faults.before("size").await?;
        Ok(self.group(app, group).await?.map(|group| group.members))
    }

    async fn members(
        &self,
        app: &AppKey,
        group: &GroupId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        self.faults.before("members").await?;
        let key = (app.clone(), group.clone());
        let groups = lock(&self.groups);
        let members = groups.get(&key).into_iter().flat_map(|rows| rows.members.keys());
        let behind = members.filter(|member| after.is_none_or(|after| *member > after));
        let page: Vec<UserId> = behind.take(most).cloned().collect();
        let mut largest = lock(&self.largest_page);
        let largest = largest.entry(key).or_default();
        *largest = page.len().max(*largest);
        Ok(page)
    }
}

#[async_trait]
impl ManageGroups for MemoryGroups {
    async fn create_group(&self, app: &AppKey, group: &Group, members: &[UserId]) -> Result<(), StoreError> {
        self.faults.before("create_group").await?;
        let mut groups = lock(&self.groups);
        let key = (app.clone(), group.id.clone());
        if groups.contains_key(&key) {
            return Err(StoreError::Conflict);
        }
        let members = members.iter().map(|member| (member.clone(), group.created_at)).collect();
        let (name, owner) = (group.name.clone(), group.owner.clone());
        groups.insert(key, Rows { name, owner, created_at: group.created_at, members });
        drop(groups);
        self.faults.after("create_group")
    }

    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError> {
        self.faults.before("group").await?;
        let groups = lock(&self.groups);
        Ok(groups.get(&(app.clone(), group.clone())).map(|rows| Group {
            id: group.clone(),
            name: rows.name.clone(),
            owner: rows.owner.clone(),
            members: u32::try_from(rows.members.len()).unwrap_or(u32::MAX),
            created_at: rows.created_at,
        }))
    }

    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError> {
        self.faults.before("delete_group").await?;
        self.faults.read("delete_group", group.as_str())?;
        let removed = lock(&self.groups).remove(&(app.clone(), group.clone()));
        self.faults.after("delete_group")?;
        Ok(removed.is_some())
    }

    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.before("add_members").await?;
        let found = self.change(app, group, |members| {
            for user in users {
                members.entry(user.clone()).or_insert(at);
            }
        });
        self.faults.after("add_members")?;
        Ok(found)
    }

    async fn remove_members(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<bool, StoreError> {
        self.faults.before("remove_members").await?;
        let found = self.change(app, group, |members| members.retain(|member, _| !users.contains(member)));
        if let Some(rows) = lock(&self.groups).get_mut(&(app.clone(), group.clone())) {
            rows.owner = rows.owner.take().filter(|owner| !users.contains(owner));
        }
        self.faults.after("remove_members")?;
        Ok(found)
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
        most: usize,
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError> {
        self.faults.before("groups").await?;
        let groups = lock(&self.groups);
        let of_month = groups.iter().filter(|((of, _), rows)| of == app && Month::of(rows.created_at) == month);
        let newest = |(at, group): &(Timestamp, GroupId)| (Reverse(*at), group.clone());
        let mut listed: Vec<_> = of_month.map(|((_, group), rows)| (rows.created_at, group.clone())).collect();
        listed.sort_by_key(newest);
        Ok(listed.into_iter().filter(|one| after.is_none_or(|after| newest(one) > newest(after))).take(most).collect())
    }
}

#[async_trait]
impl EraseGroups for MemoryGroups {
    async fn leave(&self, app: &AppKey, user: &UserId, membership: &Membership) -> Result<(), StoreError> {
        self.faults.before("leave").await?;
        self.change(app, &membership.group, |members| {
            members.retain(|member, joined| member != user || *joined != membership.joined_at);
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
