//! Sends a batch: the events of each app by themselves, so that one app's server delays no other's.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, future::join_all, stream};
use shared::{
    app_configs::AppConfigs,
    cache::BoundedCache,
    domain::{
        callback::{
            Callback,
            endpoint::{Door, Endpoint},
            event::CallbackEvent,
        },
        id::AppKey,
        time::Timestamp,
    },
    lambda::{
        batch::Record,
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    name_ports,
    ports::{
        apps::AppConfig,
        callbacks::{CallbackRecord, PostCallback, QueueCallbacks, StoreCallbacks, SwitchOffCallback},
        clock::{Clock, Entropy},
        erasure::ReadErasure,
        messages::ReadContent,
        queue::{DeadLetterRecord, ReturnRecord},
    },
};

use crate::{
    attempt::{Attempt, Outcome, READING, Told},
    doors::Doors,
    http::MAX_CALL,
    request::Requests,
    secrets::Secrets,
};

/// The queue's name in logs and metrics.
pub const QUEUE: &str = "callback";
/// Maximum calls of one server at the same time.
const PARALLEL_CALLS: usize = 8;
/// Time in which calls of a server may begin.
const CALLING: Duration = Duration::from_secs(10);
/// Time reserved for what follows the calls: the server's health, the note that it is gone, and putting events away.
const AFTERWARDS: Duration = Duration::from_secs(10);
/// Maximum duration of writing the server's health, and of noting that it is gone. Without either the next invocation
/// finds out again.
const NOTING: Duration = Duration::from_secs(2);
/// Failures in a row, without a success, after which a server is not called again in this invocation.
const GIVE_UP_AFTER: u32 = 8;

/// Maximum apps that a process remembers to have listed.
const MAX_LISTED: usize = 1000;

/// The ports of the use case.
pub struct Ports {
    /// sends the requests
    pub posts: Arc<dyn PostCallback>,
    /// reads the messages of events
    pub contents: Arc<dyn ReadContent>,
    /// reads when users were erased
    pub erasures: Arc<dyn ReadErasure>,
    /// stores events that wait
    pub stored: Arc<dyn StoreCallbacks>,
    /// switches callbacks off
    pub switch: Arc<dyn SwitchOffCallback>,
    /// its own queue, for the next try
    pub queue: Arc<dyn QueueCallbacks>,
    /// its own queue, for unreadable records
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports { posts, contents, erasures, stored, switch, queue, returns, dead_letters, clock, entropy } }

/// The use case of the function.
pub struct Deliver {
    /// configurations of the apps
    configs: AppConfigs,
    /// the secrets that it decrypted
    secrets: Secrets,
    /// the health of apps' servers
    doors: Doors,
    /// all other ports
    pub ports: Ports,
    /// when the list of apps with stored events last named an app
    pub(crate) listed: BoundedCache<AppKey, Timestamp>,
}

name_ports! { Deliver { configs, secrets, doors, ports } without { listed } }

impl Deliver {
    /// Creates the use case.
    pub fn new(configs: AppConfigs, secrets: Secrets, doors: Doors, ports: Ports) -> Self {
        Self { configs, secrets, doors, ports, listed: BoundedCache::new(MAX_LISTED) }
    }

    /// Sends the events of all records. Returns the ids of the records to be redelivered.
    pub async fn run(
        &self,
        records: Vec<Record<CallbackRecord>>,
        deadline: Deadline,
        metrics: &Metrics,
    ) -> Vec<String> {
        let mut apps: BTreeMap<AppKey, (Vec<String>, Vec<CallbackEvent>)> = BTreeMap::new();
        for record in records {
            let CallbackRecord::V1(events) = record.job;
            let (ids, all) = apps.entry(events.app).or_default();
            ids.push(record.id);
            all.extend(events.events);
        }
        let told = apps.into_iter().map(|(app, (ids, events))| async move {
            let settled = deadline.wait(self.tell(&app, events, deadline, metrics)).await.unwrap_or(false);
            if settled { Vec::new() } else { ids }
        });
        join_all(told).await.concat()
    }

    /// Sends the events of an app, and puts away what must be tried again. Returns `false` if that failed.
    async fn tell(&self, app: &AppKey, events: Vec<CallbackEvent>, deadline: Deadline, metrics: &Metrics) -> bool {
        let now = self.ports.clock.now();
        let told = match self.configs.get(app).await {
            Ok(Some(config)) => self.tell_server(&config, events, now, deadline).await,
            Ok(None) => Told::all(events, Outcome::Dropped),
            Err(error) => {
                tracing::warn!(%app, error = error.chain(), "the app's configuration cannot be read");
                Told::all(events, Outcome::NotBegun)
            }
        };
        for (outcome, count) in told.counts() {
            metrics.add(Metric::Callbacks, [("outcome", outcome)], count);
        }
        self.put_away(app, told, deadline).await
    }

    async fn tell_server(
        &self,
        config: &AppConfig,
        events: Vec<CallbackEvent>,
        now: Timestamp,
        deadline: Deadline,
    ) -> Told {
        let app = &config.app;
        let Some(callback) = app.callback() else {
            return Told::all(events, Outcome::Dropped);
        };
        // An app of this name may be newer than the event, and the setting may have changed.
        let is_wanted = |event: &CallbackEvent| event.at >= app.created_at && callback.wants(event.kind());
        let (events, unwanted): (Vec<_>, Vec<_>) = events.into_iter().partition(is_wanted);
        let told = Told::all(unwanted, Outcome::Dropped);
        if events.is_empty() {
            return told;
        }
        let secrets = match self.secrets.of(&app.key, callback).await {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::error!(app = %app.key, error = error.chain(), "the secret of a callback cannot be decrypted");
                return told.with(Told::all(events, Outcome::Closed(now)));
            }
        };
        let requests = Requests::new(&app.key, callback, &secrets, &self.ports);
        let begin_by = Deadline::after(CALLING).min(deadline.leaving(AFTERWARDS + READING + MAX_CALL));
        let told = told.with(self.tell_if_open(&requests, events, begin_by).await);
        if told.is_gone() {
            self.switch_off(&app.key, callback).await;
        }
        told
    }

    /// Sends events, unless the server is left alone. After that time the first event shows whether it is back.
    async fn tell_if_open(&self, requests: &Requests<'_>, events: Vec<CallbackEvent>, begin_by: Deadline) -> Told {
        let app = requests.app;
        let attempt = Attempt::new(GIVE_UP_AFTER);
        let mut events = events.into_iter();
        let (mut told, mut probes) = (Told::default(), false);
        match self.doors.door(app, requests.set_at(), self.ports.clock.now()).await {
            Door::Open => {}
            Door::Closed(until) => return Told::all(events, Outcome::Closed(until)),
            Door::Probe => {
                let Some(first) = events.next() else { return told };
                let outcome = attempt.call(requests, &first, begin_by).await;
                told = Told::all([first], outcome);
                probes = !told.is_alive();
                if let Some(until) = self.note(requests, &told, true).await {
                    return told.with(Told::all(events, Outcome::Closed(until)));
                }
            }
        }
        let called = call_all(&attempt, requests, events, begin_by).await;
        self.note(requests, &called, probes).await;
        told.with(called)
    }

    /// Stores what the calls say about the server's health. Returns until when the server is left alone.
    async fn note(&self, requests: &Requests<'_>, told: &Told, probed: bool) -> Option<Timestamp> {
        let (failures, pause) = (told.failures(), told.pause());
        if failures == 0 && pause.is_none() && !(probed && told.is_alive()) {
            return None;
        }
        let now = self.ports.clock.now();
        let changed = self.doors.change(requests.app, requests.set_at(), now, |endpoint| {
            let next = match failures {
                0 if probed => endpoint.after_success(),
                0 => endpoint.clone(),
                // A server that asks to be left alone is not banned for it.
                failures => endpoint.after_failures(failures, probed && pause.is_none(), now),
            };
            let Some(pause) = pause else { return next };
            // The wish replaces the time for which others waited for the probe.
            let closed_until = next.closed_until.filter(|_| !probed);
            Endpoint { closed_until, ..next }.paused(pause, now)
        });
        match Deadline::after(NOTING).wait(changed).await.flatten()?.door(now) {
            Door::Closed(until) => Some(until),
            Door::Open | Door::Probe => None,
        }
    }

    /// Switches a callback off because its server answered 410.
    async fn switch_off(&self, app: &AppKey, callback: &Callback) {
        let switched = self.ports.switch.switch_off_callback(app, callback.set_at, self.ports.clock.now());
        let switched = Deadline::after(NOTING).wait(switched).await;
        self.configs.forget(app);
        if let Some(Ok(())) = switched {
            tracing::warn!(%app, "a callback is switched off: its server answered 410");
        } else {
            let error = switched.and_then(Result::err).map(|error| error.chain());
            tracing::error!(%app, error, "a callback cannot be switched off");
        }
    }
}

/// Calls the server for each event, some at a time.
async fn call_all(
    attempt: &Attempt,
    requests: &Requests<'_>,
    events: impl Iterator<Item = CallbackEvent>,
    begin_by: Deadline,
) -> Told {
    let calls = stream::iter(events).map(|event| async move {
        let outcome = attempt.call(requests, &event, begin_by).await;
        (event, outcome)
    });
    calls.buffer_unordered(PARALLEL_CALLS).collect::<Vec<_>>().await.into()
}
