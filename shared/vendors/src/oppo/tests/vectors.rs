use serde_json::{Value, json};
use shared::{domain::time::Timestamp, testing::sample};

use crate::{
    access_token::AccessToken,
    oppo::{
        auth::{body, sign},
        payload::Payload,
        rules::Account,
        wire::Notification,
    },
    record::Configured,
    testing::object,
};

#[test]
fn a_token_request_is_signed_as_oppo_checks_it() {
    for (app_key, millis, master_secret, expected) in [
        (
            "k1a2b3c4d5e6f708",
            1_700_000_000_000,
            "m9s8e7c6r5e4t3xx",
            "ae2152629a2a84c453d87dd18ae8c7e0f64d910dae16e86ba6ea1590a0b5267a",
        ),
        (
            "testAppKey",
            1_767_225_600_000,
            "testMasterSecret",
            "4056f6f41d18f42b4d592810ab586e56a6d8e99d5f77c06593be53375056cf38",
        ),
    ] {
        let record = object(json!({"app_key": app_key, "master_secret": master_secret}));
        let account = Account::read(&record).unwrap();
        let now = Timestamp::from_millis(millis);
        assert_eq!(sign(&account, now), expected);
        let form = format!("app_key={app_key}&timestamp={millis}&sign={expected}");
        assert_eq!(body(&account, now, expected), form);
    }
}

#[test]
fn a_message_is_written_byte_for_byte_as_oppo_reads_it() {
    let shown = Notification {
        app_message_id: Some("m_9"),
        style: 1,
        title: "张三".into(),
        content: "晚上一起吃饭吗".into(),
        channel_id: Some("im_chat"),
        category: Some("IM"),
        notify_level: Some(2),
        click_action_type: 4,
        click_action_activity: Some("com.example.im.ChatActivity"),
        action_parameters: Some(r#"{"conv":"c_1","msg":"m_9"}"#.into()),
        notify_id: 1_830_442_917,
        off_line: true,
        off_line_ttl: 86_400,
        show_ttl: Some(86_400),
        badge_operation_type: Some(0),
        badge_message_count: Some(5),
        call_back_url: Some("https://push.example.com/cb/oppo/9f2c"),
        call_back_parameter: Some("m_9".into()),
        ..Notification::default()
    };
    let payload = Payload::of(&shown).unwrap();
    let access = AccessToken::parse("58ad47319e8d725350a5afd5").unwrap();
    let token = sample::token("OPPO_CN_8fa0618f178145d8c2a44091a1326411");
    let body = payload.single(&access, &token);
    let expected = "auth_token=58ad47319e8d725350a5afd5&message=%7B%22target_type%22%3A2%2C%22target_value%22%3A%22\
        OPPO_CN_8fa0618f178145d8c2a44091a1326411%22%2C%22verify_registration_id%22%3Atrue%2C%22notification%22%3A%7B%22\
        app_message_id%22%3A%22m_9%22%2C%22style%22%3A1%2C%22title%22%3A%22%E5%BC%A0%E4%B8%89%22%2C%22content%22%3A%22\
        %E6%99%9A%E4%B8%8A%E4%B8%80%E8%B5%B7%E5%90%83%E9%A5%AD%E5%90%97%22%2C%22channel_id%22%3A%22im_chat%22%2C%22\
        category%22%3A%22IM%22%2C%22notify_level%22%3A2%2C%22click_action_type%22%3A4%2C%22click_action_activity%22%3A\
        %22com.example.im.ChatActivity%22%2C%22action_parameters%22%3A%22%7B%5C%22conv%5C%22%3A%5C%22c_1%5C%22%2C%5C%22\
        msg%5C%22%3A%5C%22m_9%5C%22%7D%22%2C%22notify_id%22%3A1830442917%2C%22off_line%22%3Atrue%2C%22off_line_ttl%22%3A\
        86400%2C%22show_ttl%22%3A86400%2C%22badge_operation_type%22%3A0%2C%22badge_message_count%22%3A5%2C%22\
        call_back_url%22%3A%22https%3A%2F%2Fpush.example.com%2Fcb%2Foppo%2F9f2c%22%2C%22call_back_parameter%22%3A%22m_9\
        %22%7D%7D";
    assert_eq!(std::str::from_utf8(&body).unwrap(), expected);

    let batch = payload.batch(&access, &[token.clone(), token]);
    let messages = std::str::from_utf8(&batch).unwrap().split_once("&messages=").unwrap().1;
    let messages = percent_encoding::percent_decode_str(messages).decode_utf8().unwrap().into_owned();
    let messages: Vec<Value> = serde_json::from_str(&messages).unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0], messages[1]);
    assert_eq!(messages[0]["notification"]["content"], "晚上一起吃饭吗");
}
