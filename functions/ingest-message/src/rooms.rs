//! Messages to chat rooms: they are parsed, and answered with ids. Chat rooms never cause a push, so their messages are
//! not stored.

use async_trait::async_trait;
use shared::{
    domain::{
        group::MAX_DIRECTED,
        id::{AppKey, GroupId, MessageId, UserId},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        error::ApiError,
        fields::Fields,
        message::{MessageCall, MessageForm, ids},
    },
    ports::{error::StoreError, messages::FindStored},
};

use crate::ids::Target;

/// Maximum chat rooms of one call. Source: Easemob, "send chat room messages".
pub const MAX_ROOMS: usize = 10;
/// The key of the answer to a message to all chat rooms.
const ALL_ROOMS: &str = "id";

/// A chat room that receives a call's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToRoom(pub String);

#[async_trait]
impl Target for ToRoom {
    fn place(&self) -> String {
        format!("room\n{}", self.0)
    }

    fn is_kept(&self) -> bool {
        false
    }

    fn id(&self, at: Timestamp, random: u128) -> MessageId {
        MessageId::of_group(at, random)
    }

    async fn stored(_: &dyn FindStored, _: &AppKey, asked: &[(&Self, MessageId)]) -> Result<Vec<bool>, StoreError> {
        Ok(vec![false; asked.len()])
    }
}

/// Parses a message to chat rooms.
pub fn parse(form: MessageForm, fields: &Fields) -> Result<Vec<ToRoom>, ApiError> {
    Ok(MessageCall::addressed(form, fields, |fields| rooms(form, fields, MAX_ROOMS))?.to)
}

/// Parses a message to some members of a chat room.
pub fn parse_directed(fields: &Fields) -> Result<Vec<ToRoom>, ApiError> {
    let message = MessageCall::addressed(MessageForm::Current, fields, |fields| {
        ids(fields, "users", "user", MAX_DIRECTED, UserId::parse_as)?;
        rooms(MessageForm::Current, fields, 1)
    })?;
    Ok(message.to)
}

/// Parses a message to all chat rooms. Its body is in `msg`, as in the old form.
pub fn parse_broadcast(fields: &Fields) -> Result<Vec<ToRoom>, ApiError> {
    MessageCall::addressed(MessageForm::Old, fields, |_| Ok(()))?;
    Ok(vec![ToRoom(ALL_ROOMS.to_owned())])
}

fn rooms(form: MessageForm, fields: &Fields, most: usize) -> Result<Vec<ToRoom>, Invalid> {
    let rooms = ids(fields, form.to(), "chat room", most, GroupId::parse_as)?;
    Ok(rooms.into_iter().map(|room| ToRoom(room.id.to_string())).collect())
}
