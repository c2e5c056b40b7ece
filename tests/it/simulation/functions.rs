//! The functions of a run: each has processes of its own, which share the services.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use shared::{
    domain::vendor::Vendor,
    ports::{
        error::StoreError,
        push_now::{PushNow, PushNowReport},
        queue::PushJob,
    },
    testing::memory::{Chaos, MemoryQueue},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    observed::Observed,
    process::Fleet,
    random::Random,
    server::Servers,
    story::{Function, Queue, Service},
    vendors::Phones,
    weather::Weather,
};
use crate::wiring::{Services, StartedWatches};

/// A push that `ingest-message` waits for, and where its report goes.
pub type WaitedPush = (Vendor, PushJob, oneshot::Sender<Option<PushNowReport>>);

/// The functions.
pub struct Functions {
    /// those behind the HTTP API
    pub api: BTreeMap<Function, Fleet<Router>>,
    pub check_presence: Fleet<check_presence::Dispatch>,
    pub hold_connection: Fleet<hold_connection::HoldConnection>,
    pub erase_data: Fleet<erase_data::Erase>,
    pub deliver_callback: Fleet<deliver_callback::Deliver>,
    pub run_schedule: Fleet<run_schedule::RunSchedule>,
    pub push_vendor: BTreeMap<Vendor, Fleet<push_vendor::Deliver>>,
}

/// The dead-letter queue of each function.
#[derive(Default)]
pub struct DeadLetters(pub BTreeMap<String, Arc<MemoryQueue>>);

impl DeadLetters {
    /// Returns the services of a function whose dead letters go to the queue of this name.
    fn of(&mut self, name: &str, services: &Services, weather: &Arc<Weather>) -> Services {
        let queue = Arc::new(MemoryQueue::new(services.clock.clone()));
        queue.faults.ask(weather.of(Service::Queue(Queue::DeadLetters)));
        self.0.insert(name.to_owned(), queue.clone());
        Services { dead_letters: queue, ..services.clone() }
    }
}

impl Functions {
    /// Returns the functions without processes. Pushes that are waited for go to `pushes`.
    pub fn new(
        seed: u64,
        services: &Services,
        weather: &Arc<Weather>,
        (phones, servers): (&Arc<Phones>, &Arc<Servers>),
        pushes: mpsc::UnboundedSender<WaitedPush>,
    ) -> (Self, DeadLetters) {
        let mut dead = DeadLetters::default();
        let random = |function: Function| Random::of(seed, function.name());
        let dispatch = dead.of("dispatch", services, weather);
        let direct = dead.of("direct", services, weather);
        let erase = dead.of("erase", services, weather);
        let callback = dead.of("callback", services, weather);
        let (schedule, servers) = (services.clone(), servers.clone());
        let push_now: Arc<dyn PushNow> = Arc::new(PushFunctions { chaos: weather.of(Service::PushFunctions), pushes });
        let functions = Self {
            api: api(seed, services, &push_now),
            check_presence: Fleet::new(Function::CheckPresence, random(Function::CheckPresence), move || {
                dispatch.check_presence()
            }),
            hold_connection: Fleet::new(Function::HoldConnection, random(Function::HoldConnection), move || {
                direct.hold_connection()
            }),
            erase_data: Fleet::new(Function::EraseData, random(Function::EraseData), move || erase.erase_data()),
            deliver_callback: Fleet::new(Function::DeliverCallback, random(Function::DeliverCallback), move || {
                callback.deliver_callback(servers.clone())
            }),
            run_schedule: Fleet::new(Function::RunSchedule, random(Function::RunSchedule), move || {
                schedule.run_schedule(Arc::new(StartedWatches::default()))
            }),
            push_vendor: Vendor::ALL
                .into_iter()
                .map(|vendor| {
                    let own = dead.of(&format!("push-{}", vendor.name()), services, weather);
                    let phones = phones.clone();
                    let start = move || {
                        let client = vendors::client(vendor, &phones.deps(&own));
                        let client = Observed::new(vendor, phones.clone(), client);
                        own.push_vendor(vendor, client, own.entropy.clone())
                    };
                    (vendor, Fleet::new(Function::PushVendor, Random::of(seed, vendor.name()), start))
                })
                .collect(),
        };
        (functions, dead)
    }
}

fn api(seed: u64, services: &Services, push_now: &Arc<dyn PushNow>) -> BTreeMap<Function, Fleet<Router>> {
    let all = [
        Function::ManageApp,
        Function::RegisterToken,
        Function::ConfigureUser,
        Function::HandleReceipt,
        Function::ReportPresence,
        Function::ExplainPush,
        Function::IngestMessage,
    ];
    let fleet = |function: Function| {
        let (services, push_now) = (services.clone(), push_now.clone());
        let start = move || match function {
            Function::ManageApp => services.manage_app(),
            Function::RegisterToken => services.register_token(),
            Function::ConfigureUser => services.configure_user(),
            Function::HandleReceipt => services.handle_receipt(),
            Function::ReportPresence => services.report_presence(),
            Function::ExplainPush => services.explain_push(),
            _ => services.ingest_message(push_now.clone()),
        };
        (function, Fleet::new(function, Random::of(seed, function.name()), start))
    };
    all.into_iter().map(fleet).collect()
}

/// The vendors' functions, as `ingest-message` calls them. A function's own future stays on its thread, so the calls
/// pass through a channel.
struct PushFunctions {
    chaos: Arc<dyn Chaos>,
    pushes: mpsc::UnboundedSender<WaitedPush>,
}

#[async_trait]
impl PushNow for PushFunctions {
    async fn push_now(&self, vendor: Vendor, job: &PushJob) -> Result<PushNowReport, StoreError> {
        self.chaos.before("push_now").await?;
        let (report, reported) = oneshot::channel();
        let failed = || StoreError::Unavailable("the function died".into());
        self.pushes.send((vendor, job.clone(), report)).map_err(|_| failed())?;
        let report = reported.await.ok().flatten().ok_or_else(failed)?;
        self.chaos.after("push_now")?;
        Ok(report)
    }
}
