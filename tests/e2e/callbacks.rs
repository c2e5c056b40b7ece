//! Callbacks to an app's own server on this machine, which has an independent implementation verify each of them.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use curlew_tests::{
    simulators::Device,
    stack::{Callback, CallbackServer},
};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    crypto::system::System,
    domain::{outcome::PushStatus, reason::Reason},
    ports::{
        callbacks::{ListCallbacks, RemoveCallbacks, StoreCallbacks, StoredCallback},
        clock::Clock,
    },
};

use crate::harness::{Tenant, World, canary, until};

/// An app and its own server.
struct Told<'w> {
    tenant: Tenant<'w>,
    server: CallbackServer,
    secret: String,
}

impl<'w> Told<'w> {
    /// Creates an app that wants these events, and bob, who has no phone.
    async fn of(world: &'w World, events: &[&str]) -> Self {
        let secret = canary::credential();
        Self::signed_with(world, &secret, &secret, events).await
    }

    /// Creates an app whose callbacks are signed with `secret`, for a server that knows `known`.
    async fn signed_with(world: &'w World, secret: &str, known: &str, events: &[&str]) -> Self {
        let server = CallbackServer::start(&world.stack.description, known).await.expect("a server");
        let callback = json!({"url": server.url(), "secret": secret, "events": events});
        let tenant = world.tenant_with(json!({"callback": callback})).await;
        canary::note(&tenant.app.user_token("bob").await.unwrap());
        Self { tenant, server, secret: secret.to_owned() }
    }

    /// Waits for so many callbacks.
    async fn gets(&self, number: usize) -> Vec<Callback> {
        let got = async || {
            let callbacks = self.server.callbacks().await.unwrap();
            (callbacks.len() >= number).then_some(callbacks)
        };
        until(&format!("{number} callbacks"), got).await
    }

    /// Returns the windows of stored callbacks, once there are any.
    async fn stored(&self) -> Vec<Value> {
        until("a stored callback", async || Some(self.windows().await).filter(|windows| !windows.is_empty())).await
    }

    async fn windows(&self) -> Vec<Value> {
        let info = self.tenant.app.call(Method::GET, "/callbacks/storage/info").send().await.unwrap();
        info.success().unwrap()["data"].as_array().unwrap().clone()
    }

    /// Makes the stored callbacks due, as if their time had come.
    async fn let_time_pass(&self) {
        let (runtime, app) = (self.tenant.world.stack.cloud.runtime(), &self.tenant.key);
        let now = System::default().now();
        let (stored, _) = runtime.stored_callbacks(app, now, 10).await.unwrap();
        let due: Vec<_> = stored.iter().map(|one| StoredCallback { due: Some(now), ..one.clone() }).collect();
        runtime.remove_callbacks(app, &stored).await.unwrap();
        runtime.store_callbacks(app, &due, now).await.unwrap();
    }

    async fn state(&self) -> Value {
        let settings = self.tenant.app.call(Method::GET, "/push/settings").send().await.unwrap();
        settings.success().unwrap()["callback"]["state"].take()
    }

    /// Sends the stored callbacks of a window again. Returns the status and how many are sent.
    async fn replay(&self, window: &Value) -> (u16, Value) {
        let call = self.tenant.app.call(Method::POST, "/callbacks/storage/retry").json(&json!({"date": window}));
        let answer = call.send().await.unwrap();
        (answer.status, answer.body["replayed"].clone())
    }
}

fn ids(callbacks: &[Callback]) -> BTreeSet<&str> {
    callbacks.iter().map(Callback::id).collect()
}

/// Returns a secret in the form of Standard Webhooks.
fn webhook_secret() -> String {
    let secret = format!("whsec_{}", BASE64_STANDARD.encode(canary::credential()));
    canary::note(&secret);
    secret
}

#[tokio::test]
async fn the_app_is_told_of_every_end_and_an_independent_implementation_agrees_with_the_signatures() {
    let world = World::side_by_side().await;
    let secret = webhook_secret();
    let told = Told::signed_with(&world, &secret, &secret, &["push", "suppressed", "token_removed"]).await;
    let tenant = &told.tenant;
    let (ann, cat) = (tenant.phone("fcm", "ann").await, tenant.phone("fcm", "cat").await);
    world.stack.vendors.add_devices([Device::unregistered("fcm", &cat.token)]).await.unwrap();
    let text = canary::secret();
    let sent = tenant.send(&["ann", "bob", "cat"], json!({"body": {"msg": text}})).await;
    assert_eq!(tenant.outcome("ann", &sent["ann"]).await.status, PushStatus::Success);

    let callbacks = told.gets(4).await;
    assert!(callbacks.iter().all(|callback| callback.refusal.is_none()), "{callbacks:?}");
    assert_eq!(ids(&callbacks).len(), 4, "an id for each event");
    let bodies: Vec<Value> = callbacks.iter().map(Callback::json).collect();
    let of = |event: &str, user: &str| bodies.iter().find(|body| body["event"] == event && body["target"] == user);
    let pushed = of("push", "ann").unwrap();
    let app = format!("{}#{}", tenant.app.org, tenant.app.app);
    for (name, value) in [
        ("callId", json!(format!("{app}_{}", sent["ann"]))),
        ("channel", json!("ANDROID")),
        ("device_token", json!(ann.token)),
        ("status", json!("success")),
        ("payload", json!({"bodies": [{"type": "txt", "msg": text}], "ext": pushed["payload"]["ext"]})),
    ] {
        assert_eq!(pushed[name], value, "{name} of {pushed}");
    }
    assert!(pushed["vendor_message_id"].as_str().unwrap().contains("/messages/"), "{pushed}");
    let reason = |event, user| of(event, user).unwrap()["detail"].clone();
    assert_eq!(reason("suppressed", "bob"), Reason::NoPushBinding.code());
    assert_eq!(reason("push", "cat"), Reason::IllegalBinding.code());
    assert_eq!(of("token_removed", "cat").unwrap()["device_token"], cat.token);
}

#[tokio::test]
async fn a_server_that_knows_another_secret_refuses_what_comes() {
    let world = World::side_by_side().await;
    let told = Told::signed_with(&world, &canary::credential(), &canary::credential(), &["suppressed"]).await;
    told.tenant.send_to("bob", json!({})).await;
    let refused = told.gets(1).await;
    assert_eq!((refused[0].status, refused[0].refusal.as_deref()), (401, Some("No matching signature found")));
}

#[tokio::test]
async fn a_callback_that_fails_comes_again_under_its_id_and_then_waits_until_the_app_asks() {
    let world = World::side_by_side().await;
    let told = Told::of(&world, &["suppressed"]).await;
    told.server.answer(&[500, 500]).await.unwrap();
    told.tenant.send_to("bob", json!({})).await;
    let tried = told.gets(2).await;
    assert_eq!(tried.iter().map(|one| one.status).collect::<Vec<_>>(), [500, 500]);

    let windows = told.stored().await;
    assert_eq!(windows, [json!({"date": windows[0]["date"], "size": 1, "retry": 0})]);
    assert_eq!(told.replay(&windows[0]["date"]).await, (200, json!(1)));
    let all = told.gets(3).await;
    assert_eq!((all[2].status, all[2].refusal.as_deref()), (200, None));
    assert_eq!(ids(&all).len(), 1, "one id for every try: {all:?}");
    assert_eq!(told.windows().await, [] as [Value; 0]);
    assert_eq!(told.replay(&windows[0]["date"]).await, (200, json!(0)));
}

#[tokio::test]
async fn a_server_that_says_gone_is_told_no_more_until_the_app_sets_it_again() {
    let world = World::side_by_side().await;
    let told = Told::of(&world, &["suppressed"]).await;
    told.server.answer(&[410]).await.unwrap();
    told.tenant.send_to("bob", json!({})).await;
    until("the end of the callback", async || (told.state().await == "disabled").then_some(())).await;
    assert_eq!(told.replay(&json!("202601010000")).await.0, 409);

    let callback = json!({"callback": {"url": told.server.url(), "secret": told.secret, "events": ["suppressed"]}});
    let set = told.tenant.app.call(Method::PUT, "/push/settings").json(&callback).send().await.unwrap();
    assert_eq!(set.success().unwrap()["callback"]["state"], "enabled");
    // Functions use the settings of before for up to a minute.
    until("a callback", async || {
        told.tenant.send_to("bob", json!({})).await;
        (told.server.callbacks().await.unwrap().len() > 1).then_some(())
    })
    .await;
    assert_eq!(told.state().await, "enabled");
}

#[tokio::test]
async fn the_schedule_sends_what_is_due() {
    let world = World::side_by_side().await;
    let told = Told::of(&world, &["suppressed"]).await;
    told.server.answer(&[500, 500]).await.unwrap();
    told.tenant.send_to("bob", json!({})).await;
    told.stored().await;
    world.stack.cloud.invoke("RunSchedule").await.unwrap();
    assert_eq!(told.windows().await.len(), 1, "nothing is due yet");
    told.let_time_pass().await;
    world.stack.cloud.invoke("RunSchedule").await.unwrap();
    let all = told.gets(3).await;
    assert_eq!((all[2].status, all[2].refusal.as_deref(), ids(&all).len()), (200, None, 1));
    assert_eq!(told.windows().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_callback_goes_to_no_private_address_but_this_machines() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    for url in
        ["http://169.254.169.254/latest", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://2852039166/"]
    {
        let callback = json!({"callback": {"url": url, "secret": canary::credential()}});
        let refused = tenant.app.call(Method::PUT, "/push/settings").json(&callback).send().await.unwrap();
        assert_eq!(refused.status, 400, "{url}: {}", refused.text);
    }
}
