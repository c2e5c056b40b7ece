mod fields;
mod merged;
mod revoke;
mod send;

use crate::simulators::testing::{Caller, Got};

const TOKEN: &str = "wM5Vf0+9oQ7rK1y/b2Zk8g==";
const SEND: &str = "/v3/message/regid";
const KEY: &str = "key=3kq9v7bTq0m1uY2w5x8z0A==";
const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";

/// Returns a chat notification to these tokens with some fields replaced. An empty value removes its field.
fn chat(tokens: &[&str], changes: &[(&str, &str)]) -> String {
    let tokens = tokens.join(",");
    let fields = [
        ("registration_id", tokens.as_str()),
        ("restricted_package_name", "com.example.im"),
        ("pass_through", "0"),
        ("title", "张三"),
        ("description", "晚上一起吃饭吗"),
        ("payload", r#"{"conv":"c_1","msg":"m_9"}"#),
        ("notify_type", "-1"),
        ("notify_id", "1830442917"),
        ("time_to_live", "86400000"),
        ("extra.notify_effect", "2"),
        ("extra.intent_uri", "intent:#Intent;component=com.example.im/.ChatActivity;S.conv=c_1;end"),
        ("extra.notify_foreground", "0"),
        ("extra.channel_id", "107086"),
        ("extra.template_id", "P10234"),
        ("extra.template_param", r#"{"sender":"张三","text":"晚上一起吃饭吗"}"#),
        ("extra.callback", "https://push.example.com/cb/xiaomi/9f2c"),
        ("extra.callback.param", "m_9"),
        ("extra.callback.type", "51"),
    ];
    let known = |name: &str| fields.iter().any(|field| field.0 == name);
    let changed = |name: &str| changes.iter().find(|change| change.0 == name).map(|change| change.1);
    let kept = fields.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value)));
    let added = changes.iter().copied().filter(|(name, _)| !known(name));
    let escaped =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pairs = kept.chain(added).filter(|(_, value)| !value.is_empty());
    pairs.map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

fn send(caller: &Caller, body: &str) -> Got {
    caller.post(SEND, &[("authorization", KEY), ("content-type", FORM)], body)
}
