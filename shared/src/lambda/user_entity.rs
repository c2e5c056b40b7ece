//! Users as the API shows them.

use serde_json::{Map, Value, json};

use crate::domain::{id::UserId, profile::Profile};

/// Returns the fields of a user that every response shows. Fields without a value are omitted.
pub fn user_entity(user: &UserId, profile: &Profile) -> Map<String, Value> {
    let mut entity = Map::from_iter([
        ("username".to_owned(), json!(user)),
        ("type".to_owned(), json!("user")),
        ("activated".to_owned(), json!(!profile.banned)),
    ]);
    if let Some(account) = &profile.account {
        entity.insert("uuid".into(), json!(account.uuid));
        entity.insert("created".into(), json!(account.created));
    }
    if let Some(nickname) = &profile.nickname {
        entity.insert("nickname".into(), json!(nickname));
    }
    entity
}
