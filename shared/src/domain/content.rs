//! What a notification says: title, body, and the custom data that the app gets with the tap.

use serde_json::{Map, Value, json};

use super::{
    message::{Content, Receiver},
    push::{Notification, SemanticClass},
};

/// The title when nobody chose one. A product constant of the reference, visible to clients.
pub const DEFAULT_TITLE: &str = "您有一条新消息";
/// The body when nobody chose one. A product constant of the reference, visible to clients.
pub const DEFAULT_BODY: &str = "请点击查看";

/// Renders the notification of a one-to-one message for one receiver.
///
/// Title and body: the sender's `em_push_ext`, else its legacy `em_apns_ext`, else the defaults. Custom data: `f` sender,
/// `t` receiver, `m` message id, `e` the sender's own object.
pub fn render(message: &Content, receiver: &Receiver) -> Notification {
    let chosen = |generic: &str, legacy: &str| {
        text(message.object("em_push_ext"), generic).or_else(|| text(message.object("em_apns_ext"), legacy))
    };
    let id = receiver.msg_id.to_string();
    let mut custom = Map::new();
    custom.insert("f".into(), json!(message.from));
    custom.insert("t".into(), json!(receiver.user));
    custom.insert("m".into(), json!(id));
    if let Some(extra) = extra(message) {
        custom.insert("e".into(), extra);
    }
    Notification {
        title: chosen("title", "em_push_title").unwrap_or(DEFAULT_TITLE).to_owned(),
        body: chosen("content", "em_push_content").unwrap_or(DEFAULT_BODY).to_owned(),
        custom,
        class: SemanticClass::Im,
        replace_id: id,
        options: message.object("em_android_push_ext").cloned().unwrap_or_default(),
    }
}

fn text<'a>(object: Option<&'a Map<String, Value>>, key: &str) -> Option<&'a str> {
    object?.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn extra(message: &Content) -> Option<Value> {
    let custom = message.object("em_push_ext").and_then(|ext| ext.get("custom"));
    let legacy = message.object("em_apns_ext").and_then(|ext| ext.get("extern"));
    custom.filter(|value| value.is_object()).or(legacy).cloned()
}
