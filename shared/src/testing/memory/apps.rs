//! Apps with their notifiers and templates in memory.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{Faults, lock};
use crate::{
    domain::{
        app::App,
        callback::CallbackOff,
        id::{AppKey, NotifierName, TemplateName},
        notifier::{Notifier, NotifierState},
        template::Template,
        time::Timestamp,
    },
    ports::{
        apps::{
            AppConfig, DisableNotifier, FindReceiptOwner, FreeAppName, HeldName, ManageApps, NoteConnections, ReadApps,
            ReceiptOwner, Remains,
        },
        callbacks::SwitchOffCallback,
        error::StoreError,
    },
};

/// Apps with their notifiers and templates.
#[derive(Debug, Default)]
pub struct MemoryApps {
    /// failures on demand
    pub faults: Faults,
    pub(super) apps: Mutex<HashMap<AppKey, AppConfig>>,
    pub(super) held: Mutex<HashMap<AppKey, Held>>,
    /// the listed apps with the times of their creation
    pub(super) directory: Mutex<BTreeMap<AppKey, Timestamp>>,
}

/// The rest of a deleted app.
#[derive(Debug)]
pub(super) struct Held {
    /// when its deletion began; `None` if its name is reserved because data of its users may be left
    pub(super) since: Option<Timestamp>,
    /// whether the directory lists every user
    pub(super) users_listed: bool,
    remains: Remains,
}

impl MemoryApps {
    /// Stores an app with its notifiers, and replaces an earlier one.
    pub fn put(&self, app: App, notifiers: impl IntoIterator<Item = Notifier>) {
        let notifiers = notifiers.into_iter().map(|notifier| (notifier.name.clone(), notifier)).collect();
        lock(&self.directory).insert(app.key.clone(), app.created_at);
        lock(&self.apps).insert(app.key.clone(), AppConfig { app, notifiers, templates: HashMap::new() });
    }
}

/// Returns whether two apps have the same client credentials, which only a repeated creation has.
fn same_client(one: &App, other: &App) -> bool {
    one.client_id == other.client_id && one.client_secret_sha256 == other.client_secret_sha256
}

#[async_trait]
impl ReadApps for MemoryApps {
    async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError> {
        self.faults.before("app").await?;
        Ok(lock(&self.apps).get(key).cloned())
    }
}

#[async_trait]
impl ManageApps for MemoryApps {
    async fn create_app(&self, app: &App) -> Result<(), StoreError> {
        self.faults.before("create_app").await?;
        if lock(&self.held).contains_key(&app.key) {
            return Err(StoreError::Conflict);
        }
        match lock(&self.apps).entry(app.key.clone()) {
            Entry::Occupied(found) if same_client(&found.get().app, app) => {}
            Entry::Occupied(_) => return Err(StoreError::Conflict),
            Entry::Vacant(free) => {
                lock(&self.directory).insert(app.key.clone(), app.created_at);
                free.insert(AppConfig { app: app.clone(), notifiers: HashMap::new(), templates: HashMap::new() });
            }
        }
        self.faults.after("create_app")
    }

    async fn app_alone(&self, key: &AppKey) -> Result<Option<App>, StoreError> {
        self.faults.before("app_alone").await?;
        Ok(lock(&self.apps).get(key).map(|config| config.app.clone()))
    }

    async fn change_app(&self, app: &App) -> Result<(), StoreError> {
        self.faults.before("change_app").await?;
        {
            let mut apps = lock(&self.apps);
            let stored = &mut apps.get_mut(&app.key).ok_or(StoreError::Conflict)?.app;
            let (has_connections, callback_off) = (stored.has_connections, stored.callback_off);
            let changed = App { version: app.version + 1, has_connections, callback_off, ..app.clone() };
            if stored.version == app.version {
                *stored = changed;
            } else if *stored != changed {
                return Err(StoreError::Conflict);
            }
        }
        self.faults.after("change_app")
    }

    async fn create_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError> {
        self.faults.before("create_template").await?;
        {
            let mut apps = lock(&self.apps);
            let config = apps.get_mut(key).ok_or(StoreError::Conflict)?;
            match config.templates.entry(template.name.clone()) {
                Entry::Occupied(_) => return Err(StoreError::Conflict),
                Entry::Vacant(free) => free.insert(template.clone()),
            };
        }
        self.faults.after("create_template")
    }

    async fn put_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError> {
        self.faults.before("put_template").await?;
        {
            let mut apps = lock(&self.apps);
            let config = apps.get_mut(key).ok_or(StoreError::Conflict)?;
            config.templates.insert(template.name.clone(), template.clone());
        }
        self.faults.after("put_template")
    }

    async fn delete_template(&self, key: &AppKey, name: &TemplateName) -> Result<bool, StoreError> {
        self.faults.before("delete_template").await?;
        let existed = lock(&self.apps).get_mut(key).is_some_and(|config| config.templates.remove(name).is_some());
        self.faults.after("delete_template")?;
        Ok(existed)
    }

    async fn delete_app(&self, key: &AppKey, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.faults.before("delete_app").await?;
        let since = {
            let mut held = lock(&self.held);
            if let Some(config) = lock(&self.apps).remove(key) {
                let notifiers = config.notifiers.into_keys().collect();
                let remains = Remains { created_at: Some(config.app.created_at), notifiers, swept: false };
                held.insert(key.clone(), Held { since: None, users_listed: config.app.backfilled, remains });
            }
            held.get_mut(key).map(|held| *held.since.get_or_insert(at))
        };
        self.faults.after("delete_app")?;
        Ok(since)
    }

    async fn held_name(&self, key: &AppKey) -> Result<Option<HeldName>, StoreError> {
        self.faults.before("held_name").await?;
        Ok(lock(&self.held).get(key).map(|held| held.since.map_or(HeldName::Buried, HeldName::Deleting)))
    }

    async fn create_notifier(&self, key: &AppKey, notifier: &Notifier) -> Result<(), StoreError> {
        self.faults.before("create_notifier").await?;
        {
            let mut apps = lock(&self.apps);
            let config = apps.get_mut(key).ok_or(StoreError::Conflict)?;
            match config.notifiers.entry(notifier.name.clone()) {
                Entry::Occupied(_) => return Err(StoreError::Conflict),
                Entry::Vacant(free) => free.insert(notifier.clone()),
            };
        }
        self.faults.after("create_notifier")
    }

    async fn update_notifier(&self, key: &AppKey, notifier: &Notifier, seen: &Notifier) -> Result<(), StoreError> {
        self.faults.before("update_notifier").await?;
        {
            let mut apps = lock(&self.apps);
            let stored = apps.get_mut(key).and_then(|config| config.notifiers.get_mut(&notifier.name));
            let unchanged = |stored: &Notifier| {
                stored.updated_at == seen.updated_at && stored.receipt_secret == seen.receipt_secret
            };
            let stored = stored.filter(|stored| unchanged(stored)).ok_or(StoreError::Conflict)?;
            *stored = notifier.clone();
        }
        self.faults.after("update_notifier")
    }

    async fn delete_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<bool, StoreError> {
        self.faults.before("delete_notifier").await?;
        let existed = lock(&self.apps).get_mut(key).is_some_and(|config| config.notifiers.remove(name).is_some());
        self.faults.after("delete_notifier")?;
        Ok(existed)
    }
}

#[async_trait]
impl NoteConnections for MemoryApps {
    async fn note_connections(&self, key: &AppKey) -> Result<(), StoreError> {
        self.faults.before("note_connections").await?;
        if let Some(config) = lock(&self.apps).get_mut(key) {
            config.app.has_connections = true;
        }
        self.faults.after("note_connections")
    }
}

#[async_trait]
impl SwitchOffCallback for MemoryApps {
    async fn switch_off_callback(&self, app: &AppKey, set_at: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        self.faults.before("switch_off_callback").await?;
        if let Some(config) = lock(&self.apps).get_mut(app) {
            config.app.callback_off = Some(CallbackOff { set_at, at });
        }
        self.faults.after("switch_off_callback")
    }
}

#[async_trait]
impl FreeAppName for MemoryApps {
    async fn remains(&self, key: &AppKey, at: Timestamp) -> Result<Option<Remains>, StoreError> {
        self.faults.before("remains").await?;
        Ok(lock(&self.held).get(key).filter(|held| held.since == Some(at)).map(|held| held.remains.clone()))
    }

    async fn note_swept(&self, key: &AppKey, at: Timestamp) -> Result<(), StoreError> {
        self.faults.before("note_swept").await?;
        if let Some(held) = lock(&self.held).get_mut(key).filter(|held| held.since == Some(at)) {
            held.remains.swept = true;
        }
        self.faults.after("note_swept")
    }

    async fn free_name(&self, key: &AppKey, at: Timestamp) -> Result<bool, StoreError> {
        self.faults.before("free_name").await?;
        let freed = {
            let mut held = lock(&self.held);
            match held.get_mut(key).filter(|rows| rows.since == Some(at)) {
                Some(rows) if !rows.users_listed => {
                    (rows.since, rows.remains.swept) = (None, false);
                    false
                }
                Some(_) => {
                    held.remove(key);
                    lock(&self.directory).remove(key);
                    true
                }
                None => true,
            }
        };
        self.faults.after("free_name")?;
        Ok(freed)
    }
}

#[async_trait]
impl FindReceiptOwner for MemoryApps {
    async fn receipt_owner(&self, secret: &str) -> Result<Option<ReceiptOwner>, StoreError> {
        self.faults.before("receipt_owner").await?;
        let apps = lock(&self.apps);
        let mut owners = apps.iter().flat_map(|(app, config)| config.notifiers.values().map(move |one| (app, one)));
        let owner = owners.find(|(_, notifier)| notifier.receipt_secret == secret);
        Ok(owner.map(|(app, notifier)| ReceiptOwner { app: app.clone(), notifier: notifier.name.clone() }))
    }
}

#[async_trait]
impl DisableNotifier for MemoryApps {
    async fn disable_notifier(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.before("disable_notifier").await?;
        let done = {
            let mut apps = lock(&self.apps);
            let current = apps
                .get_mut(key)
                .and_then(|config| config.notifiers.get_mut(name))
                .filter(|notifier| notifier.fingerprint == fingerprint && notifier.state == NotifierState::Enabled);
            match current {
                Some(notifier) => {
                    notifier.state = NotifierState::Disabled;
                    notifier.state_reason = Some(reason.to_owned());
                    notifier.state_since = at;
                    notifier.updated_at = at;
                    true
                }
                None => false,
            }
        };
        self.faults.after("disable_notifier")?;
        Ok(done)
    }
}
