//! Conversions between values and DynamoDB rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    domain::{
        id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
        invalid::Invalid,
        time::Timestamp,
    },
    ports::error::StoreError,
};

pub(super) type Item = HashMap<String, AttributeValue>;

/// Compression level, a common balance between speed and size.
const COMPRESSION: u8 = 6;

// ---- keys ----

/// Returns the partition key of a user: `user#<org>#<app>#<user>`.
pub(super) fn user_pk(app: &AppKey, user: &UserId) -> String {
    format!("user#{app}#{user}")
}

/// Returns the partition key of a group: `group#<org>#<app>#<group>`.
pub(super) fn group_pk(app: &AppKey, group: &GroupId) -> String {
    format!("group#{app}#{group}")
}

/// Returns the partition key of a message: `msg#<org>#<app>#<msg_id>`.
pub(super) fn message_pk(app: &AppKey, msg_id: MessageId) -> String {
    format!("msg#{app}#{msg_id}")
}

/// Returns the name of a binding: `<device>#<notifier>`. A `#` in the device id is escaped, so two pairs never share a
/// name.
pub(super) fn binding_name(device: &DeviceId, notifier: &NotifierName) -> String {
    format!("{}#{notifier}", device.as_str().replace('%', "%25").replace('#', "%23"))
}

// ---- writing ----

/// Returns a row that has only its key.
pub(super) fn row(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn bytes(value: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// Compresses bytes, since a row costs by its size.
pub(super) fn compressed(plain: &[u8]) -> Vec<u8> {
    compress_to_vec(plain, COMPRESSION)
}

/// Attribute that counts the changes of a row. Of two callers who change the state that they read, one is refused. A
/// row without it was never changed, or not since changes are counted.
pub(super) const VERSION: &str = "version";

/// Returns the condition that a row has this version. Its placeholders are `#version` for [`VERSION`] and, unless the
/// version is zero, `:seen`.
pub(super) const fn version_is(seen: u32) -> &'static str {
    match seen {
        0 => "attribute_not_exists(#version)",
        _ => "#version = :seen",
    }
}

/// Returns a value as an attribute with JSON text.
pub(super) fn json(value: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(value).map(AttributeValue::S).map_err(|error| StoreError::Corrupt(error.to_string()))
}

// ---- reading ----

/// Reads attributes of a row. A missing attribute or a wrong type makes the row corrupt.
pub(super) struct ItemReader<'a>(pub(super) &'a Item);

impl<'a> ItemReader<'a> {
    pub(super) fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name).ok_or_else(|| corrupt(name))
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_s().ok().map(String::as_str)
    }

    pub(super) fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Result<T, Invalid>) -> Result<T, StoreError> {
        parse(self.text(name)?).map_err(|_| corrupt(name))
    }

    pub(super) fn optional_number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    /// Returns a flag. A missing flag is off.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(|value| value.as_bool().ok()).is_some_and(|on| *on)
    }

    pub(super) fn count(&self, name: &str) -> Result<u32, StoreError> {
        self.optional_number(name).and_then(|number| number.try_into().ok()).ok_or_else(|| corrupt(name))
    }

    /// Returns the row's version; zero without one.
    pub(super) fn version(&self) -> Result<u32, StoreError> {
        if self.0.contains_key(VERSION) { self.count(VERSION) } else { Ok(0) }
    }

    pub(super) fn time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.optional_time(name).ok_or_else(|| corrupt(name))
    }

    pub(super) fn optional_time(&self, name: &str) -> Option<Timestamp> {
        self.optional_number(name).map(Timestamp::from_millis)
    }

    pub(super) fn bytes(&self, name: &str) -> Result<&'a [u8], StoreError> {
        self.0.get(name).and_then(|value| value.as_b().ok()).map(AsRef::as_ref).ok_or_else(|| corrupt(name))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(name)?).map_err(|_| corrupt(name))
    }

    /// Returns whether the row has expired. DynamoDB may delete it days later.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.optional_number("expires_at").is_some_and(|at| at <= now.as_seconds())
    }
}

/// Returns the plain bytes of a compressed attribute. More than `most` bytes make the row corrupt.
pub(super) fn decompressed(item: &Item, name: &str, most: usize) -> Result<Vec<u8>, StoreError> {
    decompress_to_vec_with_limit(ItemReader(item).bytes(name)?, most).map_err(|_| corrupt(name))
}

/// Returns the error for a row that cannot be read because of this attribute.
pub(super) fn corrupt(attribute: &str) -> StoreError {
    StoreError::Corrupt(format!("attribute {attribute}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pairs_of_device_and_notifier_never_share_a_key() {
        let name = |device: &str, notifier: &str| {
            binding_name(&DeviceId::parse(device).unwrap(), &NotifierName::parse(notifier).unwrap())
        };
        assert_ne!(name("a#b", "c"), name("a", "b#c"));
        assert_ne!(name("a%23b", "c"), name("a#b", "c"));
    }
}
