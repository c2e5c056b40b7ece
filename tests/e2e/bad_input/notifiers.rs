//! Bad input for notifiers and their names.

use curlew_tests::simulators::{fcm, huawei};
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_are_illegal, refusal, with};
use crate::harness::{FCM, Phone, World, canary};

#[tokio::test]
async fn a_notifier_that_breaks_a_rule_is_refused_by_name_and_shows_no_secret() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (fcm, huawei) = (fcm::account::record(), huawei::account::record());
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
        tenant.app.create_notifier(name, "huawei", tenant.huawei.record()).await.unwrap();
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
