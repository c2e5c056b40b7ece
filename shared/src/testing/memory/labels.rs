//! Push labels in memory.

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{Faults, lock};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, LabelName, UserId},
        push_label::{LabelKey, LabelledUser, MAX_LABELS, PushLabel, UserLabel},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        push_labels::{EraseLabels, LabelCreation, LabelUsers, ManageLabels, ReadLabelMembers, ReadLabels},
    },
};

/// Labels with their users. The number of users is not stored separately. Users of a deleted label stay until they are
/// erased.
#[derive(Debug, Default)]
pub struct MemoryLabels {
    /// failures on demand
    pub faults: Faults,
    labels: Mutex<BTreeMap<(AppKey, LabelName), PushLabel>>,
    users: Mutex<HashMap<(AppKey, LabelKey), BTreeMap<UserId, Timestamp>>>,
}

impl MemoryLabels {
    /// Returns how many users are stored under labels of the app, deleted labels included.
    pub fn stored_users(&self, app: &AppKey) -> usize {
        lock(&self.users).iter().filter(|((of, _), _)| of == app).map(|(_, users)| users.len()).sum()
    }

    fn lives(&self, app: &AppKey, label: &LabelKey) -> bool {
        let labels = lock(&self.labels);
        labels.get(&(app.clone(), label.name.clone())).is_some_and(|stored| stored.key == *label)
    }

    fn counted(&self, app: &AppKey, label: &PushLabel) -> PushLabel {
        let users = self.with(app, &label.key, |users| users.len());
        PushLabel { users: u64::try_from(users).unwrap_or(u64::MAX), ..label.clone() }
    }

    /// Reads or changes the users of a label, deleted or not.
    fn with<T>(&self, app: &AppKey, label: &LabelKey, work: impl FnOnce(&mut BTreeMap<UserId, Timestamp>) -> T) -> T {
        work(lock(&self.users).entry((app.clone(), label.clone())).or_default())
    }
}

#[async_trait]
impl ReadLabels for MemoryLabels {
    async fn label(&self, app: &AppKey, name: &LabelName) -> Result<Option<PushLabel>, StoreError> {
        self.faults.before("label").await?;
        let stored = lock(&self.labels).get(&(app.clone(), name.clone())).cloned();
        Ok(stored.map(|label| self.counted(app, &label)))
    }
}

#[async_trait]
impl ManageLabels for MemoryLabels {
    async fn create_label(&self, app: &AppKey, label: &PushLabel) -> Result<LabelCreation, StoreError> {
        self.faults.before("create_label").await?;
        let key = (app.clone(), label.key.name.clone());
        let created = {
            let mut labels = lock(&self.labels);
            let number = labels.keys().filter(|(of, _)| of == app).count();
            match labels.entry(key) {
                Entry::Occupied(_) => LabelCreation::Exists,
                Entry::Vacant(_) if number >= MAX_LABELS as usize => LabelCreation::Full,
                Entry::Vacant(place) => {
                    place.insert(label.clone());
                    LabelCreation::Created
                }
            }
        };
        self.faults.after("create_label")?;
        Ok(created)
    }

    async fn labels(&self, app: &AppKey, after: Option<&LabelName>, most: usize) -> Result<Vec<PushLabel>, StoreError> {
        self.faults.before("labels").await?;
        let stored: Vec<PushLabel> = {
            let labels = lock(&self.labels);
            let behind = labels.iter().filter(|((of, name), _)| of == app && after.is_none_or(|after| name > after));
            behind.take(most).map(|(_, label)| label.clone()).collect()
        };
        Ok(stored.iter().map(|label| self.counted(app, label)).collect())
    }

    async fn delete_label(&self, app: &AppKey, label: &LabelKey) -> Result<bool, StoreError> {
        self.faults.before("delete_label").await?;
        let deleted = self.lives(app, label);
        if deleted {
            lock(&self.labels).remove(&(app.clone(), label.name.clone()));
        }
        self.faults.after("delete_label")?;
        Ok(deleted)
    }
}

#[async_trait]
impl ReadLabelMembers for MemoryLabels {
    async fn labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        shard: Shard,
        after: Option<&UserId>,
        max: usize,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError> {
        self.faults.before("labelled").await?;
        let page = self.with(app, label, |users| {
            let behind = users.iter().filter(|(user, _)| Shard::of(user) == shard);
            let behind = behind.filter(|(user, _)| after.is_none_or(|after| *user > after));
            behind.take(max).map(|(user, since)| LabelledUser { user: user.clone(), since: *since }).collect()
        });
        Ok(self.lives(app, label).then_some(page))
    }
}

#[async_trait]
impl LabelUsers for MemoryLabels {
    async fn add_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
        since: Timestamp,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError> {
        self.faults.before("add_labelled").await?;
        if !self.lives(app, label) {
            return Ok(None);
        }
        let had = self.with(app, label, |stored| {
            let had = users
                .iter()
                .filter_map(|user| stored.get(user).map(|since| LabelledUser { user: user.clone(), since: *since }));
            let had: Vec<LabelledUser> = had.collect();
            for user in users {
                stored.entry(user.clone()).or_insert(since);
            }
            had
        });
        self.faults.after("add_labelled")?;
        Ok(Some(had))
    }

    async fn remove_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
    ) -> Result<Option<Vec<UserId>>, StoreError> {
        self.faults.before("remove_labelled").await?;
        if !self.lives(app, label) {
            return Ok(None);
        }
        let had = self
            .with(app, label, |stored| users.iter().filter(|user| stored.remove(*user).is_some()).cloned().collect());
        self.faults.after("remove_labelled")?;
        Ok(Some(had))
    }

    async fn labelled_since(
        &self,
        app: &AppKey,
        label: &LabelKey,
        user: &UserId,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.faults.before("labelled_since").await?;
        Ok(self.with(app, label, |stored| stored.get(user).copied()))
    }
}

#[async_trait]
impl EraseLabels for MemoryLabels {
    async fn labels_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<UserLabel>, StoreError> {
        self.faults.before("labels_of").await?;
        let users = lock(&self.users);
        let of_app = users.iter().filter(|((of, _), _)| of == app);
        let label = |((_, label), stored): (&(AppKey, LabelKey), &BTreeMap<UserId, Timestamp>)| {
            stored.get(user).map(|since| UserLabel { label: label.clone(), since: *since })
        };
        let mut labels: Vec<UserLabel> = of_app.filter_map(label).collect();
        labels.sort_by(|one, other| one.label.cmp(&other.label));
        Ok(labels)
    }

    async fn unlabel(&self, app: &AppKey, user: &UserId, label: &UserLabel) -> Result<(), StoreError> {
        self.faults.before("unlabel").await?;
        self.with(app, &label.label, |stored| {
            if stored.get(user) == Some(&label.since) {
                stored.remove(user);
            }
        });
        self.faults.after("unlabel")
    }

    async fn erase_labelled(&self, app: &AppKey, label: &LabelKey, most: usize) -> Result<bool, StoreError> {
        self.faults.before("erase_labelled").await?;
        let more = self.with(app, label, |stored| {
            let gone: Vec<UserId> = stored.keys().take(most).cloned().collect();
            stored.retain(|user, _| !gone.contains(user));
            gone.len() == most
        });
        self.faults.after("erase_labelled")?;
        Ok(more)
    }

    async fn forget_label_count(&self, _: &AppKey) -> Result<(), StoreError> {
        self.faults.before("forget_label_count").await?;
        self.faults.after("forget_label_count")
    }
}
