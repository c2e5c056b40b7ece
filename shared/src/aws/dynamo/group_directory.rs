//! The directory of an app's groups: rows of the table `Groups`, one partition for each month. A group's own row and
//! its directory row are written and removed in one transaction. Sort keys begin with the inverted time of creation, so
//! the newest group comes first.

use async_trait::async_trait;

use super::{
    GroupsTable,
    item::{Item, ItemReader, corrupt, row, text},
    store_error,
};
use crate::{
    domain::{
        directory::Month,
        id::{AppKey, GroupId},
        time::Timestamp,
    },
    ports::{directory::ReadGroupDirectory, error::StoreError},
};

/// Time from which creations are counted back: the last millisecond with 13 digits.
const END: i64 = 9_999_999_999_999;

#[async_trait]
impl ReadGroupDirectory for GroupsTable {
    async fn groups(
        &self,
        app: &AppKey,
        month: Month,
        after: Option<&(Timestamp, GroupId)>,
        most: usize,
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(month_pk(app, month)))
            .set_exclusive_start_key(after.map(|(at, group)| row(month_pk(app, month), name(*at, group))))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        // A page of 1 MB holds more rows than a caller asks for.
        let found = query.send().await.map_err(store_error)?;
        found.items().iter().map(read_listed).collect()
    }
}

/// Returns the directory row of a group. It is nothing but a key.
pub(super) fn listed(app: &AppKey, created_at: Timestamp, group: &GroupId) -> Item {
    row(month_pk(app, Month::of(created_at)), name(created_at, group))
}

fn month_pk(app: &AppKey, month: Month) -> String {
    format!("gdir#{app}#{month}")
}

fn name(created_at: Timestamp, group: &GroupId) -> String {
    format!("{:013}#{group}", END - created_at.as_millis().clamp(0, END))
}

fn read_listed(item: &Item) -> Result<(Timestamp, GroupId), StoreError> {
    let (inverted, group) = ItemReader(item).text("sk")?.split_once('#').ok_or_else(|| corrupt("sk"))?;
    let inverted: i64 = inverted.parse().map_err(|_| corrupt("sk"))?;
    Ok((Timestamp::from_millis(END - inverted), GroupId::parse(group).map_err(|_| corrupt("sk"))?))
}
