//! The body of a message call, parsed with the reference API's rules and texts.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Map, Value};

use super::{error::ApiError, fields::Fields};
use crate::domain::{
    content::PUSH_CLASS,
    id::UserId,
    invalid::Invalid,
    message::{Content, MAX_CONTENT_BYTES, MAX_PUSH_TTL, MAX_RECEIVERS, MIN_PUSH_TTL, MessageType, check_body},
    push::SemanticClass,
    time::Timestamp,
};

/// The reference API's code of a message above its size.
const MESSAGE_TOO_LARGE: u32 = 14007;
/// Who sends when nobody is named.
const DEFAULT_SENDER: &str = "admin";

/// A message call, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<T = Vec<UserId>> {
    from: UserId,
    /// who receives it, each once, in the order of the call
    pub to: T,
    kind: MessageType,
    body: Map<String, Value>,
    ext: Map<String, Value>,
    online_only: bool,
    push_ttl: Duration,
}

impl Message {
    /// Parses a call's body.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        Self::of(&Fields::parse(body).map_err(refused)?)
    }

    /// Reads the fields of a message to users.
    pub fn of(fields: &Fields) -> Result<Self, ApiError> {
        Self::addressed(fields, receivers)
    }
}

impl<T> Message<T> {
    /// Reads the fields of a message, and whom it is for.
    pub fn addressed(fields: &Fields, to: impl FnOnce(&Fields) -> Result<T, Invalid>) -> Result<Self, ApiError> {
        let message = Self::read(fields, to).map_err(refused)?;
        if Content::content_bytes(&message.body, &message.ext) > MAX_CONTENT_BYTES {
            return Err(ApiError::too_large("message is too large").of_message(Some(MESSAGE_TOO_LARGE)));
        }
        Ok(message)
    }

    fn read(fields: &Fields, to: impl FnOnce(&Fields) -> Result<T, Invalid>) -> Result<Self, Invalid> {
        let from = match fields.optional_text("from")? {
            Some("") => return Err(empty("from")),
            from => UserId::parse_as("from", from.unwrap_or(DEFAULT_SENDER))?,
        };
        let to = to(fields)?;
        let kind = match fields.optional_text("type")? {
            None | Some("") => return Err(empty("type")),
            Some(kind) => MessageType::parse(kind)?,
        };
        let body = match fields.optional_object("body")? {
            None => return Err(empty("body")),
            Some(body) if body.is_empty() => return Err(empty("body")),
            Some(body) => body.clone(),
        };
        check_body(kind, &body)?;
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

    /// What all receivers share, accepted at this time.
    pub fn content(self, accepted_at: Timestamp) -> Content {
        Content {
            from: self.from,
            group: None,
            kind: self.kind,
            body: self.body,
            ext: self.ext,
            online_only: self.online_only,
            accepted_at,
            expires_at: accepted_at.plus(self.push_ttl),
        }
    }
}

fn receivers(fields: &Fields) -> Result<Vec<UserId>, Invalid> {
    ids(fields, "to", "user", MAX_RECEIVERS, UserId::parse_as)
}

/// Reads the ids of users or groups, each once, in the order of the call.
pub fn ids<T: Ord + Clone>(
    fields: &Fields,
    name: &str,
    of: &str,
    most: usize,
    parse: impl Fn(&str, &str) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let listed = match fields.value(name) {
        None => return Err(empty(name)),
        Some(Value::Array(listed)) if listed.is_empty() => return Err(empty(name)),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(Invalid::new(name, format!("must be an array of {of} ids"))),
    };
    if listed.len() > most {
        return Err(Invalid::verbatim(name, format!("params {name}'s size can't exceed limit {most}")));
    }
    let mut seen = BTreeSet::new();
    let mut ids = Vec::with_capacity(listed.len());
    for (index, text) in listed.iter().enumerate() {
        let field = format!("{name}[{index}]");
        let text = text.as_str().ok_or_else(|| Invalid::new(&field, "must be a string"))?;
        let id = parse(&field, text)?;
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn push_ttl(fields: &Fields) -> Result<Duration, Invalid> {
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
