//! Requests to an app's server: the body with the message that it is about, and its signatures.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use shared::{
    crypto::webhook::{security, signatures, webhook_id},
    domain::{
        callback::{
            Callback,
            body::{body, call_id},
            event::CallbackEvent,
        },
        id::{AppKey, MessageId},
        message::{Content, Receiver},
        time::Timestamp,
    },
    ports::{callbacks::CallbackCall, error::StoreError},
};

use crate::{deliver::Ports, secrets::OpenSecrets};

/// Age from which an event waited somewhere, and its user may have been erased meanwhile. An event that the app has sent
/// again is older, too.
const WAITED: Duration = Duration::from_secs(30);

/// Writes the requests of one app.
pub(crate) struct Requests<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) ports: &'a Ports,
    callback: &'a Callback,
    secrets: &'a OpenSecrets,
    /// the messages that were read; receivers of a group message share one
    contents: Mutex<HashMap<MessageId, Option<Content>>>,
}

impl<'a> Requests<'a> {
    /// Returns a writer that has read nothing yet.
    pub(crate) fn new(app: &'a AppKey, callback: &'a Callback, secrets: &'a OpenSecrets, ports: &'a Ports) -> Self {
        Self { app, ports, callback, secrets, contents: Mutex::default() }
    }

    /// Returns when the setting was written that the requests follow.
    pub(crate) fn set_at(&self) -> Timestamp {
        self.callback.set_at
    }

    /// Returns the request for an event; `None` if its user was erased since.
    pub(crate) async fn of(&self, event: &CallbackEvent) -> Result<Option<CallbackCall>, StoreError> {
        if self.is_of_erased_user(event).await? {
            return Ok(None);
        }
        let content = self.content(event).await?;
        let id = webhook_id(self.app, event);
        let call_id = call_id(self.app, event, &id);
        let security = security(&call_id, self.secrets.present(), event.at);
        let shown = Value::Object(body(self.app, event, content.as_ref(), &call_id, &security));
        let body = shown.to_string().into_bytes();
        let now = self.ports.clock.now();
        let signature = signatures(&id, now, &body, &self.secrets.all());
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id),
            ("webhook-timestamp", now.as_seconds().to_string()),
            ("webhook-signature", signature),
        ];
        Ok(Some(CallbackCall { url: self.callback.url.clone(), headers, body }))
    }

    /// Returns whether the event shows something of a user from before an erasure.
    async fn is_of_erased_user(&self, event: &CallbackEvent) -> Result<bool, StoreError> {
        let Some(user) = event.user() else { return Ok(false) };
        if self.ports.clock.now().since(event.at) < WAITED {
            return Ok(false);
        }
        let erased = self.ports.erasures.erased_at(self.app, user).await?;
        Ok(erased.is_some_and(|erased| event.shows_since() <= erased))
    }

    /// Returns the message that an event shows, if it is still stored.
    async fn content(&self, event: &CallbackEvent) -> Result<Option<Content>, StoreError> {
        let Some((user, msg_id, group)) = event.message() else {
            return Ok(None);
        };
        let known = self.contents().get(&msg_id).cloned();
        if let Some(content) = known {
            return Ok(content);
        }
        let receiver = Receiver { user: user.clone(), msg_id };
        let content = self.ports.contents.content(self.app, &receiver, group).await?;
        if group.is_some() {
            self.contents().insert(msg_id, content.clone());
        }
        Ok(content)
    }

    fn contents(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, Option<Content>>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
