//! The body of a message call, parsed with the reference API's rules and texts.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use serde_json::{Map, Value};

use super::{error::ApiError, fields::Fields, id_list::read_ids};
use crate::domain::{
    content::PUSH_CLASS,
    id::UserId,
    invalid::Invalid,
    message::{Content, MAX_CONTENT_BYTES, MAX_PUSH_TTL, MAX_RECEIVERS, MIN_PUSH_TTL, MessageType, check_body},
    push::SemanticClass,
    time::Timestamp,
};

/// The reference API's code of a message that is too large.
const MESSAGE_TOO_LARGE: u32 = 14007;
/// Sender of a message that names none.
const DEFAULT_SENDER: &str = "admin";

/// The form of a message call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageForm {
    /// `to`, `type` and `body`
    Current,
    /// `target`, and `msg` with the type among the fields of the body
    Old,
}

/// A receiver that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee<T> {
    /// the user or group
    pub id: T,
    /// the spellings of the id in the call, each once
    pub names: Vec<String>,
}

/// A parsed message call.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageCall<T = Vec<Addressee<UserId>>> {
    from: UserId,
    /// the receivers, each once, in the order of the call
    pub to: T,
    kind: MessageType,
    body: Map<String, Value>,
    ext: Map<String, Value>,
    online_only: bool,
    push_ttl: Duration,
}

impl MessageCall {
    /// Parses a call's body.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        Self::of(&Fields::parse(body).map_err(refused)?)
    }

    /// Reads the fields of a message to users.
    pub fn of(fields: &Fields) -> Result<Self, ApiError> {
        Self::to_users(MessageForm::Current, fields)
    }

    /// Reads the fields of a message to users in either form.
    pub fn to_users(form: MessageForm, fields: &Fields) -> Result<Self, ApiError> {
        Self::addressed(form, fields, |fields| ids(fields, form.to(), "user", MAX_RECEIVERS, UserId::parse_as))
    }
}

impl MessageForm {
    /// Returns the field that names the receivers.
    pub fn to(self) -> &'static str {
        match self {
            Self::Current => "to",
            Self::Old => "target",
        }
    }

    /// Returns the field with the body of the message.
    fn body(self) -> &'static str {
        match self {
            Self::Current => "body",
            Self::Old => "msg",
        }
    }

    /// Returns the type of the message, and its body without the type.
    fn content(self, fields: &Fields) -> Result<(MessageType, Map<String, Value>), Invalid> {
        let (kind, body) = match self {
            Self::Current => (kind(fields.raw("type"))?, self.object(fields)?),
            Self::Old => {
                let mut body = self.object(fields)?;
                (kind(body.remove("type").as_ref()).map_err(|invalid| invalid.within(self.body()))?, body)
            }
        };
        if body.is_empty() {
            return Err(empty(self.body()));
        }
        check_body(kind, &body).map_err(|invalid| invalid.within(self.body()))?;
        Ok((kind, body))
    }

    fn object(self, fields: &Fields) -> Result<Map<String, Value>, Invalid> {
        fields.optional_object(self.body())?.cloned().ok_or_else(|| empty(self.body()))
    }
}

impl<T> MessageCall<T> {
    /// Reads the fields of a message and its receivers.
    pub fn addressed(
        form: MessageForm,
        fields: &Fields,
        to: impl FnOnce(&Fields) -> Result<T, Invalid>,
    ) -> Result<Self, ApiError> {
        let message = Self::read(form, fields, to).map_err(refused)?;
        if Content::content_bytes(&message.body, &message.ext) > MAX_CONTENT_BYTES {
            return Err(ApiError::too_large("message is too large").of_message(Some(MESSAGE_TOO_LARGE)));
        }
        Ok(message)
    }

    fn read(
        form: MessageForm,
        fields: &Fields,
        to: impl FnOnce(&Fields) -> Result<T, Invalid>,
    ) -> Result<Self, Invalid> {
        let from = match fields.optional_text("from")? {
            Some("") => return Err(empty("from")),
            from => UserId::parse_as("from", from.unwrap_or(DEFAULT_SENDER))?,
        };
        let to = to(fields)?;
        let (kind, body) = form.content(fields)?;
        let ext = match fields.raw("ext") {
            None => Map::new(),
            Some(Value::Object(ext)) => ext.clone(),
            Some(_) => return Err(Invalid::verbatim("ext", "param ext must be JSONObject")),
        };
        match ext.get(PUSH_CLASS) {
            None => {}
            Some(Value::String(name)) => drop(SemanticClass::parse_as("ext.em_push_class", name)?),
            Some(_) => return Err(Invalid::new("ext.em_push_class", "must be a string")),
        }
        let online_only = match fields.optional_text("routetype")? {
            None => false,
            Some("ROUTE_ONLINE") => true,
            Some(_) => return Err(Invalid::new("routetype", "must be ROUTE_ONLINE if given")),
        };
        Ok(Self { from, to, kind, body, ext, online_only, push_ttl: push_ttl(fields)? })
    }

    /// Returns the content that all receivers share, accepted at this time.
    pub fn content(self, accepted_at: Timestamp) -> Content {
        Content {
            from: self.from,
            group: None,
            kind: self.kind,
            body: self.body,
            ext: self.ext,
            online_only: self.online_only,
            instant: None,
            accepted_at,
            expires_at: accepted_at.plus(self.push_ttl),
        }
    }
}

/// Reads the ids of users or groups, each once, in the order of the call.
pub fn ids<T: Ord + Clone>(
    fields: &Fields,
    name: &str,
    of: &str,
    most: usize,
    parse: impl Fn(&str, &str) -> Result<T, Invalid>,
) -> Result<Vec<Addressee<T>>, Invalid> {
    let listed = match fields.value(name) {
        None => return Err(empty(name)),
        Some(Value::Array(listed)) if listed.is_empty() => return Err(empty(name)),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(Invalid::new(name, format!("must be an array of {of} ids"))),
    };
    if listed.len() > most {
        return Err(Invalid::verbatim(name, format!("params {name}'s size can't exceed limit {most}")));
    }
    let mut places = BTreeMap::new();
    let mut found: Vec<Addressee<T>> = Vec::with_capacity(listed.len());
    let read: Vec<(&str, T)> = read_ids(name, listed, |entry, text| Ok((text, parse(entry, text)?)))?;
    for (text, id) in read {
        match places.entry(id.clone()) {
            Entry::Vacant(place) => {
                place.insert(found.len());
                found.push(Addressee { id, names: vec![text.to_owned()] });
            }
            Entry::Occupied(place) => {
                let names = &mut found[*place.get()].names;
                if !names.iter().any(|name| name == text) {
                    names.push(text.to_owned());
                }
            }
        }
    }
    Ok(found)
}

/// Returns the ids without their spellings.
pub fn only_ids<T>(named: Vec<Addressee<T>>) -> Vec<T> {
    named.into_iter().map(|one| one.id).collect()
}

fn kind(named: Option<&Value>) -> Result<MessageType, Invalid> {
    match named {
        None | Some(Value::Null) => Err(empty("type")),
        Some(Value::String(kind)) if kind.is_empty() => Err(empty("type")),
        Some(Value::String(kind)) => MessageType::parse(kind),
        Some(_) => Err(Invalid::new("type", "must be a string")),
    }
}

/// Reads for how long a message may be pushed.
pub fn push_ttl(fields: &Fields) -> Result<Duration, Invalid> {
    let Some(seconds) = fields.optional_integer("push_ttl")? else {
        return Ok(MAX_PUSH_TTL);
    };
    let ttl = u64::try_from(seconds).map(Duration::from_secs).ok();
    ttl.filter(|ttl| (MIN_PUSH_TTL..=MAX_PUSH_TTL).contains(ttl)).ok_or_else(|| {
        let (least, most) = (MIN_PUSH_TTL.as_secs(), MAX_PUSH_TTL.as_secs());
        Invalid::new("push_ttl", format!("must be {least} to {most} seconds"))
    })
}

fn empty(name: &str) -> Invalid {
    Invalid::verbatim(name, format!("param {name} can't be empty"))
}

fn refused(invalid: Invalid) -> ApiError {
    ApiError::invalid(&invalid).of_message(None)
}
