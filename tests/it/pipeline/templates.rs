//! Templates, from the call that creates one to the notification with its texts.

use std::time::Duration;

use curlew_tests::simulators::meizu;
use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use serde_json::{Value, json};
use shared::{
    app_configs::RECENT,
    domain::{
        id::TemplateName,
        template::{MAX_TEMPLATES, Template},
    },
    ports::{apps::ManageApps, clock::Clock},
};

use super::harness::{Stack, TestApp};

const PATH: &str = "notification/template";

async fn start() -> (Stack, TestApp, String) {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"advanced_push": true})).await;
    let token = meizu::device_token();
    stack.bind(&app, "ann", "phone", MEIZU, &token).await;
    (stack, app, token)
}

async fn create(stack: &Stack, app: &TestApp, name: &str, title: &str, content: &str) -> Value {
    let body = json!({"name": name, "title_pattern": title, "content_pattern": content});
    stack.ok("POST", &app.path(PATH), &app.token, body).await
}

/// Makes a call that is refused. Returns status and description.
async fn refused(stack: &Stack, app: &TestApp, method: &str, path: &str, body: Value) -> (u16, String) {
    let (status, answer) = stack.call(method, &app.path(path), &app.token, &body).await;
    (status, answer["error_description"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_notification_is_written_by_the_template_that_its_receiver_or_its_sender_chose() {
    let (stack, app, token) = start().await;
    create(&stack, &app, "mine", "{$fromNickname} wrote", "{$msg}!").await;
    create(&stack, &app, "order", "Order {0}", "{1} is on its way").await;
    let user_template = app.path("users/ann/notification/template");
    let chosen = stack.ok("PUT", &user_template, &app.token, json!({"templateName": "mine"})).await;
    assert_eq!(chosen["data"], json!({"templateName": "mine"}));
    assert_eq!(stack.ok("GET", &user_template, &app.token, json!({})).await["data"], chosen["data"]);

    let order = json!({"em_push_template": {"name": "order", "title_args": ["7"], "content_args": ["", "Tea"]}});
    for (ext, title, body) in [
        (json!({}), "sender wrote", "hello!"),
        (order, "Order 7", "Tea is on its way"),
        (json!({"em_push_template": {"name": "gone"}}), "sender wrote", "hello!"),
    ] {
        stack.send(&app, &["ann"], json!({"ext": ext})).await;
        stack.drain().await;
        let notice = stack.simulators.device("meizu", &token).shade.pop().unwrap().delivery.notice;
        assert_eq!((notice.title.as_deref(), notice.body.as_deref()), (Some(title), Some(body)));
    }
    stack.ok("PUT", &user_template, &app.token, json!({"templateName": ""})).await;
    assert_eq!(stack.ok("GET", &user_template, &app.token, json!({})).await["data"], json!({"templateName": ""}));
}

#[tokio::test]
async fn a_template_that_was_just_created_is_found_though_an_older_configuration_is_kept() {
    let (stack, app, token) = start().await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    create(&stack, &app, "fresh", "Fresh", "{$msg}!").await;
    stack.clock.advance(RECENT);
    let named = json!({"em_push_template": {"name": "fresh"}});
    stack.send(&app, &["ann"], json!({"ext": named})).await;
    stack.drain().await;
    create(&stack, &app, "default", "Default", "{$msg}.").await;
    let chosen = json!({"templateName": "default"});
    stack.ok("PUT", &app.path("users/ann/notification/template"), &app.token, chosen).await;
    stack.clock.advance(RECENT);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    let shade = stack.simulators.device("meizu", &token).shade;
    let titles: Vec<_> = shade.iter().map(|shown| shown.delivery.notice.title.as_deref().unwrap()).collect();
    assert_eq!(titles, ["您有一条新消息", "Fresh", "Default"]);
}

#[tokio::test]
async fn a_template_is_created_changed_and_removed() {
    let (stack, app, _) = start().await;
    let created = create(&stack, &app, "default", "t", "c").await["data"].clone();
    let path = app.path("notification/template/default");
    assert_eq!(created["createAt"], created["updateAt"]);
    assert_eq!(stack.ok("GET", &path, &app.token, json!({})).await["data"], created);

    stack.clock.advance(Duration::from_secs(1));
    let changed = stack.ok("PUT", &path, &app.token, json!({"content_pattern": "{$msg}"})).await["data"].clone();
    assert_eq!((&changed["title_pattern"], &changed["content_pattern"]), (&json!("t"), &json!("{$msg}")));
    assert_eq!(changed["createAt"], created["createAt"]);
    assert!(changed["updateAt"].as_i64() > created["updateAt"].as_i64());
    assert_eq!(stack.ok("GET", &path, &app.token, json!({})).await["data"], changed);

    let again = json!({"name": "default", "title_pattern": "x", "content_pattern": "x"});
    let exists = (409, "the template default exists".to_owned());
    assert_eq!(refused(&stack, &app, "POST", PATH, again).await, exists);
    assert_eq!(stack.ok("DELETE", &path, &app.token, json!({})).await["data"], changed);
    let gone = (400, "default template is not exist".to_owned());
    for method in ["GET", "DELETE"] {
        assert_eq!(refused(&stack, &app, method, "notification/template/default", json!({})).await, gone);
    }
    let change = json!({"title_pattern": "x"});
    let (status, answer) = stack.call("PUT", &path, &app.token, &change).await;
    assert_eq!((status, answer["exception"].as_str().unwrap()), (400, "EntityNotFoundException"));
}

#[tokio::test]
async fn templates_are_listed_by_name_in_pages() {
    let (stack, app, _) = start().await;
    for name in ["b", "a", "c"] {
        create(&stack, &app, name, "t", "c").await;
    }
    let names = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = stack.ok("GET", &app.path("notification/template?limit=2"), &app.token, json!({})).await;
    assert_eq!((names(&first), &first["cursor"]), (vec!["a".into(), "b".into()], &json!("b")));
    let rest = stack.ok("GET", &app.path("notification/template?limit=2&cursor=b"), &app.token, json!({})).await;
    assert_eq!((names(&rest), rest.get("cursor")), (vec!["c".into()], None));
}

#[tokio::test]
async fn a_template_that_breaks_a_rule_is_refused_by_name() {
    let (stack, app, _) = start().await;
    let name_rule = "name must be 1 to 64 characters of a-z, A-Z and 0-9";
    let long = "x".repeat(1025);
    for (body, text) in [
        (json!({"title_pattern": "t", "content_pattern": "c"}), "name is required"),
        (json!({"name": "a-b", "title_pattern": "t", "content_pattern": "c"}), name_rule),
        (json!({"name": "a".repeat(65), "title_pattern": "t", "content_pattern": "c"}), name_rule),
        (json!({"name": "a", "content_pattern": "c"}), "title_pattern is required"),
        (json!({"name": "a", "title_pattern": "t"}), "content_pattern is required"),
        (
            json!({"name": "a", "title_pattern": long, "content_pattern": "c"}),
            "title_pattern must be 1 to 1024 characters long",
        ),
        (
            json!({"name": "a", "title_pattern": "t", "content_pattern": ""}),
            "content_pattern must be 1 to 1024 characters long",
        ),
    ] {
        assert_eq!(refused(&stack, &app, "POST", PATH, body).await, (400, text.to_owned()));
    }
    // The rate of such calls is ten a second for each app.
    stack.clock.advance(Duration::from_secs(1));
    create(&stack, &app, "a", "t", "c").await;
    let (many, wide) = ("{0}".repeat(200), "消".repeat(400));
    for (field, pattern, max) in
        [("title_pattern", &many, 1024), ("title_pattern", &wide, 1024), ("content_pattern", &many, 8192)]
    {
        let mut body = json!({"name": "b", "title_pattern": "t", "content_pattern": "c"});
        body[field] = json!(pattern);
        let text = format!("{field} must be at most {max} bytes in UTF-8, where each placeholder counts 64");
        assert_eq!(refused(&stack, &app, "POST", PATH, body).await, (400, text.clone()));
        let change = json!({ field: pattern });
        assert_eq!(refused(&stack, &app, "PUT", "notification/template/a", change).await, (400, text));
    }
    create(&stack, &app, "wide", "t", &wide).await;
    let nothing = "the request body must have at least one of: title_pattern, content_pattern";
    assert_eq!(refused(&stack, &app, "PUT", "notification/template/a", json!({})).await, (400, nothing.to_owned()));
    let now = stack.clock.now();
    for number in 1..MAX_TEMPLATES - 1 {
        let template = Template {
            name: TemplateName::parse(&format!("t{number}")).unwrap(),
            title_pattern: "t".into(),
            content_pattern: "c".into(),
            created_at: now,
            updated_at: now,
        };
        stack.apps.create_template(&app.key, &template).await.unwrap();
    }
    let one_more = json!({"name": "more", "title_pattern": "t", "content_pattern": "c"});
    let full = (400, "name must not be new: an app has at most 1000 templates".to_owned());
    assert_eq!(refused(&stack, &app, "POST", PATH, one_more).await, full);
}

#[tokio::test]
async fn without_advanced_push_there_are_no_templates() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let body = json!({"name": "a", "title_pattern": "t", "content_pattern": "c", "templateName": "a"});
    for (method, path) in [
        ("POST", PATH),
        ("GET", PATH),
        ("GET", "notification/template/a"),
        ("PUT", "notification/template/a"),
        ("DELETE", "notification/template/a"),
        ("PUT", "users/ann/notification/template"),
    ] {
        let (status, answer) = stack.call(method, &app.path(path), &app.token, &body).await;
        let exception = answer["exception"].as_str().unwrap();
        assert_eq!((status, exception), (403, "ServiceNotOpenException"), "{method} {path}");
    }
}
