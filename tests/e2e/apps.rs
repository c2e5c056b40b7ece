//! The life of an app: created, shown, limited and deleted.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::{outcome::PushStatus, reason::Reason};

use crate::harness::{FCM, HUAWEI, Phone, World, canary};

#[tokio::test]
async fn an_app_can_be_looked_at_and_removed() {
    let world = World::side_by_side().await;
    let api = &world.stack.api;
    let name = format!("E2E-{}", canary::fresh());
    let app = api.create_app("Acme", &name, json!({"max_bindings": 2})).await.unwrap();
    canary::note(&app.client_secret);
    canary::note(&app.token);
    let path = format!("/management/apps/acme/{}", name.to_lowercase());
    let shown = api.operator_call(Method::GET, &path).send().await.unwrap().success().unwrap();
    assert_eq!((&shown["org"], &shown["app"]), (&json!("acme"), &json!(name.to_lowercase())));
    assert_eq!((&shown["client_id"], shown.get("client_secret")), (&json!(app.client_id), None));
    let settings = json!({"multi_device_policy": "all_offline", "max_bindings": 2, "presence_lease_seconds": 300});
    for (name, value) in settings.as_object().unwrap() {
        assert_eq!(shown["settings"][name], *value, "{name}");
    }
    api.delete_app("acme", &name.to_lowercase()).await.unwrap();
    // The app's name stays reserved until its users' data is deleted. That takes longer than a test waits.
    let shown = api.operator_call(Method::GET, &path).send().await.unwrap().success().unwrap();
    assert_eq!(shown["state"], "deleting");
    assert_eq!(api.operator_call(Method::DELETE, &path).send().await.unwrap().status, 200);
    let again = api.operator_call(Method::POST, "/management/apps").json(&json!({"org": "acme", "app": name}));
    assert_eq!(again.send().await.unwrap().status, 409);
}

#[tokio::test]
async fn notifiers_are_listed_page_by_page() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    for name in ["x3", "x1", "x2"] {
        tenant.app.create_notifier(name, "huawei", tenant.huawei.record()).await.unwrap();
    }
    let (mut names, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let answer = tenant.app.call(Method::GET, &format!("/notifiers{query}")).send().await.unwrap();
        let page = answer.success().unwrap();
        names.extend(page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()));
        match page.get("cursor").and_then(Value::as_str) {
            Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(names, [FCM, HUAWEI, "x1", "x2", "x3"]);
}

#[tokio::test]
async fn a_removed_notifier_reaches_nobody() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    let remove = || tenant.app.call(Method::DELETE, "/notifiers/huawei-notifier").send();
    assert_eq!(remove().await.unwrap().status, 200);
    assert_eq!(remove().await.unwrap().status, 404);
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::NoNotifierExist);
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn above_the_limit_the_oldest_binding_goes() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(json!({"max_bindings": 2})).await;
    let phones: [Phone; 3] =
        [tenant.phone("fcm", "ann").await, tenant.phone("huawei", "ann").await, tenant.phone("fcm", "ann").await];
    let id = tenant.send_to("ann", json!({})).await;
    let stored = tenant.ended("ann", &id).await;
    assert!(stored.outcomes.len() == 2 && stored.outcomes.iter().all(|outcome| outcome.status == PushStatus::Success));
    let shown = [&phones[0], &phones[1], &phones[2]].map(|phone| tenant.shown(phone));
    assert_eq!(futures::future::join_all(shown).await.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 1]);
}
