//! Forms as they must stand on the wire. A blank is `%20` with us and `+` with others; readers of forms take both.

use serde_json::json;

use super::record;
use crate::{
    message::replace_id,
    record::Configured,
    testing::{Call, object},
    transport::form::form,
    xiaomi::{payload::Payload, rules::Account},
};

#[test]
fn a_form_is_escaped_once() {
    let body = form(&[
        ("registration_id", "wM5Vf0+9oQ7rK1y/b2Zk8g==,tA9Xc3/0pL6sN4u+e5Yj7w=="),
        ("title", "张三: 你好"),
        ("payload", r#"{"conv":"c_1","msg":"m_9"}"#),
    ]);
    let expected = "registration_id=wM5Vf0%2B9oQ7rK1y%2Fb2Zk8g%3D%3D%2CtA9Xc3%2F0pL6sN4u%2Be5Yj7w%3D%3D\
                    &title=%E5%BC%A0%E4%B8%89%3A+%E4%BD%A0%E5%A5%BD\
                    &payload=%7B%22conv%22%3A%22c_1%22%2C%22msg%22%3A%22m_9%22%7D";
    assert_eq!(expected.len(), 191);
    assert_eq!(body.replace("%20", "+"), expected);
}

#[test]
fn a_private_message_with_everything_is_written_as_xiaomi_reads_it() {
    let mut record = record();
    record["channels"] = json!({"im": "107086"});
    record["templates"] = json!({"im": {"id": "P10234", "params": ["sender", "text"]}});
    record["callback_url"] = json!("https://push.example.com/cb/xiaomi/9f2c");
    let mut call = Call::new(record.clone(), &["wM5Vf0+9oQ7rK1y/b2Zk8g=="]);
    call.notification.title = "张三".into();
    call.notification.body = "晚上一起吃饭吗".into();
    call.notification.custom = object(json!({"conv": "c_1", "msg": "m_9"}));
    call.notification.replace_id = "m_9".into();
    call.options = object(json!({
        "notify_foreground": false,
        "click_action": "intent:#Intent;component=com.example.im/.ChatActivity;S.conv=c_1;S.msg=m_9;end",
    }));
    let record = object(record);
    let payload = Payload::new(&call.as_call(), &Account::read(&record).unwrap()).unwrap();
    let body = payload.to(&call.tokens);

    let expected = "registration_id=wM5Vf0%2B9oQ7rK1y%2Fb2Zk8g%3D%3D\
                    &restricted_package_name=com.example.im\
                    &pass_through=0\
                    &title=%E5%BC%A0%E4%B8%89\
                    &description=%E6%99%9A%E4%B8%8A%E4%B8%80%E8%B5%B7%E5%90%83%E9%A5%AD%E5%90%97\
                    &payload=%7B%22conv%22%3A%22c_1%22%2C%22msg%22%3A%22m_9%22%7D\
                    &notify_type=-1\
                    &notify_id=1830442917\
                    &time_to_live=86400000\
                    &extra.notify_effect=2\
                    &extra.intent_uri=intent%3A%23Intent%3Bcomponent%3Dcom.example.im%2F.ChatActivity\
                    %3BS.conv%3Dc_1%3BS.msg%3Dm_9%3Bend\
                    &extra.notify_foreground=0\
                    &extra.channel_id=107086\
                    &extra.template_id=P10234\
                    &extra.template_param=%7B%22sender%22%3A%22%E5%BC%A0%E4%B8%89%22%2C%22text%22%3A%22\
                    %E6%99%9A%E4%B8%8A%E4%B8%80%E8%B5%B7%E5%90%83%E9%A5%AD%E5%90%97%22%7D\
                    &extra.callback=https%3A%2F%2Fpush.example.com%2Fcb%2Fxiaomi%2F9f2c\
                    &extra.callback.param=m_9\
                    &extra.callback.type=51";
    let expected = expected.replace("1830442917", &replace_id::number("m_9").to_string());
    assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
}
