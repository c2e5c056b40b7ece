//! One try of a call, independent of the form of the call.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{
    domain::id::{AppKey, GroupId, MessageId},
    lambda::{error::ApiError, idempotency::RequestAttempt, message::MessageCall},
};

use crate::{
    accept::{ToUser, accept, gather},
    groups::{self, AcceptedForGroup, Directed, ToGroup},
    handler::IngestMessage,
    ids::WithId,
    rooms::ToRoom,
};

/// The message ids of an answer, under the receivers' names as the caller wrote them.
pub type Ids = Map<String, Value>;

impl IngestMessage {
    /// Sends a message to users.
    pub async fn to_users(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        mut message: MessageCall,
    ) -> Result<Ids, ApiError> {
        let to = std::mem::take(&mut message.to);
        let content = message.content(attempt.since);
        let kept = !content.online_only;
        let to = to.into_iter().map(|one| ToUser { message: 0, user: one.id, names: one.names, kept }).collect();
        let named = self.id_assigner(app, attempt).assign_ids(to).await?;
        let ids = named.iter().flat_map(ids_of_user).collect();
        let accepted = gather(&BTreeMap::from([(0, content)]), named);
        accept(app, &accepted, attempt, self.stores(), &*self.queue).await?;
        Ok(ids)
    }

    /// Sends a message to groups.
    pub async fn to_groups(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        mut message: MessageCall<Vec<GroupId>>,
    ) -> Result<Ids, ApiError> {
        let to = std::mem::take(&mut message.to);
        let content = message.content(attempt.since);
        let kept = !content.online_only;
        let to = to.into_iter().map(|group| ToGroup { group, kept }).collect();
        let named = self.id_assigner(app, attempt).assign_ids(to).await?;
        let accepted: Vec<AcceptedForGroup> =
            named.into_iter().map(|one| AcceptedForGroup::new(&content, one)).collect();
        groups::accept(app, &accepted, attempt, &self.group_stores(), &*self.queue).await?;
        Ok(accepted.iter().map(id_of_group).collect())
    }

    /// Sends a message to some members of a group.
    pub async fn to_members(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        message: MessageCall<Directed>,
    ) -> Result<Ids, ApiError> {
        let Directed { group, users } = message.to.clone();
        let content = message.content(attempt.since);
        let to = vec![ToGroup { group, kept: !content.online_only }];
        // One target gets one id.
        let named = self.id_assigner(app, attempt).assign_ids(to).await?.remove(0);
        let accepted = AcceptedForGroup::new(&content, named);
        groups::accept_directed(app, &accepted, users, attempt, &self.group_stores(), &*self.queue).await?;
        Ok(Ids::from_iter([id_of_group(&accepted)]))
    }

    /// Returns ids for a message to chat rooms, which is not stored.
    pub async fn to_rooms(&self, app: &AppKey, attempt: &RequestAttempt, rooms: Vec<ToRoom>) -> Result<Ids, ApiError> {
        let named = self.id_assigner(app, attempt).assign_ids(rooms).await?;
        Ok(named.into_iter().map(|one| (one.to.0, json!(one.msg_id))).collect())
    }
}

/// Returns the id of a user's message under each name that the caller wrote for the user.
fn ids_of_user(named: &WithId<ToUser>) -> impl Iterator<Item = (String, Value)> + '_ {
    let msg_id: MessageId = named.msg_id;
    named.to.names.iter().map(move |name| (name.clone(), json!(msg_id)))
}

fn id_of_group(accepted: &AcceptedForGroup) -> (String, Value) {
    (accepted.group.to_string(), json!(accepted.msg_id))
}
