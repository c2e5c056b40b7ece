//! Users in memory: bindings, token ownership, facts.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{Faults, lock};
use crate::{
    domain::{
        binding::{Binding, DeviceToken, TokenHolder},
        decision::Facts,
        id::{AppKey, DeviceId, NotifierName, UserId},
        inbox::Marks,
        presence::Presence,
        profile::{Conversation, Disturbance, Profile},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        users::{FindTokenOwner, FindTokenOwners, ManageBindings, ReadFacts, RemoveUnregisteredToken},
    },
};

/// Users with their bindings and presence. The bindings determine who owns a token.
#[derive(Debug, Default)]
pub struct MemoryUsers {
    /// failures on demand
    pub faults: Faults,
    pub(super) users: Mutex<Users>,
    pub(super) directory: Mutex<BTreeSet<(AppKey, UserId)>>,
    pub(super) marks: Mutex<HashMap<(AppKey, UserId), Marks>>,
}

pub(super) type Users = HashMap<(AppKey, UserId), Rows>;

/// The rows of one user.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) bindings: BTreeMap<(DeviceId, NotifierName), Binding>,
    /// since when the tokens of these bindings are held
    held_since: BTreeMap<(DeviceId, NotifierName), Timestamp>,
    pub(super) presence: BTreeMap<DeviceId, Presence>,
    pub(super) profile: Option<Profile>,
    pub(super) conversations: HashMap<Conversation, (u32, Disturbance)>,
}

impl Rows {
    pub(super) fn conversation(&self, conversation: &Conversation, era: u32) -> Disturbance {
        let set = self.conversations.get(conversation).filter(|(of, _)| *of == era);
        set.map(|(_, disturbance)| *disturbance).unwrap_or_default()
    }

    pub(super) fn list(&self) -> Vec<Binding> {
        self.bindings.values().cloned().collect()
    }

    /// Returns since when the device holds the token that it registers again.
    fn held_since_of(&self, binding: &Binding) -> Option<Timestamp> {
        let slot = slot(binding);
        let is_same = self.bindings.get(&slot).is_some_and(|held| held.token == binding.token);
        self.held_since.get(&slot).copied().filter(|_| is_same)
    }

    fn drop_oldest(&mut self, keep: &Binding) {
        let others = self.bindings.values().filter(|binding| *binding != keep);
        let oldest = others.min_by_key(|binding| binding.bound_at).map(slot);
        if let Some(oldest) = oldest {
            self.bindings.remove(&oldest);
        }
    }
}

impl MemoryUsers {
    /// Adds a user with one binding. The token must be new: nobody is searched for it, so this is fast for many users.
    pub fn add_bound(&self, app: &AppKey, user: &UserId, binding: Binding) {
        let rows = Rows { bindings: BTreeMap::from([(slot(&binding), binding)]), ..Rows::default() };
        lock(&self.users).insert((app.clone(), user.clone()), rows);
        self.list(app, user);
    }
}

#[async_trait]
impl ReadFacts for MemoryUsers {
    async fn facts(&self, app: &AppKey, user: &UserId, conversation: &Conversation) -> Result<Facts, StoreError> {
        self.faults.before("facts").await?;
        let rows = self.rows(app, user);
        let known = rows.is_known();
        let profile = rows.profile.clone().unwrap_or_default();
        let conversation = if profile.advanced.conversations {
            rows.conversation(conversation, profile.advanced.era)
        } else {
            Disturbance::default()
        };
        Ok(Facts {
            known,
            profile,
            conversation,
            group_members: None,
            group_disabled: false,
            delivered: None,
            unanswered: None,
            marks: lock(&self.marks).get(&(app.clone(), user.clone())).copied(),
            bindings: rows.list(),
            presence: rows.presence.into_iter().collect(),
        })
    }

    async fn facts_of_now(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Facts, StoreError> {
        self.facts(app, user, conversation).await
    }
}

#[async_trait]
impl ManageBindings for MemoryUsers {
    async fn bind(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        max: usize,
    ) -> Result<Vec<Binding>, StoreError> {
        self.faults.before("bind").await?;
        let left = {
            let mut users = lock(&self.users);
            let held = users.get(&(app.clone(), user.clone())).and_then(|rows| rows.held_since_of(binding));
            let of_app = users.iter_mut().filter(|((owner, _), _)| owner == app);
            for (_, rows) in of_app {
                rows.bindings.retain(|_, held| held.notifier != binding.notifier || held.token != binding.token);
            }
            let rows = users.entry((app.clone(), user.clone())).or_default();
            rows.bindings.insert(slot(binding), binding.clone());
            rows.held_since.insert(slot(binding), held.unwrap_or(binding.bound_at));
            while rows.bindings.len() > max.max(1) {
                rows.drop_oldest(binding);
            }
            rows.list()
        };
        self.list(app, user);
        self.faults.after("bind")?;
        Ok(left)
    }

    async fn unbind(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: Option<&NotifierName>,
    ) -> Result<Vec<Binding>, StoreError> {
        self.faults.before("unbind").await?;
        if let Some(rows) = lock(&self.users).get_mut(&(app.clone(), user.clone())) {
            rows.bindings
                .retain(|_, held| held.device_id != *device || notifier.is_some_and(|name| held.notifier != *name));
        }
        self.faults.after("unbind")?;
        Ok(self.rows(app, user).list())
    }

    async fn bindings(&self, app: &AppKey, user: &UserId) -> Result<Vec<Binding>, StoreError> {
        self.faults.before("bindings").await?;
        Ok(self.rows(app, user).list())
    }
}

#[async_trait]
impl FindTokenOwner for MemoryUsers {
    async fn token_owner(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
    ) -> Result<Option<TokenHolder>, StoreError> {
        self.faults.before("token_owner").await?;
        let users = lock(&self.users);
        let of_app = users.iter().filter(|((owner, _), _)| owner == app);
        let mut held = of_app.flat_map(|((_, user), rows)| rows.bindings.values().map(move |held| (user, rows, held)));
        let found = held.find(|(_, _, held)| held.notifier == *notifier && held.token == *token);
        Ok(found.map(|(user, rows, held)| TokenHolder {
            user: user.clone(),
            device: held.device_id.clone(),
            since: rows.held_since.get(&slot(held)).copied(),
        }))
    }
}

#[async_trait]
impl FindTokenOwners for MemoryUsers {
    async fn token_owners(
        &self,
        app: &AppKey,
        tokens: &[(&NotifierName, &DeviceToken)],
    ) -> Result<Vec<Option<TokenHolder>>, StoreError> {
        self.faults.before("token_owners").await?;
        let mut owners = Vec::with_capacity(tokens.len());
        for (notifier, token) in tokens {
            owners.push(self.token_owner(app, notifier, token).await?);
        }
        Ok(owners)
    }
}

#[async_trait]
impl RemoveUnregisteredToken for MemoryUsers {
    async fn remove_if_current(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: &NotifierName,
        token: &DeviceToken,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.before("remove_if_current").await?;
        let removed = {
            let mut users = lock(&self.users);
            let rows = users.entry((app.clone(), user.clone())).or_default();
            let slot = (device.clone(), notifier.clone());
            let is_unregistered = |held: &Binding| held.token == *token && held.bound_at <= since;
            let current = rows.bindings.get(&slot).is_some_and(is_unregistered);
            current && rows.bindings.remove(&slot).is_some()
        };
        self.faults.after("remove_if_current")?;
        Ok(removed)
    }
}

impl MemoryUsers {
    pub(super) fn rows(&self, app: &AppKey, user: &UserId) -> Rows {
        lock(&self.users).get(&(app.clone(), user.clone())).cloned().unwrap_or_default()
    }
}

fn slot(binding: &Binding) -> (DeviceId, NotifierName) {
    (binding.device_id.clone(), binding.notifier.clone())
}
