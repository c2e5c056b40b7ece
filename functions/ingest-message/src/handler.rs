//! Requests in, port calls, answers out.

use std::sync::Arc;

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Map, json};
use shared::{
    app_configs::AppConfigs,
    lambda::{
        access::{Caller, Gate},
        http::{Answer, RawBody, Reply, finish},
        once::once,
    },
    ports::{
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        messages::StoreMessages,
        queue::QueueDispatch,
    },
};

use crate::{
    accept::{accept, name},
    request::Message,
};

/// What the function works with.
pub struct IngestMessage {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// the offline store
    pub messages: Arc<dyn StoreMessages>,
    /// where decisions wait
    pub queue: Arc<dyn QueueDispatch>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// random ids
    pub entropy: Arc<dyn Entropy>,
}

impl Gate for IngestMessage {
    fn app_configs(&self) -> &AppConfigs {
        &self.configs
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

/// The routes of this function.
pub fn router(parts: IngestMessage) -> Router {
    let clock = parts.clock.clone();
    let routes = Router::new().route("/{org}/{app}/messages/users", post(send_to_users)).with_state(Arc::new(parts));
    finish(routes, clock)
}

async fn send_to_users(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let mut message = Message::parse(&body)?;
    once(&*parts.claims, &*parts.clock, app, "messages/users", &headers, &body, |attempt| async move {
        let receivers = name(app, std::mem::take(&mut message.to), &attempt, &*parts.entropy);
        let content = message.content(attempt.since);
        accept(app, content, &receivers, &attempt, &*parts.messages, &*parts.queue).await?;
        let ids: Map<_, _> =
            receivers.into_iter().map(|receiver| (receiver.user.to_string(), json!(receiver.msg_id))).collect();
        Ok(Reply::data(ids))
    })
    .await
}
