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
        group_messages::StoreGroupMessages,
        groups::RaiseHead,
        messages::StoreMessages,
        queue::QueueDispatch,
    },
};

use crate::{
    accept::{Accepted, accept, name},
    batch,
    groups::{self, AcceptedForGroup},
};

/// What the function works with.
pub struct IngestMessage {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// the offline store
    pub messages: Arc<dyn StoreMessages>,
    /// the same for groups
    pub group_messages: Arc<dyn StoreGroupMessages>,
    /// how many messages a group had
    pub heads: Arc<dyn RaiseHead>,
    /// where decisions wait
    pub queue: Arc<dyn QueueDispatch>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// random ids
    pub entropy: Arc<dyn Entropy>,
}

impl IngestMessage {
    fn group_stores(&self) -> (&dyn RaiseHead, &dyn StoreGroupMessages) {
        (&*self.heads, &*self.group_messages)
    }
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
        .route("/{org}/{app}/messages/chatgroups", post(send_to_groups))
        .route("/{org}/{app}/messages/chatgroups/users", post(send_to_members))
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
    once(
        &*parts.claims,
        (&*parts.clock, &*parts.entropy),
        &caller.config.app,
        "messages/users",
        &headers,
        &body,
        |attempt| async move {
            let receivers = name(app, std::mem::take(&mut message.to), 0, &attempt, &*parts.entropy);
            let accepted = [Accepted { content: message.content(attempt.since), receivers }];
            accept(app, &accepted, &attempt, &*parts.messages, &*parts.queue).await?;
            let [Accepted { receivers, .. }] = accepted;
            let ids: Map<_, _> =
                receivers.into_iter().map(|receiver| (receiver.user.to_string(), json!(receiver.msg_id))).collect();
            Ok(Reply::data(ids))
        },
    )
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
    once(
        &*parts.claims,
        (&*parts.clock, &*parts.entropy),
        &caller.config.app,
        "messages/batch",
        &headers,
        &body,
        |attempt| async move {
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
        },
    )
    .await
}

/// `POST /{org}/{app}/messages/chatgroups`: whether a group exists is not asked; one without members has no receivers.
async fn send_to_groups(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let mut message = groups::parse(&body)?;
    once(
        &*parts.claims,
        (&*parts.clock, &*parts.entropy),
        &caller.config.app,
        "messages/chatgroups",
        &headers,
        &body,
        |attempt| async move {
            let to = std::mem::take(&mut message.to);
            let content = message.content(attempt.since);
            let named = |group| AcceptedForGroup::new(app, content.clone(), group, &attempt, &*parts.entropy);
            let accepted: Vec<AcceptedForGroup> = to.into_iter().map(named).collect();
            groups::accept(app, &accepted, &attempt, parts.group_stores(), &*parts.queue).await?;
            Ok(Reply::data(accepted.iter().map(id_of_group).collect::<Map<_, _>>()))
        },
    )
    .await
}

/// `POST /{org}/{app}/messages/chatgroups/users`: whether they are members is not asked either.
async fn send_to_members(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let message = groups::parse_directed(&body)?;
    once(
        &*parts.claims,
        (&*parts.clock, &*parts.entropy),
        &caller.config.app,
        "messages/chatgroups/users",
        &headers,
        &body,
        |attempt| async move {
            let groups::Directed { group, users } = message.to.clone();
            let content = message.content(attempt.since);
            let accepted = AcceptedForGroup::new(app, content, group, &attempt, &*parts.entropy);
            groups::accept_directed(app, &accepted, users, &attempt, parts.group_stores(), &*parts.queue).await?;
            Ok(Reply::data(Map::from_iter([id_of_group(&accepted)])))
        },
    )
    .await
}

fn id_of_group(accepted: &AcceptedForGroup) -> (String, Value) {
    (accepted.group.to_string(), json!(accepted.msg_id))
}
