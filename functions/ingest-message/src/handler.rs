//! Requests in, port calls, answers out.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Map, Value, json};
use shared::{
    app_configs::AppConfigs,
    domain::id::AppKey,
    lambda::{
        access::{Caller, Gate},
        http::{Answer, RawBody, Reply, finish},
        message::Message,
        once::{Attempt, once},
    },
    ports::{
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        group_messages::StoreGroupMessages,
        groups::RaiseHead,
        messages::{FindStored, StoreMessages},
        queue::QueueDispatch,
    },
};

use crate::{
    accept::{ToUser, accept, gather},
    batch,
    groups::{self, AcceptedForGroup, ToGroup},
    ids::Namer,
};

/// What the function works with.
pub struct IngestMessage {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// the offline store
    pub messages: Arc<dyn StoreMessages>,
    /// the same for groups
    pub group_messages: Arc<dyn StoreGroupMessages>,
    /// what earlier tries have stored
    pub stored: Arc<dyn FindStored>,
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
    fn namer<'a>(&'a self, app: &'a AppKey, attempt: &'a Attempt) -> Namer<'a> {
        Namer { app, attempt, rows: &*self.stored, claims: &*self.claims, clock: &*self.clock, entropy: &*self.entropy }
    }

    fn stores(&self) -> (&dyn StoreMessages, &dyn Clock) {
        (&*self.messages, &*self.clock)
    }

    fn group_stores(&self) -> groups::Stores<'_> {
        groups::Stores { heads: &*self.heads, messages: &*self.group_messages, clock: &*self.clock }
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
        app,
        "messages/users",
        &headers,
        &body,
        |attempt| async move {
            let to = std::mem::take(&mut message.to);
            let content = message.content(attempt.since);
            let kept = !content.online_only;
            let to = to.into_iter().map(|user| ToUser { message: 0, user, kept }).collect();
            let named = parts.namer(app, &attempt).name(to).await?;
            let ids: Map<_, _> = named.iter().map(|one| (one.to.user.to_string(), json!(one.msg_id))).collect();
            let accepted = gather(&BTreeMap::from([(0, content)]), named);
            accept(app, &accepted, &attempt, parts.stores(), &*parts.queue).await?;
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
        app,
        "messages/batch",
        &headers,
        &body,
        |attempt| async move {
            let mut contents = BTreeMap::new();
            let mut to = Vec::new();
            let mut answers = Vec::new();
            for (place, message) in messages.into_iter().enumerate() {
                answers.push(match message {
                    Ok(mut message) => {
                        let users = std::mem::take(&mut message.to).into_iter();
                        let content = message.content(attempt.since);
                        let kept = !content.online_only;
                        to.extend(users.map(|user| ToUser { message: place, user, kept }));
                        contents.insert(place, content);
                        Value::Null
                    }
                    Err(error) => Value::Object(error.summary()),
                });
            }
            let named = parts.namer(app, &attempt).name(to).await?;
            for one in &named {
                answers[one.to.message] = json!({"to": one.to.user, "msg_id": one.msg_id});
            }
            accept(app, &gather(&contents, named), &attempt, parts.stores(), &*parts.queue).await?;
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
        app,
        "messages/chatgroups",
        &headers,
        &body,
        |attempt| async move {
            let to = std::mem::take(&mut message.to);
            let content = message.content(attempt.since);
            let kept = !content.online_only;
            let to = to.into_iter().map(|group| ToGroup { group, kept }).collect();
            let named = parts.namer(app, &attempt).name(to).await?;
            let accepted: Vec<AcceptedForGroup> =
                named.into_iter().map(|one| AcceptedForGroup::new(&content, one)).collect();
            groups::accept(app, &accepted, &attempt, &parts.group_stores(), &*parts.queue).await?;
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
        app,
        "messages/chatgroups/users",
        &headers,
        &body,
        |attempt| async move {
            let groups::Directed { group, users } = message.to.clone();
            let content = message.content(attempt.since);
            let to = vec![ToGroup { group, kept: !content.online_only }];
            // One is named as one.
            let named = parts.namer(app, &attempt).name(to).await?.remove(0);
            let accepted = AcceptedForGroup::new(&content, named);
            groups::accept_directed(app, &accepted, users, &attempt, &parts.group_stores(), &*parts.queue).await?;
            Ok(Reply::data(Map::from_iter([id_of_group(&accepted)])))
        },
    )
    .await
}

fn id_of_group(accepted: &AcceptedForGroup) -> (String, Value) {
    (accepted.group.to_string(), json!(accepted.msg_id))
}
