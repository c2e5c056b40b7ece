//! Every kind of private text and of secret passes through the stack, also where steps fail. `whole_run` then searches for
//! them. No user is erased here: the sweeps would be counted as costs of pushes.

use curlew_tests::{
    simulators::{Endpoint, Fault, FaultRule},
    stack::segment,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{FCM, Tenant, World, canary, until};

async fn ok(tenant: &Tenant<'_>, method: Method, path: &str, body: Value) -> Value {
    tenant.app.call(method, path).json(&body).send().await.unwrap().success().unwrap()
}

/// Returns the settings of an app whose own server nobody runs. The address has a secret, as such addresses do.
fn settings() -> Value {
    let url = format!("http://127.0.0.1:9/{}?key={}", canary::credential(), canary::credential());
    json!({"advanced_push": true, "callback": {"url": url, "secret": canary::credential(), "events": ["push"]}})
}

/// Gives the app and its users every text that there is.
async fn describe(tenant: &Tenant<'_>) {
    let text = canary::secret;
    ok(tenant, Method::PUT, "/users/ann", json!({"nickname": text()})).await;
    ok(tenant, Method::PUT, "/push/nickname", json!([{"username": "bob", "push_nickname": text()}])).await;
    ok(
        tenant,
        Method::POST,
        "/users",
        json!({"username": "cat", "password": canary::credential(), "nickname": text()}),
    )
    .await;
    let form = format!("avatarurl=https://{}.example.com/a.png&sign={}", text(), text());
    let metadata = tenant.app.call(Method::PUT, "/metadata/user/ann");
    metadata.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    let birds =
        json!({"groupid": "birds", "groupname": text(), "desc": text(), "custom": text(), "members": ["ann", "bob"]});
    ok(tenant, Method::POST, "/chatgroups", birds).await;
    ok(tenant, Method::POST, "/chatgroups/birds/announcement", json!({"announcement": text()})).await;
    let template = json!({"name": "letter", "title_pattern": format!("{} {{0}}", text()), "content_pattern": format!("{} {{$msg}}", text())});
    ok(tenant, Method::POST, "/notification/template", template).await;
    ok(tenant, Method::POST, "/push/label", json!({"name": "vip", "description": text()})).await;
    ok(tenant, Method::POST, "/push/label/vip/user", json!({"usernames": ["ann"]})).await;
}

/// Sends each kind of message. Returns the id of Ann's own.
async fn send(tenant: &Tenant<'_>) -> String {
    let text = canary::secret;
    let push = json!({"title": text(), "content": text(), "ext": {"note": text()}});
    ok(tenant, Method::POST, "/push/single", json!({"targets": ["ann"], "pushMessage": push})).await;
    ok(tenant, Method::POST, "/push/list/label", json!({"targets": ["vip"], "pushMessage": push})).await;
    ok(tenant, Method::POST, "/push/message", json!({"pushMessage": push})).await;
    let group =
        json!({"from": "cat", "to": ["birds"], "type": "txt", "body": {"msg": text()}, "ext": {"note": text()}});
    ok(tenant, Method::POST, "/messages/chatgroups", group).await;
    let ext = json!({"em_push_ext": {"title": text(), "content": text(), "custom": {"note": text()}}, "note": text()});
    tenant.send_to("ann", json!({"from": "bob", "ext": ext})).await
}

#[tokio::test]
async fn every_kind_of_private_text_passes_through_and_meets_failures() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(settings()).await;
    describe(&tenant).await;
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    // The vendor's refusal repeats token and text, as vendors do.
    let repeated = format!(r#"{{"error":{{"code":400,"message":"{} {}"}}}}"#, ann.token, canary::secret());
    let answer = Fault::Answer { status: 400, headers: [].into(), body: repeated };
    let refusal = FaultRule::new("fcm", answer).at(Endpoint::Send).for_token(&ann.token);
    world.stack.vendors.add_faults([refusal]).await.unwrap();
    let id = send(&tenant).await;
    tenant.ended("ann", &id).await;
    until("Bob's notification", async || (!tenant.shown(&bob).await.is_empty()).then_some(())).await;

    tenant.app.test_notifier(FCM, &ann.token).await.unwrap();
    let mut live = tenant.connect(&ann).await;
    tenant.send_to("ann", json!({})).await;
    live.next_of("message").await;
    ok(&tenant, Method::GET, &format!("/push/trace/{id}?user=ann&request=true"), json!({})).await;
    ok(&tenant, Method::POST, "/token", json!({"grant_type": "inherit", "scope": "support"})).await;
    world.stack.api.operator_call(Method::POST, "/management/token").send().await.unwrap().success().unwrap();
    let path = format!("/management/apps/{}/{}/token", segment(&tenant.app.org), segment(&tenant.app.app));
    world.stack.api.operator_call(Method::POST, &path).json(&json!({})).send().await.unwrap().success().unwrap();
}

/// Bodies and paths that no route takes, with canaries. The error answers are searched by `whole_run`.
#[tokio::test]
async fn what_is_refused_is_not_repeated() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let text = canary::secret;
    let broken = [
        ("/messages/users", json!({"from": "bob", "to": ["ann"], "type": text(), "body": {"msg": text()}})),
        ("/messages/users", json!({"from": "bob", "to": text(), "type": "txt", "body": {"msg": text()}})),
        ("/push/single", json!({"targets": ["ann"], "pushMessage": {"title": [text()], "content": text()}})),
        ("/chatgroups", json!({"groupid": "birds", "groupname": {"a": text()}, "members": ["ann"]})),
        (
            "/notifiers",
            json!({"name": "n", "vendor": "meizu", "credential": {"app_id": "1", "other": canary::credential()}}),
        ),
        (
            "/token",
            json!({"grant_type": "client_credentials", "client_id": text(), "client_secret": canary::credential()}),
        ),
        ("/token", json!({"grant_type": "password", "username": "ann", "password": canary::credential()})),
    ];
    for (path, body) in broken {
        let answer = tenant.app.call(Method::POST, path).json(&body).send().await.unwrap();
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.text);
    }
    let cut = format!("{{\"from\":\"bob\",\"body\":{{\"msg\":\"{}", text());
    assert_eq!(tenant.app.call(Method::POST, "/messages/users").body(cut).send().await.unwrap().status, 400);
    let forged = tenant.app.anonymous_call(Method::GET, "/notifiers").bearer(&canary::credential());
    assert_eq!(forged.send().await.unwrap().status, 401);
}
