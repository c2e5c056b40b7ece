use serde_json::{Value, json};

use super::super::{NAME, device_token, scripts};
use super::{SEND, caller_with_token};
use crate::simulators::PACKAGE;
use crate::simulators::engine::{Device, Fault, Filter, NewCredential, UnknownTokens};
use crate::simulators::fcm::account::{self, PROJECT};
use crate::simulators::testing::{Caller, Got};

fn message(fields: &Value) -> Value {
    let mut message = json!({"token": "dGVzdA_example:APA91bExample"});
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "message": message })
}

fn send(caller: &Caller, access_token: &str, body: &Value) -> Got {
    caller.json(SEND, access_token, body.to_string())
}

fn fcm_code(body: &Value) -> Option<&str> {
    let details = body["error"]["details"].as_array()?;
    details.iter().find_map(|detail| detail["errorCode"].as_str())
}

#[test]
fn a_whole_chat_notification_is_accepted_and_shown() {
    let (caller, access) = caller_with_token();
    let body = json!({"message": {
        "token": "dGVzdA_example:APA91bExample",
        "data": {"conv": "c_10086", "mid": "778899"},
        "android": {"priority": "HIGH", "ttl": "86400s", "collapse_key": "conv_c_10086", "notification": {
            "title": "Alice", "body": "Are you coming tonight?", "channel_id": "im_message", "tag": "c_10086", "sound": "default",
            "notification_count": 5, "visibility": "PRIVATE", "click_action": "com.example.im.OPEN_CHAT"}}}});
    let (status, answer) = send(&caller, &access, &body);
    assert_eq!(status, 200, "{answer}");
    assert!(answer["name"].as_str().unwrap().starts_with("projects/im-demo-1234/messages/0:"));
    let phone = caller.control.device(NAME, "dGVzdA_example:APA91bExample");
    let shown = &phone.shade[0].delivery.notice;
    assert_eq!((shown.title.as_deref(), shown.body.as_deref()), (Some("Alice"), Some("Are you coming tonight?")));
    assert_eq!(shown.data, json!({"conv": "c_10086", "mid": "778899"}));
    assert_eq!(shown.detail["notification"]["notification_count"], 5);
}

#[test]
fn every_legal_spelling_is_accepted() {
    let (caller, access) = caller_with_token();
    let light = json!({"color": {"red": 1, "green": 0.5, "blue": 0, "alpha": 1}, "light_on_duration": "1s", "light_off_duration": "0.5s"});
    for fields in [
        json!({"notification": {"title": "t"}}),
        json!({"data": {"fromage": "ok", "googlee": "ok"}}),
        json!({"android": {"ttl": "0s"}}),
        json!({"android": {"ttl": "2419200s"}}),
        json!({"android": {"ttl": "3.5s", "collapseKey": "k", "directBootOk": true, "restrictedPackageName": PACKAGE}}),
        json!({"android": {"notification": {"channelId": "c", "notificationCount": "3", "titleLocArgs": ["a"], "color": "#00FFaa"}}}),
        json!({"android": {"notification": {"vibrate_timings": ["0.2s"], "event_time": "2026-01-01T00:00:00Z", "proxy": "DENY"}}}),
        json!({"android": {"notification": {"light_settings": light}, "fcm_options": {"analytics_label": "im-1_%.~"}}}),
        json!({"android": null, "apns": {"payload": {"aps": {}}}, "webpush": {"notification": {"title": "t"}}}),
    ] {
        let (status, answer) = send(&caller, &access, &message(&fields));
        assert_eq!(status, 200, "{fields}: {answer}");
    }
}

#[test]
fn a_body_that_is_no_message_is_refused_before_fcm_sees_it() {
    let (caller, access) = caller_with_token();
    let cases = [
        ("", "Invalid JSON payload received."),
        ("{}", "Message is not set."),
        (r#"{"mesage":{}}"#, r#"Unknown name "mesage": Cannot find field."#),
        (r#"{"message":{"token":"t","ttl":"1s"}}"#, r#"Unknown name "ttl" at 'message'"#),
        (
            r#"{"message":{"token":"t","android":{"notification":{"badge":1}}}}"#,
            r#"Unknown name "badge" at 'message.android.notification'"#,
        ),
        (r#"{"message":{"token":5}}"#, "Invalid value at 'message.token' (TYPE_STRING), 5"),
        (r#"{"message":{"token":"t","data":{"n":5}}}"#, "Invalid value at 'message.data[0].value' (TYPE_STRING), 5"),
        (r#"{"message":{"token":"t","data":{"n":{"a":"b"}}}}"#, "Invalid value at 'message.data[0].value'"),
        (
            r#"{"message":{"token":"t","android":{"data":{"n":true}}}}"#,
            "Invalid value at 'message.android.data[0].value'",
        ),
        (r#"{"message":{"token":"t","android":{"priority":"high"}}}"#, "Invalid value at 'message.android.priority'"),
        (
            r#"{"message":{"token":"t","android":{"ttl":86400}}}"#,
            "Invalid value at 'message.android.ttl' (type.googleapis.com/google.protobuf.Duration), 86400",
        ),
        (r#"{"message":{"token":"t","android":{"ttl":"86400"}}}"#, "Invalid value at 'message.android.ttl'"),
        (
            r#"{"message":{"token":"t","android":{"notification":{"color":"red"}}}}"#,
            "Invalid value at 'message.android.notification.color'",
        ),
        (r#"{"message":{"token":"t","android":{"notification":{"notification_count":1.5}}}}"#, "(TYPE_INT32)"),
        (r#"{"validate_only":"yes","message":{"token":"t"}}"#, "Invalid value at 'validate_only' (TYPE_BOOL)"),
    ];
    for (body, expected) in cases {
        let (status, answer) = caller.json(SEND, &access, body);
        assert_eq!((status, &answer["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{body}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{body}: {message}");
        assert_eq!(fcm_code(&answer), None);
        assert!(caller.last_refusal().unwrap().contains(expected));
    }
    let bearer = format!("Bearer {access}");
    let body = message(&json!({})).to_string();
    assert_eq!(caller.post(SEND, &[("authorization", &bearer), ("content-type", "text/plain")], body).0, 400);
}

#[test]
fn a_message_that_cannot_be_sent_is_refused_with_its_field() {
    let (caller, access) = caller_with_token();
    let cases = [
        (json!({"message": {}}), "message"),
        (message(&json!({"topic": "news"})), "message"),
        (
            json!({"message": {"condition": "'a' in topics".to_owned() + &" || 'b' in topics".repeat(5)}}),
            "message.condition",
        ),
        (message(&json!({"data": {"from": "x"}})), "message.data"),
        (message(&json!({"data": {"message_type": "x"}})), "message.data"),
        (message(&json!({"data": {"google.x": "x"}})), "message.data"),
        (message(&json!({"android": {"data": {"gcm.notification.x": "x"}}})), "message.android.data"),
        (message(&json!({"android": {"ttl": "-1s"}})), "message.android.ttl"),
        (message(&json!({"android": {"ttl": "2419200.1s"}})), "message.android.ttl"),
        (
            message(&json!({"android": {"restricted_package_name": "com.other"}})),
            "message.android.restricted_package_name",
        ),
        (message(&json!({"fcm_options": {"analytics_label": "no blanks"}})), "message.fcm_options.analytics_label"),
        (
            message(&json!({"android": {"notification": {"light_settings": {}}}})),
            "message.android.notification.light_settings",
        ),
    ];
    for (body, field) in cases {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, fcm_code(&answer)), (400, Some("INVALID_ARGUMENT")), "{body}: {answer}");
        assert_eq!(answer["error"]["details"][1]["fieldViolations"][0]["field"], field, "{body}");
        assert!(caller.last_refusal().is_some());
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
}

#[test]
fn data_and_notification_hold_4096_bytes_and_not_one_more() {
    let (caller, access) = caller_with_token();
    let of =
        |bytes: usize| message(&json!({"data": {"key": "x".repeat(bytes - 3 - 6)}, "notification": {"body": "hi"}}));
    assert_eq!(send(&caller, &access, &of(4096)).0, 200);
    let (status, answer) = send(&caller, &access, &of(4097));
    assert_eq!((status, fcm_code(&answer)), (400, Some("INVALID_ARGUMENT")));
    let topic = |bytes: usize| json!({"message": {"topic": "t", "data": {"k": "x".repeat(bytes - 1)}}});
    assert_eq!(send(&caller, &access, &topic(2048)).0, 200);
    assert_eq!(send(&caller, &access, &topic(2049)).0, 400);
}

#[test]
fn a_caller_without_a_good_token_is_unauthenticated() {
    let (caller, access) = caller_with_token();
    let body = message(&json!({})).to_string();
    for authorization in ["", "Bearer ", "Bearer wrong", &access, &format!("key={access}")] {
        let headers = [("content-type", "application/json"), ("authorization", authorization)];
        let (status, answer) = caller.post(SEND, &headers, body.clone());
        assert_eq!(
            (status, &answer["error"]["status"], fcm_code(&answer)),
            (401, &json!("UNAUTHENTICATED"), None),
            "{authorization}"
        );
    }
}

#[test]
fn a_caller_reaches_its_own_project_only_by_id_or_number() {
    let (caller, access) = caller_with_token();
    let mut record = account::known(PROJECT);
    record.project_number = Some("1234567890".to_owned());
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(&record).unwrap())).unwrap();
    let to = |project: &str| {
        caller.json(&format!("/v1/projects/{project}/messages:send"), &access, message(&json!({})).to_string())
    };
    assert_eq!(to(PROJECT).0, 200);
    assert_eq!(to("1234567890").0, 200);
    let (status, answer) = to("another");
    assert_eq!((status, &answer["error"]["status"], fcm_code(&answer)), (403, &json!("PERMISSION_DENIED"), None));
    record.may_send = false;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(&record).unwrap())).unwrap();
    assert_eq!(to(PROJECT).0, 403);
    assert_eq!(caller.json("/v1/projects/p/messages", &access, "{}").0, 404);
}

#[test]
fn each_device_token_has_its_own_result() {
    let (caller, access) = caller_with_token();
    let [live, dead, foreign] = [(); 3].map(|()| device_token());
    let devices = [
        Device::live(NAME, &live).owned_by(PROJECT),
        Device::unregistered(NAME, &dead),
        Device::live(NAME, &foreign).owned_by("other"),
    ];
    caller.control.add_devices(devices).unwrap();
    caller.control.add_faults([scripts::token_result("scripted:APA91bxxxxxxxxxx", "QUOTA_EXCEEDED")]).unwrap();
    let unknown = device_token();
    let cases = [
        (live.as_str(), 200, None),
        (&dead, 404, Some("UNREGISTERED")),
        (&foreign, 403, Some("SENDER_ID_MISMATCH")),
        ("scripted:APA91bxxxxxxxxxx", 429, Some("QUOTA_EXCEEDED")),
        ("not-a-token", 400, Some("INVALID_ARGUMENT")),
        ("", 400, Some("INVALID_ARGUMENT")),
        (&unknown, 200, None),
    ];
    for (token, status, code) in cases {
        let (got, answer) = send(&caller, &access, &message(&json!({ "token": token })));
        assert_eq!((got, fcm_code(&answer)), (status, code), "{token}");
        assert_eq!(caller.last_refusal(), None, "the caller could not know");
    }
    caller.control.set_unknown_tokens(NAME, UnknownTokens::Unregistered).unwrap();
    assert_eq!(send(&caller, &access, &message(&json!({ "token": unknown }))).0, 404);
    let by_installation = json!({"message": {"fid": "cAbcdefghijklmnopqrst1", "data": {"k": "v"}}});
    caller.control.set_unknown_tokens(NAME, UnknownTokens::Live).unwrap();
    assert_eq!(send(&caller, &access, &by_installation).0, 200);
}

#[test]
fn repeating_a_message_with_its_tag_shows_it_once() {
    let (caller, access) = caller_with_token();
    let token = device_token();
    let with_tag =
        |tag: &str| message(&json!({"token": token, "android": {"notification": {"title": "t", "tag": tag}}}));
    for tag in ["m1", "m1", "m2"] {
        assert_eq!(send(&caller, &access, &with_tag(tag)).0, 200);
    }
    send(&caller, &access, &message(&json!({"token": token, "data": {"k": "v"}})));
    let phone = caller.control.device(NAME, &token);
    assert_eq!((phone.shade.len(), phone.data.len(), phone.delivered), (2, 1, 4));
    assert_eq!(phone.shade.iter().map(|shown| shown.alerts).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn validate_only_delivers_nothing() {
    let (caller, access) = caller_with_token();
    let mut body = message(&json!({"notification": {"title": "t"}}));
    body["validate_only"] = json!(true);
    let (status, answer) = send(&caller, &access, &body);
    assert_eq!((status, &answer["name"]), (200, &json!("projects/im-demo-1234/messages/fake_message_id")));
    assert!(caller.control.deliveries(&Filter::default()).is_empty());
}

#[test]
fn platform_fields_override_the_common_ones() {
    let (caller, access) = caller_with_token();
    let body = message(&json!({
        "notification": {"title": "common", "body": "common"}, "data": {"a": "1"},
        "android": {"notification": {"title": "android"}, "data": {"b": "2"}},
    }));
    assert_eq!(send(&caller, &access, &body).0, 200);
    let shown = caller.control.deliveries(&Filter::vendor(NAME).with_text("android")).pop().unwrap().notice;
    assert_eq!(
        (shown.title.as_deref(), shown.body.as_deref(), shown.data),
        (Some("android"), Some("common"), json!({"b": "2"}))
    );
}

#[test]
fn scripted_codes_take_the_form_of_the_real_ones() {
    let (caller, access) = caller_with_token();
    let cases = [
        ("QUOTA_EXCEEDED", 429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED")),
        ("UNAVAILABLE", 503, "UNAVAILABLE", Some("UNAVAILABLE")),
        ("INTERNAL", 500, "INTERNAL", Some("INTERNAL")),
        ("UNAUTHENTICATED", 401, "UNAUTHENTICATED", None),
        ("NOT_FOUND", 404, "NOT_FOUND", None),
        ("THIRD_PARTY_AUTH_ERROR", 401, "UNAUTHENTICATED", Some("THIRD_PARTY_AUTH_ERROR")),
        ("NEVER_SEEN", 500, "UNKNOWN", Some("NEVER_SEEN")),
    ];
    for (code, status, canonical, detail) in cases {
        caller.control.add_faults([crate::simulators::FaultRule::new(NAME, Fault::code(code))]).unwrap();
        let (got, answer) = send(&caller, &access, &message(&json!({})));
        assert_eq!((got, answer["error"]["status"].as_str().unwrap(), fcm_code(&answer)), (status, canonical, detail));
    }
    caller.control.add_faults([scripts::payload_rejected()]).unwrap();
    let (status, answer) = send(&caller, &access, &message(&json!({})));
    assert_eq!((status, &answer["error"]["details"][1]["fieldViolations"][0]["field"]), (400, &json!("message")));
    assert_eq!(send(&caller, &access, &message(&json!({}))).0, 200, "each rule was for one request");
    assert_eq!(caller.control.counts().of(NAME).delivered, 1);
}
