//! Texts and settings of groups in memory, and the roles of members.

use async_trait::async_trait;

use super::groups::{MemoryGroups, Rows};
use crate::{
    domain::{
        group::{Group, Member},
        group_profile::{GroupChange, GroupInfo},
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        groups::{DescribeGroups, ManageRoles},
    },
};

#[async_trait]
impl DescribeGroups for MemoryGroups {
    async fn find_groups(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<Group>>, StoreError> {
        self.faults.before("find_groups").await?;
        Ok(groups.iter().map(|id| self.with(app, id, |rows| rows.group(id))).collect())
    }

    async fn infos(&self, app: &AppKey, groups: &[Group]) -> Result<Vec<GroupInfo>, StoreError> {
        self.faults.before("infos").await?;
        let of = |group: &Group, rows: &Rows| (rows.created_at == group.created_at).then(|| rows.info.clone());
        let info = |group: &Group| self.with(app, &group.id, |rows| of(group, rows)).flatten().unwrap_or_default();
        Ok(groups.iter().map(info).collect())
    }

    async fn change_group(&self, app: &AppKey, group: &GroupId, change: &GroupChange) -> Result<bool, StoreError> {
        self.faults.before("change_group").await?;
        let found = self.with(app, group, |rows| rows.change(change)).is_some();
        self.faults.after("change_group")?;
        Ok(found)
    }
}

impl Rows {
    fn change(&mut self, change: &GroupChange) {
        fn put<T: Clone>(place: &mut T, new: &Option<T>) {
            if let Some(new) = new {
                place.clone_from(new);
            }
        }
        put(&mut self.name, &change.name);
        put(&mut self.settings.public, &change.public);
        put(&mut self.settings.members_only, &change.members_only);
        put(&mut self.settings.allow_invites, &change.allow_invites);
        put(&mut self.settings.disabled, &change.disabled);
        self.settings.max_users = change.max_users.or(self.settings.max_users);
        put(&mut self.info.description, &change.description);
        put(&mut self.info.custom, &change.custom);
        put(&mut self.info.avatar, &change.avatar);
        put(&mut self.info.announcement, &change.announcement);
    }
}

#[async_trait]
impl ManageRoles for MemoryGroups {
    async fn all_members(&self, app: &AppKey, group: &GroupId) -> Result<Vec<Member>, StoreError> {
        self.faults.before("all_members").await?;
        let member = |(user, at): (&UserId, &Timestamp)| Member { user: user.clone(), joined_at: *at };
        Ok(self.with(app, group, |rows| rows.members.iter().map(member).collect()).unwrap_or_default())
    }

    async fn member(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<Option<Member>, StoreError> {
        self.faults.before("member").await?;
        let joined = self.with(app, group, |rows| rows.members.get(user).copied()).flatten();
        Ok(joined.map(|joined_at| Member { user: user.clone(), joined_at }))
    }

    async fn admins(&self, app: &AppKey, group: &GroupId, _: Timestamp) -> Result<Vec<UserId>, StoreError> {
        self.faults.before("admins").await?;
        Ok(self.with(app, group, |rows| rows.admins.iter().cloned().collect()).unwrap_or_default())
    }

    async fn add_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("add_admin").await?;
        let add = |rows: &mut Rows| {
            let member = rows.members.contains_key(user);
            if member {
                rows.admins.insert(user.clone());
            }
            member
        };
        let added = self.with(app, group, add).unwrap_or_default();
        self.faults.after("add_admin")?;
        Ok(added)
    }

    async fn remove_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("remove_admin").await?;
        let removed = self.with(app, group, |rows| rows.admins.remove(user)).unwrap_or_default();
        self.faults.after("remove_admin")?;
        Ok(removed)
    }

    async fn assign_group(&self, app: &AppKey, group: &GroupId, owner: &UserId) -> Result<bool, StoreError> {
        self.faults.before("assign_group").await?;
        let assign = |rows: &mut Rows| {
            let member = rows.members.contains_key(owner);
            if member {
                rows.admins.remove(owner);
                rows.owner = Some(owner.clone());
            }
            member
        };
        let assigned = self.with(app, group, assign).unwrap_or_default();
        self.faults.after("assign_group")?;
        Ok(assigned)
    }
}
