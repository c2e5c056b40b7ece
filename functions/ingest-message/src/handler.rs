//! The HTTP handlers: they parse requests, call ports, and answer.

use std::sync::Arc;

use axum::{Router, extract::State, http::HeaderMap};
use serde_json::{Value, json};
use shared::{
    decider::Decider,
    domain::id::AppKey,
    lambda::{
        access::{Caller, PathUser},
        error::ApiError,
        fields::Fields,
        gate::{Gate, HttpState},
        http::{ApiReply, ApiResult, RawBody},
        idempotency::{IdempotentRequest, RequestAttempt},
        message::{MessageCall, MessageForm},
        route_limits::RateClass,
        routes::{Routes, get, post, put},
    },
    name_ports,
    ports::{
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        group_messages::StoreGroupMessages,
        groups::RaiseHead,
        messages::{FindStored, StoreMessages},
        push_now::PushNow,
        queue::{QueueDispatch, QueueRecalls},
        recalls::RecallMessage,
    },
};

use crate::{
    batch::{self, read},
    groups,
    ids::IdAssigner,
    instant,
    old_form::{self, OldAnswer, OldForm},
    recall::{recall_one, recall_several},
    rooms::{self, ToRoom},
    stored::{show_push, store_push},
    task_changes::{change_task, list_tasks, show_task},
    tasks::{TaskPorts, broadcast, push_to_all, push_to_label},
};

/// The state of the function's handlers.
pub struct IngestMessage {
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
    /// marks recalled messages
    pub recalls: Arc<dyn RecallMessage>,
    /// the queue of decisions, for recalled messages
    pub recalls_queue: Arc<dyn QueueRecalls>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// decides for receivers of pushes that are waited for
    pub decider: Decider,
    /// the vendors' functions, for the same pushes
    pub pushes: Arc<dyn PushNow>,
    /// tasks, and the pushes that are stored for them
    pub tasks: TaskPorts,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives random ids
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { IngestMessage {
    messages, group_messages, stored, heads, queue, recalls, recalls_queue, claims, decider, pushes, tasks, clock,
    entropy
} }

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

    /// Returns a request of this caller whose work runs once for each idempotency key.
    pub(crate) fn idempotent<'a>(
        &'a self,
        caller: &'a Caller,
        route: &'a str,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> IdempotentRequest<'a> {
        let Self { claims, clock, entropy, .. } = self;
        let app = &caller.config.app;
        IdempotentRequest { claims: &**claims, clock: &**clock, entropy: &**entropy, app, route, headers, body }
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
        self.idempotent(caller, route, headers, body).run(work).await
    }

    pub(crate) fn stores(&self) -> (&dyn StoreMessages, &dyn Clock) {
        (&*self.messages, &*self.clock)
    }

    pub(crate) fn group_stores(&self) -> groups::Stores<'_> {
        groups::Stores { heads: &*self.heads, messages: &*self.group_messages, clock: &*self.clock }
    }
}

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<IngestMessage>> {
    Routes::new()
        .route("/{org}/{app}/messages", [post(send_old_form)])
        .route("/{org}/{app}/messages/users", [post(send_to_users)])
        .route("/{org}/{app}/messages/batch", [post(send_batch)])
        .route("/{org}/{app}/messages/chatgroups", [post(send_to_groups)])
        .route("/{org}/{app}/messages/chatgroups/users", [post(send_to_members)])
        .route("/{org}/{app}/messages/chatrooms", [post(send_to_rooms)])
        .route("/{org}/{app}/messages/chatrooms/users", [post(send_to_room_members)])
        .route("/{org}/{app}/messages/chatrooms/broadcast", [post(send_to_all_rooms)])
        .route("/{org}/{app}/push/sync/{username}", [post(push_sync)])
        .route("/{org}/{app}/push/async/{username}", [post(push_async)])
        .route("/{org}/{app}/push/single", [post(push_single)])
        .route("/{org}/{app}/push/task", [post(push_to_all), get(list_tasks)])
        .route("/{org}/{app}/push/task/{id}", [get(show_task), put(change_task)])
        .route("/{org}/{app}/push/list/label", [post(push_to_label)])
        .route("/{org}/{app}/push/message", [post(store_push)])
        .route("/{org}/{app}/push/message/{id}", [get(show_push)])
        .route("/{org}/{app}/push/task/broadcast", [post(broadcast)])
        .route("/{org}/{app}/messages/recall", [post(recall_several)])
        .route("/{org}/{app}/messages/msg_recall", [post(recall_one)])
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: IngestMessage) -> Router {
    gate.guard(routes(), state)
}

async fn send_to_users(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let message = MessageCall::of(&read(&body)?)?;
    let work = |attempt| async move { Ok(ApiReply::data(state.to_users(app, &attempt, message).await?)) };
    state.idempotent(&caller, "messages/users", &headers, &body).run(work).await
}

/// Accepts a batch (`POST /{org}/{app}/messages/batch`). Each message has its own answer. An invalid message affects no
/// other.
async fn send_batch(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let messages = batch::parse(&body)?;
    let work = |attempt| async move { Ok(ApiReply::data(batch::send(state, app, &attempt, messages).await?)) };
    state.idempotent(&caller, "messages/batch", &headers, &body).run(work).await
}

/// Accepts a message to groups (`POST /{org}/{app}/messages/chatgroups`). It does not check whether a group exists. A
/// group without members has no receivers.
async fn send_to_groups(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let message = groups::parse(MessageForm::Current, &read(&body)?)?;
    let work = |attempt| async move { Ok(ApiReply::data(state.to_groups(app, &attempt, message).await?)) };
    state.idempotent(&caller, "messages/chatgroups", &headers, &body).run(work).await
}

/// Accepts a message to some members of a group (`POST /{org}/{app}/messages/chatgroups/users`). It does not check
/// whether the users are members.
async fn send_to_members(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let message = groups::parse_directed(&read(&body)?)?;
    let work = |attempt| async move { Ok(ApiReply::data(state.to_members(app, &attempt, message).await?)) };
    state.idempotent(&caller, "messages/chatgroups/users", &headers, &body).run(work).await
}

async fn send_to_rooms(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    state
        .answer_rooms(&caller, "messages/chatrooms", &headers, &body, |fields| {
            rooms::parse(MessageForm::Current, fields)
        })
        .await
}

async fn send_to_room_members(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    state.answer_rooms(&caller, "messages/chatrooms/users", &headers, &body, rooms::parse_directed).await
}

async fn send_to_all_rooms(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    state.answer_rooms(&caller, "messages/chatrooms/broadcast", &headers, &body, rooms::parse_broadcast).await
}

/// Accepts a message in the old form (`POST /{org}/{app}/messages`). A message to groups also counts for the rate of
/// messages to groups.
async fn send_old_form(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    State(gate): State<Gate>,
    OldAnswer { ids: with_ids }: OldAnswer,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let message = old_form::parse(&read(&body)?)?;
    if matches!(message, OldForm::Groups(_)) {
        gate.count_as(RateClass::GroupMessages, app)?;
    }
    let work = |attempt| async move {
        let ids = match message {
            OldForm::Users(message) => state.to_users(app, &attempt, message).await?,
            OldForm::Groups(message) => state.to_groups(app, &attempt, message).await?,
            OldForm::Rooms(rooms) => state.to_rooms(app, &attempt, rooms).await?,
        };
        let success = |(name, _): (String, Value)| (name, json!("success"));
        Ok(ApiReply::data(if with_ids { ids } else { ids.into_iter().map(success).collect() }))
    };
    state.idempotent(&caller, "messages", &headers, &body).run(work).await
}

/// Pushes to a user and waits for the vendor (`POST /{org}/{app}/push/sync/{username}`).
async fn push_sync(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    PathUser(user): PathUser,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app, push) = (&*state, caller.app(), instant::parse(&body)?);
    let route = format!("push/sync/{user}");
    let work = |attempt| async move { Ok(ApiReply::data(state.push_sync(app, &attempt, push, user).await?)) };
    state.idempotent(&caller, &route, &headers, &body).run(work).await
}

/// Pushes to a user (`POST /{org}/{app}/push/async/{username}`).
async fn push_async(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    PathUser(user): PathUser,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app, push) = (&*state, caller.app(), instant::parse(&body)?);
    let route = format!("push/async/{user}");
    let work = |attempt| async move { Ok(ApiReply::data(state.push_async(app, &attempt, push, user).await?)) };
    state.idempotent(&caller, &route, &headers, &body).run(work).await
}

/// Pushes to a list of users (`POST /{org}/{app}/push/single`).
async fn push_single(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app, push) = (&*state, caller.app(), instant::parse(&body)?);
    let targets = instant::targets(&body)?;
    let work = |attempt| async move { Ok(ApiReply::data(state.push_single(app, &attempt, push, targets).await?)) };
    state.idempotent(&caller, "push/single", &headers, &body).run(work).await
}
