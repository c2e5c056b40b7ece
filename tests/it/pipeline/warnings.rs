//! Warnings about a notifier before its pushes fail.

use std::time::Duration;

use curlew_tests::simulators::honor::account::NOTIFIER as HONOR;
use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use curlew_tests::simulators::vivo::account::NOTIFIER as VIVO;
use curlew_tests::simulators::{device_token, honor, meizu, vivo};
use serde_json::{Value, json};
use shared::{
    domain::{notifier::Notifier, push::SemanticClass, vendor::Vendor},
    ports::{
        apps::{DisableNotifier, ManageApps, ReadApps, TrackHealth, UsedUpQuota},
        certificate_test::{CheckedCredential, TestReport, TestStatus},
        clock::Clock,
    },
    testing::sample::notifier_name,
};

use super::harness::{FCM, OPERATOR_KEY, Stack, TestApp};

const DAY: Duration = Duration::from_secs(86_400);

async fn show(stack: &Stack, app: &TestApp, name: &str) -> Value {
    stack.ok("GET", &app.path(&format!("notifiers/{}", name.replace('#', "%23"))), &app.token, json!({})).await
}

async fn put(stack: &Stack, app: &TestApp, name: &str, body: Value) -> Value {
    stack.ok("PUT", &app.path(&format!("notifiers/{}", name.replace('#', "%23"))), &app.token, body).await
}

/// Returns the kinds and fields of the warnings.
fn told(shown: &Value) -> Vec<(&str, &str)> {
    let warnings = shown["warnings"].as_array().expect("warnings");
    let text = |warning: &'_ Value, name: &str| warning[name].as_str().map(|text| text.len()).unwrap_or_default();
    assert!(warnings.iter().all(|one| text(one, "message") > text(one, "field")), "{shown}");
    warnings.iter().map(|one| (one["kind"].as_str().unwrap(), one["field"].as_str().unwrap())).collect()
}

/// Returns the stored notifier.
async fn stored(stack: &Stack, app: &TestApp, name: &str) -> Notifier {
    stack.apps.app(&app.key).await.unwrap().unwrap().notifiers[&notifier_name(name)].clone()
}

#[tokio::test]
async fn the_end_of_a_credential_is_shown_and_warned_of_more_urgently_the_closer_it_is() {
    let stack = Stack::start();
    let mut app = stack.app("chat", json!({})).await;
    let end = stack.clock.now().plus(31 * DAY);
    let body = json!({"name": "n", "vendor": "meizu", "credential": meizu::account::record(), "expires_at": end});
    let created = stack.ok("POST", &app.path("notifiers"), &app.token, body).await;
    assert_eq!((&created["expires_at"], told(&created)), (&json!(end), vec![]));
    for (days, level, days_left) in
        [(1, 30, 30), (16, 14, 14), (7, 7, 7), (6, 1, 1), (1, 0, 0), (1, 0, -1), (30, 0, -31)]
    {
        stack.clock.advance(days * DAY);
        stack.renew(&mut app).await;
        let shown = show(&stack, &app, "n").await;
        assert_eq!((&shown["expires_at"], told(&shown)), (&json!(end), vec![("expires", "expires_at")]));
        let warning = &shown["warnings"][0];
        assert_eq!((&warning["level"], &warning["days_left"]), (&json!(level), &json!(days_left)), "{warning}");
    }
    let listed = stack.ok("GET", &app.path("notifiers"), &app.token, json!({})).await;
    let listed = listed["data"].as_array().unwrap().iter().find(|one| one["name"] == "n").unwrap();
    assert_eq!(*listed, without_envelope(show(&stack, &app, "n").await));
}

/// Returns an answer without its envelope.
fn without_envelope(mut shown: Value) -> Value {
    let fields = shown.as_object_mut().unwrap();
    ["organization", "application", "applicationName", "uri", "path", "action", "timestamp", "duration", "status"]
        .iter()
        .for_each(|name| drop(fields.remove(*name)));
    shown
}

#[tokio::test]
async fn an_end_in_the_past_is_taken_and_warned_of_at_once() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for at in [0, 1, stack.clock.now().as_millis() - 1] {
        let changed = put(&stack, &app, MEIZU, json!({"expires_at": at})).await;
        assert_eq!((&changed["expires_at"], &changed["warnings"][0]["level"]), (&json!(at), &json!(0)));
    }
    // The operator knows it, and it stops no push.
    assert_eq!(show(&stack, &app, MEIZU).await["state"], "enabled");
}

#[tokio::test]
async fn an_end_stays_until_it_is_changed_or_cleared_and_goes_with_its_credential() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (end, later) = (stack.clock.now().plus(DAY), stack.clock.now().plus(9 * DAY));
    let credential = meizu::account::record();
    for (body, expected) in [
        (json!({"expires_at": end}), json!(end)),
        (json!({"options": {}}), json!(end)),
        (json!({"state": "enabled"}), json!(end)),
        (json!({"expires_at": later}), json!(later)),
        (json!({"expires_at": null}), Value::Null),
        (json!({"expires_at": end}), json!(end)),
        (json!({"credential": credential}), Value::Null),
        (json!({"credential": credential, "expires_at": later}), json!(later)),
        (json!({"credential": credential, "expires_at": null}), Value::Null),
    ] {
        let changed = put(&stack, &app, MEIZU, body.clone()).await;
        assert_eq!(
            (&changed["expires_at"], changed.get("expires_at").is_some()),
            (&expected, !expected.is_null()),
            "{body}"
        );
        assert_eq!(show(&stack, &app, MEIZU).await["expires_at"], expected);
    }
}

#[tokio::test]
async fn an_end_that_is_no_time_is_refused_and_changes_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    put(&stack, &app, MEIZU, json!({"expires_at": 7})).await;
    let before = stored(&stack, &app, MEIZU).await;
    for wrong in [
        json!(-1),
        json!(253_402_300_800_000_i64),
        json!(u64::MAX),
        json!(1.5),
        json!("2027-01-01"),
        json!(true),
        json!([7]),
        json!({"at": 7}),
    ] {
        let body = json!({"expires_at": wrong, "options": {"notice_msg_type": 0}});
        let new = json!({
            "name": "new", "vendor": "meizu", "credential": meizu::account::record(), "expires_at": wrong,
        });
        let calls = [("PUT", app.path(&format!("notifiers/{MEIZU}")), body), ("POST", app.path("notifiers"), new)];
        for (method, path, body) in calls {
            let (status, answer) = stack.call(method, &path, &app.token, &body).await;
            let text = answer["error_description"].as_str().unwrap_or_default();
            assert!(status == 400 && text.starts_with("expires_at must be a time"), "{wrong}: {status} {answer}");
        }
    }
    assert_eq!(stored(&stack, &app, MEIZU).await, before);
    let (status, _) = stack.call("GET", &app.path("notifiers/new"), &app.token, &json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_the_preflight_finds_is_told_whenever_the_notifier_is_shown_and_follows_its_options() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let mut record = honor::account::record();
    record["service_right_granted"] = json!(false);
    put(&stack, &app, HONOR, json!({"credential": record})).await;
    assert_eq!(told(&show(&stack, &app, HONOR).await), [("preflight", "credential.service_right_granted")]);
    record["service_right_granted"] = json!(true);
    put(&stack, &app, HONOR, json!({"credential": record})).await;
    assert_eq!(told(&show(&stack, &app, HONOR).await), []);

    // The warnings depend on the credential and the options together, and the credential cannot be decrypted here.
    let mut record = vivo::account::record();
    record.as_object_mut().unwrap().remove("package_name");
    let click = json!({"text_prefix": "\u{65b0}\u{6d88}\u{606f}", "click_action": "a.b.C"});
    put(&stack, &app, VIVO, json!({"credential": record, "options": {}})).await;
    let missing = ("preflight", "credential.package_name");
    assert!(!told(&show(&stack, &app, VIVO).await).contains(&missing));
    let changed = put(&stack, &app, VIVO, json!({"options": click})).await;
    assert!(told(&changed).contains(&missing), "{changed}");
    assert!(told(&show(&stack, &app, VIVO).await).contains(&missing));
}

#[tokio::test]
async fn what_the_health_says_is_told_while_it_holds() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let name = notifier_name(MEIZU);
    let (health, now) = (&stack.runtime, stack.clock.now());
    let fingerprint = stored(&stack, &app, MEIZU).await.fingerprint;
    health.note_success(&app.key, &name, now).await.unwrap();
    assert_eq!(told(&show(&stack, &app, MEIZU).await), []);
    let later = now.plus(Duration::from_millis(60_001));
    health.note_failure(&app.key, &name, &fingerprint, later).await.unwrap();
    assert_eq!(told(&show(&stack, &app, MEIZU).await), [("failing", "health.last_failure")]);
    health.note_success(&app.key, &name, later.plus(Duration::from_millis(1))).await.unwrap();

    let quota = UsedUpQuota { code: "110053".into(), until: now.plus(DAY), fingerprint };
    for class in [SemanticClass::Im, SemanticClass::Call] {
        health.note_quota(&app.key, &name, class, &quota).await.unwrap();
    }
    let shown = show(&stack, &app, MEIZU).await;
    assert_eq!(told(&shown), [("quota", "health.quota")]);
    assert_eq!(shown["warnings"][0]["classes"], json!(["im", "call"]));
    stack.clock.set(quota.until);
    assert_eq!(told(&show(&stack, &app, MEIZU).await), []);
}

#[tokio::test]
async fn a_notifier_that_curlew_disabled_says_why_and_one_that_an_operator_disabled_says_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (name, now) = (notifier_name(MEIZU), stack.clock.now());
    put(&stack, &app, MEIZU, json!({"expires_at": 7, "options": {"notice_msg_type": 0}})).await;
    let fingerprint = stored(&stack, &app, MEIZU).await.fingerprint;
    stack.apps.disable_notifier(&app.key, &name, &fingerprint, "110002 signature", now).await.unwrap();
    let shown = show(&stack, &app, MEIZU).await;
    let others = [("expires", "expires_at"), ("preflight", "options.notice_msg_type")];
    assert_eq!(told(&shown), [("disabled", "state"), others[0], others[1]]);
    assert!(shown["warnings"][0]["message"].as_str().unwrap().contains("110002 signature"), "{shown}");

    let shown = put(&stack, &app, MEIZU, json!({"state": "disabled"})).await;
    assert_eq!(
        (told(&shown), &shown["state"], &shown["health"]["state"]),
        (vec![], &json!("disabled"), &json!("disabled"))
    );
    assert_eq!(told(&put(&stack, &app, MEIZU, json!({"state": "enabled"})).await), others);
}

#[tokio::test]
async fn a_credential_of_a_version_before_is_said_to_be_unchecked_until_it_is_put_again() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (name, kind, field) in [(MEIZU, "unchecked", "credential"), (FCM, "preflight", "options.channel_id")] {
        let seen = stored(&stack, &app, name).await;
        let before = Notifier { credential_facts: None, ..seen.clone() };
        stack.apps.update_notifier(&app.key, &before, &seen).await.unwrap();
        assert_eq!(told(&show(&stack, &app, name).await), [(kind, field)]);
    }
    assert_eq!(told(&put(&stack, &app, MEIZU, json!({"options": {}})).await), [("unchecked", "credential")]);
    assert_eq!(told(&put(&stack, &app, MEIZU, json!({"credential": meizu::account::record()})).await), []);
}

/// Sends a test push through Meizu. Returns the report of the vendor's function.
async fn tested(stack: &Stack, app: &TestApp) -> TestReport {
    let report = stack.test_push(Vendor::Meizu, app, MEIZU, &device_token("meizu").unwrap()).await;
    serde_json::from_value(report).unwrap()
}

#[tokio::test]
async fn a_test_that_succeeds_checks_a_credential_of_a_version_before() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    put(&stack, &app, MEIZU, json!({"options": {"notice_msg_type": 0}})).await;
    let seen = stored(&stack, &app, MEIZU).await;
    let before = Notifier { credential_facts: None, ..seen.clone() };
    stack.apps.update_notifier(&app.key, &before, &seen).await.unwrap();
    assert_eq!(told(&show(&stack, &app, MEIZU).await), [("unchecked", "credential")]);

    let report = tested(&stack, &app).await;
    assert_eq!(report.status, TestStatus::Success);
    let checked = report.checked.clone().unwrap();
    let path = app.path(&format!("notifiers/{MEIZU}/test"));
    let test = async |report: TestReport| {
        stack.tester.report(report);
        stack.ok("POST", &path, &app.token, json!({"device_token": "token"})).await
    };
    // A credential that was changed meanwhile, a function of an older version, and a failed test.
    let other = CheckedCredential { fingerprint: "0".repeat(16), ..checked.clone() };
    let failed = TestReport { status: TestStatus::Fail, ..report.clone() };
    for report in
        [TestReport { checked: Some(other), ..report.clone() }, TestReport { checked: None, ..report.clone() }, failed]
    {
        test(report).await;
        assert_eq!(stored(&stack, &app, MEIZU).await, before);
    }
    let answer = test(report).await;
    assert!(answer["data"].get("checked").is_none(), "{answer}");
    assert_eq!(stored(&stack, &app, MEIZU).await.credential_facts, seen.credential_facts);
    assert_eq!(told(&show(&stack, &app, MEIZU).await), [("preflight", "options.notice_msg_type")]);
}

#[tokio::test]
async fn the_list_of_apps_counts_no_unchecked_credentials() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let counted = async || {
        stack.ok("GET", "/management/apps", OPERATOR_KEY, json!({})).await["data"][0]["warnings"].as_u64().unwrap()
    };
    let whole = counted().await;
    let seen = stored(&stack, &app, MEIZU).await;
    let before = Notifier { credential_facts: None, ..seen.clone() };
    stack.apps.update_notifier(&app.key, &before, &seen).await.unwrap();
    assert_eq!((told(&show(&stack, &app, MEIZU).await).len(), counted().await), (1, whole));
}

#[tokio::test]
async fn what_is_stored_in_the_clear_has_nothing_of_the_secrets() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for notifier in stack.apps.app(&app.key).await.unwrap().unwrap().notifiers.values() {
        let facts = json!(notifier.credential_facts).to_string();
        assert_eq!(facts == "null", notifier.vendor == Vendor::Fcm, "{}", notifier.name);
        for name in ["secret", "key", "private", "token"] {
            assert!(!facts.contains(name), "{}: {facts}", notifier.name);
        }
    }
}

#[tokio::test]
async fn a_repeated_creation_answers_with_the_same_warnings() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let body = json!({
        "name": "n", "vendor": "meizu", "credential": meizu::account::record(), "expires_at": 7,
    });
    let call =
        || stack.call_with("POST", "/acme/chat/notifiers", &app.token, &[("idempotency-key", "k")], body.to_string());
    let first = call().await;
    assert_eq!((first.0, told(&first.1)), (201, vec![("expires", "expires_at")]));
    assert_eq!(call().await.1["warnings"], first.1["warnings"]);
}

#[tokio::test]
async fn a_vendors_function_of_a_version_before_reports_warnings_without_a_kind() {
    let of_before = json!({
        "status": "success", "detail": "success", "vendor": {},
        "warnings": [{"classes": ["im"], "field": "options.a", "message": "options.a is missing"}],
    });
    let report: TestReport = serde_json::from_value(of_before).unwrap();
    assert_eq!((report.status, &json!(report.warnings)[0]["kind"]), (TestStatus::Success, &json!("preflight")));
}
