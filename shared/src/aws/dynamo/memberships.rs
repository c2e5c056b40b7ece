//! The groups of a user in the table `Groups`, under the user's own partition key. One transaction writes or removes
//! each row together with the member's row under the group.

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    BATCH_KEYS, GroupsTable, all_rows,
    group_heads::{head_key, read_head},
    item::{Item, ItemReader, row, text, user_pk},
};
use crate::{
    domain::{
        group::{GroupHead, Membership},
        id::{AppKey, GroupId, UserId},
    },
    ports::{error::StoreError, groups::ReadMemberships},
};

/// Prefix of the sort keys of a user's groups.
const GROUP: &str = "group#";
/// Attribute with the time of joining, in the member's row under the group and in the user's row.
pub(super) const JOINED_AT: &str = "joined_at";
/// Attribute with the name of the group, in the user's row.
pub(super) const NAME: &str = "name";
/// Maximum parallel requests for heads.
const PARALLEL_READS: usize = 4;

#[async_trait]
impl ReadMemberships for GroupsTable {
    async fn groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :group)")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":group", text(GROUP))
            .consistent_read(true);
        all_rows(query).await?.iter().map(read_membership).collect()
    }

    async fn heads(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<GroupHead>>, StoreError> {
        let batches: Vec<Vec<Item>> =
            groups.chunks(BATCH_KEYS).map(|batch| batch.iter().map(|group| head_key(app, group)).collect()).collect();
        let read = stream::iter(batches).map(async |keys| self.0.items_as(&keys, false).await).buffered(PARALLEL_READS);
        let rows: Vec<Vec<Option<Item>>> = read.try_collect().await?;
        rows.iter().flatten().map(|row| row.as_ref().map(read_head).transpose()).collect()
    }
}

// ---- rows ----

pub(super) fn membership_key(app: &AppKey, user: &UserId, group: &GroupId) -> Item {
    row(user_pk(app, user), format!("{GROUP}{group}"))
}

fn read_membership(item: &Item) -> Result<Membership, StoreError> {
    let reader = ItemReader(item);
    let group = reader.parsed("sk", |sk| GroupId::parse(sk.strip_prefix(GROUP).unwrap_or_default()))?;
    Ok(Membership { group, joined_at: reader.time(JOINED_AT)? })
}
