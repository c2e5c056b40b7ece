//! Requests in, port calls, answers out.

use std::sync::Arc;

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Map, Value, json};
use shared::{
    app_configs::AppConfigs,
    lambda::{
        access::{Caller, Gate},
        http::{Answer, RawBody, Reply, finish},
        message::Message,
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
    accept::{Accepted, accept, name},
    batch,
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
    let routes = Router::new()
        .route("/{org}/{app}/messages/users", post(send_to_users))
        .route("/{org}/{app}/messages/batch", post(send_batch))
        .with_state(Arc::new(parts));
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
        let receivers = name(app, std::mem::take(&mut message.to), 0, &attempt, &*parts.entropy);
        let accepted = [Accepted { content: message.content(attempt.since), receivers }];
        accept(app, &accepted, &attempt, &*parts.messages, &*parts.queue).await?;
        let [Accepted { receivers, .. }] = accepted;
        let ids: Map<_, _> =
            receivers.into_iter().map(|receiver| (receiver.user.to_string(), json!(receiver.msg_id))).collect();
        Ok(Reply::data(ids))
    })
    .await
}

/// `POST /{org}/{app}/messages/batch`: every message is answered in its place; one that breaks a rule costs itself only.
async fn send_batch(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let messages = batch::parse(&body)?;
    once(&*parts.claims, &*parts.clock, app, "messages/batch", &headers, &body, |attempt| async move {
        let mut accepted = Vec::new();
        let mut answers = Vec::new();
        for (place, message) in messages.into_iter().enumerate() {
            match message {
                Ok(mut message) => {
                    let receivers = name(app, std::mem::take(&mut message.to), place, &attempt, &*parts.entropy);
                    answers.extend(receivers.iter().map(|to| json!({"to": to.user, "msg_id": to.msg_id})));
                    accepted.push(Accepted { content: message.content(attempt.since), receivers });
                }
                Err(error) => answers.push(Value::Object(error.summary())),
            }
        }
        accept(app, &accepted, &attempt, &*parts.messages, &*parts.queue).await?;
        Ok(Reply::data(answers))
    })
    .await
}
