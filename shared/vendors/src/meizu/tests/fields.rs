//! What is sent.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{domain::vendor::Vendor, ports::vendor::Credential};

use super::{MEIZU, accepted, form_fields, record, taken};
use crate::{
    access_token::md5::md5_hex,
    meizu::payload::notify_key,
    testing::{Call, Server, object, of_each_class, warnings},
};

async fn sent(call: &Call) -> Value {
    let server = Server::start(|_| taken());
    MEIZU.push(&server, call).await.outcomes.unwrap();
    serde_json::from_str(&form_fields(&server.seen()[0])["messageJson"]).unwrap()
}

#[tokio::test]
async fn a_push_is_one_signed_form() {
    let server = Server::start(|_| taken());
    let report = MEIZU.push(&server, &MEIZU.call(&["t1", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!(report.answer.shown()["msgId"], "m1");

    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/meizu/garcia/api/server/push/varnished/pushByPushId")
    );
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    let mut fields = form_fields(seen);
    let sign = fields.remove("sign").unwrap();
    let mut signed: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    signed += "0123456789abcdef0123456789abcdef";
    assert_eq!(sign, md5_hex(&signed));
    assert_eq!((fields.len(), &*fields["appId"], &*fields["pushIds"]), (3, "100999", "t1,t2"));
    assert_eq!(
        serde_json::from_str::<Value>(&fields["messageJson"]).unwrap(),
        json!({
            "noticeBarInfo": {
                "noticeMsgType": 1, "noticeBarType": 0, "title": "Alice", "content": "Are you coming tonight?",
            },
            "clickTypeInfo": {
                "clickType": 0,
                "parameters": {"e": "{\"room\":7}", "f": "alice", "m": "01K0000000000000000000000M", "t": "bob"},
            },
            "pushTimeInfo": {"offLine": 1, "validTime": 24},
            "advanceInfo": {
                "suspend": 1, "clearNoticeBar": 1, "notificationType": {"vibrate": 1, "lights": 1, "sound": 1},
                "notifyKey": notify_key("01K0000000000000000000000M"),
            },
        })
    );
}

#[tokio::test]
async fn options_replace_the_defaults() {
    let mut call = MEIZU.call(&["t1"]);
    call.options = object(json!({
        "notice_msg_type": 0, "notice_bar_type": 2, "suspend": false, "clear_notice_bar": false, "vibrate": false,
        "lights": false, "sound": false,
    }));
    let message = sent(&call).await;
    let bar = &message["noticeBarInfo"];
    assert_eq!((&bar["noticeMsgType"], &bar["noticeBarType"]), (&json!(0), &json!(2)));
    let advance = &message["advanceInfo"];
    assert_eq!((&advance["suspend"], &advance["clearNoticeBar"]), (&json!(0), &json!(0)));
    assert_eq!(advance["notificationType"], json!({"vibrate": 0, "lights": 0, "sound": 0}));
}

#[tokio::test]
async fn the_type_of_the_message_comes_from_the_notifier_then_the_credential_then_the_class() {
    let mut public = record();
    public["notice_msg_type"] = json!(0);
    let mut call = Call::new(public, &["t1"]);
    assert_eq!(sent(&call).await["noticeBarInfo"]["noticeMsgType"], 0);
    call.options = object(json!({"notice_msg_type": 1}));
    assert_eq!(sent(&call).await["noticeBarInfo"]["noticeMsgType"], 1);
}

#[tokio::test]
async fn a_tap_opens_what_the_message_says_else_what_the_notifier_says() {
    let click = async |options: Value, own: Value| {
        let mut call = MEIZU.call(&["t1"]);
        call.options = object(options);
        call.notification.options = object(own);
        call.notification.custom = object(json!({"m": "1", "nothing": null, "deep": [1]}));
        sent(&call).await["clickTypeInfo"].clone()
    };
    let parameters = json!({"m": "1", "deep": "[1]"});
    assert_eq!(click(json!({}), json!({})).await, json!({"clickType": 0, "parameters": parameters}));
    let activity = json!({"click_activity": "com.example.im.Chat"});
    assert_eq!(
        click(activity.clone(), json!({})).await,
        json!({"clickType": 1, "activity": "com.example.im.Chat", "parameters": parameters})
    );
    assert_eq!(
        click(json!({"click_url": "imdemo://chat/1"}), json!({})).await,
        json!({"clickType": 2, "url": "imdemo://chat/1", "parameters": parameters})
    );
    for options in [activity, json!({"click_url": "https://example.com"})] {
        assert_eq!(
            click(options, json!({"meizu_click_activity": "com.example.im.Call"})).await,
            json!({"clickType": 1, "activity": "com.example.im.Call", "parameters": parameters})
        );
    }
}

#[tokio::test]
async fn a_push_without_custom_data_has_no_parameters() {
    let mut call = MEIZU.call(&["t1"]);
    call.notification.custom.clear();
    assert_eq!(sent(&call).await["clickTypeInfo"], json!({"clickType": 0}));
}

#[tokio::test]
async fn long_texts_are_cut_by_utf_16_units() {
    let mut call = MEIZU.call(&["t1"]);
    call.notification.title = "😀".repeat(17);
    call.notification.body = "文".repeat(101);
    let bar = &sent(&call).await["noticeBarInfo"];
    assert_eq!((&bar["title"], &bar["content"]), (&json!("😀".repeat(15) + "…"), &json!("文".repeat(99) + "…")));
    call.notification.title = "😀".repeat(16);
    call.notification.body = "文".repeat(100);
    let bar = &sent(&call).await["noticeBarInfo"];
    assert_eq!((&bar["title"], &bar["content"]), (&json!("😀".repeat(16)), &json!("文".repeat(100))));
}

#[tokio::test]
async fn a_life_is_rounded_up_to_hours_and_none_means_now_or_never() {
    for (seconds, hours) in [(1, 1), (3600, 1), (3601, 2), (86_400, 24), (259_200, 72), (u64::MAX / 1000, 72)] {
        let mut call = MEIZU.call(&["t1"]);
        call.ttl = Duration::from_secs(seconds);
        assert_eq!(sent(&call).await["pushTimeInfo"], json!({"offLine": 1, "validTime": hours}), "{seconds}");
    }
    let mut call = MEIZU.call(&["t1"]);
    call.ttl = Duration::ZERO;
    assert_eq!(sent(&call).await["pushTimeInfo"], json!({"offLine": 0}));
}

#[tokio::test]
async fn receipts_are_asked_for_only_where_an_address_is_configured() {
    let mut call = MEIZU.call(&["t1"]);
    call.options = object(json!({"receipt_type": 1}));
    assert_eq!(sent(&call).await["extra"], Value::Null);

    let mut record = record();
    record["receipt_url"] = json!("https://push.example.com/cb/meizu/3f9c");
    call.credential = Credential::new(record, "fingerprint".into());
    let mut extra = json!({
        "callback": "https://push.example.com/cb/meizu/3f9c", "callback.param": "01K0000000000000000000000M",
        "callback.type": "1",
    });
    assert_eq!(sent(&call).await["extra"], extra);

    call.options.clear();
    call.notification.custom = object(json!({"m": "é".repeat(40)}));
    extra["callback.type"] = json!("3");
    extra["callback.param"] = json!("é".repeat(32));
    assert_eq!(sent(&call).await["extra"], extra);
}

#[tokio::test]
async fn packages_are_a_field_of_their_own_and_signed() {
    let server = Server::start(|_| taken());
    let mut call = MEIZU.call(&["abc"]);
    call.options = object(json!({"restricted_package_names": ["com.a", "com.b"]}));
    MEIZU.push(&server, &call).await.outcomes.unwrap();
    let mut fields = form_fields(&server.seen()[0]);
    assert_eq!(fields["restrictedPackageNames"], "com.a,com.b");
    let sign = fields.remove("sign").unwrap();
    let signed: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(sign, md5_hex(&(signed + "0123456789abcdef0123456789abcdef")));
}

#[tokio::test]
async fn what_meizu_would_refuse_is_not_sent() {
    for (title, body) in [("", "text"), ("title", "")] {
        let mut empty = MEIZU.call(&["t1"]);
        empty.notification.title = title.into();
        empty.notification.body = body.into();
        assert_eq!(MEIZU.rejection(&empty).await, "1005");
    }
    let rule = "must be a Java name of at most 256 characters";
    MEIZU.assert_wrong_option_is_not_sent("meizu_click_activity", json!("no blanks"), rule).await;
}

#[tokio::test]
async fn another_region_has_another_host() {
    let server = Server::start(|_| taken());
    let mut record = record();
    record["base_url"] = json!("https://server-api-push.in.meizu.com/");
    MEIZU.push(&server, &Call::new(record, &["t1"])).await.outcomes.unwrap();
    assert_eq!(server.seen()[0].path, "/meizu/garcia/api/server/push/varnished/pushByPushId");
}

proptest! {
    #[test]
    fn a_key_to_replace_by_has_eight_characters_and_is_always_the_same(replace_id: String) {
        let key = notify_key(&replace_id);
        prop_assert!(key.len() == 8 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(key, notify_key(&replace_id));
    }
}

// ----- classes -----

#[tokio::test]
async fn advertising_is_public_and_what_is_set_for_chat_holds_for_chat() {
    let kind = async |call: &Call| sent(call).await["noticeBarInfo"]["noticeMsgType"].clone();
    assert_eq!(of_each_class(MEIZU.call(&["t1"]), kind).await, [1, 1, 1, 1, 0]);
    let mut public = MEIZU.call(&["t1"]);
    public.options = object(json!({"notice_msg_type": 0}));
    assert_eq!(of_each_class(public, kind).await, [0, 0, 1, 1, 0]);
}

#[test]
fn a_preflight_doubts_public_messages() {
    assert!(warnings(Vendor::Meizu, &record(), json!({})).is_empty());
    let met = warnings(Vendor::Meizu, &record(), json!({"notice_msg_type": 0}));
    assert_eq!(met, ["im mention: options.notice_msg_type"]);
}
