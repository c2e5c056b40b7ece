//! Names, descriptions and settings of groups in the table `Groups`. The row `meta` holds what every reader of members
//! needs, and stays small.
//!
//! A row of its own, `info#<creation>`, holds the texts. Sending, joining and leaving do not read or write it. The
//! creation in its key separates it from a removed group with the same id.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::{
    BATCH_KEYS, GroupsTable,
    group_creation::CREATING,
    groups::{MAX_USERS, META, read_group},
    item::{Item, ItemReader, group_pk, number, row, text},
    member_changes::IS_WHOLE,
    writes::{checks, puts, updates},
};
use crate::{
    domain::{
        group::Group,
        group_profile::{GroupChange, GroupInfo},
        id::{AppKey, GroupId},
        time::Timestamp,
    },
    ports::{error::StoreError, groups::DescribeGroups},
};

/// Attributes with their new values.
type Attributes<'a> = Vec<(&'a str, AttributeValue)>;

#[async_trait]
impl DescribeGroups for GroupsTable {
    async fn find_groups(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<Group>>, StoreError> {
        let mut found = Vec::with_capacity(groups.len());
        for ids in groups.chunks(BATCH_KEYS) {
            let keys: Vec<Item> = ids.iter().map(|id| row(group_pk(app, id), META)).collect();
            for (id, item) in ids.iter().zip(self.0.items(&keys).await?) {
                let whole = item.filter(|item| !item.contains_key(CREATING));
                found.push(whole.map(|item| read_group(id, &item)).transpose()?);
            }
        }
        Ok(found)
    }

    async fn infos(&self, app: &AppKey, groups: &[Group]) -> Result<Vec<GroupInfo>, StoreError> {
        let mut infos = Vec::with_capacity(groups.len());
        for part in groups.chunks(BATCH_KEYS) {
            let keys: Vec<Item> = part.iter().map(|group| info_key(app, &group.id, group.created_at)).collect();
            let rows = self.0.items(&keys).await?;
            infos.extend(rows.iter().map(|item| item.as_ref().map_or_else(GroupInfo::default, read_info)));
        }
        Ok(infos)
    }

    async fn change_group(&self, app: &AppKey, group: &GroupId, change: &GroupChange) -> Result<bool, StoreError> {
        let Some(meta) = self.meta(app, group).await? else {
            return Ok(false);
        };
        let created_at = ItemReader(&meta).time("created_at")?;
        let mut writes = vec![self.change_meta(app, group, created_at, change)?];
        let words = words(change);
        if !words.is_empty() {
            writes.push(self.set_attributes(info_key(app, group, created_at), words, None)?);
        }
        match self.0.transact(writes).await {
            Ok(()) => Ok(true),
            // The group has been removed.
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl GroupsTable {
    /// Returns the write of the texts of a new group.
    pub(super) fn put_info(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = info_key(app, &group.id, group.created_at);
        for (name, said) in [
            (DESCRIPTION, &info.description),
            (CUSTOM, &info.custom),
            (AVATAR, &info.avatar),
            (ANNOUNCEMENT, &info.announcement),
        ] {
            if !said.is_empty() {
                item.insert(name.to_owned(), text(said));
            }
        }
        puts(self.0.put_of(item))
    }

    /// Changes the group's own row, if it is the row of this creation.
    fn change_meta(
        &self,
        app: &AppKey,
        group: &GroupId,
        created_at: Timestamp,
        change: &GroupChange,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = row(group_pk(app, group), META);
        let attributes = settings(change);
        if !attributes.is_empty() {
            return self.set_attributes(key, attributes, Some(created_at));
        }
        let check = self.0.check_of(key).condition_expression(format!("{IS_WHOLE} AND created_at = :created"));
        checks(check.expression_attribute_values(":created", number(created_at.as_millis())))
    }

    /// Sets attributes of a row. With a creation, only if the row belongs to it.
    fn set_attributes(
        &self,
        key: Item,
        attributes: Attributes<'_>,
        created_at: Option<Timestamp>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut update = self.0.update_of(key);
        let mut set = Vec::new();
        for (number, (name, value)) in attributes.into_iter().enumerate() {
            set.push(format!("#n{number} = :v{number}"));
            update = update
                .expression_attribute_names(format!("#n{number}"), name)
                .expression_attribute_values(format!(":v{number}"), value);
        }
        if let Some(created_at) = created_at {
            update = update
                .condition_expression(format!("{IS_WHOLE} AND created_at = :created"))
                .expression_attribute_values(":created", number(created_at.as_millis()));
        }
        updates(update.update_expression(format!("SET {}", set.join(", "))))
    }
}

// ---- rows ----

const DESCRIPTION: &str = "description";
const CUSTOM: &str = "custom";
const AVATAR: &str = "avatar";
const ANNOUNCEMENT: &str = "announcement";

pub(super) fn info_key(app: &AppKey, group: &GroupId, created_at: Timestamp) -> Item {
    row(group_pk(app, group), format!("info#{}", created_at.as_millis()))
}

fn read_info(item: &Item) -> GroupInfo {
    let said = |name: &str| ItemReader(item).optional_text(name).unwrap_or_default().to_owned();
    GroupInfo {
        description: said(DESCRIPTION),
        custom: said(CUSTOM),
        avatar: said(AVATAR),
        announcement: said(ANNOUNCEMENT),
    }
}

/// Returns the attributes of the group's own row that change.
fn settings(change: &GroupChange) -> Attributes<'static> {
    let flag = |name, on: Option<bool>| on.map(|on| (name, AttributeValue::Bool(on)));
    let changed = [
        change.name.as_ref().map(|name| ("name", text(name))),
        flag("public", change.public),
        flag("members_only", change.members_only),
        flag("allow_invites", change.allow_invites),
        change.max_users.map(|most| (MAX_USERS, number(most.into()))),
        flag("disabled", change.disabled),
    ];
    changed.into_iter().flatten().collect()
}

/// Returns the attributes of the row of texts that change.
fn words(change: &GroupChange) -> Attributes<'static> {
    let said = |name, said: &Option<String>| said.as_ref().map(|said| (name, text(said)));
    let changed = [
        said(DESCRIPTION, &change.description),
        said(CUSTOM, &change.custom),
        said(AVATAR, &change.avatar),
        said(ANNOUNCEMENT, &change.announcement),
    ];
    changed.into_iter().flatten().collect()
}
