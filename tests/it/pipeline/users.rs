//! Users as an app's server manages them, with the calls of the reference API's server SDK.

use std::{collections::BTreeSet, time::Duration};

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{domain::directory::Shard, ports::directory::ReadDirectory, testing::sample};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::{Socket, user_token},
};

/// An app without users.
struct World {
    stack: Stack,
    app: TestApp,
}

impl World {
    async fn new() -> Self {
        let stack = Stack::start();
        let app = stack.app("users", json!({"advanced_push": true})).await;
        Self { stack, app }
    }

    /// Makes a call as the SDK does: with an encoded body and no content type.
    async fn call(&self, method: &str, rest: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.stack.invoke((method, &self.app.path(rest)), &self.app.token, None, body.as_bytes()).await
    }

    async fn ok(&self, method: &str, rest: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, rest, body).await;
        assert_eq!(status, 200, "{method} {rest}: {answer}");
        answer
    }

    /// Makes a call that is refused. Returns its status, error and description.
    async fn refused(&self, method: &str, rest: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.call(method, rest, body).await;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (status, text("error"), text("error_description"))
    }

    async fn create(&self, name: &str) -> Value {
        self.ok("POST", "users", json!({"username": name, "password": "secret"})).await
    }

    async fn shown(&self, name: &str) -> Value {
        self.ok("GET", &format!("users/{name}"), Value::Null).await["entities"][0].clone()
    }

    async fn status_of(&self, name: &str) -> u16 {
        self.call("GET", &format!("users/{name}"), Value::Null).await.0
    }

    /// Returns all users, read in pages of this size.
    async fn listed(&self, limit: usize) -> Vec<String> {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.ok("GET", &format!("users?limit={limit}{cursor}"), Value::Null).await;
            let entities = page["entities"].as_array().unwrap();
            assert!(entities.len() <= limit && page["count"] == entities.len());
            names.extend(entities.iter().map(|entity| entity["username"].as_str().unwrap().to_owned()));
            self.stack.clock.advance(Duration::from_secs(1));
            let Some(next) = page.get("cursor") else {
                return names;
            };
            assert_eq!(entities.len(), limit, "a page that is not full is the last");
            cursor = format!("&cursor={}", next.as_str().unwrap());
        }
    }
}

/// Returns the names of the users in an answer.
fn names(answer: &Value) -> Vec<&str> {
    answer["entities"].as_array().unwrap().iter().map(|entity| entity["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_created_user_is_found_at_once() {
    let world = World::new().await;
    assert_eq!(world.status_of("ann").await, 404);
    let created = world.ok("POST", "users", json!({"username": "Ann", "password": "1", "nickname": "安"})).await;
    let entity = &created["entities"][0];
    assert_eq!((&entity["username"], &entity["nickname"]), (&json!("ann"), &json!("安")));
    assert_eq!((&entity["activated"], &entity["type"]), (&json!(true), &json!("user")));
    assert_eq!(created.get("data"), None);
    let shown = world.shown("ann").await;
    for field in ["username", "nickname", "activated", "uuid", "created", "type"] {
        assert_eq!(shown[field], entity[field], "{field}");
        assert!(!shown[field].is_null(), "{field}");
    }
    assert_eq!(world.listed(10).await, ["ann"]);
    // The password is not stored, nor a nickname that nobody set.
    world.create("bob").await;
    assert_eq!(world.shown("bob").await.get("nickname"), None);
}

#[tokio::test]
async fn whoever_is_known_in_any_way_has_a_taken_name() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    world.create("ann").await;
    stack.bind(app, "bob", "phone", FCM, &fcm::device_token()).await;
    stack.report(app, "cid", "phone", "s1", "online").await;
    world.ok("PUT", "users/dan", json!({"nickname": "D"})).await;
    for name in ["ann", "bob", "cid", "dan", "ANN"] {
        let before = world.shown(name).await;
        let refused =
            world.refused("POST", "users", json!({"username": name, "password": "x", "nickname": "new"})).await;
        let text = "Application acme#users Entity user requires that property named username be unique, value of";
        let text = format!("{text} {} exists", name.to_lowercase());
        assert_eq!(refused, (400, "duplicate_unique_property_exists".to_owned(), text));
        assert_eq!(world.shown(name).await, before);
    }
    // Messages to a user or membership in a group do not make the user known.
    stack.send(app, &["eve"], json!({})).await;
    world.create("eve").await;
}

#[tokio::test]
async fn of_many_users_those_whose_names_are_free_are_created() {
    let world = World::new().await;
    world.create("bob").await;
    let many = json!([
        {"username": "ann", "password": "1"}, {"username": "bob", "password": "2"},
        {"username": "cid", "password": "3", "nickname": "C"}, {"username": "Ann", "password": "4"},
    ]);
    let created = world.ok("POST", "users", many.clone()).await;
    assert_eq!(names(&created), ["ann", "cid"]);
    let taken = |name: &str| json!({"username": name, "registerUserFailReason": format!("the {name} already exists")});
    assert_eq!(created["data"], json!([taken("bob"), taken("ann")]));
    assert_eq!(world.shown("cid").await["nickname"], "C");
    // The SDK reads an array, even if nobody was created.
    let again = world.ok("POST", "users", many).await;
    assert_eq!((names(&again).len(), again["data"].as_array().unwrap().len()), (0, 4));
    let fresh = world.ok("POST", "users", json!([{"username": "eve"}])).await;
    assert_eq!((names(&fresh), &fresh["data"]), (vec!["eve"], &json!([])));
}

#[tokio::test]
async fn what_breaks_a_rule_creates_nobody() {
    let world = World::new().await;
    let illegal = "is not legal, it must be 1 to 64 characters of a-z, 0-9, _, - and .";
    let many = |count: usize| (0..count).map(|number| json!({"username": format!("u{number}")})).collect::<Value>();
    let upper = "had almost reached or been greater than the upper range value[60]";
    for (body, text) in [
        (json!({"password": "1"}), "username is required".to_owned()),
        (json!({"username": ""}), format!("username {illegal}")),
        (json!({"username": "no blanks"}), format!("username {illegal}")),
        (json!({"username": "a".repeat(65)}), format!("username {illegal}")),
        (json!({"username": "张三"}), format!("username {illegal}")),
        (json!({"username": "ann", "password": 1}), "password must be a string".to_owned()),
        (
            json!({"username": "ann", "nickname": "n".repeat(101)}),
            "nickname must be 1 to 100 characters long".to_owned(),
        ),
        (json!([]), "the request body must have 1 to 60 users".to_owned()),
        (json!("ann"), "the request body must be a JSON object".to_owned()),
        (json!([{"username": "ann"}, "bob"]), "[1] must be an object".to_owned()),
        (json!([{"username": "ann"}, {"username": "b c"}]), format!("[1].username {illegal}")),
        (many(61), format!("Request body array size[61] {upper}")),
    ] {
        assert_eq!(world.refused("POST", "users", body).await, (400, "illegal_argument".to_owned(), text));
    }
    assert_eq!(world.listed(10).await, [] as [&str; 0]);
    assert_eq!(names(&world.ok("POST", "users", many(60)).await).len(), 60);
}

#[tokio::test]
async fn a_repeated_creation_under_a_key_is_the_first_one() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    let body = json!({"username": "ann", "password": "1"}).to_string();
    let call = async |key: &str| {
        stack.call_with("POST", &app.path("users"), &app.token, &[("idempotency-key", key)], body.clone()).await
    };
    // The user is created, and then the answer is lost.
    stack.users.faults.lose_answer_of("create_user", 1);
    assert_eq!(call("k1").await.0, 503);
    let (status, first) = call("k1").await;
    assert_eq!((status, names(&first)), (200, vec!["ann"]));
    let (status, second) = call("k1").await;
    assert_eq!((status, &second["entities"]), (200, &first["entities"]));
    assert_eq!(world.shown("ann").await["uuid"], first["entities"][0]["uuid"]);
    assert_eq!(call("k2").await.0, 400);
    // The same with several users.
    let many = json!([{"username": "bob"}, {"username": "cid"}]).to_string();
    let call = async || {
        stack.call_with("POST", &app.path("users"), &app.token, &[("idempotency-key", "k3")], many.clone()).await
    };
    stack.users.faults.lose_answer_of("create_user", 1);
    assert_eq!(call().await.0, 503);
    let (status, created) = call().await;
    assert_eq!((status, names(&created), &created["data"]), (200, vec!["bob", "cid"], &json!([])));
}

#[tokio::test]
async fn of_many_users_one_that_fails_costs_itself_only_and_under_a_key_nothing() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    let many = json!([{"username": "ann"}, {"username": "bob"}, {"username": "cid"}]);
    stack.users.faults.fail_next_of("create_user", 1);
    let created = world.ok("POST", "users", many.clone()).await;
    let failed = created["data"].as_array().unwrap();
    assert_eq!((names(&created).len(), failed.len()), (2, 1));
    assert_eq!(failed[0]["registerUserFailReason"], "temporarily unavailable, try again");
    // The repeat creates the users that it named.
    let again = world.ok("POST", "users", many).await;
    assert_eq!(names(&again), [failed[0]["username"].as_str().unwrap()]);
    // If no user can be created, the whole call has that answer.
    stack.users.faults.fail_next_of("create_user", 2);
    assert_eq!(world.call("POST", "users", json!([{"username": "u1"}, {"username": "u2"}])).await.0, 503);

    let keyed = json!([{"username": "dan"}, {"username": "eve"}]).to_string();
    let call = async || {
        stack.call_with("POST", &app.path("users"), &app.token, &[("idempotency-key", "k")], keyed.clone()).await
    };
    stack.users.faults.fail_next_of("create_user", 1);
    assert_eq!(call().await.0, 503);
    let (status, created) = call().await;
    assert_eq!((status, names(&created), &created["data"]), (200, vec!["dan", "eve"], &json!([])));
}

#[tokio::test]
async fn creations_in_a_table_that_hangs_are_answered_in_time() {
    let world = World::new().await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let many: Value = (0..60).map(|number| json!({"username": format!("u{number}")})).collect();
    // 16 are created at once, in 9 s each. The first 32 are created within the time.
    world.stack.users.faults.slow_down_of("create_user", Duration::from_secs(9));
    let created = world.ok("POST", "users", many).await;
    assert_eq!((names(&created).len(), created["data"].as_array().unwrap().len()), (32, 28));
    assert!(begun.elapsed() < configure_user::CREATION_TIME + Duration::from_secs(1));
}

#[tokio::test]
async fn what_is_kept_of_a_creation_under_a_key_does_not_depend_on_the_password() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    let call = async |name: &str, password: &str| {
        let body = json!({"username": name, "password": password}).to_string();
        stack.call_with("POST", &app.path("users"), &app.token, &[("idempotency-key", "k")], body).await
    };
    let (status, first) = call("ann", "1").await;
    let (repeated, second) = call("ann", "2").await;
    assert_eq!((status, repeated, &second["entities"]), (200, 200, &first["entities"]));
    assert_eq!(call("bob", "1").await.0, 422);
}

#[tokio::test]
async fn a_repeat_after_an_erasure_creates_somebody_new() {
    for many in [false, true] {
        let world = World::new().await;
        let (stack, app) = (&world.stack, &world.app);
        let body = if many { json!([{"username": "ann"}]) } else { json!({"username": "ann"}) }.to_string();
        let call = async || {
            stack.call_with("POST", &app.path("users"), &app.token, &[("idempotency-key", "k")], body.clone()).await
        };
        stack.users.faults.lose_answer_of("create_user", 1);
        assert_eq!(call().await.0, 503);
        let erased = world.shown("ann").await;
        stack.clock.advance(Duration::from_secs(1));
        world.ok("DELETE", "users/ann", Value::Null).await;
        stack.clock.advance(Duration::from_secs(1));
        // The answer of the next try is lost too. The last try finds its user.
        stack.users.faults.lose_answer_of("create_user", 1);
        assert_eq!(call().await.0, 503);
        let created = world.shown("ann").await;
        assert_ne!(created["uuid"], erased["uuid"]);
        assert!(created["created"].as_i64() > erased["created"].as_i64());
        let (status, last) = call().await;
        assert_eq!((status, &last["entities"][0]["uuid"]), (200, &created["uuid"]));
    }
}

#[tokio::test]
async fn the_list_has_every_user_once_and_ends_without_a_cursor() {
    let world = World::new().await;
    assert_eq!(world.ok("GET", "users", Value::Null).await["entities"], json!([]));
    let expected: BTreeSet<String> = (0..45).map(|number| format!("user-{number}")).collect();
    let many: Value = expected.iter().map(|name| json!({"username": name})).collect();
    world.ok("POST", "users", many).await;
    for limit in [1, 7, 45, 100] {
        let listed = world.listed(limit).await;
        assert_eq!(listed.len(), 45, "pages of {limit}");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    }
    let default = world.ok("GET", "users", Value::Null).await;
    assert_eq!(default["count"], 10);
    for (query, text) in [
        ("limit=0", "limit must be 1 to 100"),
        ("limit=101", "limit must be 1 to 100"),
        ("limit=x", "limit must be 1 to 100"),
        ("cursor=", "cursor must be 1 to 64 characters of a-z, 0-9, _, - and ."),
    ] {
        let refused = world.refused("GET", &format!("users?{query}"), Value::Null).await;
        assert_eq!(refused, (400, "illegal_argument".to_owned(), text.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_page_of_users_reads_slow_shards_at_once() {
    let world = World::new().await;
    let many: Value = (0..60).map(|number| json!({"username": format!("u{number}")})).collect();
    world.ok("POST", "users", many).await;
    tokio::time::pause();
    world.stack.users.faults.slow_down_of("users", Duration::from_secs(3));
    let begun = tokio::time::Instant::now();
    assert_eq!(world.listed(100).await.len(), 60);
    assert!(begun.elapsed() < Duration::from_secs(10), "16 shards one after another take 48 s");
}

#[tokio::test]
async fn a_deleted_user_is_gone_at_once_and_the_name_is_free() {
    let world = World::new().await;
    let first = world.create("ann").await["entities"][0]["uuid"].clone();
    world.stack.clock.advance(Duration::from_millis(1));
    let deleted = world.ok("DELETE", "users/ann", Value::Null).await;
    assert_eq!(names(&deleted), ["ann"]);
    assert_eq!(world.status_of("ann").await, 404);
    assert_eq!(world.listed(10).await, [] as [&str; 0]);
    let second = world.create("ann").await["entities"][0]["uuid"].clone();
    assert_ne!(first, second);
    world.stack.drain().await;
    assert_eq!(world.shown("ann").await["uuid"], second);
    let refused = world.refused("DELETE", "users/nobody", Value::Null).await;
    assert_eq!((refused.0, refused.1.as_str()), (404, "service_resource_not_found"));
}

#[tokio::test]
async fn no_call_deletes_all_users() {
    let world = World::new().await;
    world.create("ann").await;
    assert_eq!(world.call("DELETE", "users?limit=20", Value::Null).await.0, 404);
    assert_eq!(world.listed(10).await, ["ann"]);
}

#[tokio::test]
async fn a_token_makes_an_unknown_user_known_only_if_it_is_told_to() {
    let world = World::new().await;
    let grant = json!({"grant_type": "inherit", "username": "Ann"});
    let refused = world.refused("POST", "token", grant.clone()).await;
    assert_eq!(refused, (404, "invalid_grant".to_owned(), "user not found".to_owned()));
    let mut create = grant.clone();
    create["autoCreateUser"] = json!(false);
    assert_eq!(world.call("POST", "token", create.clone()).await.0, 404);
    create["autoCreateUser"] = json!(true);
    create["ttl"] = json!(1_024_000);
    let issued = world.ok("POST", "token", create).await;
    assert_eq!(issued["expires_in"], 1_024_000);
    assert_eq!((&issued["user"]["username"], &issued["user"]["activated"]), (&json!("ann"), &json!(true)));
    let shown = world.shown("ann").await;
    assert_eq!((&shown["uuid"], &shown["created"]), (&issued["user"]["uuid"], &issued["user"]["created"]));
    assert_eq!(world.listed(10).await, ["ann"]);
    // After that it also works without the option, and for users who became known in another way.
    assert_eq!(world.ok("POST", "token", grant).await["user"]["uuid"], shown["uuid"]);
    world.stack.bind(&world.app, "bob", "phone", FCM, &fcm::device_token()).await;
    world.ok("POST", "token", json!({"grant_type": "inherit", "username": "bob"})).await;
    world.ok("POST", "token", json!({"grant_type": "inherit", "username": "bob", "autoCreateUser": true})).await;
    assert_eq!(world.shown("bob").await.get("uuid"), None);
}

#[tokio::test]
async fn a_user_who_became_known_while_a_token_was_issued_gets_it() {
    let world = World::new().await;
    // The user is created, and then the answer is lost. The repeat finds the user.
    world.stack.users.faults.lose_answer_of("create_user", 1);
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    assert_eq!(world.call("POST", "token", grant.clone()).await.0, 503);
    world.ok("POST", "token", grant).await;
}

#[tokio::test]
async fn lifetimes_fit_the_integers_of_the_sdk() {
    let world = World::new().await;
    let longest = json!({"max_token_seconds": 31_536_000});
    world.stack.ok("PUT", &world.app.path("push/settings"), &world.app.token, longest).await;
    world.stack.clock.advance(Duration::from_secs(61));
    for ttl in [0_i64, 316_224_000] {
        let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true, "ttl": ttl});
        let seconds = world.ok("POST", "token", grant).await["expires_in"].as_i64().unwrap();
        assert!(seconds > 0 && i32::try_from(seconds).is_ok(), "{seconds}");
    }
}

#[tokio::test]
async fn a_password_opens_nothing_and_is_changed_for_known_users_only() {
    let world = World::new().await;
    world.create("ann").await;
    let grant = json!({"grant_type": "password", "username": "ann", "password": "secret"});
    let (status, error, text) = world.refused("POST", "token", grant).await;
    assert_eq!((status, error.as_str()), (403, "forbidden"));
    assert!(text.contains("inherit"), "{text}");
    assert_eq!(world.call("POST", "token", json!({"grant_type": "agora"})).await.0, 400);

    let before = world.shown("ann").await;
    let changed = world.ok("PUT", "users/ann/password", json!({"newpassword": "other"})).await;
    assert_eq!(changed["action"], "set user password");
    assert_eq!(world.shown("ann").await, before);
    let refused = world.refused("PUT", "users/nobody/password", json!({"newpassword": "other"})).await;
    assert_eq!(refused, (404, "entity_not_found".to_owned(), "User nobody not found".to_owned()));
    let refused = world.refused("PUT", "users/ann/password", json!({})).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "newpassword is required"));
}

#[tokio::test]
async fn a_banned_user_goes_offline_at_once_and_gets_no_token_until_the_ban_is_over() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    world.create("ann").await;
    stack.report(app, "ann", "phone", "s1", "online").await;
    let socket = Socket::connect(stack, app, "ann", "tablet").await;
    assert_eq!(world.ok("GET", "users/Ann/status", Value::Null).await["data"], json!({"Ann": "online"}));

    let banned = world.ok("POST", "users/ann/deactivate", Value::Null).await;
    assert_eq!((&banned["action"], &banned["entities"][0]["activated"]), (&json!("Deactivate user"), &json!(false)));
    assert_eq!(world.ok("GET", "users/ann/status", Value::Null).await["data"], json!({"ann": "offline"}));
    assert_eq!(world.shown("ann").await["activated"], false);
    while stack.step().await {}
    assert!(!socket.is_open());
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let refused = world.refused("POST", "token", grant.clone()).await;
    assert_eq!(refused, (400, "invalid_grant".to_owned(), "user not activated".to_owned()));

    world.ok("POST", "users/ann/deactivate", Value::Null).await;
    let unbanned = world.ok("POST", "users/ann/activate", Value::Null).await;
    assert_eq!(unbanned["entities"][0]["activated"], true);
    assert_eq!(world.shown("ann").await["activated"], true);
    world.ok("POST", "token", grant).await;
    for rest in ["users/nobody/deactivate", "users/nobody/activate"] {
        assert_eq!(world.call("POST", rest, Value::Null).await.0, 404, "{rest}");
    }
    assert_eq!(world.status_of("nobody").await, 404);
}

#[tokio::test]
async fn whoever_is_listed_is_known_to_every_call() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    stack.bind(app, "bob", "phone", FCM, &fcm::device_token()).await;
    let unbound = json!({"device_id": "phone", "device_token": "", "notifier_name": FCM});
    stack.ok("PUT", &app.path("users/bob/push/binding"), &app.token, unbound).await;
    assert_eq!(world.listed(10).await, ["bob"]);
    assert_eq!(world.shown("bob").await["username"], "bob");
    let taken = world.refused("POST", "users", json!({"username": "bob"})).await;
    assert_eq!((taken.0, taken.1.as_str()), (400, "duplicate_unique_property_exists"));
    for create in [false, true] {
        let grant = json!({"grant_type": "inherit", "username": "bob", "autoCreateUser": create});
        assert_eq!(world.ok("POST", "token", grant).await["user"]["username"], "bob");
    }
    world.ok("PUT", "users/bob/password", json!({"newpassword": "x"})).await;
    world.ok("POST", "users/bob/activate", Value::Null).await;
    world.ok("POST", "users/bob/deactivate", Value::Null).await;
    assert_eq!(world.shown("bob").await["activated"], false);
    world.ok("DELETE", "users/bob", Value::Null).await;
    assert_eq!(world.status_of("bob").await, 404);
    world.create("bob").await;
}

#[tokio::test]
async fn nobody_has_an_impossible_name() {
    let world = World::new().await;
    for name in ["a@b.c", "no%20blanks", "%E5%BC%A0"] {
        for (method, rest, body) in [
            ("GET", "", Value::Null),
            ("DELETE", "", Value::Null),
            ("POST", "/deactivate", Value::Null),
            ("POST", "/activate", Value::Null),
            ("PUT", "/password", json!({"newpassword": "x"})),
        ] {
            assert_eq!(world.call(method, &format!("users/{name}{rest}"), body).await.0, 404, "{method} {name}{rest}");
        }
    }
    let status = world.ok("GET", "users/A@b.c/status", Value::Null).await;
    assert_eq!(status["data"], json!({"A@b.c": "offline"}));
    let own = user_token(&world.stack, &world.app, "ann", json!({})).await;
    let path = world.app.path("users/A@b.c/status");
    assert_eq!(world.stack.call("GET", &path, &own, &json!({})).await.0, 403);
}

#[tokio::test]
async fn names_to_which_no_path_leads_are_not_created() {
    let world = World::new().await;
    for name in [".", ".."] {
        assert_eq!(world.call("POST", "users", json!({"username": name})).await.0, 400);
        assert_eq!(world.call("POST", "users", json!([{"username": name}])).await.0, 400);
        let grant = json!({"grant_type": "inherit", "username": name, "autoCreateUser": true});
        let (status, _, text) = world.refused("POST", "token", grant).await;
        assert_eq!((status, text.as_str()), (400, "username must not be . or .. of a new user"));
    }
    assert_eq!(world.listed(10).await, [] as [&str; 0]);
    world.create("...").await;
}

#[tokio::test]
async fn a_user_called_batch_has_a_status() {
    let world = World::new().await;
    assert_eq!(world.ok("GET", "users/batch/status", Value::Null).await["data"], json!({"batch": "offline"}));
    world.stack.report(&world.app, "batch", "phone", "s", "online").await;
    assert_eq!(world.ok("GET", "users/batch/status", Value::Null).await["data"], json!({"batch": "online"}));
}

#[tokio::test]
async fn a_forced_logout_succeeds_also_without_a_device() {
    let world = World::new().await;
    world.create("ann").await;
    for session in ["s1", "s2"] {
        for (method, rest) in [
            ("GET", "users/ann/disconnect"),
            ("GET", "users/ann/disconnect/android_x"),
            ("DELETE", "users/ann/disconnect/android_x"),
        ] {
            assert_eq!(world.ok(method, rest, Value::Null).await["data"], json!({"result": true}), "{method} {rest}");
        }
        world.stack.report(&world.app, "ann", "phone", session, "online").await;
    }
}

#[tokio::test]
async fn of_a_name_that_nobody_can_have_the_status_is_offline() {
    let world = World::new().await;
    world.stack.report(&world.app, "ann", "phone", "s1", "online").await;
    let asked = json!({"usernames": ["no blanks", "Ann", "", "nobody", "ANN"]});
    let answer = world.ok("POST", "users/batch/status", asked).await;
    let expected = json!([
        {"no blanks": "offline"}, {"Ann": "online"}, {"": "offline"}, {"nobody": "offline"}, {"ANN": "online"},
    ]);
    assert_eq!(answer["data"], expected);
    let refused = world.refused("POST", "users/batch/status", json!({"usernames": ["ann", 7]})).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "usernames[1] must be a string"));
}

#[tokio::test]
async fn attributes_are_taken_as_a_form_and_not_kept() {
    let world = World::new().await;
    let (stack, app) = (&world.stack, &world.app);
    let path = app.path("metadata/user/ann");
    let form = "nickname=%E5%AE%89&sign=a+b%26c";
    let kind = Some("application/x-www-form-urlencoded");
    let (status, answer) = stack.invoke(("PUT", &path), &app.token, kind, form.as_bytes()).await;
    assert_eq!((status, &answer["data"]), (200, &json!({"nickname": "安", "sign": "a b&c"})));
    let dropped = world.ok("DELETE", "metadata/user/ann", Value::Null).await;
    assert_eq!(dropped["data"], true);
    assert_eq!(world.status_of("ann").await, 404);
}

#[tokio::test]
async fn push_settings_come_as_the_sdk_writes_them() {
    let world = World::new().await;
    world.create("ann").await;
    world.create("bob").await;
    for body in [
        json!({"nickname": "Ann"}),
        json!({"notification_display_style": "1"}),
        json!({
            "notification_no_disturbing": true, "notification_no_disturbing_start": "10",
            "notification_no_disturbing_end": "15",
        }),
    ] {
        world.ok("PUT", "users/ann", body).await;
    }
    let shown = world.shown("ann").await;
    assert_eq!((&shown["nickname"], &shown["notification_display_style"]), (&json!("Ann"), &json!(1)));
    assert_eq!(shown["notification_no_disturbing_end"], "15");
    world.ok("PUT", "users/ann", json!({"notification_no_disturbing": false})).await;
    assert_eq!(world.shown("ann").await.get("notification_no_disturbing"), None);

    let names = json!([{"username": "ann", "push_nickname": "A"}, {"username": "bob", "push_nickname": "B"}]);
    world.ok("PUT", "push/nickname", names).await;
    assert_eq!(
        (&world.shown("ann").await["nickname"], &world.shown("bob").await["nickname"]),
        (&json!("A"), &json!("B"))
    );

    for kind in ["DEFAULT", "ALL", "AT", "NONE"] {
        for key in ["user/ann", "user/bob", "chatgroup/183"] {
            let rest = format!("users/ann/notification/{key}");
            for duration in [json!(0), json!("0"), json!(60_000), json!("60000")] {
                world.ok("PUT", &rest, json!({"type": kind, "ignoreDuration": duration})).await;
                let expected = if kind == "DEFAULT" && key == "user/ann" { "ALL" } else { kind };
                let set = world.ok("GET", &rest, Value::Null).await;
                assert_eq!(set["data"]["type"], expected);
                assert_eq!(set["data"]["ignoreDuration"] == 0, duration == 0 || duration == "0", "{duration}");
                world.stack.clock.advance(Duration::from_millis(100));
            }
            world.ok("PUT", &rest, json!({"type": kind, "ignoreInterval": "10:00-12:00", "ignoreDuration": 0})).await;
        }
    }
}

#[tokio::test]
async fn users_are_managed_by_app_tokens_only() {
    let world = World::new().await;
    world.create("ann").await;
    let own = user_token(&world.stack, &world.app, "ann", json!({})).await;
    for (method, rest) in [
        ("POST", "users"),
        ("GET", "users"),
        ("DELETE", "users/ann"),
        ("PUT", "users/ann/password"),
        ("POST", "users/ann/deactivate"),
        ("POST", "users/ann/activate"),
        ("PUT", "metadata/user/bob"),
        ("DELETE", "metadata/user/bob"),
    ] {
        let (status, answer) = world.stack.call(method, &world.app.path(rest), &own, &json!({})).await;
        assert_eq!((status, &answer["error"]), (403, &json!("forbidden")), "{method} {rest}");
    }
    let ann = sample::user("ann");
    assert!(world.stack.users.users(&world.app.key, Shard::of(&ann), None, 9).await.unwrap().contains(&ann));
}
