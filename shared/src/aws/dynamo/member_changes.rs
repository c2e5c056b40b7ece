//! Members come and go in the table `Groups`: the row under the group, the row under the user and the group's number of members change
//! in one transaction, so that the number is right without counting, and a user's groups are read strongly consistent.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::builders::UpdateBuilder;

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_admins::{set_of, unnaming},
    group_members::{MAX_AT_ONCE, member_key, read_member},
    groups::{MAX_USERS, META, OWNER},
    item::{Item, group_pk, number, row, text},
    pause,
    writes::updates,
};
use crate::{
    domain::{
        group::Group,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        groups::{ManageGroups, MembersChange},
    },
};

/// What becomes of users.
pub(super) enum MembershipChange {
    /// they become members at this time
    Join(Timestamp),
    /// they are members no longer, and none of them is the owner
    Remove,
}

impl GroupsTable {
    /// Makes the change for those users whom it changes.
    pub(super) async fn set(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        change: &MembershipChange,
    ) -> Result<MembersChange, StoreError> {
        // A request must not name a key twice.
        let users: Vec<UserId> = users.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let mut changed = Vec::new();
        for part in users.chunks(MAX_AT_ONCE) {
            // The first part is refused for all of them.
            let together = if changed.is_empty() { &users[..] } else { part };
            match self.set_part_of(app, group, part, together, change).await? {
                MembersChange::Changed(part) => changed.extend(part),
                refused => return Ok(refused),
            }
        }
        Ok(MembersChange::Changed(changed))
    }

    /// The same for a part of `together` of at most [`MAX_AT_ONCE`], if the change may be made for all of these.
    async fn set_part_of(
        &self,
        app: &AppKey,
        id: &GroupId,
        users: &[UserId],
        together: &[UserId],
        change: &MembershipChange,
    ) -> Result<MembersChange, StoreError> {
        for attempt in 0..CONFLICT_TRIES {
            let Some(group) = self.group(app, id).await? else {
                return Ok(MembersChange::NoGroup);
            };
            let known = self.known(app, id, together).await?;
            if let Some(refused) = refused(&group, &known, together, change) {
                return Ok(refused);
            }
            let joins = matches!(change, MembershipChange::Join(_));
            let changed: Vec<&UserId> = users.iter().filter(|user| known.contains(*user) != joins).collect();
            match if changed.is_empty() { Ok(()) } else { self.change(app, &group, &changed, change).await } {
                // The group changed meanwhile, or one of the users came or went.
                Err(StoreError::Conflict) => pause(attempt).await,
                Err(error) => return Err(error),
                Ok(()) => return Ok(MembersChange::Changed(changed.into_iter().cloned().collect())),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Those of the users who are members.
    async fn known(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
        let keys: Vec<Item> = users.iter().map(|user| member_key(app, group, user)).collect();
        let rows = self.0.items(&keys).await?;
        rows.iter().flatten().map(|item| Ok(read_member(item)?.user)).collect()
    }

    /// Changes members in one transaction with their number. [`StoreError::Conflict`] if the group is no longer as it was read, or if
    /// somebody else added or removed one of them meanwhile.
    async fn change(
        &self,
        app: &AppKey,
        group: &Group,
        users: &[&UserId],
        change: &MembershipChange,
    ) -> Result<(), StoreError> {
        let count = i64::try_from(users.len()).unwrap_or_default();
        let count = if matches!(change, MembershipChange::Join(_)) { count } else { -count };
        let update = self.0.update_of(row(group_pk(app, &group.id), META));
        let leaving = if matches!(change, MembershipChange::Remove) { users } else { &[] };
        let mut writes = vec![updates(while_so(counting(update, count, leaving), group, change, count))?];
        for user in users {
            writes.extend(match change {
                MembershipChange::Join(at) => self.put_member(app, (&group.id, &group.name), user, *at)?,
                MembershipChange::Remove => self.delete_member(app, &group.id, user)?,
            });
        }
        self.0.transact(writes).await
    }
}

/// Why the change is made for nobody, if so.
fn refused(
    group: &Group,
    known: &HashSet<UserId>,
    users: &[UserId],
    change: &MembershipChange,
) -> Option<MembersChange> {
    match change {
        MembershipChange::Join(_) => {
            let new = users.iter().filter(|user| !known.contains(*user)).count();
            let members = usize::try_from(group.members).unwrap_or(usize::MAX).saturating_add(new);
            (new > 0 && !group.settings.has_room_for(members)).then_some(MembersChange::Full)
        }
        MembershipChange::Remove => {
            let owner = group.owner.as_ref().is_some_and(|owner| users.contains(owner));
            owner.then_some(MembersChange::IsOwner)
        }
    }
}

/// Counts members who come or go, and that the members changed. Whoever leaves is named as an administrator no longer. The condition can be
/// extended.
pub(super) fn counting(update: UpdateBuilder, count: i64, leaving: &[&UserId]) -> UpdateBuilder {
    let counted = "ADD members :count, changes :one";
    let update = match leaving.is_empty() {
        true => update.update_expression(counted),
        false => update
            .update_expression(format!("{counted} {}", unnaming()))
            .expression_attribute_values(":leaving", set_of(leaving.iter().copied())),
    };
    update
        .condition_expression(IS_WHOLE)
        .expression_attribute_values(":count", number(count))
        .expression_attribute_values(":one", number(1))
}

/// The condition that a group is there, with all of its members.
pub(super) const IS_WHOLE: &str = "attribute_exists(pk) AND attribute_not_exists(creating)";

/// Adds the condition that what allowed the change still holds.
fn while_so(update: UpdateBuilder, group: &Group, change: &MembershipChange, count: i64) -> UpdateBuilder {
    match (change, group.settings.max_users, &group.owner) {
        (MembershipChange::Join(_), Some(most), _) => update
            .condition_expression(format!("{IS_WHOLE} AND {MAX_USERS} = :most AND members <= :room"))
            .expression_attribute_values(":most", number(most.into()))
            .expression_attribute_values(":room", number(i64::from(most) - count)),
        (MembershipChange::Join(_), None, _) => {
            update.condition_expression(format!("{IS_WHOLE} AND attribute_not_exists({MAX_USERS})"))
        }
        (MembershipChange::Remove, _, Some(owner)) => update
            .condition_expression(format!("{IS_WHOLE} AND #owner = :owner"))
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(owner.as_str())),
        (MembershipChange::Remove, _, None) => update
            .condition_expression(format!("{IS_WHOLE} AND attribute_not_exists(#owner)"))
            .expression_attribute_names("#owner", OWNER),
    }
}
