//! The HTTP handlers: they parse requests, call ports, and answer.

use std::{future::Future, sync::Arc};

use axum::{Extension, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};
use shared::{
    app_configs::AppConfigs,
    domain::id::AppKey,
    lambda::{
        access::{Caller, Gate},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody, finish},
        idempotency::{RequestAttempt, once},
        message::{MessageCall, MessageForm},
        rate::RequestRates,
        route_limits::RateClass,
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
    batch::{self, read},
    groups,
    ids::IdAssigner,
    old_form::{self, OldAnswer, OldForm},
    rooms::{self, ToRoom},
};

/// The state of the function's handlers.
pub struct IngestMessage {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// the offline store
    pub messages: Arc<dyn StoreMessages>,
    /// the offline store for groups
    pub group_messages: Arc<dyn StoreGroupMessages>,
    /// reads what earlier tries have stored
    pub stored: Arc<dyn FindStored>,
    /// the message counters of groups
    pub heads: Arc<dyn RaiseHead>,
    /// the queue of decisions
    pub queue: Arc<dyn QueueDispatch>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives random ids
    pub entropy: Arc<dyn Entropy>,
}

impl IngestMessage {
    pub(crate) fn id_assigner<'a>(&'a self, app: &'a AppKey, attempt: &'a RequestAttempt) -> IdAssigner<'a> {
        IdAssigner {
            app,
            attempt,
            rows: &*self.stored,
            claims: &*self.claims,
            clock: &*self.clock,
            entropy: &*self.entropy,
        }
    }

    /// Runs a call once for each idempotency key.
    async fn once<F, W>(&self, caller: &Caller, route: &str, headers: &HeaderMap, body: &[u8], work: W) -> ApiResult
    where
        F: Future<Output = ApiResult>,
        W: FnOnce(RequestAttempt) -> F,
    {
        let time_and_chance = (&*self.clock, &*self.entropy);
        once(&*self.claims, time_and_chance, &caller.config.app, route, headers, body, work).await
    }

    /// Answers a message to chat rooms with ids.
    async fn answer_rooms(
        &self,
        caller: &Caller,
        route: &str,
        headers: &HeaderMap,
        body: &[u8],
        parse: impl Fn(&Fields) -> Result<Vec<ToRoom>, ApiError>,
    ) -> ApiResult {
        caller.must_be_app()?;
        let rooms = parse(&read(body)?)?;
        let work = |attempt| async move { Ok(ApiReply::data(self.to_rooms(caller.app(), &attempt, rooms).await?)) };
        self.once(caller, route, headers, body, work).await
    }

    pub(crate) fn stores(&self) -> (&dyn StoreMessages, &dyn Clock) {
        (&*self.messages, &*self.clock)
    }

    pub(crate) fn group_stores(&self) -> groups::Stores<'_> {
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

/// Returns the routes of this function.
pub fn router(parts: IngestMessage) -> Router {
    let clock = parts.clock.clone();
    let routes = Router::new()
        .route("/{org}/{app}/messages", post(send_old_form))
        .route("/{org}/{app}/messages/users", post(send_to_users))
        .route("/{org}/{app}/messages/batch", post(send_batch))
        .route("/{org}/{app}/messages/chatgroups", post(send_to_groups))
        .route("/{org}/{app}/messages/chatgroups/users", post(send_to_members))
        .route("/{org}/{app}/messages/chatrooms", post(send_to_rooms))
        .route("/{org}/{app}/messages/chatrooms/users", post(send_to_room_members))
        .route("/{org}/{app}/messages/chatrooms/broadcast", post(send_to_all_rooms))
        .with_state(Arc::new(parts));
    finish(routes, clock)
}

async fn send_to_users(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let message = MessageCall::of(&read(&body)?)?;
    let work = |attempt| async move { Ok(ApiReply::data(parts.to_users(app, &attempt, message).await?)) };
    parts.once(&caller, "messages/users", &headers, &body, work).await
}

/// Handles `POST /{org}/{app}/messages/batch`. Each message has its own answer. An invalid message affects no other.
async fn send_batch(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let messages = batch::parse(&body)?;
    let work = |attempt| async move { Ok(ApiReply::data(batch::send(parts, app, &attempt, messages).await?)) };
    parts.once(&caller, "messages/batch", &headers, &body, work).await
}

/// Handles `POST /{org}/{app}/messages/chatgroups`. It does not check whether a group exists; one without members has
/// no receivers.
async fn send_to_groups(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let message = groups::parse(MessageForm::Current, &read(&body)?)?;
    let work = |attempt| async move { Ok(ApiReply::data(parts.to_groups(app, &attempt, message).await?)) };
    parts.once(&caller, "messages/chatgroups", &headers, &body, work).await
}

/// Handles `POST /{org}/{app}/messages/chatgroups/users`. It does not check whether the users are members.
async fn send_to_members(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let message = groups::parse_directed(&read(&body)?)?;
    let work = |attempt| async move { Ok(ApiReply::data(parts.to_members(app, &attempt, message).await?)) };
    parts.once(&caller, "messages/chatgroups/users", &headers, &body, work).await
}

async fn send_to_rooms(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    parts
        .answer_rooms(&caller, "messages/chatrooms", &headers, &body, |fields| {
            rooms::parse(MessageForm::Current, fields)
        })
        .await
}

async fn send_to_room_members(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    parts.answer_rooms(&caller, "messages/chatrooms/users", &headers, &body, rooms::parse_directed).await
}

async fn send_to_all_rooms(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    parts.answer_rooms(&caller, "messages/chatrooms/broadcast", &headers, &body, rooms::parse_broadcast).await
}

/// Handles `POST /{org}/{app}/messages`. Groups have their own rate limit, as on their own route.
async fn send_old_form(
    State(parts): State<Arc<IngestMessage>>,
    caller: Caller,
    Extension(rates): Extension<Arc<RequestRates>>,
    OldAnswer { ids: with_ids }: OldAnswer,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let message = old_form::parse(&read(&body)?)?;
    if matches!(message, OldForm::Groups(_)) && !rates.app_may_call(app, RateClass::GroupMessages, parts.clock.now()) {
        return Err(ApiError::too_many_requests());
    }
    let work = |attempt| async move {
        let ids = match message {
            OldForm::Users(message) => parts.to_users(app, &attempt, message).await?,
            OldForm::Groups(message) => parts.to_groups(app, &attempt, message).await?,
            OldForm::Rooms(rooms) => parts.to_rooms(app, &attempt, rooms).await?,
        };
        let success = |(name, _): (String, Value)| (name, json!("success"));
        Ok(ApiReply::data(if with_ids { ids } else { ids.into_iter().map(success).collect() }))
    };
    parts.once(&caller, "messages", &headers, &body, work).await
}
