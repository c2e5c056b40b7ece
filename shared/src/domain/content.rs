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

/// The field of `ext` by which a sender says what kind of disturbance a message is.
pub const PUSH_CLASS: &str = "em_push_class";

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
        class: class(message, receiver),
        replace_id: id,
        options: message.object("em_android_push_ext").cloned().unwrap_or_default(),
    }
}

/// The class that the sender chose, else a mention for whoever is mentioned, else a chat message.
fn class(message: &Content, receiver: &Receiver) -> SemanticClass {
    let chosen = message.ext.get(PUSH_CLASS).and_then(Value::as_str);
    let chosen = chosen.and_then(|name| SemanticClass::parse_as(PUSH_CLASS, name).ok());
    let mentioned = match message.ext.get("em_at_list") {
        Some(Value::Array(users)) => users.iter().any(|user| user.as_str() == Some(receiver.user.as_str())),
        Some(Value::String(all)) => all == "all",
        _ => false,
    };
    chosen.unwrap_or(if mentioned { SemanticClass::Mention } else { SemanticClass::Im })
}

fn text<'a>(object: Option<&'a Map<String, Value>>, key: &str) -> Option<&'a str> {
    object?.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn extra(message: &Content) -> Option<Value> {
    let custom = message.object("em_push_ext").and_then(|ext| ext.get("custom"));
    let legacy = message.object("em_apns_ext").and_then(|ext| ext.get("extern"));
    custom.filter(|value| value.is_object()).or(legacy).cloned()
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use super::*;
    use crate::{
        domain::{id::MessageId, time::Timestamp},
        testing::sample,
    };

    fn class_of(ext: Value) -> SemanticClass {
        let mut message = sample::content("hi", Timestamp::from_millis(1));
        message.ext = ext.as_object().cloned().unwrap_or_default();
        let receiver = Receiver { user: sample::user("ann"), msg_id: MessageId::new(Timestamp::from_millis(1), 1) };
        render(&message, &receiver).class
    }

    #[test]
    fn who_is_mentioned_gets_a_mention_unless_the_sender_chose_a_class() {
        assert_eq!(class_of(json!({})), SemanticClass::Im);
        assert_eq!(class_of(json!({"em_at_list": ["bob", "ann"]})), SemanticClass::Mention);
        assert_eq!(class_of(json!({"em_at_list": ["bob", 7]})), SemanticClass::Im);
        assert_eq!(class_of(json!({"em_at_list": "all"})), SemanticClass::Mention);
        assert_eq!(class_of(json!({"em_at_list": "ann"})), SemanticClass::Im);
        assert_eq!(class_of(json!({"em_at_list": ["ann"], "em_push_class": "im"})), SemanticClass::Im);
        assert_eq!(class_of(json!({"em_push_class": "call"})), SemanticClass::Call);
    }
}
