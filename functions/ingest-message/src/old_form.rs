//! The old form of a message call: one route for users, groups and chat rooms.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;
use shared::{
    domain::{id::GroupId, invalid::Invalid},
    lambda::{
        error::ApiError,
        fields::Fields,
        message::{MessageCall, MessageForm},
        query::QueryParams,
    },
};

use crate::{
    batch::refused,
    groups,
    rooms::{self, ToRoom},
};

/// A message in the old form.
pub enum OldForm {
    /// to users
    Users(MessageCall),
    /// to groups
    Groups(MessageCall<Vec<GroupId>>),
    /// to chat rooms
    Rooms(Vec<ToRoom>),
}

/// Parses a message in the old form.
pub fn parse(fields: &Fields) -> Result<OldForm, ApiError> {
    match fields.optional_text("target_type").map_err(refused)? {
        None | Some("") => Err(refused(Invalid::verbatim("target_type", "param target_type can't be empty"))),
        Some("users") => Ok(OldForm::Users(MessageCall::to_users(MessageForm::Old, fields)?)),
        Some("chatgroups") => Ok(OldForm::Groups(groups::parse(MessageForm::Old, fields)?)),
        Some("chatrooms") => Ok(OldForm::Rooms(rooms::parse(MessageForm::Old, fields)?)),
        Some(_) => Err(refused(Invalid::new("target_type", "must be one of: users, chatgroups, chatrooms"))),
    }
}

/// Content of the answer to a message in the old form.
pub struct OldAnswer {
    /// whether it contains the message ids; otherwise it only says that the messages were accepted
    pub ids: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAnswer {
    use_msg_id: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for OldAnswer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let QueryParams(raw) = QueryParams::<RawAnswer>::from_request_parts(parts, state).await?;
        match raw.use_msg_id.as_deref() {
            None | Some("false") => Ok(Self { ids: false }),
            Some("true") => Ok(Self { ids: true }),
            Some(_) => Err(Invalid::new("useMsgId", "must be true or false").into()),
        }
    }
}
