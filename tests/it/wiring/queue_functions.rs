//! A process of each function behind a queue, a schedule or the WebSocket API.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::vendor::Vendor,
    lambda::rate::RequestRates,
    offline::Walks,
    ports::{
        callbacks::PostCallback,
        clock::Entropy,
        credential_check::CheckCredentials,
        credential_watch::{StartWatch, WatchSlice},
        error::StoreError,
        queue::ReturnRecord,
        vendor::VendorClient,
    },
    testing::memory::MemoryPushQueues,
    visible_since::VisibleSinceReader,
};

use super::{PUBLIC_BASE_URL, Services};

impl Services {
    /// Returns a new process of `check-presence`.
    pub fn check_presence(&self) -> check_presence::Dispatch {
        let configs = self.stale_configs();
        check_presence::Dispatch {
            decider: self.decider(configs.clone()),
            ports: check_presence::Ports {
                decisions: self.messages.clone(),
                outcomes: self.messages.clone(),
                pages: self.messages.clone(),
                groups: self.messages.clone(),
                recorded: self.messages.clone(),
                acks: self.messages.clone(),
                contents: self.messages.clone(),
                group_messages: self.messages.clone(),
                timelines: self.messages.clone(),
                traces: self.messages.clone(),
                records: self.messages.clone(),
                recalls: self.messages.clone(),
                visible_since: Arc::new(VisibleSinceReader::new(configs, self.erasures.clone())),
                members: self.groups.clone(),
                push: self.push_queues.clone(),
                revocations: self.push_queues.clone(),
                direct: self.direct_queue.clone(),
                dispatch: self.dispatch_queue.clone(),
                requests: self.dispatch_queue.clone(),
                recalls_queue: self.dispatch_queue.clone(),
                returns: self.dispatch_queue.clone(),
                dead_letters: self.dead_letters.clone(),
                statistics: self.statistics(),
                task_counts: self.task_counts(),
                walk: check_presence::WalkPorts {
                    tasks: self.runtime.clone(),
                    contents: self.runtime.clone(),
                    directory: self.users.clone(),
                    labels: self.labels.clone(),
                    store: self.messages.clone(),
                    stored: self.messages.clone(),
                    rate: self.runtime.clone(),
                    queue: self.dispatch_queue.clone(),
                },
                callbacks: self.tell(),
                clock: self.clock(),
                entropy: self.entropy.clone(),
            },
        }
    }

    /// Returns a new process of `hold-connection`.
    pub fn hold_connection(&self) -> hold_connection::HoldConnection {
        hold_connection::HoldConnection {
            configs: self.configs(),
            rates: RequestRates::default(),
            offline: self.offline_store(),
            read_elsewhere: self.read_elsewhere(),
            callbacks: self.tell(),
            walks: Walks::default(),
            ports: hold_connection::Ports {
                apps: self.apps.clone(),
                connections: self.runtime.clone(),
                presence: self.users.clone(),
                bans: self.users.clone(),
                posts: self.connections.clone(),
                direct: self.direct_queue.clone(),
                dispatch: self.dispatch_queue.clone(),
                returns: self.direct_queue.clone(),
                dead_letters: self.dead_letters.clone(),
                clock: self.clock(),
                entropy: self.entropy.clone(),
            },
        }
    }

    /// Returns a new process of `erase-data`.
    pub fn erase_data(&self) -> erase_data::Erase {
        erase_data::Erase {
            ports: erase_data::Ports {
                users: self.users.clone(),
                directory: self.users.clone(),
                listing: self.users.clone(),
                messages: self.messages.clone(),
                memberships: self.groups.clone(),
                group_directory: self.groups.clone(),
                groups: self.groups.clone(),
                group_rows: self.groups.clone(),
                labels: self.labels.clone(),
                label_rows: self.labels.clone(),
                app_names: self.apps.clone(),
                notifiers: self.runtime.clone(),
                counts: self.runtime.clone(),
                callbacks: self.runtime.clone(),
                tasks: self.runtime.clone(),
                queue: self.erase_queue.clone(),
                returns: self.erase_queue.clone(),
                dead_letters: self.dead_letters.clone(),
                clock: self.clock(),
                entropy: self.entropy.clone(),
            },
        }
    }

    /// Returns a new process of `deliver-callback`, which calls apps' servers through `posts`.
    pub fn deliver_callback(&self, posts: Arc<dyn PostCallback>) -> deliver_callback::Deliver {
        deliver_callback::Deliver::new(
            self.configs(),
            deliver_callback::Secrets::new(self.cipher.clone()),
            deliver_callback::Doors::new(self.runtime.clone()),
            deliver_callback::Ports {
                posts,
                contents: self.messages.clone(),
                erasures: self.erasures.clone(),
                stored: self.runtime.clone(),
                switch: self.apps.clone(),
                queue: self.callback_queue.clone(),
                returns: self.callback_queue.clone(),
                dead_letters: self.dead_letters.clone(),
                clock: self.clock(),
                entropy: self.entropy.clone(),
            },
        )
    }

    /// Returns a new process of `run-schedule`.
    pub fn run_schedule(&self, watch: Arc<dyn StartWatch>) -> run_schedule::RunSchedule {
        run_schedule::RunSchedule {
            callbacks: run_schedule::callbacks::DueCallbacks {
                stored: self.runtime.clone(),
                removals: self.runtime.clone(),
                queue: self.callback_queue.clone(),
                clock: self.clock(),
            },
            tasks: run_schedule::tasks::DueTasks {
                list: self.runtime.clone(),
                tasks: self.runtime.clone(),
                queue: self.dispatch_queue.clone(),
                clock: self.clock(),
            },
            credentials: run_schedule::credentials::DueWatch {
                slices: self.runtime.clone(),
                function: watch,
                clock: self.clock(),
            },
        }
    }

    /// Returns a new process of `watch-credentials`, which has credentials checked through `vendors`.
    pub fn watch_credentials(&self, vendors: Arc<dyn CheckCredentials>) -> watch_credentials::WatchCredentials {
        watch_credentials::WatchCredentials {
            walk: self.runtime.clone(),
            apps: self.apps.clone(),
            health: self.runtime.clone(),
            vendors,
            clock: self.clock(),
        }
    }

    /// Returns a new process of a vendor's `push-vendor`, which calls the vendor through `client`.
    pub fn push_vendor(
        &self,
        vendor: Vendor,
        client: Arc<dyn VendorClient>,
        entropy: Arc<dyn Entropy>,
    ) -> push_vendor::Deliver {
        let notifiers = push_vendor::Notifiers::new(
            self.stale_configs(),
            self.cipher.clone(),
            self.apps.clone(),
            self.runtime.clone(),
            self.clock(),
            PUBLIC_BASE_URL.to_owned(),
        );
        let ports = push_vendor::Ports {
            suspects: self.runtime.clone(),
            outcomes: self.messages.clone(),
            pages: self.messages.clone(),
            ended: self.messages.clone(),
            taken: self.messages.clone(),
            contents: self.messages.clone(),
            owners: self.users.clone(),
            dispatch: self.dispatch_queue.clone(),
            tokens: self.users.clone(),
            queue: self.push_queues.clone(),
            ends: self.push_queues.clone(),
            revocations: self.push_queues.clone(),
            returns: Arc::new(ReturnTo(vendor, self.push_queues.clone())),
            dead_letters: self.dead_letters.clone(),
            statistics: self.statistics(),
            task_counts: self.task_counts(),
            callbacks: self.tell(),
            clock: self.clock(),
            entropy,
        };
        push_vendor::Deliver::new(vendor, client, notifiers, ports)
    }
}

/// The port by which a vendor's function returns a record that it cannot read.
struct ReturnTo(Vendor, Arc<MemoryPushQueues>);

#[async_trait]
impl ReturnRecord for ReturnTo {
    async fn return_record(&self, body: &str, reads: u32, delay: Duration) -> Result<(), StoreError> {
        self.1.of(self.0).return_record(body, reads, delay).await
    }
}

/// The slices that `run-schedule` started `watch-credentials` on.
#[derive(Default)]
pub struct StartedWatches {
    pub slices: Mutex<Vec<WatchSlice>>,
}

#[async_trait]
impl StartWatch for StartedWatches {
    async fn start_watch(&self, slice: &WatchSlice) -> Result<(), StoreError> {
        self.slices.lock().unwrap().push(slice.clone());
        Ok(())
    }
}
