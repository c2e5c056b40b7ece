//! For any facts and messages, the dry run's answer is what the pipeline then does.

use std::{collections::BTreeMap, time::Duration};

use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        binding::{Binding, DeviceToken},
        id::{DeviceId, MessageId, NotifierName, TemplateName, UserId},
        profile::{Conversation, Disturbance, Nickname, Profile},
        template::Template,
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        apps::{ManageApps, ReadApps},
        clock::Clock,
        users::{ConversationSetting, ManageBindings, ManageProfiles},
    },
};

use super::{
    harness::{Stack, TestApp},
    worlds::{DEVICES, GONE, Notifier, World, messages, notifiers, worlds},
};

const CASES: u32 = 192;
/// The longest time until a recheck.
const MAX_RECHECK_MILLIS: i64 = 200_000;

/// One generated world in a stack, with the tokens of its bindings.
struct Play {
    app: TestApp,
    tokens: BTreeMap<(String, String), (&'static str, String)>,
}

impl Play {
    async fn set_up(stack: &Stack, world: &World) -> Self {
        let app = stack.app("chat", json!({})).await;
        let (ann, bob) = (UserId::parse("ann").unwrap(), UserId::parse("bob").unwrap());
        let mut stored = stack.apps.app(&app.key).await.unwrap().unwrap().app;
        stored.settings = world.settings.clone();
        stack.apps.change_app(&stored).await.unwrap();
        stack.apps.put_template(&app.key, &greeting(stack)).await.unwrap();
        if let Some(disabled) = world.disabled.filter(|_| !world.bindings.is_empty()) {
            let (_, notifier) = disabled.get(&world.bindings);
            let path = app.path(&format!("notifiers/{}", notifier.name.replace('#', "%23")));
            let (status, _) = stack.call("PUT", &path, &app.token, &json!({"state": "disabled"})).await;
            assert_eq!(status, if notifier.name == GONE.name { 404 } else { 200 });
        }
        let called = Profile { nickname: Some(Nickname::parse_as("nickname", "Bobby").unwrap()), ..Profile::default() };
        stack.users.change_profile(&app.key, &bob, None, &called).await.unwrap();
        if let Some(profile) = &world.profile {
            stack.users.change_profile(&app.key, &ann, None, profile).await.unwrap();
        }
        if let Some(mode) = world.conversation {
            let disturbance = Disturbance { mode: Some(mode), ..Disturbance::default() };
            let conversation = &Conversation::User(bob);
            let setting = ConversationSetting { conversation, era: 0, disturbance, at: stack.clock.now() };
            stack.users.set_conversation(&app.key, &ann, &setting, 1).await.unwrap();
        }
        let mut tokens = BTreeMap::new();
        for (device, notifier) in world.bindings.iter().copied() {
            let token = (notifier.device_token)();
            let binding = Binding {
                device_id: DeviceId::parse(device).unwrap(),
                notifier: NotifierName::parse(notifier.name).unwrap(),
                token: DeviceToken::parse(&token).unwrap(),
                bound_at: stack.clock.now(),
            };
            stack.users.bind(&app.key, &ann, &binding, 16).await.unwrap();
            tokens.insert((device.to_owned(), notifier.name.to_owned()), (notifier.vendor, token));
            // Of several notifiers of a device, the most recently bound one is used.
            stack.clock.advance(Duration::from_millis(1));
        }
        for (place, (device, status, ago)) in world.presence.iter().enumerate() {
            let (device, session) = (DEVICES[*device], format!("s{place}"));
            stack.report(&app, "ann", device, &session, "online").await;
            if *status != "online" {
                stack.report(&app, "ann", device, &session, status).await;
            }
            stack.clock.advance(Duration::from_secs(*ago));
        }
        Self { app, tokens }
    }

    async fn explain(&self, stack: &Stack, message: &Value) -> Value {
        stack.ok("POST", &self.app.path("push/explain"), &self.app.token, message.clone()).await["data"].clone()
    }

    async fn trace(&self, stack: &Stack, id: MessageId) -> Option<Value> {
        let path = self.app.path(&format!("push/trace/{id}?user=ann"));
        let (status, answer) = stack.call("GET", &path, &self.app.token, &json!({})).await;
        (status == 200).then(|| answer["data"].clone())
    }
}

fn greeting(stack: &Stack) -> Template {
    let now = stack.clock.now();
    Template {
        name: TemplateName::parse("greeting").unwrap(),
        title_pattern: "{$fromNickname} to {0}".to_owned(),
        content_pattern: "{$msg} {0}".to_owned(),
        created_at: now,
        updated_at: now,
    }
}

/// Returns what both answers must share: everything but the request, the receipts, and the message's ids and times.
fn said(answer: &Value) -> Value {
    let device = |device: &Value| {
        let names = ["device_id", "notifier_name", "vendor", "verdict", "reason"];
        names.into_iter().map(|name| (name.to_owned(), device[name].clone())).collect::<Map<_, _>>()
    };
    let devices: Vec<_> = answer["devices"].as_array().unwrap().iter().map(device).collect();
    json!({"verdict": answer["verdict"], "reason": answer["reason"], "rules": answer["rules"], "devices": devices})
}

/// Returns a notification without the message's id.
fn shown(mut notification: Value) -> Value {
    notification["custom"]["m"] = Value::Null;
    notification.as_object_mut().unwrap().remove("replace_id");
    notification
}

/// Returns the notifications in the queued jobs, by device and notifier.
fn queued(stack: &Stack) -> BTreeMap<(String, String), Value> {
    let mut queued = BTreeMap::new();
    for job in Vendor::ALL.iter().flat_map(|vendor| stack.push_queues.of(*vendor).push_jobs()) {
        let shown_there = json!({
            "title": job.notification.title,
            "content": job.notification.body,
            "custom": job.notification.custom,
            "class": job.notification.class,
            "options": job.notification.options,
        });
        for device in job.receivers.iter().flat_map(|receiver| &receiver.devices) {
            queued.insert((device.device_id.to_string(), job.notifier.to_string()), shown(shown_there.clone()));
        }
    }
    queued
}

/// Returns the notifications in the dry run's answer, by device and notifier.
fn promised(explained: &Value) -> BTreeMap<(String, String), Value> {
    let text = |device: &Value, name: &str| device[name].as_str().unwrap().to_owned();
    let pushed = explained["devices"].as_array().unwrap().iter().filter(|device| device["verdict"] == "push");
    pushed
        .map(|device| {
            let key = (text(device, "device_id"), text(device, "notifier_name"));
            (key, shown(device["notification"].clone()))
        })
        .collect()
}

/// Returns whether the dry run says that the vendor's client refuses to send.
fn refused(explained: &Value, (device, notifier): &(String, String)) -> bool {
    let devices = explained["devices"].as_array().unwrap();
    let found = devices.iter().find(|one| one["device_id"] == **device && one["notifier_name"] == **notifier);
    found.is_some_and(|device| device.get("vendor_request_refused").is_some())
}

/// Plays one case. Returns the verdict and the notifiers of the pushes, so that a test can count them.
async fn play(stack: &Stack, world: &World, message: &Value) -> Vec<String> {
    let play = Play::set_up(stack, world).await;
    let mut explained = play.explain(stack, message).await;
    let path = play.app.path("messages/users");
    let sent = stack.ok("POST", &path, &play.app.token, message.clone()).await;
    let id = MessageId::parse(sent["data"]["ann"].as_str().unwrap()).unwrap();
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let online_only = message.get("routetype").is_some();
    if explained.get("recheck_at").is_some() {
        assert_eq!(play.trace(stack, id).await.map(|trace| trace["verdict"].clone()), Some(json!("pending")));
        stack.clock.set(stack.dispatch_queue.next_visible().unwrap());
        explained = play.explain(stack, message).await;
        stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    }
    assert!(stack.dispatch_queue.is_empty());
    let promises = promised(&explained);
    assert_eq!(promises, queued(stack));
    stack.drain().await;
    for (key, (vendor, token)) in &play.tokens {
        let delivered = stack.delivered(vendor, token);
        let expected = promises.contains_key(key) && !refused(&explained, key);
        assert_eq!(delivered, u64::from(expected), "{key:?}");
    }
    match play.trace(stack, id).await {
        Some(trace) => assert_eq!(without_delay(said(&explained)), without_delay(said(&trace))),
        None => assert!(online_only),
    }
    let verdict = explained["reason"].as_str().unwrap_or("push").to_owned();
    promises.into_keys().map(|(_, notifier)| notifier).chain([verdict]).collect()
}

/// Removes what only a recheck has. It runs later than the message and reads whether that was acknowledged. A dry run
/// decides at once.
fn without_delay(mut said: Value) -> Value {
    let rules = said["rules"].as_array_mut().unwrap();
    rules.retain(|rule| rule["rule"] != "delivery");
    for rule in rules {
        rule["inputs"].as_object_mut().unwrap().remove("expires_at");
    }
    said
}

#[test]
fn the_pipeline_does_what_the_dry_run_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let played = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let result = runner.run(&(worlds(), messages()), |(world, message)| {
        let happened = runtime.block_on(async {
            let stack = Stack::start();
            // A recheck must stay within the vendors' clocks, and the message must not be far behind them.
            let before: u64 = world.presence.iter().map(|(_, _, ago)| ago * 1000).sum();
            let start = stack.clock.now().as_millis() - i64::try_from(before).unwrap() - MAX_RECHECK_MILLIS;
            stack.clock.set(Timestamp::from_millis(start));
            play(&stack, &world, &message).await
        });
        for one in happened {
            *played.borrow_mut().entry(one).or_default() += 1;
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let played = played.into_inner();
    let notifiers = notifiers();
    let pushed_through = |notifier: &Notifier| played.contains_key(notifier.name);
    assert!(notifiers.iter().all(pushed_through) && played.len() > notifiers.len() + 5, "{played:?}");
}
