//! What is wrong is refused in the reference API's envelope, with the right status, naming field and rule.

use curlew_tests::{
    simulators::test_credentials,
    stack::{Answer, App, Call, Event},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{FCM, Phone, Tenant, World, canary, message, until};

/// Sends a call that must be refused; answers status, `error` and `error_description`.
async fn refusal(call: Call) -> (u16, String, String) {
    let Answer { status, body, text } = call.send().await.unwrap();
    assert!((400..500).contains(&status), "{status}: {text}");
    let said = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {text}")).to_owned();
    assert!(body["timestamp"].is_i64() && body["duration"].is_u64(), "{text}");
    assert!(said("exception").ends_with("Exception"), "{text}");
    (status, said("error"), said("error_description"))
}

/// Refuses each body with 400 and its text, or a text that begins like it.
async fn all_are_illegal(tenant: &Tenant<'_>, method: Method, path: &str, cases: &[(Value, &str)]) {
    for (body, text) in cases {
        let (status, error, said) = refusal(tenant.app.call(method.clone(), path).json(body)).await;
        assert_eq!((status, error.as_str()), (400, "illegal_argument"), "{text}: {said}");
        assert!(said.starts_with(text), "{said:?} does not begin like {text:?}");
    }
}

/// A good body with one field changed, or removed by `null`.
fn with(good: &Value, field: &str, value: Value) -> Value {
    let mut body = good.clone();
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body
}

// ---- messages ----

#[tokio::test]
async fn a_message_that_breaks_a_rule_is_refused_by_name_and_sent_to_nobody() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let good = message(&["ann"], json!({}));
    let many: Vec<String> = (0..601).map(|index| format!("u{index}")).collect();
    let types = "type must be one of: txt, img, audio, video, file, loc, cmd, custom";
    let cases = [
        ("from", json!(""), "param from can't be empty"),
        ("from", json!(7), "from must be a string"),
        ("from", json!("no blanks"), "from must be 1 to 64 characters"),
        ("to", Value::Null, "param to can't be empty"),
        ("to", json!([]), "param to can't be empty"),
        ("to", json!("ann"), "to must be an array of user ids"),
        ("to", json!(["ann", 7]), "to[1] must be a string"),
        ("to", json!(["ann", "x".repeat(65)]), "to[1] must be 1 to 64 characters"),
        ("to", json!(many), "params to's size can't exceed limit 600"),
        ("type", Value::Null, "param type can't be empty"),
        ("type", json!(["txt"]), "type must be a string"),
        ("type", json!("smoke"), types),
        ("body", Value::Null, "param body can't be empty"),
        ("body", json!({}), "param body can't be empty"),
        ("body", json!("text"), "body must be an object"),
        ("body", json!({"text": "x"}), "body.msg is required"),
        ("body", json!({"msg": 7}), "body.msg must be a string"),
        ("ext", json!("text"), "param ext must be JSONObject"),
        ("ext", json!([]), "param ext must be JSONObject"),
        ("routetype", json!("ROUTE_66"), "routetype must be ROUTE_ONLINE if given"),
        ("push_ttl", json!(59), "push_ttl must be 60 to 86400 seconds"),
        ("push_ttl", json!(86_401), "push_ttl must be 60 to 86400 seconds"),
        ("push_ttl", json!("60"), "push_ttl must be a whole number"),
    ];
    for (field, value, text) in cases {
        let call = tenant.app.call(Method::POST, "/messages/users").json(&with(&good, field, value));
        let (status, error, said) = refusal(call).await;
        assert_eq!((status, error.as_str()), (400, "message_send_error"), "{text}: {said}");
        assert!(said.starts_with(text), "{said:?} does not begin like {text:?}");
    }
    let null = tenant.app.call(Method::POST, "/messages/users");
    let mut body = good.clone();
    body["ext"] = Value::Null;
    assert_eq!(refusal(null.json(&body)).await.2, "param ext must be JSONObject");
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn a_message_of_five_kilobytes_passes_and_a_byte_more_does_not() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let sized = |bytes: usize| {
        let (frame, ext) = (r#"{"msg":""}"#.len(), json!({"k": "v"}));
        let text = "x".repeat(bytes - frame - ext.to_string().len());
        json!({"to": ["ann"], "type": "txt", "body": {"msg": text}, "ext": ext})
    };
    assert!(tenant.app.send(&sized(5 * 1024)).await.is_ok());
    let large = tenant.app.call(Method::POST, "/messages/users").json(&sized(5 * 1024 + 1)).send().await.unwrap();
    assert_eq!(large.status, 413);
    assert_eq!(large.body["error_code"], 14007);
    assert_eq!(large.body["error"], "message_send_error");
    assert_eq!(large.body["exception"], "MessageSendException");
    assert_eq!(large.body["error_description"], "message is too large");
}

#[tokio::test]
async fn six_hundred_receivers_pass() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "u599").await;
    let users: Vec<String> = (0..600).map(|index| format!("u{index}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let ids = tenant.send(&users, json!({})).await;
    assert_eq!(ids.len(), 600);
    for user in ["u0", "u24", "u25", "u598"] {
        tenant.silence(user, &ids[user]).await;
    }
    tenant.outcome("u599", &ids["u599"]).await;
    assert_eq!(tenant.shown(&phone).await.len(), 1);
}

// ---- bodies ----

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_on_every_route() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let routes = [
        (Method::POST, "/messages/users"),
        (Method::PUT, "/users/ann/push/binding"),
        (Method::POST, "/users/ann/push/logout"),
        (Method::POST, "/presence/events"),
        (Method::POST, "/users/batch/status"),
        (Method::POST, "/notifiers"),
        (Method::PUT, "/notifiers/fcm-notifier"),
        (Method::POST, "/notifiers/fcm-notifier/test"),
        (Method::POST, "/token"),
    ];
    let bodies = [
        ("", "the request body is not valid JSON (line 1, column 0)"),
        ("{\"a\":", "the request body is not valid JSON (line 1, column 5)"),
        ("{'a':1}", "the request body is not valid JSON (line 1, column 2)"),
        ("[]", "the request body must be a JSON object"),
        ("null", "the request body must be a JSON object"),
    ];
    for (method, path) in routes {
        for (body, text) in bodies {
            let (status, _, said) = refusal(tenant.app.call(method.clone(), path).body(body)).await;
            assert_eq!((status, said.as_str()), (400, text), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn the_content_type_does_not_matter() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    for content_type in ["application/octet-stream", "text/plain", "application/x-www-form-urlencoded"] {
        let body = message(&["ann"], json!({})).to_string();
        let call = tenant.app.call(Method::POST, "/messages/users").body(body);
        let answer = call.header("content-type", content_type).send().await.unwrap();
        assert_eq!(answer.status, 200, "{content_type}: {}", answer.text);
    }
}

// ---- bindings and presence ----

#[tokio::test]
async fn a_binding_that_breaks_a_rule_is_refused_by_name() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let good = json!({"device_id": "d", "device_token": Phone::new("fcm", "ann").token, "notifier_name": FCM});
    let cases = [
        (with(&good, "device_id", Value::Null), "device_id is required"),
        (with(&good, "device_id", json!(7)), "device_id must be a string"),
        (with(&good, "device_id", json!("")), "device_id must be 1 to 128 bytes long"),
        (with(&good, "device_id", json!("x".repeat(129))), "device_id must be 1 to 128 bytes long"),
        (with(&good, "device_id", json!("a\nb")), "device_id must not contain control characters"),
        (with(&good, "device_token", Value::Null), "device_token is required"),
        (with(&good, "device_token", json!({})), "device_token must be a string"),
        (with(&good, "device_token", json!("x".repeat(4097))), "device_token must be 1 to 4096 bytes long"),
        (
            with(&good, "device_token", json!(format!("has blanks {}", canary::secret()))),
            "device_token must be visible ASCII",
        ),
        (with(&good, "notifier_name", Value::Null), "notifier_name is required"),
        (with(&good, "notifier_name", json!("x".repeat(129))), "notifier_name must be 1 to 128 bytes long"),
        (with(&good, "notifier_name", json!("a/b")), "notifier_name must not contain /"),
    ];
    all_are_illegal(&tenant, Method::PUT, "/users/ann/push/binding", &cases).await;
    let cases = [
        (json!({}), "device_id is required"),
        (json!({"device_id": "d", "unbind_token": "yes"}), "unbind_token must be true or false"),
    ];
    all_are_illegal(&tenant, Method::POST, "/users/ann/push/logout", &cases).await;
    assert!(tenant.app.bindings("ann").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bad_presence_event_costs_itself_only() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let good = serde_json::to_value(Event::now("ann", "d", "s", "online")).unwrap();
    let ts = good["ts"].as_i64().unwrap();
    let bad = [
        (with(&good, "user", Value::Null), "user is required"),
        (with(&good, "user", json!("no blanks")), "user must be 1 to 64 characters"),
        (with(&good, "device_id", json!("")), "device_id must be 1 to 128 bytes long"),
        (with(&good, "session", Value::Null), "session is required"),
        (with(&good, "status", json!("asleep")), "status must be one of: online, heartbeat, offline, kicked, logout"),
        (with(&good, "ts", json!(ts + 3_600_000)), "ts must be Unix milliseconds, at most 60 s in the future"),
        (with(&good, "ts", json!("now")), "ts must be a whole number"),
        (with(&good, "platform", json!("x".repeat(65))), "platform must be at most 64 bytes long"),
        (json!("nothing"), "event must be an object"),
    ];
    let mut events: Vec<Value> = bad.iter().map(|(event, _)| event.clone()).collect();
    events.insert(4, good.clone());
    let call = tenant.app.call(Method::POST, "/presence/events").json(&json!({"events": events}));
    let answer = call.send().await.unwrap().success().unwrap();
    let mut results = answer["data"].as_array().unwrap().clone();
    assert_eq!(results.remove(4), json!({"user": "ann", "device_id": "d", "result": "applied"}));
    for (result, (_, text)) in results.iter().zip(&bad) {
        assert_eq!(result["result"], "invalid");
        assert!(result["reason"].as_str().unwrap().starts_with(text), "{result} does not begin like {text}");
    }
    let cases = [
        (json!({}), "events is required"),
        (json!({"events": {}}), "events must be an array"),
        (json!({"events": []}), "events must have 1 to 500 entries"),
        (json!({"events": vec![good; 501]}), "events must have 1 to 500 entries"),
    ];
    all_are_illegal(&tenant, Method::POST, "/presence/events", &cases).await;
    let many: Vec<String> = (0..101).map(|index| format!("u{index}")).collect();
    let cases = [
        (json!({}), "usernames is required"),
        (json!({"usernames": [7]}), "usernames[0] must be a string"),
        (json!({"usernames": [""]}), "usernames[0] must be 1 to 64 characters"),
        (json!({"usernames": many}), "request body exceeds maximum limit, maximum limit is 100"),
    ];
    all_are_illegal(&tenant, Method::POST, "/users/batch/status", &cases).await;
}

// ---- notifiers ----

#[tokio::test]
async fn a_notifier_that_breaks_a_rule_is_refused_by_name_and_shows_no_secret() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (fcm, huawei) = (test_credentials::fcm_service_account(), test_credentials::huawei_record());
    let good = json!({"name": "n", "vendor": "fcm", "credential": fcm});
    let of_fcm = |field: &str, value: Value| with(&good, "credential", with(&fcm, field, value));
    let of_huawei =
        |field: &str, value: Value| json!({"name": "n", "vendor": "huawei", "credential": with(&huawei, field, value)});
    let cases = [
        (with(&good, "name", Value::Null), "name is required"),
        (with(&good, "name", json!("")), "name must be 1 to 128 bytes long"),
        (with(&good, "name", json!("a?b")), "name must not contain / or ?"),
        (with(&good, "vendor", Value::Null), "vendor is required"),
        (with(&good, "vendor", json!("pigeon")), "vendor must be one of: fcm, huawei"),
        (with(&good, "credential", Value::Null), "credential is required"),
        (with(&good, "credential", json!("text")), "credential must be an object"),
        (with(&good, "credential", json!({"server_key": canary::secret()})), "credential.server_key belongs to"),
        (with(&good, "options", json!([])), "options must be an object"),
        (with(&good, "options", json!({"color": "red"})), "options.color must be a color"),
        (of_fcm("project_id", Value::Null), "credential.project_id is required"),
        (of_fcm("project_id", json!(7)), "credential.project_id must be a string"),
        (of_fcm("client_email", json!("nobody")), "credential.client_email must be an e-mail address"),
        (of_fcm("private_key", json!(canary::secret())), "credential.private_key must be an RSA key"),
        (of_fcm("token_uri", json!("https://evil.example/token")), "credential.token_uri"),
        (of_fcm("type", json!("authorized_user")), "credential.type must be"),
        (of_huawei("client_id", Value::Null), "credential.client_id is required"),
        (of_huawei("client_secret", json!("a b")), "credential.client_secret must be 1 to 256 of"),
        (of_huawei("project_id", Value::Null), "credential.project_id is required"),
        (of_huawei("push_base_url", json!("http://169.254.169.254/")), "credential.push_base_url"),
        (of_huawei("im_category_granted", json!("yes")), "credential.im_category_granted must be"),
    ];
    all_are_illegal(&tenant, Method::POST, "/notifiers", &cases).await;
    let cases = [
        (json!({"state": "asleep"}), "state must be one of"),
        (json!({"credential": {}}), "credential."),
        (json!({"options": 7}), "options must be an object"),
    ];
    all_are_illegal(&tenant, Method::PUT, "/notifiers/fcm-notifier", &cases).await;
    let cases = [
        (json!({}), "device_token is required"),
        (json!({"device_token": ""}), "device_token must be 1 to 4096 bytes long"),
        (json!({"device_token": "x", "title": 7}), "title must be a string"),
    ];
    all_are_illegal(&tenant, Method::POST, "/notifiers/fcm-notifier/test", &cases).await;
    all_are_illegal(&tenant, Method::GET, "/notifiers?limit=0", &[(json!({}), "limit must be 1 to 100")]).await;

    let exists = json!({"name": FCM, "vendor": "fcm", "credential": fcm});
    let (status, error, said) = refusal(tenant.app.call(Method::POST, "/notifiers").json(&exists)).await;
    assert_eq!((status, error.as_str(), said.as_str()), (409, "conflict", "the notifier fcm-notifier exists"));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let (status, error, said) = refusal(tenant.app.call(method, "/notifiers/none").json(&json!({}))).await;
        assert_eq!((status, error.as_str()), (404, "service_resource_not_found"));
        assert_eq!(said, "the app has no notifier none");
    }
    let shown = tenant.app.call(Method::GET, "/notifiers").send().await.unwrap();
    assert_eq!(shown.body["count"], 2);
    assert!(
        !shown.text.contains("PRIVATE") && !shown.text.contains(canary::mark()) && !shown.text.contains("credential")
    );
}

#[tokio::test]
async fn a_name_may_hold_what_a_path_must_escape() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let names = ["a b", "1000#key", "50%", "a%20b", "a+b&c=d", "back\\slash", "\"quoted\" {and} <more>|^`", "证书"];
    for name in names {
        tenant.app.create_notifier(name, "huawei", &tenant.huawei.record).await.unwrap();
        assert_eq!(tenant.app.notifier(name).await.unwrap()["name"], name);
    }
    for (index, name) in names.into_iter().enumerate() {
        let (user, phone) = (format!("u{index}"), Phone::new("huawei", "ann"));
        tenant.app.bind(&user, &phone.device, &phone.token, name).await.unwrap();
        let report = tenant.app.test_notifier(name, &phone.token).await.unwrap();
        assert_eq!(report["status"], "success", "{name}: {report}");
        let id = tenant.send_to(&user, json!({})).await;
        assert_eq!(tenant.outcome(&user, &id).await.notifier.as_str(), name);
        assert_eq!(tenant.shown(&phone).await.len(), 2, "{name}");
    }
}

// ---- apps, tokens, routes ----

#[tokio::test]
async fn an_app_that_breaks_a_rule_is_refused_by_name() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let api = &tenant.app.api;
    let good = json!({"org": "acme", "app": format!("e2e-{}", canary::fresh())});
    let settings = |settings: Value| with(&good, "settings", settings);
    let cases = [
        (with(&good, "org", Value::Null), 400, "org is required"),
        (with(&good, "org", json!("a b")), 400, "org must be 1 to 64 characters of a-z, 0-9, _ and -"),
        (with(&good, "org", json!("management")), 400, "org must not be management"),
        (with(&good, "app", json!("x".repeat(65))), 400, "app must be 1 to 64 characters of a-z, 0-9, _ and -"),
        (with(&good, "app", json!(tenant.app.app)), 409, "the app acme#"),
        (settings(json!("none")), 400, "settings must be an object"),
        (settings(json!({"max_bindings": 0})), 400, "settings.max_bindings must be 1 to 100"),
        (settings(json!({"max_bindings": "9"})), 400, "settings.max_bindings must be a whole number"),
        (settings(json!({"presence_lease_seconds": 4})), 400, "settings.presence_lease_seconds must be 5 to 3600"),
        (settings(json!({"multi_device_policy": "none"})), 400, "settings.multi_device_policy must be one of"),
    ];
    for (body, wanted, text) in cases {
        let (status, _, said) = refusal(api.operator_call(Method::POST, "/management/apps").json(&body)).await;
        assert_eq!(status, wanted, "{said}");
        assert!(said.starts_with(text), "{said:?} does not begin like {text:?}");
    }
    let path = "/management/apps/acme/e2e-none";
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(refusal(api.operator_call(method, path)).await.0, 404);
    }
    for wrong in [canary::secret(), tenant.app.token.clone()] {
        let (status, error, _) = refusal(api.call(Method::POST, "/management/apps").bearer(&wrong).json(&good)).await;
        assert_eq!((status, error.as_str()), (401, "auth_bad_access_token"));
    }
    let (status, error, _) = refusal(api.call(Method::POST, "/management/apps").json(&good)).await;
    assert_eq!((status, error.as_str()), (401, "unauthorized"));
}

#[tokio::test]
async fn a_token_is_given_to_nobody_who_cannot_prove_a_right_to_it() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let App { client_id, client_secret, .. } = &tenant.app;
    let good = json!({"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret});
    let cases = [
        (with(&good, "grant_type", Value::Null), "grant_type is required"),
        (with(&good, "grant_type", json!("password")), "grant_type must be one of: client_credentials, inherit"),
        (with(&good, "client_id", Value::Null), "client_id is required"),
        (with(&good, "client_secret", json!(7)), "client_secret must be a string"),
        (with(&good, "ttl", json!(-1)), "ttl must be 0 to"),
        (with(&good, "ttl", json!("60")), "ttl must be a whole number"),
        (json!({"grant_type": "inherit"}), "username is required"),
        (json!({"grant_type": "inherit", "username": "no blanks"}), "username must be 1 to 64 characters"),
    ];
    all_are_illegal(&tenant, Method::POST, "/token", &cases).await;
    for (field, value) in [("client_id", canary::secret()), ("client_secret", canary::secret())] {
        let (status, error, _) =
            refusal(tenant.app.anonymous_call(Method::POST, "/token").json(&with(&good, field, json!(value)))).await;
        assert_eq!((status, error.as_str()), (401, "invalid_grant"));
    }
    let inherit = json!({"grant_type": "inherit", "username": "ann"});
    let (status, error, _) = refusal(tenant.app.anonymous_call(Method::POST, "/token").json(&inherit)).await;
    assert_eq!((status, error.as_str()), (401, "unauthorized"));
    let user = tenant.app.user_token("ann").await.unwrap();
    canary::note(&user);
    let (status, error, _) =
        refusal(tenant.app.anonymous_call(Method::POST, "/token").bearer(&user).json(&inherit)).await;
    assert_eq!((status, error.as_str()), (403, "forbidden"));
}

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let world = World::side_by_side().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let brief = tenant.app.app_token(Some(1)).await.unwrap();
    let user = tenant.app.user_token("ann").await.unwrap();
    canary::note(&brief);
    canary::note(&user);
    // One route of each function.
    let routes = [
        (Method::GET, "/notifiers"),
        (Method::GET, "/users/bob/push/binding"),
        (Method::GET, "/users/bob/status"),
        (Method::POST, "/messages/users"),
    ];
    for (method, path) in routes {
        let call = || tenant.app.anonymous_call(method.clone(), path).json(&message(&["bob"], json!({})));
        let (status, error, said) = refusal(call()).await;
        assert_eq!((status, error.as_str(), said.as_str()), (401, "unauthorized", "Unable to authenticate (OAuth)"));
        let (status, error, _) = refusal(call().header("authorization", "Basic eDp5")).await;
        assert_eq!((status, error.as_str()), (401, "unauthorized"), "{path}");
        let operator = &world.stack.description.operator_key;
        for wrong in [&canary::secret(), &other.app.token, operator, &tenant.app.token[1..]] {
            let (status, error, _) = refusal(call().bearer(wrong)).await;
            assert_eq!((status, error.as_str()), (401, "auth_bad_access_token"), "{path}");
        }
        until("the token's end", async || {
            let answer = call().bearer(&brief).send().await.unwrap();
            (answer.status == 401 && answer.body["error"] == "auth_bad_access_token").then_some(())
        })
        .await;
        let (status, error, _) = refusal(call().bearer(&user)).await;
        assert_eq!((status, error.as_str()), (403, "forbidden"), "{path}");
    }
    let events = json!({"events": [Event::now("bob", "d", "s", "online"), Event::now("ann", "d", "s", "online")]});
    let call = tenant.app.anonymous_call(Method::POST, "/presence/events").bearer(&user).json(&events);
    let answer = call.send().await.unwrap().success().unwrap();
    assert_eq!(answer["data"][0]["reason"], "user must be the token's own user");
    assert_eq!(answer["data"][1]["result"], "applied");

    let unknown = tenant.app.api.call(Method::GET, "/acme/e2e-none/notifiers").bearer(&tenant.app.token);
    let (status, error, said) = refusal(unknown).await;
    assert_eq!((status, error.as_str()), (404, "organization_application_not_found"));
    assert_eq!(said, "Could not find application for acme/e2e-none");
}

#[tokio::test]
async fn an_unknown_route_is_refused_in_the_same_form() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let cases = [
        (Method::GET, "/nothing/here", 404),
        (Method::GET, "/users/u%2F1/status", 404),
        (Method::GET, "/users//status", 404),
        (Method::GET, "/messages/users", 404),
        (Method::PATCH, "/notifiers", 405),
        (Method::DELETE, "/token", 405),
        (Method::GET, "/users/no%20blanks/status", 400),
        (Method::GET, "/users/u%231/status", 400),
        (Method::GET, "/users/u%3F1/status", 400),
        (Method::GET, "/users/%FF/status", 400),
        (Method::GET, "/users/%25/status", 400),
        (Method::GET, "/notifiers?limit=1&limit=2", 400),
    ];
    for (method, path, wanted) in cases {
        let (status, _, said) = refusal(tenant.app.call(method.clone(), path)).await;
        assert_eq!(status, wanted, "{method} {path}: {said}");
    }
    for path in ["/", "/acme", "/management", "/management/apps/acme"] {
        assert_eq!(refusal(tenant.app.api.operator_call(Method::GET, path)).await.0, 404, "{path}");
    }
    let (_, _, said) = refusal(tenant.app.call(Method::GET, "/nothing/here?x=y")).await;
    assert_eq!(said, format!("GET /acme/{}/nothing/here is not a route of this API", tenant.app.app));
}

#[tokio::test]
async fn no_header_and_no_query_ends_a_function() {
    let world = World::side_by_side().await;
    let api = &world.stack.api;
    for (name, value) in [("host", "a b"), ("host", "x{y:99999"), ("x-forwarded-proto", "no such"), ("cookie", ";;;")] {
        let answer = api.call(Method::GET, "/health").header(name, value).send().await.unwrap();
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("ok")), "{name}: {value}: {}", answer.text);
    }
    for query in ["?a=%FF&b=%zz", "?%", "?a=b|c^d`{}", "?ä=ö"] {
        let answer = api.call(Method::GET, &format!("/health{query}")).send().await.unwrap();
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    }
}
