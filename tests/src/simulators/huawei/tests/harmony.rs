use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use serde_json::{Value, json};

use super::super::{HarmonyCredential, NAME, device_token, harmony_device_token, receipt, scripts};
use crate::simulators::engine::time::now_ms;
use crate::simulators::engine::{Device, FaultRule, Filter, NewCredential, ReceiptEvent};
use crate::simulators::huawei::account::PROJECT;
use crate::simulators::huawei::harmony::account::{self, KEY_ID, SUB_ACCOUNT};
use crate::simulators::test_key;
use crate::simulators::testing::{Caller, Got};

const TOKEN: &str = "MAMzLgExampleExampleExample";

pub(super) fn header() -> Value {
    json!({"kid": KEY_ID, "typ": "JWT", "alg": "PS256"})
}

pub(super) fn claims() -> Value {
    let now = now_ms() / 1000;
    let audience = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    json!({"aud": audience, "iss": SUB_ACCOUNT, "iat": now, "exp": now + 3600})
}

fn signed_by(encoding: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let key = test_key::USUAL.key_pair();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(encoding, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn signed(header: &Value, claims: &Value) -> String {
    signed_by(&RSA_PSS_SHA256, header, claims)
}

pub(super) fn chat(tokens: &[&str]) -> Value {
    json!({
        "payload": {"notification": {
            "category": "IM", "title": "Alice", "body": "Are you coming tonight?",
            "clickAction": {"actionType": 1, "uri": "imdemo://chat/c_10086", "data": {"conv": "c_10086"}},
            "badge": {"addNum": 1}, "notifyId": 10086, "foregroundShow": false,
        }},
        "target": {"token": tokens},
        "pushOptions": {"ttl": 86400, "biTag": "m778899", "testMessage": false, "collapseKey": -1},
    })
}

/// Returns a chat message with the value at a JSON pointer replaced. `null` removes it.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = chat(&[TOKEN]);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        drop(parent.remove(name))
    } else {
        drop(parent.insert(name.to_owned(), value))
    }
    body
}

fn shown(name: &str, value: Value) -> Value {
    with(&format!("/payload/notification/{name}"), value)
}

fn option(name: &str, value: Value) -> Value {
    with(&format!("/pushOptions/{name}"), value)
}

fn post(caller: &Caller, project: &str, bearer: &str, push_type: &str, body: &Value) -> Got {
    let bearer = format!("Bearer {bearer}");
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str()), ("push-type", push_type)];
    caller.post(&format!("/v3/{project}/messages:send"), &headers, body.to_string())
}

pub(super) fn send(caller: &Caller, body: &Value) -> Got {
    post(caller, PROJECT, &signed(&header(), &claims()), "0", body)
}

fn change(caller: &Caller, change: impl Fn(&mut HarmonyCredential)) {
    let mut known = account::known();
    change(&mut known);
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
}

fn reasons(answer: &Value) -> Value {
    let details: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    details["illegalTokens"].clone()
}

#[test]
fn a_notification_is_accepted_and_shown_on_every_phone() {
    let caller = Caller::of(NAME);
    let tokens = [harmony_device_token(), harmony_device_token()];
    let (status, answer) = send(&caller, &chat(&[&tokens[0], &tokens[1]]));
    assert_eq!((status, &answer["code"], &answer["msg"]), (200, &json!("80000000"), &json!("Success")));
    for token in &tokens {
        let shown = caller.control.device(NAME, token).shade.pop().unwrap().delivery.notice;
        assert_eq!((shown.title.as_deref(), shown.category.as_deref()), (Some("Alice"), Some("IM")));
        assert_eq!((shown.data, json!(shown.message_id)), (json!({"conv": "c_10086"}), answer["requestId"].clone()));
    }
}

#[test]
fn a_bearer_must_be_signed_by_the_projects_own_key_and_say_so() {
    let refused = |bearer: &str| {
        let caller = Caller::of(NAME);
        let (status, answer) = post(&caller, PROJECT, bearer, "0", &chat(&[TOKEN]));
        assert_eq!(status, 401, "{answer}");
        assert!(caller.last_refusal().is_some());
        answer["code"].as_str().unwrap().to_owned()
    };
    let now = i64::try_from(now_ms() / 1000).unwrap();
    let header_with = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        refused(&signed(&header, &claims()))
    };
    let claims_with = |values: &[(&str, Value)]| {
        let mut claims = claims();
        values.iter().for_each(|(name, value)| claims[*name] = value.clone());
        refused(&signed(&header(), &claims))
    };
    let times = |issued: i64, expires: i64| claims_with(&[("iat", json!(issued)), ("exp", json!(expires))]);
    let good = signed(&header(), &claims());
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    for code in [
        refused("an OAuth token"),
        refused(&format!("{unsigned}.AAAA")),
        refused(&signed_by(&RSA_PKCS1_SHA256, &header(), &claims())),
        refused(&signed_by(&RSA_PKCS1_SHA256, &json!({"kid": KEY_ID, "typ": "JWT", "alg": "RS256"}), &claims())),
        header_with("kid", json!("another")),
        header_with("typ", Value::Null),
        claims_with(&[("iss", json!("another"))]),
        claims_with(&[("aud", json!("https://push-api.cloud.huawei.com"))]),
        claims_with(&[("iat", json!(now.to_string()))]),
        times(now + 400, now + 500),
    ] {
        assert_eq!(code, "80200001");
    }
    assert_eq!(times(now, now + 86_401), "80300036");
    assert_eq!(times(now - 4000, now - 400), "80200005");
    let caller = Caller::of(NAME);
    assert_eq!(post(&caller, "999", &good, "0", &chat(&[TOKEN])).1["code"], "80200001");
    assert_eq!(post(&caller, PROJECT, &good, "0", &chat(&[TOKEN])).0, 200);
    caller.control.remove_credential(NAME, KEY_ID);
    assert_eq!(post(&caller, PROJECT, &good, "0", &chat(&[TOKEN])).1["code"], "80200001");
}

#[test]
fn a_request_says_what_kind_of_message_it_carries() {
    let caller = Caller::of(NAME);
    let bearer = signed(&header(), &claims());
    for wrong in ["", "3", "alert"] {
        let (status, answer) = post(&caller, PROJECT, &bearer, wrong, &chat(&[TOKEN]));
        let msg = "Illegal payload, The header does not contain valid push-type";
        assert_eq!((status, &answer["code"], &answer["msg"]), (400, &json!("80100003"), &json!(msg)));
    }
    let (_, answer) = post(&caller, PROJECT, &bearer, "7", &chat(&[TOKEN]));
    assert_eq!((&answer["code"], reasons(&answer)), (&json!("80300007"), json!({"noPushTypeRight": [TOKEN]})));
    let path = format!("/v3/{PROJECT}/messages:send");
    assert_eq!(caller.json(&path, &bearer, chat(&[TOKEN]).to_string()).1["code"], "80100003");
}

#[test]
fn every_legal_value_is_accepted() {
    let caller = Caller::of(NAME);
    let cases = [
        option("ttl", json!(1_296_000)),
        option("testMessage", json!(true)),
        option("collapseKey", json!(100)),
        option("receiptId", json!("RCP1")),
        with("/pushOptions", Value::Null),
        shown("category", json!("NOBODY_KNOWS")),
        shown("clickAction", json!({"actionType": 0})),
        shown("clickAction", json!({"actionType": 1, "action": "com.example.OPEN"})),
        shown("badge", json!({"setNum": 0})),
        shown("notifyId", json!(i32::MAX)),
        shown("appMessageId", json!("x".repeat(64))),
        shown("inboxContent", json!(["one"])),
    ];
    for body in cases {
        let (status, answer) = send(&caller, &body);
        assert_eq!((status, &answer["code"]), (200, &json!("80000000")), "{body}: {answer}");
    }
    assert_eq!(caller.control.device(NAME, TOKEN).delivered, 12);
}

#[test]
fn every_illegal_value_is_refused_with_its_code() {
    let caller = Caller::of(NAME);
    let many = vec![TOKEN; 1001];
    let eleven = with("/target/token", json!(vec![TOKEN; 11]));
    let mut test = eleven.clone();
    test["pushOptions"]["testMessage"] = json!(true);
    let cases = [
        (shown("category", Value::Null), "80100003"),
        (shown("title", Value::Null), "80100003"),
        (shown("body", json!("")), "80100003"),
        (shown("clickAction", Value::Null), "80100003"),
        (shown("clickAction", json!({"actionType": 1})), "80100003"),
        (shown("clickAction", json!({"actionType": 2, "uri": "https://example.com"})), "80100003"),
        (shown("clickAction", json!({"actionType": 0, "data": "{}"})), "80100003"),
        (shown("badge", json!({"addNum": 0})), "80100003"),
        (shown("badge", json!({"addNum": 100})), "80100003"),
        (shown("badge", json!({"addNum": 1, "class": "c"})), "80100003"),
        (shown("notifyId", json!(-1)), "80100003"),
        (shown("notifyId", json!("1")), "80100003"),
        (shown("appMessageId", json!("")), "80100003"),
        (shown("appMessageId", json!("x".repeat(65))), "80100003"),
        (shown("notify_id", json!(1)), "80100003"),
        (shown("style", json!(3)), "80100003"),
        (shown("style", json!(2)), "80100003"),
        (shown("soundDuration", json!(61)), "80100003"),
        (shown("image", json!("http://example.com/a.png")), "80100003"),
        (shown("profileId", json!("x".repeat(65))), "80100003"),
        (option("ttl", json!("86400s")), "80100003"),
        (option("ttl", json!(1_296_001)), "80100001"),
        (option("biTag", json!("x".repeat(65))), "80100001"),
        (option("collapseKey", json!(101)), "80100013"),
        (option("unknown", json!(1)), "80100003"),
        (with("/target/token", json!([])), "80300010"),
        (with("/target/token", json!(many)), "80300010"),
        (with("/target", Value::Null), "80300010"),
        (test, "80300030"),
        (shown("body", json!("x".repeat(4096))), "80300008"),
        (json!({"message": {"token": [TOKEN]}}), "80300010"),
    ];
    for (body, code) in cases {
        let (status, answer) = send(&caller, &body);
        assert_eq!((status, &answer["code"]), (400, &json!(code)), "{body}: {answer}");
        assert!(caller.last_refusal().unwrap().starts_with(code));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
    assert_eq!(send(&caller, &eleven).0, 200);
}

#[test]
fn a_partial_result_lists_tokens_by_their_reasons() {
    let caller = Caller::of(NAME);
    let [dead, foreign, own, scripted] = [(); 4].map(|()| harmony_device_token());
    let android = device_token();
    caller
        .control
        .add_devices([
            Device::unregistered(NAME, &dead),
            Device::live(NAME, &foreign).owned_by("999"),
            Device::live(NAME, &own).owned_by(PROJECT),
        ])
        .unwrap();
    caller.control.add_faults([scripts::failed_for(&scripted, "countryNotSupport")]).unwrap();
    let (status, answer) = send(&caller, &chat(&[&own, &dead, "bad", &foreign, &android, &scripted]));
    assert_eq!((status, &answer["code"]), (200, &json!("80100000")));
    let details: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    let reasons = json!({
        "noRight": [dead, foreign, android], "tokenFormatError": ["bad"], "countryNotSupport": [scripted],
    });
    assert_eq!(details, json!({"success": 1, "failure": 5, "illegalTokens": reasons}));
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 1);

    let (_, answer) = send(&caller, &chat(&[&dead]));
    let details: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&answer["code"], details),
        (&json!("80300007"), json!({"failure": 1, "illegalTokens": {"noRight": [dead]}}))
    );
}

#[test]
fn a_scripted_code_is_the_answer_to_the_whole_call() {
    let caller = Caller::of(NAME);
    let rules: [(FaultRule, u16); 4] = [
        (scripts::coded("80300037"), 200),
        (scripts::coded("80300029"), 400),
        (scripts::coded_for(TOKEN, "80200005"), 401),
        (scripts::flow_control(), 503),
    ];
    for (rule, status) in rules {
        caller.control.reset(&[crate::simulators::Part::Faults]);
        caller.control.add_faults([rule]).unwrap();
        assert_eq!(send(&caller, &chat(&[TOKEN])).0, status);
    }
}

#[test]
fn a_project_that_may_not_push_or_is_punished_is_told_so() {
    let caller = Caller::of(NAME);
    change(&caller, |known| known.may_send = false);
    assert_eq!(send(&caller, &chat(&[TOKEN])).1["code"], "80300002");
    change(&caller, |known| known.punished = true);
    let (_, answer) = send(&caller, &chat(&[TOKEN]));
    assert_eq!(reasons(&answer), json!({"disableSendHuaweiMsgBecauseOfPenalty": [TOKEN]}));
    change(&caller, |known| known.granted_categories.clear());
    send(&caller, &chat(&[TOKEN]));
    let notice = caller.control.device(NAME, TOKEN).shade.pop().unwrap().delivery.notice;
    assert_eq!(notice.category.as_deref(), Some("MARKETING"));
}

#[test]
fn the_same_number_replaces_and_the_same_message_comes_once() {
    let caller = Caller::of(NAME);
    for notify_id in [1, 1, 2] {
        send(&caller, &shown("notifyId", json!(notify_id)));
    }
    let alerts: Vec<u32> = caller.control.device(NAME, TOKEN).shade.iter().map(|shown| shown.alerts).collect();
    assert_eq!(alerts, [2, 1]);
    for id in ["m1", "m1", "m2"] {
        assert_eq!(send(&caller, &shown("appMessageId", json!(id))).1["code"], "80000000");
    }
    assert_eq!(caller.control.device(NAME, TOKEN).delivered, 5);
}

#[test]
fn a_report_has_the_second_format() {
    let caller = Caller::of(NAME);
    send(&caller, &chat(&[TOKEN]));
    let notice = caller.control.device(NAME, TOKEN).shade.pop().unwrap().delivery.notice;
    for (event, result) in [(ReceiptEvent::Delivered, 0), (ReceiptEvent::Unregistered, 2)] {
        let report: Value = serde_json::from_str(&receipt::report(&notice, event, 7).body).unwrap();
        let expected = json!({
            "token": TOKEN, "pushType": 0, "biTag": "m778899", "requestId": notice.message_id,
            "deliveryStatus": {"result": result, "timestamp": 7},
        });
        assert_eq!(report["statuses"], json!([expected]));
    }
}

#[test]
fn an_account_is_registered_only_with_a_key_and_known_fields() {
    let caller = Caller::of(NAME);
    let record = serde_json::to_value(account::known()).unwrap();
    for (name, value) in [("public_key", json!("AAAA")), ("unknown", json!(1)), ("key_id", json!(7))] {
        let mut wrong = record.clone();
        wrong[name] = value;
        assert!(caller.control.add_credential(NewCredential::new(NAME, wrong)).is_err(), "{name}");
    }
}
