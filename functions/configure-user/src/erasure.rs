//! Erases a user. The user is gone at once for all callers. erase-data removes later what no decision reads.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::{
        connection::EndReason,
        id::{AppKey, DeviceId, SessionId, UserId},
        profile::Conversation,
        time::Timestamp,
    },
    lambda::{
        access::{Caller, KnownUser},
        error::ApiError,
        http::{ApiReply, ApiResult},
    },
    ports::{
        connections::{Connection, DirectRecord},
        erase_queue::{EraseProgress, EraseRecord, EraseUser},
        error::StoreError,
    },
};

use crate::ConfigureUser;

/// Erases a user (`DELETE /{org}/{app}/users/{username}`). The call may be repeated, also after it was interrupted.
///
/// It first stores the time of the erasure, and readers then hide everything older. It then removes what decisions
/// read, and the user gets no more pushes. It queues the record last. A repeated call queues the record again.
pub async fn erase(State(state): State<Arc<ConfigureUser>>, caller: Caller, KnownUser(user): KnownUser) -> ApiResult {
    caller.must_be_app()?;
    let app = caller.app();
    // An erasure in an earlier app with this name does not concern this app's users.
    let own = |at: &Timestamp| *at >= caller.config.app.created_at;
    let erased = state.erasures.erased_at(app, &user).await?.filter(own);
    let at = match (erased, state.is_known(app, &user, erased).await?) {
        (_, true) => state.erasures.note_erasure(app, &user, state.clock.now()).await?,
        (Some(at), false) => at,
        (None, false) => return Err(ApiError::user_not_found(&user)),
    };
    state.end_connections(app, &user).await?;
    state.users.forget_user(app, &user).await?;
    let job = EraseUser { app: app.clone(), user: user.clone(), at, progress: EraseProgress::default() };
    state.erase_queue.queue_erase(&EraseRecord::User1(job), Duration::ZERO).await?;
    Ok(ApiReply::entities(vec![json!({"username": user})]))
}

impl ConfigureUser {
    /// Queues the end of the user's connections to us, as long as presence still lists them.
    async fn end_connections(&self, app: &AppKey, user: &UserId) -> Result<(), StoreError> {
        let known = self.facts.facts(app, user, &Conversation::User(user.clone())).await?.presence;
        let open = known.iter().flat_map(|(device, presence)| presence.connections().map(move |id| (device, id)));
        let end = |(device_id, id): (&DeviceId, &SessionId)| {
            let (app, user, device_id) = (app.clone(), user.clone(), device_id.clone());
            Connection { id: id.clone(), app, user, device_id }.end(EndReason::Logout)
        };
        let ends: Vec<DirectRecord> = open.map(end).collect();
        if ends.is_empty() {
            return Ok(());
        }
        Ok(self.direct.queue_direct(&ends, Duration::ZERO).await?)
    }

    /// Returns whether the user has any data. For an erased user only newer data counts.
    async fn is_known(&self, app: &AppKey, user: &UserId, erased: Option<Timestamp>) -> Result<bool, StoreError> {
        let is_newer = |at: Timestamp| erased.is_none_or(|erased| at > erased);
        Ok(self.users.knows_user(app, user).await?
            || self.messages.keeps_messages(app, user, erased).await?
            || self.memberships.groups_of(app, user).await?.iter().any(|membership| is_newer(membership.joined_at)))
    }
}
