//! Push labels by the API: their names, their users, and what is left when one of them goes.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    domain::{
        directory::Shard,
        id::LabelName,
        push_label::{LabelKey, MAX_LABELLED_AT_ONCE, MAX_LABELS},
    },
    ports::{
        clock::Clock,
        push_labels::{EraseLabels, LabelUsers, ReadLabelMembers, ReadLabels},
    },
    testing::sample,
};

use super::harness::{FCM, OPERATOR_KEY, Stack, TestApp};

/// Returns an app whose users are these.
async fn world(users: &[&str]) -> (Stack, TestApp) {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for user in users {
        stack.ok("POST", &app.path("users"), &app.token, json!({"username": user, "password": "1"})).await;
    }
    (stack, app)
}

async fn call(stack: &Stack, app: &TestApp, method: &str, path: &str, body: Value) -> (u16, Value) {
    let path = app.path(&format!("push/label{path}"));
    let (mut status, mut answer) = stack.call(method, &path, &app.token, &body).await;
    if status == 429 {
        stack.clock.advance(Duration::from_secs(1));
        (status, answer) = stack.call(method, &path, &app.token, &body).await;
    }
    (status, answer)
}

async fn ok(stack: &Stack, app: &TestApp, method: &str, path: &str, body: Value) -> Value {
    let (status, answer) = call(stack, app, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

/// Asserts that a call is refused with this status, exception and text.
async fn refused(
    stack: &Stack,
    app: &TestApp,
    (method, path, body): (&str, &str, Value),
    (status, exception, text): (u16, &str, &str),
) {
    let (found, answer) = call(stack, app, method, path, body).await;
    let says = (answer["exception"].as_str().unwrap_or_default(), answer["error_description"].as_str());
    assert_eq!((found, says), (status, (exception, Some(text))), "{method} {path}");
}

async fn label(stack: &Stack, app: &TestApp, name: &str, users: &[&str]) {
    ok(stack, app, "POST", "", json!({"name": name})).await;
    if !users.is_empty() {
        let added = ok(stack, app, "POST", &format!("/{name}/user"), json!({"usernames": users})).await;
        assert_eq!(added["data"], json!({"success": users, "fail": {}}));
    }
}

/// Returns the names of a label's users, read in pages of this size.
async fn users_of(stack: &Stack, app: &TestApp, name: &str, limit: usize) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/{name}/user?limit={limit}{cursor}");
        let page = ok(stack, app, "GET", &path, json!({})).await;
        let entries = page["data"].as_array().unwrap();
        assert!(entries.len() <= limit, "{page}");
        users.extend(entries.iter().map(|entry| entry["username"].as_str().unwrap().to_owned()));
        match page.get("cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    users.sort();
    users
}

async fn count(stack: &Stack, app: &TestApp, name: &str) -> Value {
    ok(stack, app, "GET", &format!("/{name}"), json!({})).await["data"]["count"].clone()
}

/// Returns which label a name stands for now.
async fn key(stack: &Stack, app: &TestApp, name: &str) -> LabelKey {
    stack.labels.label(&app.key, &LabelName::parse(name).unwrap()).await.unwrap().unwrap().key
}

#[tokio::test]
async fn a_label_is_created_shown_listed_and_deleted_in_easemob_s_shapes() {
    let (stack, app) = world(&[]).await;
    let at = stack.clock.now();
    let created = ok(&stack, &app, "POST", "", json!({"name": "post-90s", "description": "hah"})).await;
    assert_eq!(created["data"], json!({"name": "post-90s", "description": "hah", "createdAt": at}));
    let shown = json!({"name": "post-90s", "description": "hah", "count": 0, "createdAt": at});
    assert_eq!(ok(&stack, &app, "GET", "/post-90s", json!({})).await["data"], shown);
    ok(&stack, &app, "POST", "", json!({"name": "Post-90s"})).await;
    let other = json!({"name": "Post-90s", "description": "", "count": 0, "createdAt": at});
    let listed = ok(&stack, &app, "GET", "", json!({})).await;
    assert_eq!((&listed["data"], listed.get("cursor")), (&json!([other, shown]), None));
    assert_eq!(ok(&stack, &app, "DELETE", "/post-90s", json!({})).await["data"], "success");
    let gone = (400, "ResourceNotFoundException", "push label not exists of post-90s");
    for method in ["GET", "DELETE"] {
        refused(&stack, &app, (method, "/post-90s", json!({})), gone).await;
    }
    assert_eq!(ok(&stack, &app, "GET", "", json!({})).await["data"], json!([other]));
}

#[tokio::test]
async fn what_breaks_a_rule_of_labels_is_refused_with_its_text() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &[]).await;
    let illegal = "IllegalArgumentException";
    let name = "name must be 1 to 64 characters of a-z, A-Z, 0-9, _, - and ., and not . or ..";
    for text in ["", "a b", "..", "\u{6807}", &"x".repeat(65)] {
        refused(&stack, &app, ("POST", "", json!({"name": text})), (400, illegal, name)).await;
    }
    refused(&stack, &app, ("POST", "", json!({})), (400, illegal, "name is required")).await;
    let long = json!({"name": "a", "description": "\u{6807}".repeat(256)});
    let text = "description must have at most 255 characters";
    refused(&stack, &app, ("POST", "", long), (400, illegal, text)).await;
    ok(&stack, &app, "POST", "", json!({"name": "x".repeat(64), "description": "\u{6807}".repeat(255)})).await;
    let taken = (409, "ConflictException", "the push label vip exists");
    refused(&stack, &app, ("POST", "", json!({"name": "vip"})), taken).await;
    // A name that no label can have is as unknown as any other.
    for (method, path) in
        [("GET", ""), ("DELETE", ""), ("POST", "/user"), ("GET", "/user"), ("DELETE", "/user"), ("GET", "/user/ann")]
    {
        for (sent, named) in [("none", "none"), ("a%20b", "a b")] {
            let gone = format!("push label not exists of {named}");
            let body = json!({"usernames": ["ann"]});
            let call = (method, &*format!("/{sent}{path}"), body);
            refused(&stack, &app, call, (400, "ResourceNotFoundException", &gone)).await;
        }
    }
    for method in ["POST", "DELETE"] {
        let many: Vec<String> = (0..=MAX_LABELLED_AT_ONCE).map(|number| format!("u{number}")).collect();
        let text = "limit request: usernames must have 1 to 100 entries";
        refused(&stack, &app, (method, "/vip/user", json!({"usernames": many})), (403, "LimitException", text)).await;
        for (body, text) in [
            (json!({}), "usernames is required"),
            (json!({"usernames": "ann"}), "usernames must be an array"),
            (json!({"usernames": []}), "usernames must have 1 to 100 entries"),
            (json!({"usernames": ["ann", 7]}), "usernames[1] must be a string"),
        ] {
            refused(&stack, &app, (method, "/vip/user", body), (400, illegal, text)).await;
        }
    }
    for path in ["?limit=0", "?limit=101", "/vip/user?limit=101"] {
        refused(&stack, &app, ("GET", path, json!({})), (400, illegal, "limit must be 1 to 100")).await;
    }
    assert_eq!(count(&stack, &app, "vip").await, 0);
}

#[tokio::test]
async fn an_app_has_a_hundred_labels_and_a_deleted_one_makes_room() {
    let (stack, app) = world(&[]).await;
    for number in 0..MAX_LABELS {
        label(&stack, &app, &format!("l{number:03}"), &[]).await;
    }
    let full = (403, "LimitException", "limit request: an app has at most 100 push labels");
    refused(&stack, &app, ("POST", "", json!({"name": "more"})), full).await;
    let page = ok(&stack, &app, "GET", "?limit=40", json!({})).await;
    let names = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((names(&page).len(), page["cursor"].as_str()), (40, Some("l039")));
    let rest = ok(&stack, &app, "GET", "?limit=100&cursor=l039", json!({})).await;
    assert_eq!((names(&rest).len(), rest.get("cursor")), (60, None));
    ok(&stack, &app, "DELETE", "/l050", json!({})).await;
    label(&stack, &app, "more", &[]).await;
    refused(&stack, &app, ("POST", "", json!({"name": "again"})), full).await;
}

#[tokio::test]
async fn users_get_a_label_and_whoever_is_unknown_is_named_with_easemob_s_reason() {
    let (stack, app) = world(&["ann", "bob"]).await;
    label(&stack, &app, "vip", &[]).await;
    let names = json!({"usernames": ["Ann", "zoe", "no body", "bob", "ann", "\u{738b}"]});
    let added = ok(&stack, &app, "POST", "/vip/user", names).await;
    let unknown = "appUser not exists";
    let expected =
        json!({"success": ["Ann", "bob"], "fail": {"zoe": unknown, "no body": unknown, "\u{738b}": unknown}});
    assert_eq!(added["data"], expected);
    assert_eq!(
        (users_of(&stack, &app, "vip", 1).await, count(&stack, &app, "vip").await),
        (vec!["ann".into(), "bob".into()], json!(2))
    );

    // Who has the label keeps it since then.
    let since = stack.clock.now();
    stack.clock.advance(Duration::from_secs(5));
    let again = ok(&stack, &app, "POST", "/vip/user", json!({"usernames": ["ann"]})).await;
    assert_eq!(again["data"], json!({"success": ["ann"], "fail": {}}));
    let shown = ok(&stack, &app, "GET", "/vip/user/ANN", json!({})).await;
    assert_eq!(shown["data"], json!({"username": "ann", "created": since}));
    assert_eq!(ok(&stack, &app, "GET", "/vip/user/zoe", json!({})).await["data"], json!({}));

    let taken = ok(&stack, &app, "DELETE", "/vip/user", json!({"usernames": ["ANN", "zoe", "no body"]})).await;
    let lacks = "appUser not in label";
    assert_eq!(taken["data"], json!({"success": ["ANN"], "fail": {"zoe": lacks, "no body": lacks}}));
    assert_eq!(
        (users_of(&stack, &app, "vip", 9).await, count(&stack, &app, "vip").await),
        (vec!["bob".into()], json!(1))
    );
}

#[tokio::test]
async fn a_user_known_by_a_device_alone_gets_a_label_too() {
    let (stack, app) = world(&[]).await;
    stack.bind(&app, "ann", "phone", FCM, "token").await;
    label(&stack, &app, "vip", &["ann"]).await;
    assert_eq!(users_of(&stack, &app, "vip", 100).await, ["ann"]);
}

#[tokio::test]
async fn the_users_of_a_label_are_listed_in_pages_and_walked_by_shard() {
    let names: Vec<String> = (0..230).map(|number| format!("u{number:03}")).collect();
    let (stack, app) = world(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    label(&stack, &app, "vip", &[]).await;
    for part in names.chunks(MAX_LABELLED_AT_ONCE) {
        ok(&stack, &app, "POST", "/vip/user", json!({"usernames": part})).await;
    }
    for limit in [7, 100] {
        assert_eq!(users_of(&stack, &app, "vip", limit).await, names, "pages of {limit}");
    }
    assert_eq!(count(&stack, &app, "vip").await, 230);
    // A task walks the shards.
    let vip = key(&stack, &app, "vip").await;
    let mut walked = Vec::new();
    for shard in Shard::all() {
        let mut after = None;
        while let Some(page) = stack.labels.labelled(&app.key, &vip, shard, after.as_ref(), 5).await.unwrap() {
            walked.extend(page.iter().map(|labelled| labelled.user.to_string()));
            match page.last() {
                Some(last) if page.len() == 5 => after = Some(last.user.clone()),
                _ => break,
            }
        }
    }
    walked.sort();
    assert_eq!(walked, names);
}

#[tokio::test]
async fn labels_have_the_rates_of_easemob() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &["ann"]).await;
    let allowed = async |method: &str, path: &str| {
        stack.clock.advance(Duration::from_secs(2));
        let path = app.path(&format!("push/label{path}"));
        let mut allowed = 0;
        while stack.call(method, &path, &app.token, &json!({"usernames": ["ann"]})).await.0 != 429 {
            allowed += 1;
            assert!(allowed < 1_000);
        }
        allowed
    };
    assert_eq!((allowed("GET", "").await, allowed("GET", "/vip").await), (10, 10));
    for (method, path) in
        [("POST", "/vip/user"), ("GET", "/vip/user"), ("DELETE", "/vip/user"), ("GET", "/vip/user/ann")]
    {
        assert_eq!(allowed(method, path).await, 30, "{method} {path}");
    }
}

#[tokio::test]
async fn only_an_app_token_reads_or_changes_labels() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &["ann"]).await;
    let grant = json!({"grant_type": "inherit", "username": "ann"});
    let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
    let own = issued["access_token"].as_str().unwrap();
    for (method, path) in [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/vip"),
        ("DELETE", "/vip"),
        ("GET", "/vip/user"),
        ("POST", "/vip/user"),
        ("DELETE", "/vip/user"),
        ("GET", "/vip/user/ann"),
    ] {
        let path = app.path(&format!("push/label{path}"));
        let (status, _) = stack.call(method, &path, own, &json!({"name": "x", "usernames": ["ann"]})).await;
        assert_eq!(status, 403, "{method} {path}");
    }
    assert_eq!(count(&stack, &app, "vip").await, 1);
}

#[tokio::test]
async fn a_deleted_label_is_gone_at_once_and_the_rows_of_its_users_soon_after() {
    let (stack, app) = world(&["ann", "bob"]).await;
    label(&stack, &app, "vip", &["ann", "bob"]).await;
    label(&stack, &app, "other", &["ann"]).await;
    let former = key(&stack, &app, "vip").await;
    ok(&stack, &app, "DELETE", "/vip", json!({})).await;
    // A task that walks the label learns that it is gone, also when another label has the name.
    assert_eq!(stack.labels.labelled(&app.key, &former, Shard::of(&sample::user("ann")), None, 9).await.unwrap(), None);
    label(&stack, &app, "vip", &["bob"]).await;
    assert_eq!(stack.labels.labelled(&app.key, &former, Shard::of(&sample::user("bob")), None, 9).await.unwrap(), None);
    assert_eq!(
        (users_of(&stack, &app, "vip", 9).await, count(&stack, &app, "vip").await),
        (vec!["bob".into()], json!(1))
    );
    assert_eq!(stack.labels.stored_users(&app.key), 4);
    stack.drain().await;
    assert_eq!(stack.labels.stored_users(&app.key), 2);
    assert_eq!(
        (users_of(&stack, &app, "vip", 9).await, users_of(&stack, &app, "other", 9).await),
        (vec!["bob".into()], vec!["ann".into()])
    );
    assert!(stack.erase_queue.is_empty() && stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_deletion_that_ends_half_way_leaves_a_whole_label_or_no_row_of_it() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &["ann"]).await;
    // The record is queued, and the label stays.
    stack.labels.faults.fail_next_of("delete_label", 1);
    assert_eq!(call(&stack, &app, "DELETE", "/vip", json!({})).await.0, 503);
    stack.drain().await;
    assert_eq!(
        (users_of(&stack, &app, "vip", 9).await, count(&stack, &app, "vip").await),
        (vec!["ann".into()], json!(1))
    );
    // Nothing is queued, and the label stays.
    stack.erase_queue.faults.fail_next_of("queue_erase", 1);
    assert_eq!(call(&stack, &app, "DELETE", "/vip", json!({})).await.0, 503);
    assert_eq!(count(&stack, &app, "vip").await, 1);
    // The label is deleted, and the answer is lost.
    stack.labels.faults.lose_answer_of("delete_label", 1);
    assert_eq!(call(&stack, &app, "DELETE", "/vip", json!({})).await.0, 503);
    assert_eq!(call(&stack, &app, "GET", "/vip", json!({})).await.0, 400);
    stack.drain().await;
    assert_eq!((stack.labels.stored_users(&app.key), stack.labels.faults.left()), (0, 0));
    assert!(stack.erase_queue.is_empty() && stack.dead_letters.is_empty());
}

#[tokio::test]
async fn tables_that_fail_delay_the_erasure_of_a_labels_users_and_dead_letter_nothing() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &["ann"]).await;
    ok(&stack, &app, "DELETE", "/vip", json!({})).await;
    stack.labels.faults.fail_next_of("erase_labelled", 3);
    stack.labels.faults.lose_answer_of("erase_labelled", 1);
    stack.drain().await;
    assert_eq!((stack.labels.stored_users(&app.key), stack.labels.faults.left()), (0, 0));
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn an_erased_user_loses_every_label_and_the_next_of_the_name_keeps_what_is_new() {
    let (stack, app) = world(&["ann", "bob"]).await;
    for name in ["one", "two"] {
        label(&stack, &app, name, &["ann", "bob"]).await;
    }
    stack.clock.advance(Duration::from_millis(5));
    stack.ok("DELETE", &app.path("users/ann"), &app.token, json!({})).await;
    stack.clock.advance(Duration::from_millis(5));
    // The rows are still there. Nobody sees them as the user's.
    assert_eq!(ok(&stack, &app, "GET", "/one/user/ann", json!({})).await["data"], json!({}));
    let added = ok(&stack, &app, "POST", "/one/user", json!({"usernames": ["ann"]})).await;
    assert_eq!(added["data"], json!({"success": [], "fail": {"ann": "appUser not exists"}}));
    stack.ok("POST", &app.path("users"), &app.token, json!({"username": "ann", "password": "1"})).await;
    let since = stack.clock.now();
    ok(&stack, &app, "POST", "/one/user", json!({"usernames": ["ann"]})).await;
    stack.drain().await;
    let shown = ok(&stack, &app, "GET", "/one/user/ann", json!({})).await;
    assert_eq!(shown["data"], json!({"username": "ann", "created": since}));
    assert_eq!(
        (users_of(&stack, &app, "one", 9).await, count(&stack, &app, "one").await),
        (vec!["ann".into(), "bob".into()], json!(2))
    );
    assert_eq!(
        (users_of(&stack, &app, "two", 9).await, count(&stack, &app, "two").await),
        (vec!["bob".into()], json!(1))
    );
}

#[tokio::test]
async fn who_gets_a_label_while_being_erased_does_not_keep_it() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &[]).await;
    // The call has looked the user up. The erasure and its first sweep overtake it.
    let since = stack.clock.now();
    stack.clock.advance(Duration::from_millis(5));
    stack.ok("DELETE", &app.path("users/ann"), &app.token, json!({})).await;
    while stack.step().await {}
    let vip = key(&stack, &app, "vip").await;
    stack.labels.add_labelled(&app.key, &vip, &[sample::user("ann")], since).await.unwrap();
    stack.drain().await;
    assert_eq!(stack.labels.labels_of(&app.key, &sample::user("ann")).await.unwrap(), []);
    assert_eq!(count(&stack, &app, "vip").await, 0);
}

#[tokio::test]
async fn the_labels_of_a_deleted_app_go_with_it() {
    let (stack, app) = world(&["ann", "bob"]).await;
    let other = stack.app("other", json!({})).await;
    stack.ok("POST", &other.path("users"), &other.token, json!({"username": "ann", "password": "1"})).await;
    label(&stack, &other, "vip", &["ann"]).await;
    for name in ["vip", "gone"] {
        label(&stack, &app, name, &["ann", "bob"]).await;
    }
    ok(&stack, &app, "DELETE", "/gone", json!({})).await;
    stack.clock.advance(Duration::from_secs(1));
    stack.ok("DELETE", "/management/apps/acme/chat", OPERATOR_KEY, json!({})).await;
    stack.drain().await;
    assert_eq!((stack.labels.stored_users(&app.key), stack.labels.stored_users(&other.key)), (0, 1));
    let anew = stack.app("chat", json!({})).await;
    assert_eq!(ok(&stack, &anew, "GET", "", json!({})).await["data"], json!([]));
    assert_eq!(count(&stack, &other, "vip").await, 1);
}

#[tokio::test]
async fn a_repeat_under_an_idempotency_key_answers_as_the_first_call() {
    let (stack, app) = world(&["ann"]).await;
    let key = [("idempotency-key", "k1")];
    let (path, body) = (app.path("push/label"), json!({"name": "vip"}).to_string());
    // The label is created, and the answer is lost.
    stack.labels.faults.lose_answer_of("create_label", 1);
    let (status, _) = stack.call_with("POST", &path, &app.token, &key, body.clone()).await;
    assert_eq!(status, 503);
    stack.clock.advance(Duration::from_secs(2));
    let (status, first) = stack.call_with("POST", &path, &app.token, &key, body.clone()).await;
    assert_eq!((status, &first["data"]["name"]), (200, &json!("vip")), "{first}");
    let (status, again) = stack.call_with("POST", &path, &app.token, &key, body).await;
    assert_eq!((status, &again["data"]), (200, &first["data"]));
    // Another call does not take the label for its own.
    let (status, _) = call(&stack, &app, "POST", "", json!({"name": "vip"})).await;
    assert_eq!(status, 409);
    // Users: the first try did everything but answer.
    let (path, body) = (app.path("push/label/vip/user"), json!({"usernames": ["ann", "zoe"]}).to_string());
    stack.labels.faults.lose_answer_of("add_labelled", 1);
    assert_eq!(stack.call_with("POST", &path, &app.token, &key, body.clone()).await.0, 503);
    let (status, added) = stack.call_with("POST", &path, &app.token, &key, body).await;
    assert_eq!((status, &added["data"]["success"]), (200, &json!(["ann"])), "{added}");
    assert_eq!(count(&stack, &app, "vip").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_label_that_is_deleted_while_a_call_adds_users_takes_nobody() {
    let (stack, app) = world(&["ann"]).await;
    label(&stack, &app, "vip", &[]).await;
    stack.labels.faults.slow_next_of("add_labelled", Duration::from_secs(1));
    let add = call(&stack, &app, "POST", "/vip/user", json!({"usernames": ["ann"]}));
    let (added, deleted) = tokio::join!(add, call(&stack, &app, "DELETE", "/vip", json!({})));
    assert_eq!((added.0, deleted.0), (400, 200), "{}", added.1);
    assert_eq!(added.1["error_description"], "push label not exists of vip");
    assert_eq!(stack.labels.stored_users(&app.key), 0);
}

#[tokio::test]
async fn labels_of_apps_are_apart() {
    let (stack, app) = world(&["ann"]).await;
    let other = stack.app("other", json!({})).await;
    label(&stack, &app, "vip", &["ann"]).await;
    assert_eq!(ok(&stack, &other, "GET", "", json!({})).await["data"], json!([]));
    assert_eq!(call(&stack, &other, "GET", "/vip", json!({})).await.0, 400);
    label(&stack, &other, "vip", &[]).await;
    let added = ok(&stack, &other, "POST", "/vip/user", json!({"usernames": ["ann"]})).await;
    assert_eq!(added["data"]["fail"], json!({"ann": "appUser not exists"}));
    ok(&stack, &other, "DELETE", "/vip", json!({})).await;
    stack.drain().await;
    assert_eq!(count(&stack, &app, "vip").await, 1);
}
