//! A message as ingest-message accepts it from the IM server.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    id::{GroupId, MessageId, TaskId, UserId},
    instant::InstantPush,
    invalid::Invalid,
    profile::Conversation,
    time::Timestamp,
};

/// Maximum receivers of one call. Source: Easemob, "send one-to-one messages".
pub const MAX_RECEIVERS: usize = 600;
/// Maximum bytes of `body` plus `ext` as compact JSON. Source: the same page.
pub const MAX_CONTENT_BYTES: usize = 5 * 1024;
/// The maximum time between a message and its push, whatever `push_ttl` the message asks for: one day. Source: Easemob,
/// "offline push callback".
pub const MAX_PUSH_TTL: Duration = Duration::from_secs(86_400);
/// The shortest `push_ttl` that a message may ask for.
pub const MIN_PUSH_TTL: Duration = Duration::from_secs(60);
/// Time for which an offline message waits for its receiver.
pub const OFFLINE_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// Maximum age of an id when a row is written under it. Rows are not written in the order of their ids. So readers
/// treat the store as complete up to twice this long ago.
pub const MAX_ID_AGE: Duration = Duration::from_secs(30);
/// Maximum age of ids when a call begins to write under them. The call's function times out before they are too old.
pub const MAX_ID_AGE_AT_START: Duration = Duration::from_secs(15);

/// Content type of a message, named as in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageType {
    /// text
    Txt,
    /// image
    Img,
    /// voice
    Audio,
    /// video
    Video,
    /// file
    File,
    /// location
    Loc,
    /// a command between clients; never shown or pushed
    Cmd,
    /// a type of the app's own
    Custom,
}

impl MessageType {
    /// Every type with its name in the API.
    const NAMES: [(&'static str, Self); 8] = [
        ("txt", Self::Txt),
        ("img", Self::Img),
        ("audio", Self::Audio),
        ("video", Self::Video),
        ("file", Self::File),
        ("loc", Self::Loc),
        ("cmd", Self::Cmd),
        ("custom", Self::Custom),
    ];

    /// Parses the API's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::NAMES.iter().find_map(|(name, value)| (*name == text).then_some(*value)).ok_or_else(|| {
            let names = Self::NAMES.map(|(name, _)| name).join(", ");
            Invalid::new("type", format!("must be one of: {names}"))
        })
    }
}

/// Checks that a body has the fields that its type needs. The error names the field without its place. Fields that only
/// clients use are not checked. Source: Easemob, "send one-to-one messages".
pub fn check_body(kind: MessageType, body: &Map<String, Value>) -> Result<(), Invalid> {
    let text = match kind {
        MessageType::Txt => "msg",
        MessageType::Img | MessageType::Audio | MessageType::Video | MessageType::File => "url",
        MessageType::Loc => "addr",
        MessageType::Cmd => "action",
        MessageType::Custom => "customEvent",
    };
    match body.get(text) {
        // The address of a location is optional: Easemob's own SDK omits it.
        None | Some(Value::Null) if kind == MessageType::Loc => {}
        None | Some(Value::Null) => return Err(Invalid::new(text, "is required")),
        Some(Value::String(_)) => {}
        Some(_) => return Err(Invalid::new(text, "must be a string")),
    }
    match kind {
        MessageType::Loc => check_place(body),
        MessageType::Custom => check_custom(body),
        MessageType::Txt
        | MessageType::Img
        | MessageType::Audio
        | MessageType::Video
        | MessageType::File
        | MessageType::Cmd => Ok(()),
    }
}

/// Checks the coordinates. Clients write them as numbers, the REST API's pages as strings. Both are passed on
/// unchanged.
fn check_place(body: &Map<String, Value>) -> Result<(), Invalid> {
    for name in ["lat", "lng"] {
        match body.get(name) {
            None | Some(Value::Null) => return Err(Invalid::new(name, "is required")),
            Some(Value::String(_) | Value::Number(_)) => {}
            Some(_) => return Err(Invalid::new(name, "must be a number or a string")),
        }
    }
    Ok(())
}

fn check_custom(body: &Map<String, Value>) -> Result<(), Invalid> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.');
    let event = body.get("customEvent").and_then(Value::as_str).unwrap_or_default();
    if !(1..=32).contains(&event.len()) || !event.bytes().all(allowed) {
        return Err(Invalid::new("customEvent", "must be 1 to 32 characters of a-z, A-Z, 0-9, -, _, / and ."));
    }
    match body.get("customExts") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(exts)) if exts.len() <= 16 => Ok(()),
        Some(_) => Err(Invalid::new("customExts", "must be an object of at most 16 entries")),
    }
}

/// The part of a message that all its receivers share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// the sender
    pub from: UserId,
    /// the group it was sent to; `None` for a one-to-one message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// the message type
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// the fields of this type
    pub body: Map<String, Value>,
    /// free fields, some of which control the push
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub ext: Map<String, Value>,
    /// `routetype: ROUTE_ONLINE`: for connected devices only, neither stored nor pushed
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub online_only: bool,
    /// set for an instant push: what distinguishes it from a message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instant: Option<Box<InstantPush>>,
    /// when Curlew accepted it
    pub accepted_at: Timestamp,
    /// the end of its `push_ttl`; it is not pushed after this time
    pub expires_at: Timestamp,
}

impl Content {
    /// Returns the conversation that the receiver sees the message in.
    pub fn conversation(&self) -> Conversation {
        match &self.group {
            Some(group) => Conversation::Group(group.clone()),
            None => Conversation::User(self.from.clone()),
        }
    }

    /// Returns the same content, accepted at this time.
    pub fn renewed(&self, at: Timestamp) -> Self {
        let lifetime = self.expires_at.since(self.accepted_at);
        Self { accepted_at: at, expires_at: at.plus(lifetime), ..self.clone() }
    }

    /// Returns the task that pushes it, if one does.
    pub fn task(&self) -> Option<TaskId> {
        self.instant.as_ref().and_then(|instant| instant.task)
    }

    /// Returns whether it is an instant push that waits for its receiver until a vendor takes it.
    pub fn waits_for_login(&self) -> bool {
        self.instant.as_ref().is_some_and(|instant| instant.strategy.waits_for_login())
    }

    /// Returns whether it is an instant push that waits for nobody. Its row stands beside the offline store.
    pub fn is_beside_store(&self) -> bool {
        self.instant.is_some() && !self.waits_for_login()
    }

    /// Reads a flag in `ext`. Some client SDKs send the string "YES" instead of a boolean.
    pub fn flag(&self, name: &str) -> bool {
        match self.ext.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// Reads an object in `ext`.
    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.ext.get(name).and_then(Value::as_object)
    }

    /// Returns the size that [`MAX_CONTENT_BYTES`] limits: the UTF-8 bytes of both as compact JSON.
    pub fn content_bytes(body: &Map<String, Value>, ext: &Map<String, Value>) -> usize {
        let length = |map: &Map<String, Value>| serde_json::to_vec(map).map_or(usize::MAX / 2, |json| json.len());
        length(body) + if ext.is_empty() { 0 } else { length(ext) }
    }
}

/// Receiver of a message, with the id of this receiver's copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receiver {
    /// the receiver
    pub user: UserId,
    /// the id of this receiver's message
    pub msg_id: MessageId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(kind: &str, body: Value) -> Result<(), String> {
        let body = body.as_object().cloned().unwrap_or_default();
        check_body(MessageType::parse(kind).unwrap(), &body).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn bodies_as_the_sdk_of_easemob_writes_them_are_taken() {
        let size = json!({"width": 1080.0, "height": 1.92E3});
        for (kind, body) in [
            ("txt", json!({"msg": ""})),
            ("img", json!({"url": "https://a/b", "file_length": 0})),
            ("img", json!({"url": "https://a/b", "filename": "b", "secret": "s", "file_length": 7, "size": size})),
            ("img", json!({"url": "https://a/b", "file_length": 0, "size": {}})),
            ("audio", json!({"url": "https://a/b", "length": 4, "file_length": 7})),
            ("video", json!({"url": "https://a/b", "thumb": "https://a/c", "thumb_secret": "s", "length": 4})),
            ("file", json!({"url": "https://a/b", "filename": "b"})),
            ("loc", json!({"lat": 1.0E-7, "lng": -0.0})),
            ("loc", json!({"lat": "39.9", "lng": "116.3", "addr": "Beijing"})),
            ("cmd", json!({"action": "run", "param": {"flag": true, "count": 1, "share": 0.5, "name": "n"}})),
            ("custom", json!({"customEvent": "order.paid", "customExts": {"flag": true, "count": 1, "name": "n"}})),
            ("custom", json!({"customEvent": "a", "customExts": {}})),
        ] {
            assert_eq!(check(kind, body.clone()), Ok(()), "{kind} {body}");
        }
    }

    #[test]
    fn a_refusal_names_the_field_and_the_rule() {
        for (kind, body, refusal) in [
            ("txt", json!({}), "msg is required"),
            ("txt", json!({"msg": 1}), "msg must be a string"),
            ("img", json!({"filename": "b", "file_length": 0}), "url is required"),
            ("loc", json!({"lat": 1.5, "addr": "a"}), "lng is required"),
            ("loc", json!({"lat": 1.5, "lng": true}), "lng must be a number or a string"),
            ("loc", json!({"lat": 1.5, "lng": 2, "addr": 3}), "addr must be a string"),
            ("cmd", json!({"param": {}}), "action is required"),
            ("custom", json!({}), "customEvent is required"),
            (
                "custom",
                json!({"customEvent": "a", "customExts": []}),
                "customExts must be an object of at most 16 entries",
            ),
        ] {
            assert_eq!(check(kind, body.clone()), Err(refusal.to_owned()), "{kind} {body}");
        }
    }
}
