//! Settings of users, on the deployed stack.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::{outcome::PushStatus, reason::Reason};

use crate::harness::{Tenant, World};

async fn put(tenant: &Tenant<'_>, path: &str, body: Value) -> Value {
    tenant.app.call(Method::PUT, path).json(&body).send().await.unwrap().success().unwrap()
}

async fn get(tenant: &Tenant<'_>, path: &str) -> Value {
    tenant.app.call(Method::GET, path).send().await.unwrap().success().unwrap()
}

#[tokio::test]
async fn a_user_s_settings_suppress_the_user_s_pushes() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(json!({"advanced_push": true})).await;
    let phone = tenant.phone("fcm", "ann").await;
    let (app, conversation) = ("/users/ann/notification/user/ann", "/users/ann/notification/user/bob");
    let steps: [(&str, Value, Option<Reason>); 6] = [
        (app, json!({"ignoreInterval": "10:00-10:00"}), Some(Reason::UserIgnorePush)),
        (app, json!({"ignoreInterval": "", "type": "AT"}), Some(Reason::NotMentioned)),
        (conversation, json!({"type": "ALL"}), None),
        (conversation, json!({"ignoreDuration": 604_800_000}), Some(Reason::UserIgnorePush)),
        (conversation, json!({"ignoreDuration": 0, "type": "DEFAULT"}), Some(Reason::NotMentioned)),
        (app, json!({"type": "ALL"}), None),
    ];
    let mut pushed = 0;
    for (path, setting, silent) in steps {
        let set = put(&tenant, path, setting.clone()).await;
        assert_eq!(get(&tenant, path).await["data"], set["data"]);
        let id = tenant.send_to("ann", json!({"from": "bob"})).await;
        match silent {
            Some(reason) => assert_eq!(tenant.suppression("ann", &id).await, reason, "{setting}"),
            None => {
                pushed += 1;
                assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success, "{setting}");
            }
        }
        assert_eq!(tenant.sends(&phone).await.len(), pushed, "{setting}");
    }
}

#[tokio::test]
async fn a_template_and_a_nickname_word_the_notification() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(json!({"advanced_push": true})).await;
    let phone = tenant.phone("fcm", "ann").await;
    let template = json!({"name": "letter", "title_pattern": "From {$fromNickname}", "content_pattern": "{$msg}"});
    let created = tenant.app.call(Method::POST, "/notification/template").json(&template).send().await.unwrap();
    created.success().unwrap();
    put(&tenant, "/push/nickname", json!([{"username": "bob", "push_nickname": "Bob B."}])).await;
    put(&tenant, "/users/ann/notification/template", json!({"templateName": "letter"})).await;
    put(&tenant, "/users/ann", json!({"time_zone": "Europe/Berlin"})).await;
    put(&tenant, "/users/ann/notification/language", json!({"translationLanguage": "en"})).await;

    let id = tenant.send_to("ann", json!({"from": "bob", "body": {"msg": "a letter"}})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
    let shown = tenant.shown(&phone).await;
    let notice = &shown[0].delivery.notice;
    assert_eq!((notice.title.as_deref(), notice.body.as_deref()), (Some("From Bob B."), Some("a letter")));

    let user = get(&tenant, "/users/ann").await["entities"][0].clone();
    assert_eq!(user["time_zone"], "Europe/Berlin");
    assert_eq!(user["pushInfo"][0]["device_Id"], phone.device);
    let removed = tenant.app.call(Method::DELETE, "/notification/template/letter").send().await.unwrap();
    removed.success().unwrap();
    let gone = tenant.app.call(Method::GET, "/notification/template/letter").send().await.unwrap();
    assert_eq!(gone.status, 400, "{}", gone.text);
}
