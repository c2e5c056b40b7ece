//! The users whom a task walks: all of the app, or those of a label.

use std::sync::Arc;

use shared::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
        push_label::LabelKey,
        task::{Audience, Place},
    },
    name_ports,
    ports::{
        directory::ReadDirectory,
        error::StoreError,
        messages::{FindStored, StoreMessages},
        push_labels::ReadLabelMembers,
        queue::QueueTask,
        tasks::{ChangeTask, ReadTaskContent, ReservePage},
    },
};

/// The ports for tasks.
pub struct WalkPorts {
    /// tasks, and where they stand
    pub tasks: Arc<dyn ChangeTask>,
    /// what they push
    pub contents: Arc<dyn ReadTaskContent>,
    /// the app's users
    pub directory: Arc<dyn ReadDirectory>,
    /// the users of a label
    pub labels: Arc<dyn ReadLabelMembers>,
    /// stores a message for each user
    pub store: Arc<dyn StoreMessages>,
    /// reads which messages an earlier try has stored
    pub stored: Arc<dyn FindStored>,
    /// spreads the pages of an app over time
    pub rate: Arc<dyn ReservePage>,
    /// its own queue, for the next page
    pub queue: Arc<dyn QueueTask>,
}

name_ports! { WalkPorts { tasks, contents, directory, labels, store, stored, rate, queue } }

/// Users of a part of a walk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FoundUsers {
    /// in the order of the walk
    pub(crate) users: Vec<UserId>,
    /// whether the part has more
    pub(crate) more: bool,
}

impl WalkPorts {
    /// Returns up to `most` users who follow `from`, and none behind `end`. Returns `None` if the label was deleted.
    pub(crate) async fn users(
        &self,
        app: &AppKey,
        audience: &Audience,
        (from, end): (&Place, Option<&Place>),
        most: usize,
    ) -> Result<Option<FoundUsers>, StoreError> {
        let mut users: Vec<UserId> = Vec::new();
        let mut next = Some(from.clone());
        while let Some(Place { shard, after }) = next.take_if(|place| end.is_none_or(|end| place.shard <= end.shard)) {
            // One more shows whether others follow.
            let asked = most + 1 - users.len();
            let found = match audience {
                Audience::Everyone => self.directory.readable_users(app, shard, after.as_ref(), asked).await?,
                Audience::Label(label) => match self.labelled(app, label, shard, after.as_ref(), asked).await? {
                    Some(found) => found,
                    None => return Ok(None),
                },
            };
            users.extend(found);
            if users.len() <= most {
                next = shard.next().map(|shard| Place { shard, after: None });
            }
        }
        users.retain(|user| end.is_none_or(|end| Place::behind(user) <= *end));
        let more = users.len() > most;
        users.truncate(most);
        Ok(Some(FoundUsers { users, more }))
    }

    async fn labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Option<Vec<UserId>>, StoreError> {
        let found = self.labels.labelled(app, label, shard, after, most).await?;
        Ok(found.map(|found| found.into_iter().map(|one| one.user).collect()))
    }
}
