//! The body of a callback. Source: Easemob, "offline push callback" and "user login status callback".
//!
//! The fields are those of Easemob. Ours are `event`, which names the kind, `vendor_message_id`, and the values of `step` for events that
//! Easemob has no callback for.

use serde_json::{Map, Value, json};

use super::event::{
    CallbackEvent, Happening, NotifierSwitched, PushEnded, Reported, Suppressed, TokenRemoved, UserStatus,
};
use crate::domain::{
    id::{AppKey, MessageId},
    message::Content,
    outcome::PushStatus,
    presence::PresenceStatus,
    receipt::Event as ReceiptEvent,
    vendor::Vendor,
};

/// Returns the `callId` of an event: Easemob's app key and message id, where the event is about a push.
pub fn call_id(app: &AppKey, event: &CallbackEvent, webhook_id: &str) -> String {
    match event.message() {
        Some((_, msg_id, _)) => format!("{app}_{msg_id}"),
        None => format!("{app}_{webhook_id}"),
    }
}

/// Returns the body. `content` is the message of a push, if it is still stored. `security` signs `call_id` and the time.
pub fn body(
    app: &AppKey,
    event: &CallbackEvent,
    content: Option<&Content>,
    call_id: &str,
    security: &str,
) -> Map<String, Value> {
    let mut body = Map::from_iter([
        ("callId".to_owned(), json!(call_id)),
        ("appkey".to_owned(), json!(app)),
        ("event".to_owned(), json!(event.kind().name())),
        ("timestamp".to_owned(), json!(event.at)),
        ("security".to_owned(), json!(security)),
    ]);
    let own = match &event.what {
        Happening::Push(push) => push_ended(push),
        Happening::Suppressed(one) => suppressed(one),
        Happening::Receipt(one) => reported(one),
        Happening::Notifier(one) => notifier(one),
        Happening::TokenRemoved(one) => token_removed(one),
        Happening::UserStatus(one) => user_status(app, one),
    };
    // An absent field has no value here.
    body.extend(fields(own).filter(|(_, value)| !value.is_null()));
    if let Some(content) = content {
        body.insert("from".to_owned(), json!(content.from));
        body.insert("payload".to_owned(), payload(content));
    }
    body
}

fn fields(object: Value) -> impl Iterator<Item = (String, Value)> {
    match object {
        Value::Object(map) => map,
        _ => Map::new(),
    }
    .into_iter()
}

/// Returns the fields that events about a receiver's message share.
fn about(msg_id: MessageId, one: impl serde::Serialize, more: Value) -> Value {
    let mut shown = json!({"msg_id": msg_id, "target": one, "data": {}});
    if let Value::Object(map) = &mut shown {
        map.extend(fields(more));
    }
    shown
}

fn push_ended(push: &PushEnded) -> Value {
    let PushEnded { user, msg_id, group, device_id, token, notifier, vendor, status, reason, detail, .. } = push;
    let detail_word = match status {
        PushStatus::Success => Some("success"),
        PushStatus::Fail => reason.map(|reason| reason.code()),
    };
    let data = match &push.answer {
        None => json!({}),
        Some(answer @ Value::Object(_)) => answer.clone(),
        Some(text) => json!({"answer": text}),
    };
    about(
        *msg_id,
        user,
        json!({
            "channel": vendor.map(channel),
            "chat_type": chat_type(group.is_some()),
            "group_id": group,
            "device_id": device_id,
            "device_token": token,
            "notifier_name": notifier,
            "status": status,
            "step": "push",
            "detail": detail_word,
            "e_message": detail,
            "data": data,
            "vendor_message_id": push.vendor_message_id,
        }),
    )
}

fn suppressed(one: &Suppressed) -> Value {
    about(
        one.msg_id,
        &one.user,
        json!({
            "chat_type": chat_type(one.group.is_some()),
            "group_id": one.group,
            "status": "fail",
            "step": "push",
            "detail": one.reason.code(),
        }),
    )
}

fn reported(one: &Reported) -> Value {
    let status = match one.report {
        ReceiptEvent::Delivered | ReceiptEvent::Clicked => "success",
        ReceiptEvent::Unregistered | ReceiptEvent::Refused | ReceiptEvent::Other => "fail",
    };
    // The word in stored rows is older than the term.
    let detail = match one.report {
        ReceiptEvent::Unregistered => "unregistered",
        other => other.name(),
    };
    let step = if one.report == ReceiptEvent::Clicked { "click" } else { "receipt" };
    about(
        one.msg_id,
        &one.user,
        json!({
            "channel": one.vendor.map(channel),
            "device_id": one.device_id,
            "notifier_name": one.notifier,
            "status": status,
            "step": step,
            "detail": detail,
            "e_message": one.code,
        }),
    )
}

fn notifier(one: &NotifierSwitched) -> Value {
    json!({
        "channel": channel(one.vendor),
        "notifier_name": one.notifier,
        "status": one.state,
        "step": "notifier",
        "detail": one.reason,
    })
}

fn token_removed(one: &TokenRemoved) -> Value {
    json!({
        "channel": channel(one.vendor),
        "target": one.user,
        "device_id": one.device_id,
        "device_token": one.token,
        "notifier_name": one.notifier,
        "status": "success",
        "step": "unbind",
        "detail": "illegal binding",
    })
}

fn user_status(app: &AppKey, one: &UserStatus) -> Value {
    let platform = one.platform.as_deref().unwrap_or("unknown");
    let (reason, status) = match one.status {
        PresenceStatus::Online | PresenceStatus::Heartbeat => ("login", "online"),
        PresenceStatus::Offline | PresenceStatus::Logout => ("logout", "offline"),
        PresenceStatus::Kicked => ("replaced", "offline"),
    };
    json!({
        "host": "",
        "ip": "",
        "version": "",
        "user": format!("{app}_{}@easemob.com/{platform}_{}", one.user, one.device_id),
        "os": platform,
        "reason": reason,
        "status": status,
    })
}

fn chat_type(of_group: bool) -> &'static str {
    if of_group { "groupchat" } else { "chat" }
}

/// Returns the message as Easemob's callbacks show it.
fn payload(content: &Content) -> Value {
    let mut body = content.body.clone();
    body.insert("type".to_owned(), json!(content.kind));
    json!({"bodies": [body], "ext": content.ext})
}

/// Returns Easemob's name of a vendor. It has none for Honor.
const fn channel(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Fcm => "ANDROID",
        Vendor::Huawei => "HUAWEI",
        Vendor::Honor => "HONOR",
        Vendor::Xiaomi => "XIAOMI",
        Vendor::Oppo => "OPPO",
        Vendor::Vivo => "VIVO",
        Vendor::Meizu => "MEIZU",
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
#[path = "body_tests.rs"]
mod tests;
