//! Erases the data of a user that the request left.

use shared::{
    domain::{
        id::{AppKey, UserId},
        time::Timestamp,
    },
    ports::{erase_queue::EraseUser, error::StoreError},
};

use crate::{
    erase::{Erase, Swept},
    work::Work,
};

/// Rows removed in one step. The number keeps a step short and its query efficient.
const PAGE: usize = 500;

impl Erase {
    /// Removes messages, memberships and push labels from before the erasure.
    pub(crate) async fn sweep_user(&self, job: &EraseUser, work: &Work) -> Result<Swept, StoreError> {
        let EraseUser { app, user, at, .. } = job;
        if !self.erase_messages(app, user, *at, work).await?
            || !self.leave_groups(app, user, *at, work).await?
            || !self.unlabel(app, user, *at, work).await?
        {
            return Ok(Swept::Part);
        }
        // A write during the erasure may have left a user whom the directory does not list.
        self.ports.listing.list_user(app, user).await?;
        Ok(Swept::All)
    }

    /// Removes the user's messages, page by page. Returns `false` if the time ran out before the last page.
    pub(crate) async fn erase_messages(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        work: &Work,
    ) -> Result<bool, StoreError> {
        while work.may_begin() {
            if !self.ports.messages.erase_messages(app, user, until, PAGE).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends the memberships that began before the erasure, and removes the groups that the user owned then. Returns
    /// `false` if the time ran out before the last one.
    pub(crate) async fn leave_groups(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        work: &Work,
    ) -> Result<bool, StoreError> {
        for membership in self.ports.memberships.groups_of(app, user).await? {
            if membership.joined_at > until {
                continue;
            }
            if !work.may_begin() {
                return Ok(false);
            }
            let group = self.ports.groups.group(app, &membership.group).await?;
            let owned = group.filter(|group| group.owner.as_ref() == Some(user) && group.created_at <= until);
            let removed = match &owned {
                Some(group) => self.ports.groups.delete_as_read(app, group).await?,
                None => false,
            };
            if !removed {
                // The group has another owner, perhaps only since a moment ago.
                self.ports.group_rows.leave(app, user, &membership, self.ports.clock.now()).await?;
            }
        }
        Ok(true)
    }
}
