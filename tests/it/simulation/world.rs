//! One run's product: services, functions, queues and phones, in virtual time.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use aws_lambda_events::event::sqs::SqsEvent;
use axum::{body::Body, http::Request};
use curlew_tests::{
    history::{FaultScope, What},
    simulators::{Interface, Spec, interfaces},
};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{AppKey, GroupId, NotifierName, UserId},
        vendor::Vendor,
    },
    lambda::{deadline::Deadline, metric::Metrics},
    ports::clock::Clock,
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::MemoryQueue,
    },
};
use tokio::sync::mpsc;
use tower::ServiceExt;

use super::{
    functions::{DeadLetters, Functions, WaitedPush},
    queues::SimQueue,
    random::{Random, mix},
    recorder::Recorder,
    server::Servers,
    settings::{QueueSettings, time_limit},
    sockets::Sockets,
    story::{Function, Queue, Service, Story},
    vendors::Phones,
    weather::Weather,
};
use crate::wiring::Services;

/// The product of one run, and everybody around it.
pub struct World {
    pub services: Services,
    pub functions: Functions,
    pub dead_letters: DeadLetters,
    pub queues: Vec<Rc<SimQueue>>,
    pub weather: Arc<Weather>,
    pub recorder: Recorder,
    pub phones: Arc<Phones>,
    pub servers: Arc<Servers>,
    pub sockets: Sockets,
    /// draws of people
    pub random: Random,
    /// the notifiers' interfaces
    pub interfaces: Vec<(usize, &'static Spec, &'static Interface)>,
    /// each app with its access token
    pub apps: RefCell<Vec<(AppKey, String)>>,
    /// the apps of steps that succeeded, with the answers
    pub sent: RefCell<BTreeMap<usize, (u8, Value)>>,
    /// everybody who was or may have been a member of a group
    pub members: RefCell<BTreeSet<(AppKey, GroupId, UserId)>>,
    /// the path of each notifier's reports, as the vendor's console has it
    pub report_paths: RefCell<BTreeMap<(u8, NotifierName), String>>,
    /// what fails now, as the history tells it
    pub faults: RefCell<Vec<FaultScope>>,
    /// the apps whose server waits for a new access token
    pub without_token: RefCell<BTreeSet<u8>>,
    /// how many calls run
    pub calls: Cell<usize>,
}

/// A call of the HTTP API.
pub struct Call {
    pub function: Function,
    pub method: &'static str,
    pub path: String,
    pub token: String,
    pub key: Option<String>,
    pub body: Value,
}

impl World {
    /// Starts the product. Its queues are served from now on. Troubles begin later.
    pub fn start(story: &Story) -> Rc<Self> {
        let clock = FixedClock::moving(FixedClock::default().now());
        let services = Services::new(clock.clone(), SeededEntropy::new(mix(story.seed)));
        let weather = Weather::new(story.seed, story.troubles.clone());
        expose(&services, &weather);
        let recorder = Recorder::new(clock.clone());
        let interfaces: Vec<_> = interfaces()
            .enumerate()
            .filter(|(place, _)| story.interfaces.contains(place))
            .map(|(place, (spec, interface))| (place, spec, interface))
            .collect();
        let of_notifiers = interfaces.iter().map(|(place, _, one)| (one.notifier.to_owned(), *place)).collect();
        let phones = Phones::new(mix(story.seed), clock.clone(), (recorder.clone(), weather.clone()), of_notifiers);
        let (pushes, waited) = mpsc::unbounded_channel();
        let servers = Servers::new(recorder.clone(), weather.clone());
        let people = (&phones, &servers);
        let (functions, dead_letters) = Functions::new(story.seed, &services, &weather, people, pushes);
        let queues = queues(story.seed, &services, &weather);
        let world = Rc::new(Self {
            services,
            functions,
            dead_letters,
            queues,
            weather,
            recorder,
            phones,
            servers,
            sockets: Sockets::default(),
            random: Random::of(story.seed, "people"),
            interfaces,
            apps: RefCell::default(),
            sent: RefCell::default(),
            members: RefCell::default(),
            report_paths: RefCell::default(),
            faults: RefCell::default(),
            without_token: RefCell::default(),
            calls: Cell::new(0),
        });
        world.serve(waited);
        world
    }

    /// Makes one call. Returns status and body, or `None` if there is no answer.
    pub async fn call(&self, call: &Call) -> Option<(u16, Value)> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header("authorization", format!("Bearer {}", call.token));
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        self.request(call.function, request.body(Body::from(call.body.to_string())).unwrap()).await
    }

    /// Passes a request to a function. Returns status and body, or `None` if there is no answer.
    pub async fn request(&self, function: Function, request: Request<Body>) -> Option<(u16, Value)> {
        self.calls.set(self.calls.get() + 1);
        let limit = time_limit(&logical_id(function));
        let answered = self.functions.api[&function]
            .invoke(limit, |router| async move {
                let response = router.as_ref().clone().oneshot(request).await.unwrap();
                let status = response.status().as_u16();
                let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
                (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
            })
            .await;
        self.calls.set(self.calls.get() - 1);
        self.note_deaths();
        answered
    }

    /// Passes an event to `hold-connection`. Returns its answer, or `None` if there is none.
    pub async fn socket_event(&self, event: Value) -> Option<Value> {
        let event = serde_json::from_value(event).unwrap();
        let limit = time_limit("HoldConnection");
        let deadline = self.deadline(limit);
        let answered = self.functions.hold_connection.invoke(limit, |hold| async move {
            hold_connection::handle(event, &hold, deadline, &Metrics::default()).await
        });
        let answered = answered.await.map(|output| serde_json::to_value(output).unwrap());
        self.note_deaths();
        answered
    }

    /// Returns whether all work is done: no record is left, no callback is due later, no task is listed, and nobody works.
    pub fn rests(&self) -> bool {
        let is_due = |app: &AppKey| self.services.runtime.all_callbacks(app).iter().any(|one| one.due.is_some());
        self.calls.get() == 0
            && self.queues.iter().all(|queue| queue.rests() && queue.left() == 0)
            && !self.apps.borrow().iter().any(|(app, _)| is_due(app))
            && self.services.runtime.listed_tasks().is_empty()
    }

    /// Writes down the processes that died.
    pub fn note_deaths(&self) {
        for function in self.weather.take_deaths() {
            self.recorder.add(What::Killed { function: function.name().to_owned() });
        }
    }

    fn deadline(&self, limit: Duration) -> Deadline {
        let now = self.services.clock.now();
        Deadline::of_invocation(now.plus(limit).as_millis().try_into().unwrap(), now)
    }

    /// Serves the queues, the schedule and waited pushes, for as long as the run lasts.
    fn serve(self: &Rc<Self>, mut waited: mpsc::UnboundedReceiver<WaitedPush>) {
        for queue in &self.queues {
            let (world, name) = (self.clone(), queue.name.clone());
            tokio::task::spawn_local(queue.clone().deliver(move |event| {
                let (world, name) = (world.clone(), name.clone());
                async move { world.handle(&name, event).await }
            }));
        }
        let world = self.clone();
        tokio::task::spawn_local(async move {
            while let Some((vendor, job, report)) = waited.recv().await {
                let world = world.clone();
                tokio::task::spawn_local(async move {
                    let output = world.push_event(vendor, json!({"push": job})).await;
                    drop(report.send(output.map(|output| serde_json::from_value(output).unwrap())));
                });
            }
        });
        let world = self.clone();
        tokio::task::spawn_local(async move { world.serve_sockets().await });
        let world = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(60)).await;
                world.tick().await;
            }
        });
    }

    async fn tick(&self) {
        let limit = time_limit("RunSchedule");
        let deadline = self.deadline(limit);
        let ticked = self.functions.run_schedule.invoke(limit, |schedule| async move {
            run_schedule::handle(Value::Null, &schedule, deadline, &Metrics::default()).await;
        });
        ticked.await;
        self.note_deaths();
    }

    /// Passes a batch to its queue's function. Returns the ids of the records that failed.
    async fn handle(&self, queue: &str, event: SqsEvent) -> Option<Vec<String>> {
        let metrics = Metrics::default();
        let limit = Duration::from_secs(30);
        let deadline = self.deadline(limit);
        let response = match queue {
            "dispatch" => {
                let work = self.functions.check_presence.invoke(limit, |dispatch| async move {
                    check_presence::handle(event, &dispatch, deadline, &metrics).await
                });
                work.await.map(|response| serde_json::to_value(response).unwrap())
            }
            "direct" => self.socket_event(serde_json::to_value(event).unwrap()).await,
            "erase" => {
                let work = self
                    .functions
                    .erase_data
                    .invoke(limit, |erase| async move { erase_data::handle(event, &erase, deadline, &metrics).await });
                work.await.map(|response| serde_json::to_value(response).unwrap())
            }
            "callback" => {
                let work = self.functions.deliver_callback.invoke(limit, |deliver| async move {
                    deliver_callback::handle(event, &deliver, deadline, &metrics).await
                });
                work.await.map(|response| serde_json::to_value(response).unwrap())
            }
            push => {
                let vendor = Vendor::ALL.into_iter().find(|vendor| push == format!("push-{}", vendor.name())).unwrap();
                self.push_event(vendor, serde_json::to_value(event).unwrap()).await
            }
        };
        self.note_deaths();
        let response = response?;
        let failures = response["batchItemFailures"].as_array().unwrap();
        Some(failures.iter().map(|one| one["itemIdentifier"].as_str().unwrap().to_owned()).collect())
    }

    async fn push_event(&self, vendor: Vendor, event: Value) -> Option<Value> {
        let event = serde_json::from_value(event).unwrap();
        let limit = Duration::from_secs(30);
        let deadline = self.deadline(limit);
        let work = self.functions.push_vendor[&vendor].invoke(limit, |deliver| async move {
            push_vendor::handle(event, &deliver, deadline, &Metrics::default()).await
        });
        let output = work.await.map(|output| serde_json::to_value(output).unwrap());
        self.note_deaths();
        output
    }
}

/// Lets every service ask the weather.
fn expose(services: &Services, weather: &Arc<Weather>) {
    services.apps.faults.ask(weather.of(Service::Apps));
    services.users.faults.ask(weather.of(Service::Users));
    services.messages.faults.ask(weather.of(Service::Messages));
    services.groups.faults.ask(weather.of(Service::Groups));
    services.labels.faults.ask(weather.of(Service::Labels));
    services.runtime.faults.ask(weather.of(Service::Runtime));
    services.erasures.faults.ask(weather.of(Service::Erasures));
    services.connections.faults.ask(weather.of(Service::Connections));
    services.cipher.faults.ask(weather.of(Service::Key));
    services.operator_key.faults.ask(weather.of(Service::Secrets));
    services.signing_secret.faults.ask(weather.of(Service::Secrets));
    let own = [
        (Queue::Dispatch, &services.dispatch_queue),
        (Queue::Direct, &services.direct_queue),
        (Queue::Erase, &services.erase_queue),
        (Queue::Callback, &services.callback_queue),
    ];
    for (name, queue) in own {
        queue.faults.ask(weather.of(Service::Queue(name)));
    }
    for vendor in Vendor::ALL {
        services.push_queues.of(vendor).faults.ask(weather.of(Service::Queue(Queue::Push)));
    }
}

/// Returns every queue with its settings.
fn queues(seed: u64, services: &Services, weather: &Arc<Weather>) -> Vec<Rc<SimQueue>> {
    let queue = |kind, name: &str, ids: (&str, &str), source: &Arc<MemoryQueue>| {
        let settings = QueueSettings::of(ids.0, ids.1);
        SimQueue::new((kind, name), settings, source.clone(), (services.clock.clone(), weather.clone()), seed)
    };
    let mut all = vec![
        queue(Queue::Dispatch, "dispatch", ("DispatchQueue", "CheckPresence"), &services.dispatch_queue),
        queue(Queue::Direct, "direct", ("DirectQueue", "HoldConnection"), &services.direct_queue),
        queue(Queue::Erase, "erase", ("EraseQueue", "EraseData"), &services.erase_queue),
        queue(Queue::Callback, "callback", ("CallbackQueue", "DeliverCallback"), &services.callback_queue),
    ];
    for vendor in Vendor::ALL {
        let function = logical_name(&format!("push-{}", vendor.name()));
        let (name, source) = (format!("push-{}", vendor.name()), services.push_queues.shared(vendor));
        all.push(queue(Queue::Push, &name, (&format!("{function}Queue"), &function), &source));
    }
    all
}

/// Returns the template's name of a function.
pub fn logical_id(function: Function) -> String {
    logical_name(function.name())
}

fn logical_name(name: &str) -> String {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('-').map(part).collect()
}
