//! The table `Groups`: a group and its members under one partition key.

use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, types::AttributeValue};

use super::{
    Table,
    group_creation::CREATING,
    group_members::{member_key, read_member},
    item::{Item, ItemReader, corrupt, group_pk, number, row, text},
    member_changes::MembershipChange,
    store_error,
};
use crate::{
    domain::{
        group::{Group, GroupState},
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        groups::{ManageGroups, MembersChange, ReadMembers},
    },
};

pub(super) const META: &str = "meta";
/// Prefix of the sort keys of members.
pub(super) const MEMBER: &str = "member#";

/// The table `Groups`.
#[derive(Debug, Clone)]
pub struct GroupsTable(pub(super) Table);

impl GroupsTable {
    /// Returns the table with this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Returns the group's own row; `None` while the group is being created.
    pub(super) async fn meta(&self, app: &AppKey, group: &GroupId) -> Result<Option<Item>, StoreError> {
        Ok(self.meta_row(app, group).await?.filter(|item| !item.contains_key(CREATING)))
    }

    pub(super) async fn meta_row(&self, app: &AppKey, group: &GroupId) -> Result<Option<Item>, StoreError> {
        let key = row(group_pk(app, group), META);
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(store_error)?.item)
    }
}

#[async_trait]
impl ReadMembers for GroupsTable {
    async fn state(&self, app: &AppKey, group: &GroupId) -> Result<Option<GroupState>, StoreError> {
        let state = |group: Group| GroupState { members: group.members, disabled: group.settings.disabled };
        Ok(self.group(app, group).await?.map(state))
    }

    async fn members(
        &self,
        app: &AppKey,
        group: &GroupId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        let mut members: Vec<UserId> = Vec::new();
        let mut start = after.map(|user| member_key(app, group, user));
        // A page ends at 1 MB, possibly before the requested number of rows.
        while members.len() < most {
            let limit = i32::try_from(most - members.len()).unwrap_or(i32::MAX);
            let query = self
                .0
                .client
                .query()
                .table_name(&self.0.name)
                .key_condition_expression("pk = :pk AND begins_with(sk, :member)")
                .expression_attribute_values(":pk", text(group_pk(app, group)))
                .expression_attribute_values(":member", text(MEMBER))
                .set_exclusive_start_key(start)
                .limit(limit)
                .consistent_read(true);
            let found = query.send().await.map_err(store_error)?;
            for item in found.items() {
                members.push(read_member(item)?.user);
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(members)
    }
}

#[async_trait]
impl ManageGroups for GroupsTable {
    async fn create_group(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
    ) -> Result<(), StoreError> {
        self.create(app, group, info, members).await
    }

    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError> {
        self.meta(app, group).await?.map(|item| read_group(group, &item)).transpose()
    }

    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError> {
        self.remove(app, group).await
    }

    async fn delete_as_read(&self, app: &AppKey, group: &Group) -> Result<bool, StoreError> {
        self.remove_as_read(app, group).await
    }

    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<MembersChange, StoreError> {
        self.set(app, group, users, &MembershipChange::Join(at)).await
    }

    async fn remove_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
    ) -> Result<MembersChange, StoreError> {
        self.set(app, group, users, &MembershipChange::Remove).await
    }
}

// ---- rows ----

pub(super) const OWNER: &str = "owner";
pub(super) const MAX_USERS: &str = "max_users";
const CHANGES: &str = "changes";

/// Returns the attributes of a group's row, without its key.
pub(super) fn group_attributes(group: &Group) -> Item {
    let mut item = Item::from([
        ("name".to_owned(), text(&group.name)),
        ("members".to_owned(), number(group.members.into())),
        ("created_at".to_owned(), number(group.created_at.as_millis())),
    ]);
    if let Some(owner) = &group.owner {
        item.insert(OWNER.into(), text(owner.as_str()));
    }
    if let Some(most) = group.settings.max_users {
        item.insert(MAX_USERS.into(), number(most.into()));
    }
    let settings = &group.settings;
    for (name, on) in [
        ("public", settings.public),
        ("members_only", settings.members_only),
        ("allow_invites", settings.allow_invites),
        ("disabled", settings.disabled),
    ] {
        if on {
            item.insert(name.to_owned(), AttributeValue::Bool(true));
        }
    }
    item
}

pub(super) fn read_group(id: &GroupId, item: &Item) -> Result<Group, StoreError> {
    let reader = ItemReader(item);
    let unsigned = |name: &str| reader.optional_number(name).and_then(|count| count.try_into().ok());
    Ok(Group {
        id: id.clone(),
        name: reader.text("name")?.to_owned(),
        owner: reader.optional_text(OWNER).map(UserId::parse).transpose().map_err(|_| corrupt(OWNER))?,
        members: unsigned("members").unwrap_or_default(),
        created_at: reader.time("created_at")?,
        settings: GroupSettings {
            public: reader.flag("public"),
            members_only: reader.flag("members_only"),
            allow_invites: reader.flag("allow_invites"),
            max_users: unsigned(MAX_USERS),
            disabled: reader.flag("disabled"),
        },
        changes: reader.optional_number(CHANGES).and_then(|changes| changes.try_into().ok()).unwrap_or_default(),
    })
}
