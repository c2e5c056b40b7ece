use super::*;
use crate::{
    domain::{notifier::NotifierState, reason::Reason, time::Timestamp},
    testing::sample,
};

const AT: Timestamp = Timestamp::from_millis(1_656_398_024_142);

fn shown(what: Happening, content: Option<&Content>) -> Value {
    let app = sample::app_key("acme#chat");
    let event = CallbackEvent::new(AT, what);
    let call_id = call_id(&app, &event, "msg_7");
    Value::Object(body(&app, &event, content, &call_id, "md5"))
}

fn ended() -> PushEnded {
    PushEnded {
        user: sample::user("bob"),
        msg_id: MessageId::new(AT, 7),
        group: None,
        device_id: sample::device("d1"),
        token: crate::domain::binding::DeviceToken::parse("t1").ok(),
        notifier: sample::notifier_name("104410638"),
        vendor: Some(Vendor::Huawei),
        status: PushStatus::Success,
        reason: None,
        detail: None,
        vendor_message_id: Some("v-1".into()),
        answer: Some(json!({"code": "80000000", "requestId": "v-1"})),
    }
}

#[test]
fn the_end_of_a_push_has_the_fields_of_the_reference() {
    let content = sample::content("hi", AT);
    let id = MessageId::new(AT, 7);
    let expected = json!({
        "callId": format!("acme#chat_{id}"), "appkey": "acme#chat", "event": "push", "channel": "HUAWEI",
        "chat_type": "chat", "from": content.from, "target": "bob", "msg_id": id, "device_id": "d1",
        "device_token": "t1", "notifier_name": "104410638", "status": "success", "step": "push", "detail": "success",
        "data": {"code": "80000000", "requestId": "v-1"}, "vendor_message_id": "v-1", "payload": {"bodies": [{"type": "txt", "msg": "hi"}], "ext": {}},
        "security": "md5", "timestamp": 1_656_398_024_142_i64,
    });
    assert_eq!(shown(Happening::Push(ended()), Some(&content)), expected);
}

#[test]
fn a_failed_push_names_the_reason_and_the_vendors_code() {
    let push = PushEnded {
        status: PushStatus::Fail,
        reason: Some(Reason::IllegalBinding),
        detail: Some("80300007".into()),
        group: crate::domain::id::GroupId::parse("g1").ok(),
        vendor_message_id: None,
        answer: None,
        ..ended()
    };
    let shown = shown(Happening::Push(push), None);
    assert_eq!((&shown["status"], &shown["detail"]), (&json!("fail"), &json!("illegal binding")));
    assert_eq!((&shown["e_message"], &shown["data"]), (&json!("80300007"), &json!({})));
    assert_eq!((&shown["chat_type"], &shown["group_id"]), (&json!("groupchat"), &json!("g1")));
    assert!(shown.get("from").is_none() && shown.get("payload").is_none(), "the message is gone: {shown}");
}

#[test]
fn an_answer_that_is_no_object_is_shown_in_one() {
    for (answer, data) in [(Some(json!("<html>")), json!({"answer": "<html>"})), (None, json!({}))] {
        assert_eq!(shown(Happening::Push(PushEnded { answer, ..ended() }), None)["data"], data);
    }
}

#[test]
fn every_other_event_says_what_happened() {
    let (user, device_id, notifier) = (sample::user("bob"), sample::device("d1"), sample::notifier_name("fcm"));
    let msg_id = MessageId::new(AT, 7);
    let reported = |report| Reported {
        user: user.clone(),
        msg_id,
        device_id: device_id.clone(),
        notifier: notifier.clone(),
        vendor: Some(Vendor::Fcm),
        report,
        code: "2".into(),
    };
    let status = |status| UserStatus {
        user: user.clone(),
        device_id: device_id.clone(),
        platform: Some("android".into()),
        status,
    };
    let token = crate::domain::binding::DeviceToken::parse("t1").unwrap();
    let suppressed = Suppressed { user: user.clone(), msg_id, group: None, reason: Reason::NoPushBinding };
    let switched = NotifierSwitched {
        notifier: notifier.clone(),
        vendor: Vendor::Fcm,
        state: NotifierState::Disabled,
        reason: Some("refused".into()),
    };
    let (user, device_id) = (user.clone(), device_id.clone());
    let removed = TokenRemoved { user, device_id, token, notifier: notifier.clone(), vendor: Vendor::Fcm };
    let words = |what| {
        let shown = shown(what, None);
        ["event", "step", "status", "detail"].map(|name| shown[name].as_str().unwrap_or("-").to_owned())
    };
    assert_eq!(words(Happening::Suppressed(suppressed)), ["suppressed", "push", "fail", "no push binding"]);
    let receipt = |event| words(Happening::Receipt(reported(event)));
    assert_eq!(receipt(ReceiptEvent::Delivered), ["receipt", "receipt", "success", "delivered"]);
    assert_eq!(receipt(ReceiptEvent::Unregistered), ["receipt", "receipt", "fail", "unregistered"]);
    assert_eq!(receipt(ReceiptEvent::Clicked), ["click", "click", "success", "clicked"]);
    assert_eq!(words(Happening::Notifier(switched)), ["notifier", "notifier", "disabled", "refused"]);
    assert_eq!(words(Happening::TokenRemoved(removed)), ["token_removed", "unbind", "success", "illegal binding"]);
    for (reported, reason, state) in [
        (PresenceStatus::Online, "login", "online"),
        (PresenceStatus::Logout, "logout", "offline"),
        (PresenceStatus::Kicked, "replaced", "offline"),
    ] {
        let shown = shown(Happening::UserStatus(status(reported)), None);
        assert_eq!((&shown["reason"], &shown["status"]), (&json!(reason), &json!(state)));
        assert_eq!(shown["user"], "acme#chat_bob@easemob.com/android_d1");
        assert_eq!(shown["callId"], "acme#chat_msg_7");
    }
}

#[test]
fn an_event_is_read_as_it_was_written() {
    let event = CallbackEvent { at: AT, what: Happening::Push(ended()), tries: 2 };
    let text = serde_json::to_string(&event).unwrap();
    assert!(text.contains("\"event\":\"push\"") && text.len() < 400, "{} bytes: {text}", text.len());
    assert_eq!(serde_json::from_str::<CallbackEvent>(&text).unwrap(), event);
}
