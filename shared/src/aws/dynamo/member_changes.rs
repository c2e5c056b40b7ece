//! Joins and removals of members in the table `Groups`. One transaction changes the row under the group, the row under
//! the user and the number of members. The number is therefore right without counting. A strongly consistent read
//! returns a user's groups.

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

/// Change of memberships.
pub(super) enum MembershipChange {
    /// the users become members at this time
    Join(Timestamp),
    /// the users are removed; none of them is the owner
    Remove,
}

impl GroupsTable {
    /// Makes the change, and returns the users whom it changed.
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
            // The first part is refused if the change is not allowed for all users together.
            let together = if changed.is_empty() { &users[..] } else { part };
            match self.set_part_of(app, group, part, together, change).await? {
                MembersChange::Changed(part) => changed.extend(part),
                refused => return Ok(refused),
            }
        }
        Ok(MembersChange::Changed(changed))
    }

    /// Makes the change for a part of `together`, at most [`MAX_AT_ONCE`] users, if it is allowed for all of
    /// `together`.
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
                // The group changed, or one of the users joined or left.
                Err(StoreError::Conflict) => pause(attempt).await,
                Err(error) => return Err(error),
                Ok(()) => return Ok(MembersChange::Changed(changed.into_iter().cloned().collect())),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Returns those of the users who are members.
    async fn known(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
        let keys: Vec<Item> = users.iter().map(|user| member_key(app, group, user)).collect();
        let rows = self.0.items(&keys).await?;
        rows.iter().flatten().map(|item| Ok(read_member(item)?.user)).collect()
    }

    /// Changes members and their number in one transaction. Fails with [`StoreError::Conflict`] if the group is not as
    /// it was read, or if another call added or removed one of the members.
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

/// Returns the reason why the change is refused for all users, if there is one.
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

/// Adds the change of the number of members, the count of changes, and the removal of leaving administrators' names.
/// Callers may extend its condition.
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

/// Condition that a group exists and is complete.
pub(super) const IS_WHOLE: &str = "attribute_exists(pk) AND attribute_not_exists(creating)";

/// Adds the condition that the facts which allowed the change are unchanged.
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
