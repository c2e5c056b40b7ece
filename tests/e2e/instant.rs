//! Instant pushes and push labels.

use curlew_tests::simulators::Device;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::reason::Reason;

use crate::harness::{Phone, Tenant, World, canary, until};

/// Makes a call that succeeds. Returns its `data`.
async fn call(tenant: &Tenant<'_>, method: Method, path: &str, body: Value) -> Value {
    let answer = tenant.app.call(method, path).json(&body).send().await.unwrap();
    answer.success().unwrap()["data"].take()
}

/// Returns a push with a secret title, and the title.
fn notice(more: Value) -> (Value, String) {
    let title = canary::secret();
    let mut body = json!({"pushMessage": {"title": title, "content": "The service is back"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (body, title)
}

/// Returns the titles that the phone shows.
async fn titles(tenant: &Tenant<'_>, phone: &Phone) -> Vec<String> {
    tenant.shown(phone).await.into_iter().filter_map(|shown| shown.delivery.notice.title).collect()
}

#[tokio::test]
async fn a_synchronous_push_answers_what_each_vendor_said() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    let gone = tenant.phone("fcm", "ann").await;
    world.stack.vendors.add_devices([Device::unregistered("fcm", &gone.token)]).await.unwrap();
    // A connected receiver gets it all the same.
    tenant.report(&phone, "online").await;

    let (body, title) = notice(json!({}));
    let answer = call(&tenant, Method::POST, "/push/sync/ann", body).await;
    let of = |phone: &Phone| answer.as_array().unwrap().iter().find(|one| one["device_id"] == phone.device).unwrap();
    let says =
        |phone: &Phone, place: &str| (of(phone)["pushStatus"].clone(), of(phone)["data"].pointer(place).cloned());
    assert_eq!(says(&phone, "/code"), (json!("SUCCESS"), Some(json!("80000000"))), "{answer}");
    assert_eq!(says(&gone, "/error/code"), (json!("FAIL"), Some(json!(404))), "{answer}");
    assert_eq!(titles(&tenant, &phone).await, [title]);
    assert_eq!(tenant.app.bindings("ann").await.unwrap().len(), 1, "the unregistered token is removed");

    // One such push a second is allowed.
    let nobody = until("another push", async || {
        let call = tenant.app.call(Method::POST, "/push/sync/nobody").json(&notice(json!({})).0);
        Some(call.send().await.unwrap().success().ok()?["data"].take())
    })
    .await;
    assert_eq!((&nobody[0]["pushStatus"], &nobody[0]["desc"]), (&json!("FAIL"), &json!("appUser not exists")));
}

#[tokio::test]
async fn a_push_to_a_list_reaches_each_phone_once_and_says_why_where_there_is_none() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phones = [tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await];
    let (body, title) = notice(json!({"targets": ["ann", "bob", "nobody"]}));
    let answer = call(&tenant, Method::POST, "/push/single", body).await;
    let of = |user: &str| answer.as_array().unwrap().iter().find(|one| one["id"] == user).unwrap();
    assert!(answer.as_array().unwrap().iter().all(|one| one["pushStatus"] == "ASYNC_SUCCESS"), "{answer}");
    for phone in &phones {
        let shown = async || (titles(&tenant, phone).await == [title.as_str()]).then_some(());
        until("the push", shown).await;
        assert_eq!(tenant.sends(phone).await.len(), 1);
    }
    let id = of("nobody")["msg_id"].as_str().unwrap();
    assert_eq!(tenant.suppression("nobody", id).await, Reason::NoUserExist);
}

#[tokio::test]
async fn a_push_for_the_own_channel_goes_over_the_connection_and_waits_for_one() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut live = tenant.connect(&phone).await;
    live.ping().await;
    let (body, title) = notice(json!({"strategy": 1}));
    call(&tenant, Method::POST, "/push/async/ann", body).await;
    let came = live.next_of("push").await["message"].take();
    assert_eq!((&came["from"], &came["push"]["title"]), (&json!("admin"), &json!(title)));
    live.acknowledge(&[came["msg_id"].as_str().unwrap()]).await;
    live.close().await;
    until("the end of the presence", async || (!tenant.app.is_online("ann").await.unwrap()).then_some(())).await;

    let (body, title) = notice(json!({"strategy": 1}));
    let answer = call(&tenant, Method::POST, "/push/async/ann", body).await;
    let id = answer[0]["msg_id"].as_str().unwrap();
    assert_eq!(tenant.suppression("ann", id).await, Reason::WaitsForLogin);
    let mut live = tenant.connect(&phone).await;
    let came = live.next_of("push").await["message"].take();
    assert_eq!((&came["msg_id"], &came["push"]["title"]), (&json!(id), &json!(title)), "and not the one before");
    assert_eq!(tenant.sends(&phone).await.len(), 0);
}

#[tokio::test]
async fn a_label_names_its_users_exactly_until_they_and_it_are_gone() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    for user in ["ann", "bob", "cat"] {
        tenant.phone("fcm", user).await;
    }
    let label = |method: Method, path: &'static str, body: Value| {
        let tenant = &tenant;
        async move { call(tenant, method, &format!("/push/label{path}"), body).await }
    };
    label(Method::POST, "", json!({"name": "vip", "description": "Pays"})).await;
    let named = json!({"usernames": ["ann", "bob", "cat", "zoe"]});
    let added = label(Method::POST, "/vip/user", named).await;
    assert_eq!(added["fail"], json!({"zoe": "appUser not exists"}));
    assert_eq!(label(Method::GET, "/vip", json!({})).await["count"], 3);

    let removed = label(Method::DELETE, "/vip/user", json!({"usernames": ["bob"]})).await;
    assert_eq!(removed["success"], json!(["bob"]));
    tenant.app.call(Method::DELETE, "/users/cat").send().await.unwrap().success().unwrap();
    let counted = async || (label(Method::GET, "/vip", json!({})).await["count"] == 1).then_some(());
    until("the end of the erased user's label", counted).await;
    let users = label(Method::GET, "/vip/user", json!({})).await;
    assert_eq!((users.as_array().unwrap().len(), &users[0]["username"]), (1, &json!("ann")));

    label(Method::DELETE, "/vip", json!({})).await;
    let gone = tenant.app.call(Method::GET, "/push/label/vip/user").send().await.unwrap();
    assert_eq!((gone.status, &gone.body["error_description"]), (400, &json!("push label not exists of vip")));
}
