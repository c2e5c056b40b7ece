//! Callbacks from event to server, over HTTP: bodies, signatures, tries, replay.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    harness::{FCM, HUAWEI, OPERATOR_KEY, Stack, TestApp},
    socket::Socket,
};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, response::IntoResponse};
use curlew_tests::simulators::{Device, fcm, huawei};
use ring::hmac;
use serde_json::{Value, json};
use shared::{crypto::encoding::from_base64, ports::clock::Clock};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECOND: &str = "the secret before this one";

/// A request as it arrived.
#[derive(Clone)]
struct Arrived {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks both signatures as a server does that knows one secret.
    fn is_signed_with(&self, secret: &str) -> bool {
        let key = secret.strip_prefix("whsec_").and_then(from_base64).unwrap_or_else(|| secret.as_bytes().to_vec());
        let start = format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = [start.as_bytes(), &self.body].concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signatures = self.header("webhook-signature").split(' ').filter_map(|one| one.strip_prefix("v1,"));
        signatures.filter_map(from_base64).any(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    }
}

/// A server of an app.
#[derive(Clone)]
struct Server {
    url: String,
    status: Arc<Mutex<u16>>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        let server = Self { url, status: Arc::new(Mutex::new(200)), arrived: Arc::default() };
        let answering = Router::new().fallback(answer).with_state(server.clone());
        #[expect(clippy::disallowed_methods, reason = "a server of the test")]
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let service = hyper_util::service::TowerToHyperService::new(answering.clone());
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(async move {
                    let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
                    drop(builder.serve_connection(io, service).await);
                });
            }
        });
        server
    }

    fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }

    /// Takes the bodies that arrived, by event and step, sorted.
    fn events(&self) -> Vec<Value> {
        let mut bodies: Vec<Value> = self.take().iter().map(Arrived::json).collect();
        bodies.sort_by_key(|body| body["event"].as_str().unwrap().to_owned());
        bodies
    }
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    server.arrived.lock().unwrap().push(Arrived { headers, body: body.to_vec() });
    axum::http::StatusCode::from_u16(*server.status.lock().unwrap()).unwrap()
}

async fn start(events: &[&str]) -> (Stack, TestApp, Server) {
    let (stack, server) = (Stack::start(), Server::start().await);
    let callback = json!({"url": server.url, "secret": SECRET, "previous_secret": SECOND, "events": events});
    let app = stack.app("chat", json!({"callback": callback})).await;
    (stack, app, server)
}

fn names(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().map(|body| body["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_app_learns_of_pushes_and_of_offline_receivers_without_one() {
    let (stack, app, server) = start(&["push", "suppressed"]).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.report(&app, "eve", "pad", "s1", "online").await;
    let ids = stack.send(&app, &["ann", "bob", "eve"], json!({"ext": {"order": 7}})).await;
    stack.drain().await;
    let arrived = server.take();
    assert_eq!(arrived.len(), 2, "a connected receiver got the message");
    for one in &arrived {
        assert!(one.is_signed_with(SECRET) && one.is_signed_with(SECOND) && !one.is_signed_with("another secret"));
        assert_eq!(one.header("content-type"), "application/json");
    }
    let bodies: Vec<Value> = arrived.iter().map(Arrived::json).collect();
    let of = |user: &str| bodies.iter().find(|body| body["target"] == user).unwrap();
    let pushed = of("ann");
    assert_eq!(pushed["callId"], format!("acme#chat_{}", ids[0]));
    for (name, value) in [
        ("appkey", json!("acme#chat")),
        ("channel", json!("ANDROID")),
        ("chat_type", json!("chat")),
        ("from", json!("sender")),
        ("msg_id", json!(ids[0])),
        ("device_id", json!("phone")),
        ("device_token", json!(token)),
        ("notifier_name", json!(FCM)),
        ("status", json!("success")),
        ("step", json!("push")),
        ("payload", json!({"bodies": [{"type": "txt", "msg": "hello"}], "ext": {"order": 7}})),
    ] {
        assert_eq!(pushed[name], value, "{name} of {pushed}");
    }
    let name = pushed["data"]["name"].as_str().unwrap();
    assert!(name.starts_with("projects/") && pushed["vendor_message_id"] == name, "the vendor's own answer: {pushed}");
    let left_out = of("bob");
    assert_eq!((&left_out["status"], &left_out["detail"]), (&json!("fail"), &json!("no user exist")));
}

#[tokio::test]
async fn the_app_learns_of_every_member_of_a_group() {
    let (stack, app, server) = start(&["push", "suppressed"]).await;
    let group = json!({"groupid": "g1", "owner": "sender", "members": ["ann", "bob"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    stack.bind(&app, "ann", "phone", HUAWEI, &huawei::device_token()).await;
    let body = json!({"from": "sender", "to": ["g1"], "type": "txt", "body": {"msg": "hi"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, body).await;
    stack.drain().await;
    let bodies = server.events();
    assert_eq!(names(&bodies), ["push", "suppressed"]);
    for (body, user) in bodies.iter().zip(["ann", "bob"]) {
        assert_eq!((&body["target"], &body["group_id"]), (&json!(user), &json!("g1")));
        assert_eq!((&body["chat_type"], &body["payload"]["bodies"][0]["msg"]), (&json!("groupchat"), &json!("hi")));
    }
}

#[tokio::test]
async fn the_app_learns_of_instant_pushes_however_they_are_called() {
    let (stack, app, server) = start(&["push", "suppressed", "token_removed"]).await;
    let (good, dead) = (fcm::device_token(), fcm::device_token());
    stack.simulators.add_devices([Device::unregistered("fcm", &dead)]).unwrap();
    stack.bind(&app, "ann", "phone", FCM, &good).await;
    stack.bind(&app, "bob", "phone", FCM, &dead).await;
    for route in ["push/sync/ann", "push/async/ann", "push/sync/bob", "push/sync/eve"] {
        stack.clock.advance(Duration::from_secs(1));
        let push = json!({"strategy": 2, "pushMessage": {"title": "Notice", "content": "The service is back"}});
        stack.ok("POST", &app.path(route), &app.token, push).await;
        stack.drain().await;
        let bodies = server.events();
        let user = route.rsplit('/').next().unwrap();
        let (told, status, detail) = match user {
            "ann" => (vec!["push"], "success", "success"),
            "bob" => (vec!["push", "token_removed"], "fail", "illegal binding"),
            _ => (vec!["suppressed"], "fail", "no user exist"),
        };
        assert_eq!(names(&bodies), told, "{route}");
        assert_eq!((&bodies[0]["target"], &bodies[0]["chat_type"]), (&json!(user), &json!("chat")));
        assert_eq!((&bodies[0]["status"], &bodies[0]["detail"]), (&json!(status), &json!(detail)), "{route}");
        assert_eq!(bodies[0]["payload"]["bodies"][0]["msg"], "The service is back", "{route}");
    }
}

#[tokio::test]
async fn the_app_learns_once_of_an_instant_push_that_goes_on_to_the_own_channel() {
    let (stack, app, server) = start(&["push", "suppressed"]).await;
    let dead = fcm::device_token();
    stack.simulators.add_devices([Device::unregistered("fcm", &dead)]).unwrap();
    stack.bind(&app, "ann", "phone", FCM, &dead).await;
    let push = json!({"strategy": 0, "pushMessage": {"title": "Notice", "content": "The service is back"}});
    stack.ok("POST", &app.path("push/async/ann"), &app.token, push).await;
    stack.drain().await;
    let bodies = server.events();
    assert_eq!((names(&bodies), &bodies[0]["status"]), (vec!["push"], &json!("fail")));
}

#[tokio::test]
async fn the_app_learns_of_removed_tokens_clicks_notifiers_and_devices() {
    let (stack, app, server) = start(&["token_removed", "click", "notifier", "user_status"]).await;
    let (good, dead) = (fcm::device_token(), fcm::device_token());
    stack.simulators.add_devices([Device::unregistered("fcm", &dead)]).unwrap();
    stack.bind(&app, "ann", "phone", FCM, &good).await;
    stack.bind(&app, "bob", "phone", FCM, &dead).await;
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    let bodies = server.events();
    assert_eq!(names(&bodies), ["token_removed"]);
    assert_eq!((&bodies[0]["target"], &bodies[0]["device_token"]), (&json!("bob"), &json!(dead)));
    let click = json!({"msg_id": ids[0], "device_id": "phone"});
    for _ in 0..2 {
        stack.ok("POST", &app.path("users/ann/push/clicked"), &app.token, click.clone()).await;
    }
    stack.ok("PUT", &app.path(&format!("notifiers/{FCM}")), &app.token, json!({"state": "disabled"})).await;
    stack.report(&app, "ann", "phone", "s1", "online").await;
    stack.report(&app, "ann", "phone", "s1", "heartbeat").await;
    stack.drain().await;
    let bodies = server.events();
    assert_eq!(names(&bodies), ["click", "notifier", "user_status"]);
    assert_eq!((&bodies[0]["msg_id"], &bodies[1]["status"]), (&json!(ids[0]), &json!("disabled")));
    assert_eq!((&bodies[2]["status"], &bodies[2]["reason"]), (&json!("online"), &json!("login")));
}

#[tokio::test]
async fn the_app_learns_of_devices_with_connections_to_us() {
    let (stack, app, server) = start(&["user_status"]).await;
    let told = async || {
        stack.drain().await;
        let bodies = server.events();
        let of = |body: &Value| ["user", "reason", "status"].map(|name| body[name].as_str().unwrap().to_owned());
        bodies.iter().map(of).collect::<Vec<_>>()
    };
    let socket = Socket::connect_with(&stack, &app, "ann", "phone", json!({"platform": "android"})).await;
    assert_eq!(told().await, [["acme#chat_ann@easemob.com/android_phone", "login", "online"]]);
    socket.close().await;
    assert_eq!(told().await, [["acme#chat_ann@easemob.com/unknown_phone", "logout", "offline"]]);
    let socket = Socket::connect(&stack, &app, "ann", "phone").await;
    assert_eq!(told().await.len(), 1);
    stack.ok("GET", &app.path("users/ann/disconnect"), &app.token, json!({})).await;
    assert_eq!(told().await, [["acme#chat_ann@easemob.com/unknown_phone", "replaced", "offline"]]);
    assert!(!socket.is_open(), "and the end of the connection is no second event");
}

#[tokio::test]
async fn an_app_without_a_callback_costs_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.report(&app, "eve", "pad", "s1", "online").await;
    Socket::connect(&stack, &app, "eve", "phone").await.close().await;
    while stack.step().await {}
    assert_eq!(stack.callback_queue.faults.calls_of("queue_callbacks"), 0);
    assert!(stack.callback_queue.is_empty());
}

#[tokio::test]
async fn a_server_that_is_set_while_a_push_waits_learns_that_the_push_ended_without_another_call() {
    let (stack, server) = (Stack::start(), Server::start().await);
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    stack.simulators.add_faults([fcm::scripts::unavailable(200).always()]).unwrap();
    stack.send(&app, &["ann"], json!({"push_ttl": 300})).await;
    while stack.step().await {}
    let callback = json!({"url": server.url, "secret": SECRET, "events": ["push"]});
    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"callback": callback})).await;
    stack.clock.advance(Duration::from_secs(301));
    stack.drain().await;
    let told: Vec<Value> = server.take().iter().map(Arrived::json).collect();
    assert_eq!(told.iter().map(|one| &one["status"]).collect::<Vec<_>>(), ["fail"], "{told:?}");
}

#[tokio::test]
async fn a_push_does_not_fail_because_its_event_cannot_be_queued() {
    let (stack, app, server) = start(&["push", "suppressed"]).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.callback_queue.faults.fail_next_of("queue_callbacks", 2);
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 1);
    assert_eq!(stack.stored(&app, "ann", ids[0]).await.outcomes.len(), 1);
    assert!(stack.suppression(&app, "bob", ids[1]).await.is_some());
    assert!(server.take().is_empty() && stack.dead_letters.is_empty());
}

#[tokio::test]
async fn what_could_not_be_delivered_is_counted_and_sent_again_when_the_app_asks() {
    let (stack, app, server) = start(&["suppressed"]).await;
    server.answers(500);
    stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    let tried = server.take();
    assert_eq!(tried.len(), 4, "at once and after 5 s");
    let info = stack.ok("GET", &app.path("callbacks/storage/info"), &app.token, json!({})).await;
    let window = info["data"][0]["date"].as_str().unwrap().to_owned();
    assert_eq!(info["data"], json!([{"date": window, "size": 2, "retry": 0}]));
    server.answers(200);
    let asked = json!({"date": window, "retry": 1});
    let answer = stack.ok("POST", &app.path("callbacks/storage/retry"), &app.token, asked.clone()).await;
    assert_eq!((&answer["data"], &answer["replayed"]), (&json!("success"), &json!(2)));
    stack.drain().await;
    let again = server.take();
    let ids = |all: &[Arrived]| -> std::collections::BTreeSet<String> {
        all.iter().map(|one| one.header("webhook-id").to_owned()).collect()
    };
    assert_eq!((again.len(), ids(&again)), (2, ids(&tried)));
    let info = stack.ok("GET", &app.path("callbacks/storage/info"), &app.token, json!({})).await;
    assert_eq!(info["data"], json!([]));
    let answer = stack.ok("POST", &app.path("callbacks/storage/retry"), &app.token, asked).await;
    assert_eq!(answer["replayed"], 0);
}

#[tokio::test]
async fn what_is_sent_again_holds_nothing_of_a_user_who_was_erased_meanwhile() {
    let (stack, app, server) = start(&["push", "suppressed"]).await;
    server.answers(500);
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    server.take();
    stack.clock.advance(Duration::from_secs(60));
    stack.ok("DELETE", &app.path("users/ann"), &app.token, json!({})).await;
    stack.drain().await;
    server.answers(200);
    let info = stack.ok("GET", &app.path("callbacks/storage/info"), &app.token, json!({})).await;
    let asked = json!({"date": info["data"][0]["date"]});
    stack.ok("POST", &app.path("callbacks/storage/retry"), &app.token, asked).await;
    stack.drain().await;
    let told: Vec<Value> = server.take().iter().map(Arrived::json).collect();
    assert_eq!(told.iter().map(|body| &body["target"]).collect::<Vec<_>>(), ["bob"]);
}

#[tokio::test]
async fn the_storage_info_says_until_when_a_server_is_left_alone_and_a_replay_ends_that() {
    let (stack, app, server) = start(&["suppressed"]).await;
    let info = async || stack.ok("GET", &app.path("callbacks/storage/info"), &app.token, json!({})).await;
    assert_eq!(info().await.get("paused_until"), None);
    server.answers(429);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    let paused = info().await;
    let left = paused["paused_until"].as_i64().unwrap() - stack.clock.now().as_millis();
    assert!((1..=60_000).contains(&left), "{left}");
    let asked = json!({"date": paused["data"][0]["date"]});
    stack.ok("POST", &app.path("callbacks/storage/retry"), &app.token, asked).await;
    assert_eq!(info().await.get("paused_until"), None);
}

#[tokio::test]
async fn the_schedule_sends_what_is_due_a_hundred_in_a_record_and_no_event_twice() {
    let (stack, app, server) = start(&["suppressed"]).await;
    server.answers(500);
    let users: Vec<String> = (0..150).map(|number| format!("u{number}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    stack.send(&app, &users, json!({})).await;
    stack.drain().await;
    server.answers(200);
    server.take();
    stack.tick().await;
    assert!(stack.callback_queue.is_empty(), "nothing is due yet");
    stack.clock.advance(Duration::from_secs(3600));
    stack.tick().await;
    let queued = stack.callback_queue.callback_records();
    let events = |record| serde_json::to_value(record).unwrap()["events"].as_array().unwrap().len();
    assert!(queued.iter().all(|record| (1..=100).contains(&events(record))), "{queued:?}");
    stack.drain().await;
    let told: Vec<String> = server.take().iter().map(|one| one.json()["target"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told.len(), 150);
    assert!(stack.runtime.all_callbacks(&app.key).is_empty());
}

#[tokio::test]
async fn a_callback_that_is_switched_off_says_so_and_is_on_after_it_is_set_again() {
    let (stack, app, server) = start(&["suppressed"]).await;
    server.answers(410);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    let settings = stack.ok("GET", &app.path("push/settings"), &app.token, json!({})).await;
    assert_eq!(settings["callback"]["state"], "disabled");
    assert_eq!(settings["callback"]["state_reason"], "the server answered 410");
    let retry = json!({"date": "202601010000"});
    let (status, _) = stack.call("POST", &app.path("callbacks/storage/retry"), &app.token, &retry).await;
    assert_eq!(status, 409);
    stack.clock.advance(Duration::from_secs(61));
    server.take();
    stack.send(&app, &["ann"], json!({})).await;
    while stack.step().await {}
    assert_eq!(stack.callback_queue.faults.calls_of("queue_callbacks"), 1, "no event is queued any more");
    server.answers(200);
    let shown =
        stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"callback": {"events": ["suppressed"]}})).await;
    assert_eq!(shown["callback"]["state"], "enabled");
    stack.clock.advance(Duration::from_secs(61));
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!(server.take().len(), 1);
}

#[tokio::test]
async fn a_request_for_a_replay_names_a_window_and_no_other_server() {
    let (stack, app, _) = start(&["suppressed"]).await;
    for (body, text) in [
        (json!({}), "date is required"),
        (json!({"date": "2026-01-01"}), "date must be a window as the storage info names it: yyyyMMddHHmm"),
        (
            json!({"date": "202601010000", "targetUrl": "https://other.example.com/"}),
            "targetUrl must be absent, or callback.url of the settings",
        ),
    ] {
        let (status, answer) = stack.call("POST", &app.path("callbacks/storage/retry"), &app.token, &body).await;
        assert_eq!((status, answer["error_description"].as_str()), (400, Some(text)), "{body}");
    }
}

#[tokio::test]
async fn a_deleted_app_leaves_no_callback_and_the_next_one_of_its_name_sees_none() {
    let (stack, app, server) = start(&["suppressed"]).await;
    server.answers(500);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.runtime.all_callbacks(&app.key).len(), 1);
    stack.ok("DELETE", "/management/apps/acme/chat", OPERATOR_KEY, json!({})).await;
    stack.drain().await;
    assert!(stack.runtime.all_callbacks(&app.key).is_empty());
    let next = stack.app("chat", json!({})).await;
    let info = stack.ok("GET", &next.path("callbacks/storage/info"), &next.token, json!({})).await;
    assert_eq!(info["data"], json!([]));
}

#[tokio::test]
async fn an_unreadable_record_costs_itself_only() {
    let (stack, app, server) = start(&["suppressed"]).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.callback_queue.put("{\"v\":\"9\"}");
    while stack.step().await {}
    assert_eq!(server.take().len(), 1);
    assert_eq!(stack.callback_queue.records().len(), 1, "a newer version may read it");
}
