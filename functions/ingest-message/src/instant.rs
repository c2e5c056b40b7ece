//! Instant pushes: they are parsed, get ids, are stored and queued as messages are.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::{
    domain::{
        id::{AppKey, UserId},
        push::SemanticClass,
    },
    lambda::{
        error::ApiError,
        fields::Fields,
        idempotency::RequestAttempt,
        instant_call::InstantCall,
        message::{Addressee, ids},
    },
};

use crate::{
    accept::{ToUser, accept, gather},
    handler::IngestMessage,
    ids::WithId,
};

/// Maximum users of one call. Source: Easemob, "send push notifications".
pub const MAX_TARGETS: usize = 100;
/// Status of a push that is queued.
pub(crate) const QUEUED: &str = "ASYNC_SUCCESS";

/// Reads a push. One without a class is about the account or the service, because the caller knows its receivers.
pub(crate) fn parse(body: &[u8]) -> Result<InstantCall, ApiError> {
    InstantCall::of(&Fields::parse(body)?, SemanticClass::System)
}

/// Reads the receivers of a call, each once.
pub(crate) fn targets(body: &[u8]) -> Result<Vec<Addressee<UserId>>, ApiError> {
    Ok(ids(&Fields::parse(body)?, "targets", "user", MAX_TARGETS, UserId::parse_as)?)
}

impl IngestMessage {
    /// Queues a push to one user.
    pub(crate) async fn push_async(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        push: InstantCall,
        user: UserId,
    ) -> Result<Vec<Value>, ApiError> {
        let queued = self.queue_pushes(app, attempt, push, vec![Addressee { id: user, names: Vec::new() }]).await?;
        let answer =
            |one: &WithId<ToUser>| json!({"pushStatus": QUEUED, "data": "", "desc": "success", "msg_id": one.msg_id});
        Ok(queued.iter().map(answer).collect())
    }

    /// Queues a push to several users.
    pub(crate) async fn push_single(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        push: InstantCall,
        targets: Vec<Addressee<UserId>>,
    ) -> Result<Vec<Value>, ApiError> {
        let queued = self.queue_pushes(app, attempt, push, targets).await?;
        let answer = |one: &WithId<ToUser>| {
            let of_name = |name: &String| json!({"id": name, "pushStatus": QUEUED, "desc": "async success.", "msg_id": one.msg_id});
            one.to.names.iter().map(of_name).collect::<Vec<_>>()
        };
        Ok(queued.iter().flat_map(answer).collect())
    }

    async fn queue_pushes(
        &self,
        app: &AppKey,
        attempt: &RequestAttempt,
        push: InstantCall,
        targets: Vec<Addressee<UserId>>,
    ) -> Result<Vec<WithId<ToUser>>, ApiError> {
        let content = push.content(attempt.since)?;
        let kept = content.waits_for_login();
        let to = targets.into_iter().map(|one| ToUser { message: 0, user: one.id, names: one.names, kept }).collect();
        let named = self.id_assigner(app, attempt).assign_ids(to).await?;
        let accepted = gather(&BTreeMap::from([(0, content)]), named.clone());
        accept(app, &accepted, attempt, self.stores(), &*self.queue).await?;
        Ok(named)
    }
}
