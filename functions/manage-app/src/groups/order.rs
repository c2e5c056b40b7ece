//! Members of a group in the order of joining.
//!
//! The table sorts members by id, which is the order that messages need. A list by time of joining reads the whole
//! group once and sorts it. The sorted list is cached for the next pages. An entry lives for a minute, and only while
//! the group counts no change of its members.

use std::{sync::Arc, time::Duration};

use shared::{
    cache::BoundedCache,
    domain::{
        group::{Group, Member},
        id::{AppKey, GroupId},
        time::Timestamp,
    },
    lambda::error::ApiError,
    ports::names::NoPort,
};

use crate::ManageApp;

/// Maximum members in the cache, over all groups. Each group counts as one more.
const MAX_KEPT: usize = 100_000;
/// Time to live of a cache entry.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Maximum members of a group that is read whole. It limits the cost of a call.
pub const MAX_SORTED_MEMBERS: u32 = 10_000;

/// Cache of groups whose members were read in the order of joining. Each process has its own.
#[derive(Debug)]
pub struct JoinOrders(BoundedCache<(AppKey, GroupId), Order>);

impl NoPort for JoinOrders {}

impl Default for JoinOrders {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_KEPT))
    }
}

/// The members of a group as they were read at one time.
#[derive(Debug, Clone)]
struct Order {
    /// the group's counters before the read
    seen: Seen,
    members: Arc<[Member]>,
    /// time of the read
    at: Timestamp,
}

impl Order {
    /// Returns the room that the entry takes. A group without members takes room too.
    fn weight(&self) -> usize {
        self.members.len() + 1
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.at.plus(KEPT_FOR)
    }
}

/// Counters that change when the members of a group change. Groups written by earlier versions count members, but no
/// changes.
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
    fn get(&self, app: &AppKey, group: &Group, now: Timestamp) -> Option<Arc<[Member]>> {
        // `peek` does not change the order, so the entry that was read first is evicted first.
        let orders = self.0.lock();
        let order = orders.peek(&(app.clone(), group.id.clone()))?;
        (order.is_fresh(now) && order.seen == Seen::of(group)).then(|| order.members.clone())
    }

    fn keep(&self, app: &AppKey, group: &Group, members: &Arc<[Member]>, now: Timestamp) {
        let order = Order { seen: Seen::of(group), members: members.clone(), at: now };
        let mut orders = self.0.lock();
        orders.retain(|_, order| order.is_fresh(now));
        let mut kept: usize = orders.iter().map(|(_, order)| order.weight()).sum();
        while kept + order.weight() > MAX_KEPT
            && let Some((_, oldest)) = orders.pop_lru()
        {
            kept -= oldest.weight();
        }
        orders.put((app.clone(), group.id.clone()), order);
    }
}

impl ManageApp {
    /// Returns the members of a group, first joined first. The caller reads `group` before this reads the members, so
    /// the cached members are at least as new as its counters. Refuses a group of more than [`MAX_SORTED_MEMBERS`].
    pub(super) async fn by_joining(&self, app: &AppKey, group: &Group) -> Result<Arc<[Member]>, ApiError> {
        if group.members > MAX_SORTED_MEMBERS {
            let text = format!(
                "a group of more than {MAX_SORTED_MEMBERS} members is listed by version=v3 with limit and cursor, without sort"
            );
            return Err(ApiError::bad_request(text));
        }
        if let Some(members) = self.join_orders.get(app, group, self.clock.now()) {
            return Ok(members);
        }
        let mut members = self.roles.all_members(app, &group.id).await?;
        members.sort_by(|a, b| (a.joined_at, &a.user).cmp(&(b.joined_at, &b.user)));
        let members: Arc<[Member]> = members.into();
        self.join_orders.keep(app, group, &members, self.clock.now());
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        domain::{group_profile::GroupSettings, id::UserId},
        testing::sample,
    };

    use super::*;

    fn group(name: &str) -> Group {
        Group {
            id: GroupId::parse(name).unwrap(),
            name: String::new(),
            owner: None,
            members: 0,
            created_at: Timestamp::from_millis(0),
            settings: GroupSettings::default(),
            changes: 0,
        }
    }

    #[test]
    fn empty_groups_take_room_too_and_all_go_after_a_minute() {
        let (orders, app, now) = (JoinOrders::default(), sample::app_key("acme#chat"), Timestamp::from_millis(0));
        let member = |number| Member { user: UserId::parse(&format!("u{number}")).unwrap(), joined_at: now };
        let large: Arc<[Member]> = (0..MAX_KEPT - 10).map(member).collect();
        orders.keep(&app, &group("large"), &large, now);
        let empty: Vec<Group> = (0..10).map(|number| group(&format!("g{number}"))).collect();
        for group in &empty[..9] {
            orders.keep(&app, group, &Arc::from([]), now);
        }
        assert!(orders.get(&app, &group("large"), now.plus(KEPT_FOR.mul_f64(0.9))).is_some());
        orders.keep(&app, &empty[9], &Arc::from([]), now);
        assert!(orders.get(&app, &group("large"), now).is_none());
        assert!(orders.get(&app, &empty[9], now).is_some());
        assert!(orders.get(&app, &empty[9], now.plus(KEPT_FOR)).is_none());
        orders.keep(&app, &empty[0], &Arc::from([]), now.plus(KEPT_FOR));
        assert_eq!(orders.0.lock().len(), 1);
    }
}
