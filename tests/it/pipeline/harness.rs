//! Functions, queues and simulators in one process.

use std::{ops::Deref, pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage, SqsMessageAttribute};
use axum::{
    Router,
    body::Body,
    extract::MatchedPath,
    http::{HeaderMap, Request},
};
use curlew_tests::simulators::{Simulators, interfaces, test_accounts};
pub use curlew_tests::simulators::{fcm::account::NOTIFIER as FCM, huawei::account::NOTIFIER as HUAWEI};
use deliver_callback::{SystemLookUp, http::GuardedClient};
use futures::future::{Either, select};
use serde_json::{Value, json};
use shared::{
    crypto::system::System,
    domain::{
        binding::DeviceToken,
        decision::{Decision, Verdict},
        id::{AppKey, MessageId, NotifierName, UserId},
        push::SemanticClass,
        reason::Reason,
        time::Timestamp,
        url_guard::UrlGuard,
        vendor::Vendor,
    },
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        certificate_test::TestPush,
        clock::Clock,
        credential_check::{CheckCredentials, CheckResult, CheckedNotifier},
        credential_watch::WatchSlice,
        error::StoreError,
        messages::{ReadMessage, StoredMessage},
        push_now::{PushNow, PushNowReport},
        queue::{PushJob, READS, REDRIVEN},
        vendor::VendorClient,
    },
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::{Faults, Queued},
    },
    tls::ExtraCas,
};
use tokio::runtime::Handle;
use tower::ServiceExt;
use vendors::transport::{BaseUrl, Transport};

pub use crate::wiring::{INVOCATION, OPERATOR_KEY, PUBLIC_BASE_URL, SIGNING_SECRET, STATISTICS_FLUSH};
use crate::wiring::{Services, StartedWatches};

/// The product in one process: services, and one process of each function.
pub struct Stack {
    services: Services,
    pub simulators: Simulators,
    /// the vendors' functions, as `ingest-message` calls them
    pub push_functions: Arc<VendorFunctions>,
    pub api: Router,
    dispatch: check_presence::Dispatch,
    hold: hold_connection::HoldConnection,
    erase: erase_data::Erase,
    callbacks: deliver_callback::Deliver,
    schedule: run_schedule::RunSchedule,
    /// the slices that `run-schedule` started `watch-credentials` on
    pub watches: Arc<StartedWatches>,
    watch: watch_credentials::WatchCredentials,
    deliver: Arc<[push_vendor::Deliver]>,
}

/// A test reaches the services as the stack's own.
impl Deref for Stack {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

/// An app with its token and its notifiers.
pub struct TestApp {
    pub key: AppKey,
    pub token: String,
}

impl Stack {
    pub fn start() -> Self {
        let services = Services::new(FixedClock::new(System::default().now()), SeededEntropy::default());
        let simulators = Simulators::start_anywhere().unwrap();
        for credential in test_accounts() {
            simulators.add_credential(credential).unwrap();
        }
        let deps = vendors::Deps {
            access_tokens: services.runtime.clone(),
            clock: services.clock(),
            entropy: services.entropy.clone(),
            base_url: Some(BaseUrl::parse(&simulators.base_url()).unwrap()),
            transport: Transport::Network,
            extra_cas: ExtraCas::none(),
        };
        let of_vendor = |vendor| services.push_vendor(vendor, vendors::client(vendor, &deps), services.entropy.clone());
        let deliver: Arc<[push_vendor::Deliver]> = Arc::new(Vendor::ALL.map(of_vendor));
        let push_functions = Arc::new(VendorFunctions { deliver: deliver.clone(), faults: Faults::default() });
        let posts = GuardedClient::new(UrlGuard { allow_local: true }, Arc::new(SystemLookUp));
        let watches = Arc::new(StartedWatches::default());
        Self {
            api: api(&services, push_functions.clone()),
            dispatch: services.check_presence(),
            hold: services.hold_connection(),
            erase: services.erase_data(),
            callbacks: services.deliver_callback(Arc::new(posts)),
            schedule: services.run_schedule(watches.clone()),
            watch: services.watch_credentials(push_functions.clone()),
            services,
            simulators,
            push_functions,
            watches,
            deliver,
        }
    }

    // ---- HTTP ----

    /// Makes one request. Returns the status and the JSON body of the answer.
    pub async fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.call_with(method, path, token, &[], body.to_string()).await
    }

    /// Makes one request with headers and any body. Returns status and JSON body.
    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (u16, Value) {
        let (status, _, body) = self.respond(method, path, token, headers, body).await;
        (status, body)
    }

    /// Makes one request with headers and any body. Returns the headers of the answer too.
    pub async fn respond(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (u16, HeaderMap, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, headers, serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("no JSON: {bytes:?}")))
    }

    /// Makes a call that must succeed. It is repeated a second later if the rate is exceeded, as a client does.
    pub async fn ok(&self, method: &str, path: &str, token: &str, body: Value) -> Value {
        let (mut status, mut answer) = self.call(method, path, token, &body).await;
        if status == 429 {
            self.clock.advance(Duration::from_secs(1));
            (status, answer) = self.call(method, path, token, &body).await;
        }
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Creates an app with a notifier of every vendor's every interface.
    pub async fn app(&self, name: &str, settings: Value) -> TestApp {
        let created = json!({"org": "acme", "app": name, "settings": settings});
        let client = self.ok("POST", "/management/apps", OPERATOR_KEY, created).await;
        let grant = json!({
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        });
        let issued = self.ok("POST", &format!("/acme/{name}/token"), "", grant).await;
        let app = TestApp {
            key: AppKey::new("acme", name).unwrap(),
            token: issued["access_token"].as_str().unwrap().to_owned(),
        };
        for (simulator, interface) in interfaces() {
            let credential = (interface.account)().record;
            let body = json!({"name": interface.notifier, "vendor": simulator.name(), "credential": credential});
            self.ok("POST", &format!("/acme/{name}/notifiers"), &app.token, body).await;
        }
        app
    }

    /// Gives an app a new token after the old one expired. Users' tokens stay valid.
    pub async fn renew(&self, app: &mut TestApp) {
        let (org, name) = (app.key.org(), app.key.app());
        let path = format!("/management/apps/{org}/{name}/credentials");
        let client = self.ok("POST", &path, OPERATOR_KEY, json!({"grace_seconds": 86_400})).await;
        let grant = json!({
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        });
        let issued = self.ok("POST", &app.path("token"), "", grant).await;
        app.token = issued["access_token"].as_str().unwrap().to_owned();
    }

    pub async fn bind(&self, app: &TestApp, user: &str, device: &str, notifier: &str, token: &str) {
        let body = json!({"device_id": device, "device_token": token, "notifier_name": notifier});
        self.ok("PUT", &app.path(&format!("users/{user}/push/binding")), &app.token, body).await;
    }

    pub async fn report(&self, app: &TestApp, user: &str, device: &str, session: &str, status: &str) {
        let event = json!({
            "user": user, "device_id": device, "session": session, "status": status, "ts": self.clock.now(),
        });
        let body = json!({"events": [event]});
        let answer = self.ok("POST", &app.path("presence/events"), &app.token, body).await;
        assert_eq!(answer["data"][0]["result"], "applied", "{answer}");
        self.clock.advance(Duration::from_millis(1));
    }

    /// Sends a text to users. Returns the message ids in the order of the users.
    pub async fn send(&self, app: &TestApp, to: &[&str], more: Value) -> Vec<MessageId> {
        let mut body = json!({"from": "sender", "to": to, "type": "txt", "body": {"msg": "hello"}});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let answer = self.ok("POST", &app.path("messages/users"), &app.token, body).await;
        to.iter().map(|user| MessageId::parse(answer["data"][*user].as_str().unwrap()).unwrap()).collect()
    }

    // ---- queues ----

    /// Handles all records of every queue until none is left. The clock moves to each delayed record.
    pub async fn drain(&self) {
        for _ in 0..1000 {
            if self.step().await {
                continue;
            }
            let next = self.next_visible();
            let Some(next) = next else {
                return;
            };
            self.clock.set(next.max(self.clock.now()));
        }
        panic!("the queues never became empty");
    }

    /// Returns when the next record of any queue becomes visible.
    pub fn next_visible(&self) -> Option<Timestamp> {
        let queues = Vendor::ALL.map(|vendor| self.push_queues.of(vendor).next_visible());
        let own = [&self.dispatch_queue, &self.direct_queue, &self.erase_queue, &self.callback_queue]
            .map(|queue| queue.next_visible());
        queues.into_iter().chain(own).flatten().min()
    }

    /// Handles the visible records. Returns `false` if there were none.
    pub async fn step(&self) -> bool {
        let mut worked = false;
        let (records, event) = first_delivery(self.dispatch_queue.take_records(10));
        if !records.is_empty() {
            worked = true;
            self.dispatch_event(event, &records).await;
        }
        let (records, event) = first_delivery(self.direct_queue.take_records(10));
        if !records.is_empty() {
            worked = true;
            self.direct_event(event, &records).await;
        }
        for vendor in Vendor::ALL {
            let (records, event) = first_delivery(self.push_queues.of(vendor).take_records(100));
            if !records.is_empty() {
                worked = true;
                self.push_event(vendor, event, &records).await;
            }
        }
        self.callback_step().await || self.erase_step().await || worked
    }

    /// Passes visible records to `deliver-callback`. Failed ones go back to the queue.
    pub async fn callback_step(&self) -> bool {
        let (records, event) = first_delivery(self.callback_queue.take_records(10));
        let response = deliver_callback::handle(event, &self.callbacks, deadline(), &Metrics::default()).await;
        for failure in response.batch_item_failures {
            self.callback_queue.put(records[failure.item_identifier.parse::<usize>().unwrap()].clone());
        }
        !records.is_empty()
    }

    /// Runs the jobs of a minute.
    pub async fn tick(&self) {
        run_schedule::handle(Value::Null, &self.schedule, deadline(), &Metrics::default()).await;
    }

    /// Runs the jobs of a minute, and `watch-credentials` on what they started. Returns its metrics.
    pub async fn watch(&self) -> Metrics {
        self.tick().await;
        let metrics = Metrics::default();
        let started = std::mem::take(&mut *self.watches.slices.lock().unwrap());
        for slice in started {
            let slice: WatchSlice = serde_json::from_value(json!(slice)).unwrap();
            let deadline = Deadline::after(Duration::from_secs(149));
            watch_credentials::handle(&slice, &self.watch, deadline, &metrics).await;
        }
        metrics
    }

    /// Passes one visible record to `erase-data`. A failed record goes back to the queue.
    pub async fn erase_step(&self) -> bool {
        let (records, event) = first_delivery(self.erase_queue.take_records(1));
        let response = erase_data::handle(event, &self.erase, deadline(), &Metrics::default()).await;
        for failure in response.batch_item_failures {
            self.erase_queue.put(records[failure.item_identifier.parse::<usize>().unwrap()].clone());
        }
        !records.is_empty()
    }

    /// Passes this record to `erase-data`. Returns `false` if it must be redelivered.
    pub async fn erase_record(&self, record: &str) -> bool {
        let event = event(&[record.to_owned()], 1);
        let response = erase_data::handle(event, &self.erase, deadline(), &Metrics::default()).await;
        response.batch_item_failures.is_empty()
    }

    /// Passes records to `check-presence`, as delivered for this many times. Failed ones go back to the queue.
    pub async fn dispatch_batch(&self, records: &[String], delivered: u32) {
        self.dispatch_event(event(records, delivered), records).await;
    }

    /// Passes records to a process of `check-presence` that dies at a call that hangs. Nothing goes back to the queue.
    pub async fn dispatch_dies(&self, records: &[String]) {
        let event = event(records, 1);
        let metrics = Metrics::default();
        let handled = pin!(check_presence::handle(event, &self.dispatch, deadline(), &metrics));
        // Ports in memory answer at once, so a handler that still waits is at that call.
        let hangs = pin!(async {
            for _ in 0..10_000 {
                tokio::task::yield_now().await;
            }
        });
        assert!(matches!(select(handled, hangs).await, Either::Right(_)), "no call hangs");
    }

    /// Passes records to `check-presence`, as `make redrive` moves them back. Failed ones go back to the queue.
    pub async fn dispatch_redriven(&self, records: &[String]) {
        self.dispatch_event(redriven(records), records).await;
    }

    async fn dispatch_event(&self, event: SqsEvent, records: &[String]) {
        let response = check_presence::handle(event, &self.dispatch, deadline(), &Metrics::default()).await;
        for failure in response.batch_item_failures {
            self.dispatch_queue.put(records[failure.item_identifier.parse::<usize>().unwrap()].clone());
        }
    }

    /// Passes records without ids to `check-presence`. Returns the ids that it reports as failed.
    pub async fn dispatch_without_ids(&self, records: &[String]) -> Vec<String> {
        let mut event = event(records, 1);
        event.records.iter_mut().for_each(|record| record.message_id = None);
        let response = check_presence::handle(event, &self.dispatch, deadline(), &Metrics::default()).await;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    /// Passes records to `hold-connection`, as delivered for this many times. Failed ones go back to the queue.
    pub async fn direct_batch(&self, records: &[String], delivered: u32) {
        self.direct_event(event(records, delivered), records).await;
    }

    async fn direct_event(&self, event: SqsEvent, records: &[String]) {
        let output = self.hold(serde_json::to_value(event).unwrap()).await;
        for failure in output["batchItemFailures"].as_array().unwrap() {
            let index: usize = failure["itemIdentifier"].as_str().unwrap().parse().unwrap();
            self.direct_queue.put(records[index].clone());
        }
    }

    /// Passes any event to `hold-connection`. Returns its answer.
    pub async fn hold(&self, event: Value) -> Value {
        let event = serde_json::from_value(event).unwrap();
        serde_json::to_value(hold_connection::handle(event, &self.hold, deadline(), &Metrics::default()).await).unwrap()
    }

    /// Passes records to `push-vendor`, as delivered for this many times. Failed ones go back to the queue.
    pub async fn push_batch(&self, vendor: Vendor, records: &[String], delivered: u32) {
        self.push_event(vendor, event(records, delivered), records).await;
    }

    /// Passes records to `push-vendor`, as `make redrive` moves them back. Failed ones go back to the queue.
    pub async fn push_redriven(&self, vendor: Vendor, records: &[String]) {
        self.push_event(vendor, redriven(records), records).await;
    }

    async fn push_event(&self, vendor: Vendor, event: SqsEvent, records: &[String]) {
        let deliver = self.deliver.iter().find(|deliver| deliver.vendor == vendor).unwrap();
        let event = serde_json::to_value(event).unwrap();
        let event = serde_json::from_value(event).unwrap();
        let output =
            serde_json::to_value(push_vendor::handle(event, deliver, deadline(), &Metrics::default()).await).unwrap();
        for failure in output["batchItemFailures"].as_array().unwrap() {
            let index: usize = failure["itemIdentifier"].as_str().unwrap().parse().unwrap();
            self.push_queues.of(vendor).put(records[index].clone());
        }
    }

    /// Returns the function of a vendor whose requests the test answers.
    pub fn deliver_through(&self, vendor: Vendor, client: Arc<dyn VendorClient>) -> push_vendor::Deliver {
        self.push_vendor(vendor, client, Arc::new(SeededEntropy::default()))
    }

    /// Passes records to a function. Returns the positions of those to be redelivered.
    pub async fn push_through(&self, deliver: &push_vendor::Deliver, records: &[String]) -> Vec<usize> {
        let event = serde_json::to_value(event(records, 1)).unwrap();
        let event = serde_json::from_value(event).unwrap();
        let output = push_vendor::handle(event, deliver, deadline(), &Metrics::default()).await;
        let output = serde_json::to_value(output).unwrap();
        let failed = output["batchItemFailures"].as_array().unwrap().iter();
        failed.map(|failure| failure["itemIdentifier"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Sends a test push through a notifier. Returns the vendor's answer.
    pub async fn test_push(&self, vendor: Vendor, app: &TestApp, notifier: &str, token: &str) -> Value {
        let deliver = self.deliver.iter().find(|deliver| deliver.vendor == vendor).unwrap();
        let push = TestPush {
            app: app.key.clone(),
            notifier: NotifierName::parse(notifier).unwrap(),
            device_token: DeviceToken::parse(token).unwrap(),
            title: "Curlew".into(),
            content: "Test push".into(),
            class: SemanticClass::Im,
        };
        let event = serde_json::from_value(json!({"test": push})).unwrap();
        let output = push_vendor::handle(event, deliver, deadline(), &Metrics::default()).await;
        serde_json::to_value(output).unwrap()
    }

    // ---- results ----

    /// Returns the stored message with its decision and outcomes.
    pub async fn stored(&self, app: &TestApp, user: &str, id: MessageId) -> StoredMessage {
        self.messages
            .message(&app.key, &UserId::parse(user).unwrap(), id)
            .await
            .unwrap()
            .expect("the message is stored")
    }

    /// Returns the stored decision of a message.
    pub async fn decision(&self, app: &TestApp, user: &str, id: MessageId) -> Decision {
        self.stored(app, user, id).await.decision.expect("the message is decided")
    }

    /// Returns the suppression reason of a message, or `None` if it was pushed.
    pub async fn suppression(&self, app: &TestApp, user: &str, id: MessageId) -> Option<Reason> {
        match self.decision(app, user, id).await.verdict {
            Verdict::Push => None,
            Verdict::Skip { reason } => Some(reason),
        }
    }

    /// Returns how many notifications a phone shows.
    pub fn shown(&self, vendor: &str, token: &str) -> usize {
        self.simulators.device(vendor, token).shade.len()
    }

    /// Returns how many deliveries a phone got, replaced notifications included.
    pub fn delivered(&self, vendor: &str, token: &str) -> u64 {
        self.simulators.device(vendor, token).delivered
    }
}

impl TestApp {
    pub fn path(&self, rest: &str) -> String {
        format!("/{}/{}/{rest}", self.key.org(), self.key.app())
    }
}

/// Returns the HTTP API with one process of each function.
fn api(services: &Services, push_functions: Arc<VendorFunctions>) -> Router {
    let (configure, receipts) = (services.configure_user(), services.handle_receipt());
    let (register, presence) = (services.register_token(), services.report_presence());
    let (explain, ingest) = (services.explain_push(), services.ingest_message(push_functions));
    let manage = services.manage_app();
    // API Gateway sends each route to its function. Here the functions' routers are tried one after the other.
    Router::new()
        .route(
            "/{org}/{app}/users",
            axum::routing::get_service(configure.clone())
                .post_service(configure.clone())
                .fallback_service(manage.clone()),
        )
        .route("/{org}/{app}/users/{username}", axum::routing::any_service(configure.clone()))
        .route("/{org}/{app}/users/{username}/password", axum::routing::any_service(configure.clone()))
        .route("/{org}/{app}/metadata/user/{username}", axum::routing::any_service(configure.clone()))
        .route("/{org}/{app}/users/{username}/notification/{*rest}", axum::routing::any_service(configure.clone()))
        .route("/{org}/{app}/push/nickname", axum::routing::any_service(configure))
        .route("/{org}/{app}/users/{username}/push/clicked", axum::routing::any_service(receipts.clone()))
        .route("/{org}/{app}/users/{username}/push/{*rest}", axum::routing::any_service(register))
        .route("/{org}/{app}/users/{username}/status", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/offline_messages", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/offline_messages/ack", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/offline_msg_count", axum::routing::any_service(presence.clone()))
        .route(
            "/{org}/{app}/users/{username}/offline_msg_status/{msg_id}",
            axum::routing::any_service(presence.clone()),
        )
        .route("/{org}/{app}/users/batch/status", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/deactivate", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/activate", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/resources", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/disconnect", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/users/{username}/disconnect/{resource}", axum::routing::any_service(presence.clone()))
        .route("/{org}/{app}/presence/{*rest}", axum::routing::any_service(presence))
        .route("/{org}/{app}/push/explain", axum::routing::any_service(explain.clone()))
        .route("/{org}/{app}/push/stats", axum::routing::any_service(explain.clone()))
        .route("/{org}/{app}/push/data/{*rest}", axum::routing::any_service(explain.clone()))
        .route("/{org}/{app}/users/{username}/messages", axum::routing::any_service(explain.clone()))
        .route("/{org}/{app}/push/trace/{msg_id}", axum::routing::any_service(explain))
        .route("/push/report/{vendor}/{secret}", axum::routing::any_service(receipts))
        .route("/{org}/{app}/push/sync/{username}", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/async/{username}", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/single", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/task", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/task/{*rest}", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/list/label", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/message", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/push/message/{id}", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/messages", axum::routing::any_service(ingest.clone()))
        .route("/{org}/{app}/messages/{*rest}", axum::routing::any_service(ingest))
        .fallback_service(manage)
        .layer(axum::middleware::map_request(|mut request: Request<Body>| async {
            // Behind API Gateway each function has only its own router.
            request.extensions_mut().remove::<MatchedPath>();
            request
        }))
}

/// Returns the deadline of an invocation that begins now.
fn deadline() -> Deadline {
    let now = Timestamp::from_millis(0);
    Deadline::of_invocation(INVOCATION.as_millis().try_into().unwrap(), now)
}

/// The vendors' functions, as `ingest-message` calls them.
pub struct VendorFunctions {
    deliver: Arc<[push_vendor::Deliver]>,
    /// failures on demand
    pub faults: Faults,
}

impl VendorFunctions {
    async fn invoke(&self, vendor: Vendor, event: Value) -> Value {
        let functions = self.deliver.clone();
        // A function's own future stays on one thread.
        let invoked = tokio::task::spawn_blocking(move || {
            let deliver = functions.iter().find(|deliver| deliver.vendor == vendor).unwrap();
            let (event, metrics) = (serde_json::from_value(event).unwrap(), Metrics::default());
            let output = Handle::current().block_on(push_vendor::handle(event, deliver, deadline(), &metrics));
            serde_json::to_value(output).unwrap()
        });
        invoked.await.unwrap()
    }
}

#[async_trait]
impl PushNow for VendorFunctions {
    async fn push_now(&self, vendor: Vendor, job: &PushJob) -> Result<PushNowReport, StoreError> {
        self.faults.before("push_now").await?;
        let report = serde_json::from_value(self.invoke(vendor, json!({"push": job})).await).unwrap();
        self.faults.before("answer_push_now").await?;
        Ok(report)
    }
}

#[async_trait]
impl CheckCredentials for VendorFunctions {
    async fn check(&self, vendor: Vendor, notifiers: &[CheckedNotifier]) -> Result<Vec<CheckResult>, StoreError> {
        self.faults.before("check").await?;
        Ok(serde_json::from_value(self.invoke(vendor, json!({"check": notifiers})).await).unwrap())
    }
}

/// Returns records as delivered for the first time, with their attributes.
fn first_delivery(records: Vec<Queued>) -> (Vec<String>, SqsEvent) {
    let bodies: Vec<String> = records.iter().map(|record| record.body.clone()).collect();
    let mut event = event(&bodies, 1);
    for (message, record) in event.records.iter_mut().zip(&records) {
        let mut reads = SqsMessageAttribute::default();
        reads.string_value = Some(record.reads.to_string());
        message.message_attributes.insert(READS.to_owned(), reads);
    }
    (bodies, event)
}

/// Returns records as delivered for the first time after an operator moved them back.
fn redriven(records: &[String]) -> SqsEvent {
    let mut event = event(records, 1);
    for message in &mut event.records {
        let mut times = SqsMessageAttribute::default();
        times.string_value = Some("1".to_owned());
        message.message_attributes.insert(REDRIVEN.to_owned(), times);
    }
    event
}

fn event(records: &[String], delivered: u32) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = records
        .iter()
        .enumerate()
        .map(|(index, body)| {
            let mut message = SqsMessage::default();
            message.message_id = Some(index.to_string());
            message.body = Some(body.clone());
            message.attributes.insert("ApproximateReceiveCount".into(), delivered.to_string());
            message
        })
        .collect();
    event
}
