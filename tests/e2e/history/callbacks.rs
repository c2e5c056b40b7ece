//! The app's own server. What was queued for it arrives, whoever dies.

use std::collections::BTreeSet;

use curlew_tests::{
    history::What,
    stack::{Callback, CallbackServer, Recorder},
};
use shared::{
    crypto::webhook::webhook_id,
    domain::id::{MessageId, UserId},
    ports::callbacks::CallbackRecord,
};

use super::schedule::let_callbacks_be_due;
use crate::harness::{Tenant, until};

/// The app's own server.
pub struct Told<'r, 'w> {
    pub tenant: &'r Tenant<'w>,
    pub server: &'r CallbackServer,
    pub run: &'r Recorder<'w>,
}

impl Told<'_, '_> {
    /// Waits until the server was told of every event that a function queued for it, and records what it was told.
    pub async fn was_told_of_everything(&self) {
        let queued = self.queued().await;
        let told = until("every callback", async || {
            let told = self.server.callbacks().await.unwrap();
            let ids: BTreeSet<&str> = told.iter().map(Callback::id).collect();
            if queued.iter().all(|id| ids.contains(id.as_str())) {
                return Some(told);
            }
            // What failed waits for its time.
            let_callbacks_be_due(self.tenant).await;
            None
        })
        .await;
        assert!(!queued.is_empty() && told.iter().all(|callback| callback.refusal.is_none()));
        told.iter().filter_map(|callback| self.seen(callback)).for_each(|what| self.run.note(what));
    }

    /// Returns the id of every event that a function queued.
    async fn queued(&self) -> BTreeSet<String> {
        let bodies = self.tenant.world.stack.sent.bodies("CallbackQueue").await.unwrap();
        let parsed = bodies.iter().map(|body| serde_json::from_str(body).unwrap());
        let of_app = parsed.filter(|record: &CallbackRecord| *record.app() == self.tenant.key);
        of_app
            .flat_map(|CallbackRecord::V1(record)| record.events)
            .map(|event| webhook_id(&self.tenant.key, &event))
            .collect()
    }

    /// Returns what the server learned from a callback.
    fn seen(&self, callback: &Callback) -> Option<What> {
        let body = callback.json();
        let (_, message) = body["callId"].as_str()?.rsplit_once('_')?;
        Some(What::Callback {
            app: self.tenant.key.clone(),
            user: UserId::parse(body["target"].as_str()?).ok()?,
            message: MessageId::parse(message).ok()?,
            webhook_id: callback.id().to_owned(),
            body: callback.body.clone(),
        })
    }
}
