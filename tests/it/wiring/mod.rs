//! The functions, wired as in production to ports in memory.
//!
//! Each call of a factory returns a new process: it has caches of its own, and shares the stack's services.

mod api_functions;
mod queue_functions;

use std::{sync::Arc, time::Duration};

use shared::{
    app_configs::AppConfigs,
    callbacks::Callbacks,
    decider::Decider,
    gateway_leases::GatewayLeases,
    lambda::gate::Gate,
    offline::{Bounds, OfflineStore},
    ports::{apps::ReadApps, clock::Clock},
    read_elsewhere::{AskedFor, ReadElsewhere},
    statistics::Statistics,
    task_counter::TaskCounter,
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::{
            MemoryApps, MemoryCipher, MemoryConnections, MemoryErasures, MemoryGroups, MemoryLabels, MemoryMessages,
            MemoryPushQueues, MemoryQueue, MemoryRuntime, MemorySecret, MemoryUsers, ScriptedNotifierTest,
        },
    },
    visible_since::VisibleSinceReader,
};

pub use self::queue_functions::StartedWatches;

pub const OPERATOR_KEY: &str = "operator key of the tests";
/// The secret from which every app's signing key is derived.
pub const SIGNING_SECRET: &str = "signing secret of the tests";
/// The address for vendors' reports.
pub const PUBLIC_BASE_URL: &str = "https://push.example.com";

/// The longest time of an invocation of the queues' functions, as the template says.
pub const INVOCATION: Duration = Duration::from_secs(30);

/// How long a process keeps counts before it writes them, as the template says.
pub const STATISTICS_FLUSH: Duration = Duration::from_secs(10);

/// What the functions of a stack share: tables, queues, key, secrets, open connections.
#[derive(Clone)]
pub struct Services {
    pub clock: FixedClock,
    pub entropy: Arc<SeededEntropy>,
    pub apps: Arc<MemoryApps>,
    pub users: Arc<MemoryUsers>,
    pub messages: Arc<MemoryMessages>,
    pub groups: Arc<MemoryGroups>,
    pub labels: Arc<MemoryLabels>,
    pub dispatch_queue: Arc<MemoryQueue>,
    pub erase_queue: Arc<MemoryQueue>,
    pub erasures: Arc<MemoryErasures>,
    pub push_queues: Arc<MemoryPushQueues>,
    pub direct_queue: Arc<MemoryQueue>,
    pub callback_queue: Arc<MemoryQueue>,
    /// the open connections, as API Gateway keeps them
    pub connections: Arc<MemoryConnections>,
    /// the dead-letter queue of every queue
    pub dead_letters: Arc<MemoryQueue>,
    pub cipher: Arc<MemoryCipher>,
    pub runtime: Arc<MemoryRuntime>,
    /// the notifier test that `manage-app` calls for test pushes
    pub tester: Arc<ScriptedNotifierTest>,
    /// the operator key
    pub operator_key: Arc<MemorySecret>,
    /// the secret from which every app's signing key is derived
    pub signing_secret: Arc<MemorySecret>,
}

impl Services {
    /// Returns empty services.
    pub fn new(clock: FixedClock, entropy: SeededEntropy) -> Self {
        let queue = || Arc::new(MemoryQueue::new(clock.clone()));
        Self {
            entropy: Arc::new(entropy),
            apps: Arc::default(),
            users: Arc::default(),
            messages: Arc::new(MemoryMessages::new(clock.clone())),
            groups: Arc::default(),
            labels: Arc::default(),
            dispatch_queue: queue(),
            erase_queue: queue(),
            erasures: Arc::new(MemoryErasures::new(clock.clone())),
            push_queues: Arc::new(MemoryPushQueues::new(&clock)),
            direct_queue: queue(),
            callback_queue: queue(),
            connections: Arc::default(),
            dead_letters: queue(),
            cipher: Arc::default(),
            runtime: Arc::default(),
            tester: Arc::default(),
            operator_key: Arc::new(MemorySecret::new(OPERATOR_KEY)),
            signing_secret: Arc::new(MemorySecret::new(SIGNING_SECRET)),
            clock,
        }
    }

    /// Returns the clock as a port.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    /// Returns the events of a new process.
    pub fn tell(&self) -> Callbacks {
        Callbacks::new(self.callback_queue.clone())
    }

    fn configs(&self) -> AppConfigs {
        AppConfigs::new(self.apps.clone() as Arc<dyn ReadApps>, self.clock())
    }

    fn stale_configs(&self) -> AppConfigs {
        AppConfigs::serving_stale(self.apps.clone() as Arc<dyn ReadApps>, self.clock())
    }

    fn gate(&self, configs: &AppConfigs) -> Gate {
        Gate::new(configs.clone(), self.clock())
    }

    /// Returns the counts of a new process.
    pub fn statistics(&self) -> Statistics {
        Statistics::new(self.runtime.clone(), self.clock(), self.entropy.clone(), STATISTICS_FLUSH)
    }

    fn task_counts(&self) -> TaskCounter {
        TaskCounter::new(self.runtime.clone())
    }

    fn gateway_leases(&self) -> GatewayLeases {
        GatewayLeases::new(self.runtime.clone(), self.clock())
    }

    fn visible_since(&self) -> Arc<VisibleSinceReader> {
        Arc::new(VisibleSinceReader::new(self.configs(), self.erasures.clone()))
    }

    fn offline_store(&self) -> OfflineStore {
        OfflineStore {
            timelines: self.messages.clone(),
            stored: self.messages.clone(),
            acks: self.messages.clone(),
            inbox: self.users.clone(),
            memberships: self.groups.clone(),
            visible_since: self.visible_since(),
            bounds: Bounds::default(),
            clock: self.clock(),
        }
    }

    fn read_elsewhere(&self) -> ReadElsewhere {
        ReadElsewhere {
            configs: self.configs(),
            traces: self.messages.clone(),
            queue: self.dispatch_queue.clone(),
            asked: AskedFor::default(),
            clock: self.clock(),
        }
    }

    fn decider(&self, configs: AppConfigs) -> Decider {
        Decider {
            configs,
            facts: self.users.clone(),
            gateways: self.gateway_leases(),
            nicknames: self.users.clone(),
            clock: self.clock(),
        }
    }
}
