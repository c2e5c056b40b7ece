//! Access tokens of connections. A connection whose token expired or was revoked gets no more messages.

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
    /// Returns why an access token is not valid any more, or `None`. Without a key it is unknown which key verified the
    /// token.
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
        // The cached configuration may be older than the key.
        let recent = self.configs.get_recent(app).await?;
        let knows = recent.is_some_and(|config| config.app.token_key(key).is_some());
        Ok((!knows).then_some(EndReason::TokenRevoked))
    }

    /// Posts a message to a connection. Returns `false` if its access token is not valid any more. Such a connection is
    /// ended, and counts as offline from then on. A retried message is only posted to the present connection of the
    /// device.
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

    /// Ends a connection that may read no more. Queues its end before its device counts as offline.
    pub(crate) async fn bar(&self, connection: &Connection, reason: EndReason) -> Result<(), StoreError> {
        self.queue_end(connection.clone(), reason, None).await?;
        self.drop_connection(connection, None).await
    }

    /// Returns whether waiting messages may be posted to a new connection: its device still uses it, and its access
    /// token is valid. A connection without a valid token is ended.
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

/// Returns the error when a table does not answer whether a post is allowed. A throttled table counts as no failure.
fn not_judged(error: StoreError) -> PostError {
    match error {
        StoreError::Throttled => PostError::Throttled,
        error => PostError::Failed(error.chain()),
    }
}
