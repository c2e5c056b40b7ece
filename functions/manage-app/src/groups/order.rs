//! Members in the order of their joining.
//!
//! The table has members in the order of their ids, which is what messages need. Whoever lists them by the time of their joining gets the
//! whole group read once and sorted. The order is kept for the pages that follow, as long as the group counts no change of its members.

use std::{collections::HashMap, sync::Arc, sync::Mutex, sync::PoisonError};

use shared::{
    domain::{
        group::{Group, Member},
        id::{AppKey, GroupId},
        time::Timestamp,
    },
    lambda::error::ApiError,
};

use crate::ManageApp;

/// How many members are kept at most, of all groups together; a larger group is kept alone.
const MAX_KEPT: usize = 100_000;

/// How many members a group has at most that is read whole: what a call may cost does not grow with the group.
pub const MAX_SORTED_MEMBERS: u32 = 10_000;

/// Groups whose members were read in the order of their joining, by process.
#[derive(Debug, Default)]
pub struct JoinOrders(Mutex<HashMap<(AppKey, GroupId), Order>>);

/// The members of a group at a time.
#[derive(Debug, Clone)]
struct Order {
    /// what the group counted then
    seen: Seen,
    members: Arc<[Member]>,
}

/// What tells whether the members of a group are still the same. Versions before count no changes, but members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    created_at: Timestamp,
    changes: u64,
    members: u32,
}

impl Seen {
    fn of(group: &Group) -> Self {
        Self { created_at: group.created_at, changes: group.changes, members: group.members }
    }
}

impl JoinOrders {
    fn get(&self, app: &AppKey, group: &Group) -> Option<Arc<[Member]>> {
        let orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let order = orders.get(&(app.clone(), group.id.clone()))?;
        (order.seen == Seen::of(group)).then(|| order.members.clone())
    }

    fn keep(&self, app: &AppKey, group: &Group, members: &Arc<[Member]>) {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = orders.values().map(|order| order.members.len()).sum();
        if kept + members.len() > MAX_KEPT {
            orders.clear();
        }
        let order = Order { seen: Seen::of(group), members: members.clone() };
        orders.insert((app.clone(), group.id.clone()), order);
    }
}

impl ManageApp {
    /// The members of a group that was read a moment ago, first joined first. `group` is read before the members are, so what is kept is
    /// at least as new as its count. A large group is refused.
    pub(super) async fn by_joining(&self, app: &AppKey, group: &Group) -> Result<Arc<[Member]>, ApiError> {
        if group.members > MAX_SORTED_MEMBERS {
            let text = format!(
                "a group of more than {MAX_SORTED_MEMBERS} members is listed by version=v3 with limit and cursor, without sort"
            );
            return Err(ApiError::bad_request(text));
        }
        if let Some(members) = self.join_orders.get(app, group) {
            return Ok(members);
        }
        let mut members = self.roles.all_members(app, &group.id).await?;
        members.sort_by(|a, b| (a.joined_at, &a.user).cmp(&(b.joined_at, &b.user)));
        let members: Arc<[Member]> = members.into();
        self.join_orders.keep(app, group, &members);
        Ok(members)
    }
}
