//! The function with its fakes.

use std::{sync::Arc, time::Duration};

use shared::{
    app_configs::AppConfigs,
    crypto::encoding::base64url,
    domain::{
        app::{App, Settings},
        callback::{
            Callback,
            event::{CallbackEvent, Happening, Suppressed},
        },
        id::{AppKey, MessageId},
        reason::Reason,
        time::Timestamp,
    },
    lambda::{batch::Record, deadline::Deadline, metric::Metrics},
    ports::{
        apps::{ManageApps, ReadApps},
        callbacks::{CallbackRecord, QueueCallbacks, RemoveCallbacks, TakeCallbacks},
        cipher::{EncryptCredential, Purpose, callback_secrets},
        clock::Clock,
        erasure::NoteErasure,
    },
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::{MemoryApps, MemoryCipher, MemoryErasures, MemoryMessages, MemoryQueue, MemoryRuntime},
        sample,
    },
};

use super::servers::{Answer, Servers, url};
use crate::{Deliver, Doors, Ports, Secrets};

pub(super) struct World {
    pub(super) clock: FixedClock,
    pub(super) apps: Arc<MemoryApps>,
    pub(super) runtime: Arc<MemoryRuntime>,
    pub(super) cipher: Arc<MemoryCipher>,
    pub(super) queue: Arc<MemoryQueue>,
    pub(super) servers: Arc<Servers>,
    pub(super) contents: Arc<MemoryMessages>,
    erasures: Arc<MemoryErasures>,
    deliver: Deliver,
}

/// Returns an event of now about a message that is not stored.
pub(super) fn event(world: &World, number: u64) -> CallbackEvent {
    let msg_id = MessageId::new(Timestamp::from_millis(1_700_000_000_000), number.into());
    let one = Suppressed { user: sample::user("ann"), msg_id, group: None, reason: Reason::NoPushBinding };
    CallbackEvent::new(world.clock.now(), Happening::Suppressed(one))
}

impl World {
    pub(super) fn start() -> Self {
        let clock = FixedClock::default();
        let apps = Arc::new(MemoryApps::default());
        let runtime = Arc::new(MemoryRuntime::default());
        let cipher = Arc::new(MemoryCipher::default());
        let queue = Arc::new(MemoryQueue::new(clock.clone()));
        let servers = Arc::new(Servers::default());
        let contents = Arc::new(MemoryMessages::new(clock.clone()));
        let erasures = Arc::new(MemoryErasures::new(clock.clone()));
        let ports = Ports {
            posts: servers.clone(),
            contents: contents.clone(),
            erasures: erasures.clone(),
            stored: runtime.clone(),
            switch: apps.clone(),
            queue: queue.clone(),
            returns: queue.clone(),
            dead_letters: queue.clone(),
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SeededEntropy::default()),
        };
        let configs = AppConfigs::new(apps.clone(), Arc::new(clock.clone()));
        let deliver = Deliver::new(configs, Secrets::new(cipher.clone()), Doors::new(runtime.clone()), ports);
        Self { clock, apps, runtime, cipher, queue, servers, contents, erasures, deliver }
    }

    /// Creates an app whose server answers like this.
    pub(super) async fn app(&self, name: &str, answer: Answer) -> AppKey {
        let key = sample::app_key(&format!("acme#{name}"));
        self.servers.set(&key, answer);
        let sealed = self.cipher.encrypt(&key, &callback_secrets().unwrap(), Purpose::Callback, b"secret").await;
        let callback = Callback {
            url: url(&key),
            secret: base64url(&sealed.unwrap()),
            previous_secret: None,
            events: None,
            fingerprint: "f00d".into(),
            set_at: self.clock.now(),
            unknown: serde_json::Map::new(),
        };
        let settings = Settings { callback: Some(callback), ..Settings::default() };
        self.apps.put(App { settings, ..sample::app(&key, self.clock.now()) }, []);
        key
    }

    pub(super) async fn stored_app(&self, app: &AppKey) -> App {
        self.apps.app(app).await.unwrap().unwrap().app
    }

    /// Changes the wanted events of an app.
    pub(super) async fn want(&self, app: &AppKey, events: &[&str]) {
        let mut stored = self.stored_app(app).await;
        let names = events.iter().map(|name| (*name).to_owned()).collect();
        stored.settings.callback.as_mut().unwrap().events = Some(names);
        self.apps.change_app(&stored).await.unwrap();
    }

    /// Writes the setting of an app again.
    pub(super) async fn set_again(&self, app: &AppKey) {
        let mut stored = self.stored_app(app).await;
        stored.settings.callback.as_mut().unwrap().set_at = self.clock.now();
        self.apps.change_app(&stored).await.unwrap();
    }

    /// Gives an app a second secret, so that its secrets are decrypted again.
    pub(super) async fn touch(&self, app: &AppKey) {
        let mut stored = self.stored_app(app).await;
        let callback = stored.settings.callback.as_mut().unwrap();
        callback.previous_secret = Some(callback.secret.clone());
        self.apps.change_app(&stored).await.unwrap();
    }

    pub(super) async fn erase_ann(&self, app: &AppKey) {
        self.erasures.note_erasure(app, &sample::user("ann"), self.clock.now()).await.unwrap();
    }

    /// Puts events on the queue.
    pub(super) fn put(&self, app: &AppKey, events: impl IntoIterator<Item = CallbackEvent>) {
        for record in CallbackRecord::of(app, events.into_iter().collect()) {
            self.queue.put(serde_json::to_string(&record).unwrap());
        }
    }

    /// Handles the visible records of the queue as one batch. Returns the ids to be redelivered.
    pub(super) async fn work(&self) -> Vec<String> {
        let records = self.queue.take(10).into_iter().enumerate().map(|(number, body)| Record {
            id: number.to_string(),
            job: serde_json::from_str(&body).unwrap(),
            redelivered: false,
            redriven: false,
        });
        self.deliver.run(records.collect(), Deadline::after(Duration::from_secs(29)), &Metrics::default()).await
    }

    /// Handles these events as one record. Returns the ids to be redelivered.
    pub(super) async fn send(&self, app: &AppKey, events: impl IntoIterator<Item = CallbackEvent>) -> Vec<String> {
        let records = CallbackRecord::of(app, events.into_iter().collect());
        let records =
            records.into_iter().map(|job| Record { id: "1".into(), job, redelivered: false, redriven: false });
        self.deliver.run(records.collect(), Deadline::after(Duration::from_secs(29)), &Metrics::default()).await
    }

    /// Returns the number of events of the app on the queue.
    pub(super) fn queued_events(&self, app: &AppKey) -> usize {
        let of_app = |record: &CallbackRecord| record.app() == app;
        let records = self.queue.callback_records();
        records.iter().filter(|record| of_app(record)).map(|CallbackRecord::V1(events)| events.events.len()).sum()
    }

    /// Returns when the next event of the app is tried.
    pub(super) fn next_try(&self, app: &AppKey) -> Option<Timestamp> {
        let rows = self.runtime.all_callbacks(app).into_iter().filter_map(|one| one.due).min();
        self.queue.next_visible().into_iter().chain(rows).min()
    }

    /// Does what `run-schedule` does, and handles the queue.
    pub(super) async fn take_due(&self, app: &AppKey) {
        let due = self.runtime.due_callbacks(app, self.clock.now(), 100).await.unwrap();
        let events = due.iter().map(|one| one.event.clone()).collect();
        self.queue.queue_callbacks(&CallbackRecord::of(app, events), Duration::ZERO).await.unwrap();
        self.runtime.remove_callbacks(app, &due).await.unwrap();
        self.work().await;
    }
}
