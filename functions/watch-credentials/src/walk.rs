//! Goes through all apps: one round an hour, in slices of one invocation each.

use std::{sync::Arc, time::Duration};

use shared::{
    domain::{credential_check::CHECKED_EVERY, id::AppKey, time::Timestamp},
    lambda::{deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        app_directory::ListApps,
        apps::ReadHealth,
        clock::Clock,
        credential_check::CheckCredentials,
        credential_watch::{CREDENTIALS, HOLD, MoveWatch, WatchSlice},
        error::StoreError,
    },
};

use crate::{checks::Checks, page::read_page, report::report};

/// Time that a page may take. No page begins with less left.
pub const PAGE_TIME: Duration = Duration::from_secs(45);

/// The ports of the function.
pub struct WatchCredentials {
    /// the place of the round
    pub walk: Arc<dyn MoveWatch>,
    /// lists apps and their notifiers
    pub apps: Arc<dyn ListApps>,
    /// reads the health of notifiers
    pub health: Arc<dyn ReadHealth>,
    /// the vendors' functions
    pub vendors: Arc<dyn CheckCredentials>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { WatchCredentials { walk, apps, health, vendors, clock } }

/// Walks a slice of a round: page after page, until the round or the time is over.
pub async fn handle(slice: &WatchSlice, watch: &WatchCredentials, deadline: Deadline, metrics: &Metrics) {
    if let Err(error) = watch.walk_slice(slice, deadline, metrics).await {
        tracing::error!(error = error.chain(), "the round through the credentials cannot go on; it does so in minutes");
    }
}

impl WatchCredentials {
    async fn walk_slice(&self, slice: &WatchSlice, deadline: Deadline, metrics: &Metrics) -> Result<(), StoreError> {
        let checks = Checks::new(&*self.vendors, metrics);
        let mut after = slice.after.clone();
        while deadline.allows(PAGE_TIME) {
            let page = read_page(&*self.apps, after.as_ref()).await?;
            let last = page.next.clone();
            // The round goes on behind this page even if the page ends this process.
            if !self.move_to(slice, last.as_ref(), self.due_after(last.as_ref(), slice)).await? {
                tracing::warn!("another invocation goes on with the round");
                return Ok(());
            }
            let page_by = deadline.min(Deadline::after(PAGE_TIME));
            checks.run(&page.notifiers, page_by).await;
            report(&*self.health, page.notifiers, self.clock.now(), page_by, metrics).await;
            if last.is_none() {
                return Ok(());
            }
            after = last;
        }
        // The next minute goes on.
        self.move_to(slice, after.as_ref(), self.clock.now()).await.map(drop)
    }

    async fn move_to(&self, slice: &WatchSlice, after: Option<&AppKey>, due: Timestamp) -> Result<bool, StoreError> {
        self.walk.move_watch(CREDENTIALS, slice, after, due).await
    }

    /// Returns when the round goes on if this invocation dies: at the end of its hold. The next round begins an hour after
    /// this one began, or now if this one lasted longer.
    fn due_after(&self, next: Option<&AppKey>, slice: &WatchSlice) -> Timestamp {
        match next {
            Some(_) => slice.taken.plus(HOLD).max(self.clock.now()),
            None => slice.round.plus(CHECKED_EVERY).max(self.clock.now()),
        }
    }
}
