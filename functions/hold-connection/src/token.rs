//! Access tokens of connections: whoever's has ended or was revoked is posted nothing more.

use shared::{
    domain::{connection::EndReason, id::AppKey, time::Timestamp},
    lambda::metric::Metrics,
    ports::{
        connections::{Connection, DirectConnection, PostError},
        error::StoreError,
    },
};

use crate::{direct::count, hold::HoldConnection};

impl HoldConnection {
    /// Why an access token does not count any more, if that is so. Of a token without a key it is not known by which it was verified.
    pub(crate) async fn refused_token(
        &self,
        app: &AppKey,
        key: Option<&str>,
        until: Option<Timestamp>,
    ) -> Result<Option<EndReason>, StoreError> {
        if until.is_some_and(|until| until <= self.ports.clock.now()) {
            return Ok(Some(EndReason::TokenExpired));
        }
        let Some(key) = key else {
            return Ok(None);
        };
        let cached = self.configs.get(app).await?;
        if cached.is_some_and(|config| config.app.token_key(key).is_some()) {
            return Ok(None);
        }
        // What is cached may be older than the key.
        let recent = self.configs.get_recent(app).await?;
        let knows = recent.is_some_and(|config| config.app.token_key(key).is_some());
        Ok((!knows).then_some(EndReason::TokenRevoked))
    }

    /// Posts a message to a connection; `false` if it may not have it, because its access token does not count. Such a connection is ended
    /// and counts as none from then on. A message that waited for its post is for the device's own connection only.
    pub(crate) async fn post_if_allowed(
        &self,
        connection: &Connection,
        token: &DirectConnection,
        frame: &str,
        waited: bool,
        metrics: &Metrics,
    ) -> Result<bool, PostError> {
        let refused = self.refused_token(&connection.app, token.token_key.as_deref(), token.until).await;
        if let Some(reason) = refused.map_err(not_judged)? {
            self.bar(connection, reason).await.map_err(not_judged)?;
            return Ok(false);
        }
        if waited && self.ports.presence.held(connection).await.map_err(not_judged)?.is_none() {
            return Ok(false);
        }
        let posted = self.ports.posts.post(&connection.id, frame).await;
        count(&posted, metrics);
        posted.map(|()| true)
    }

    /// Ends a connection that may not read any more: its end is queued before its device counts as offline.
    pub(crate) async fn bar(&self, connection: &Connection, reason: EndReason) -> Result<(), StoreError> {
        self.queue_end(connection.clone(), reason, None).await?;
        self.drop_connection(connection, None).await
    }

    /// Whether what waits may be posted to a new connection: it still is its device's, and its access token counts. One whose token does not
    /// is ended.
    pub(crate) async fn may_have_what_waits(&self, connection: &Connection) -> Result<bool, StoreError> {
        let Some(presence) = self.ports.presence.held(connection).await? else {
            return Ok(false);
        };
        let until = Some(presence.lease_until);
        let Some(reason) = self.refused_token(&connection.app, presence.token_key.as_deref(), until).await? else {
            return Ok(true);
        };
        self.bar(connection, reason).await?;
        Ok(false)
    }
}

/// Why nothing is posted while a table does not tell whether it may be. A busy table is no failure.
fn not_judged(error: StoreError) -> PostError {
    match error {
        StoreError::Throttled => PostError::Throttled,
        error => PostError::Failed(error.chain()),
    }
}
