//! Extractor of a label in the path, and the users that a body names.

use std::collections::BTreeSet;

use axum::{extract::FromRequestParts, http::request::Parts};
use serde_json::Value;
use shared::{
    domain::{
        id::{LabelName, UserId},
        invalid::Invalid,
        push_label::MAX_LABELLED_AT_ONCE,
    },
    lambda::{access::path_param, error::ApiError, fields::Fields, id_list::read_ids},
};

/// The label in the path. An invalid name belongs to no label, so the label is not found.
pub struct PathLabel(pub LabelName);

impl<S: Send + Sync> FromRequestParts<S> for PathLabel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = path_param(parts, state, "name").await?;
        LabelName::parse(&name).map(Self).map_err(|_| ApiError::label_not_found(&name))
    }
}

/// The users that a body names, each once.
pub struct NamedUsers {
    /// users, with the text that was sent
    pub users: Vec<(String, UserId)>,
    /// texts that are no user's name
    pub nobody: Vec<String>,
}

impl NamedUsers {
    /// Reads `usernames`.
    pub fn read(body: &[u8]) -> Result<Self, ApiError> {
        let fields = Fields::parse(body)?;
        let listed = fields.value("usernames").and_then(Value::as_array).map(Vec::len);
        if listed.is_some_and(|listed| listed > MAX_LABELLED_AT_ONCE) {
            let rule = format!("usernames must have 1 to {MAX_LABELLED_AT_ONCE} entries");
            return Err(ApiError::limit_reached(&rule));
        }
        let texts = fields.list("usernames", 1, MAX_LABELLED_AT_ONCE)?;
        let texts: Vec<&str> = read_ids("usernames", texts, |_, text| Ok::<_, Invalid>(text))?;
        let (mut seen, mut named) = (BTreeSet::new(), Self { users: Vec::new(), nobody: Vec::new() });
        for text in texts {
            match UserId::parse(text) {
                Ok(user) if seen.insert(user.clone()) => named.users.push((text.to_owned(), user)),
                Ok(_) => {}
                Err(_) => named.nobody.push(text.to_owned()),
            }
        }
        Ok(named)
    }

    /// Returns the users.
    pub fn ids(&self) -> Vec<UserId> {
        self.users.iter().map(|(_, user)| user.clone()).collect()
    }
}
