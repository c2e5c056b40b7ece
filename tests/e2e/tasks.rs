//! Tasks: instant pushes to everyone, or to everyone who has a label.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Phone, Tenant, World, canary, until};

/// Makes a call that succeeds. Returns its `data`.
async fn call(tenant: &Tenant<'_>, method: Method, path: &str, body: Value) -> Value {
    let answer = tenant.app.call(method, path).json(&body).send().await.unwrap();
    answer.success().unwrap()["data"].take()
}

fn notice() -> Value {
    json!({"title": canary::secret(), "content": "The service is back"})
}

/// Creates a task for everyone. Returns its id.
async fn to_everyone(tenant: &Tenant<'_>) -> String {
    let created = call(tenant, Method::POST, "/push/task", json!({"pushMessage": notice()})).await;
    created.as_str().expect("a task's id").to_owned()
}

async fn progress(tenant: &Tenant<'_>, task: &str) -> Value {
    call(tenant, Method::GET, &format!("/push/task/{task}"), json!({})).await
}

/// Asks for a state. Returns the status of the answer.
async fn ask(tenant: &Tenant<'_>, task: &str, state: &str) -> u16 {
    let call = tenant.app.call(Method::PUT, &format!("/push/task/{task}")).json(&json!({"state": state}));
    call.send().await.unwrap().status
}

/// Waits until the task is done, and every push of it is counted.
async fn is_done(tenant: &Tenant<'_>, task: &str, accepted: u64) -> Value {
    until(&format!("the end of the task {task}"), async || {
        let now = progress(tenant, task).await;
        (now["state"] == "done" && now["accepted"] == accepted).then_some(now)
    })
    .await
}

/// Asserts that these phones got one notification each.
async fn got_one_each(tenant: &Tenant<'_>, phones: &[&Phone]) {
    for phone in phones {
        assert_eq!(tenant.deliveries(phone).await.len(), 1, "{}", phone.user);
        assert_eq!(tenant.shown(phone).await.len(), 1, "{}", phone.user);
    }
}

#[tokio::test]
async fn a_task_to_everyone_shows_each_user_one_notification_and_counts_the_others() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    canary::note(&tenant.app.user_token("cat").await.unwrap());
    let task = to_everyone(&tenant).await;
    let done = is_done(&tenant, &task, 2).await;
    for (field, value) in
        [("taskId", json!(task)), ("total", json!(3)), ("done", json!(3)), ("refused", json!({"no push binding": 1}))]
    {
        assert_eq!(done[field], value, "{field} of {done}");
    }
    got_one_each(&tenant, &[&ann, &bob]).await;
    assert_eq!(ask(&tenant, &task, "paused").await, 409, "it has ended");
}

#[tokio::test]
async fn a_task_to_a_label_reaches_who_has_it() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    call(&tenant, Method::POST, "/push/label", json!({"name": "vip"})).await;
    call(&tenant, Method::POST, "/push/label/vip/user", json!({"usernames": ["bob"]})).await;
    let body = json!({"targets": ["vip"], "pushMessage": notice()});
    let created = call(&tenant, Method::POST, "/push/list/label", body).await;
    let done = is_done(&tenant, created["taskId"].as_str().unwrap(), 1).await;
    assert_eq!((&done["total"], &done["refused"]), (&json!(1), &json!({})), "{done}");
    got_one_each(&tenant, &[&bob]).await;
    assert!(tenant.sends(&ann).await.is_empty());
}

#[tokio::test]
async fn a_paused_task_pushes_nothing_until_it_goes_on_and_a_cancelled_one_never() {
    let world = World::alone().await;
    let tenant = world.tenant().await;
    let phones = [tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await];
    let (paused, cancelled) = world
        .while_paused("CheckPresence", async || {
            let (paused, cancelled) = (to_everyone(&tenant).await, second(&tenant).await);
            assert_eq!(ask(&tenant, &paused, "paused").await, 200);
            assert_eq!(ask(&tenant, &cancelled, "cancelled").await, 200);
            (paused, cancelled)
        })
        .await;
    world.holds("DispatchQueue", 0).await;
    for (task, state) in [(&paused, "paused"), (&cancelled, "cancelled")] {
        let now = progress(&tenant, task).await;
        assert_eq!((&now["state"], &now["done"]), (&json!(state), &json!(0)), "{now}");
    }
    for phone in &phones {
        assert!(tenant.sends(phone).await.is_empty());
    }
    assert_eq!(ask(&tenant, &paused, "running").await, 200);
    is_done(&tenant, &paused, 2).await;
    got_one_each(&tenant, &phones.each_ref()).await;
    assert_eq!(ask(&tenant, &cancelled, "running").await, 409);
}

/// Creates another task, once the rate of tasks allows it.
async fn second(tenant: &Tenant<'_>) -> String {
    until("another task", async || {
        let call = tenant.app.call(Method::POST, "/push/task").json(&json!({"pushMessage": notice()}));
        call.send().await.unwrap().success().ok()?["data"].as_str().map(str::to_owned)
    })
    .await
}
