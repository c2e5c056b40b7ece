//! The HTTP handlers: they parse requests, call ports, and answer.

use std::sync::Arc;

use axum::{Router, extract::State};
use shared::{
    decider::Decider,
    domain::{
        erasure::hidden_until,
        id::{GroupId, UserId},
        invalid::Invalid,
        message::{Content, Receiver},
        push::SemanticClass,
        recall::MessageTarget,
        time::Timestamp,
    },
    lambda::{
        address::{Address, PublicAddress},
        error::ApiError,
        fields::Fields,
        gate::{Gate, HttpState},
        http::{ApiReply, ApiResult, RawBody},
        instant_call::InstantCall,
        message::{MessageCall, MessageForm, ids},
        reader::Reader,
        routes::{Routes, get, post},
    },
    name_ports,
    ports::{
        clock::Entropy, directory::ReadDirectory, erasure::ReadErasure, group_messages::ReadGroupMessage,
        groups::ReadMembers, messages::ReadMessage, recalls::ReadRecalls, statistics::ReadCounts,
    },
};

use crate::{
    explain,
    rebuild::{Rebuilt, rebuild},
    recent::{self, RecentMessages},
    request::Viewer,
    statistics, trace,
    trace_query::TraceQuery,
};

/// The state of the function's handlers.
pub struct ExplainPush {
    /// decides as `check-presence` does
    pub decider: Decider,
    /// reads the records of one-to-one messages
    pub messages: Arc<dyn ReadMessage>,
    /// reads the records of group messages
    pub group_messages: Arc<dyn ReadGroupMessage>,
    /// reads when messages were recalled
    pub recalls: Arc<dyn ReadRecalls>,
    /// lists the recent messages of users
    pub recent: RecentMessages,
    /// reads the users of the app
    pub directory: Arc<dyn ReadDirectory>,
    /// reads erasures
    pub erasures: Arc<dyn ReadErasure>,
    /// reads the number of members of groups
    pub members: Arc<dyn ReadMembers>,
    /// reads counts of pushes
    pub counts: Arc<dyn ReadCounts>,
    /// the public address of the API; absent: the address that the request was sent to
    pub public_base_url: Option<String>,
    /// gives ids to messages that are not sent
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { ExplainPush {
    decider, messages, group_messages, recalls, recent, directory, erasures, members, counts, entropy
} without { public_base_url } }

impl PublicAddress for ExplainPush {
    fn public_base_url(&self) -> Option<&str> {
        self.public_base_url.as_deref()
    }
}

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<ExplainPush>> {
    Routes::new()
        .route("/{org}/{app}/push/explain", [post(explain_push)])
        .route("/{org}/{app}/push/trace/{msg_id}", [get(stored_trace)])
        .route("/{org}/{app}/push/stats", [get(statistics::show)])
        .route("/{org}/{app}/push/data/offline-push/begin/{begin}/end/{end}", [get(statistics::show_daily)])
        .route("/{org}/{app}/users/{username}/messages", [get(recent::list)])
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: ExplainPush) -> Router {
    gate.guard(routes(), state)
}

async fn explain_push(
    State(state): State<Arc<ExplainPush>>,
    reader: Reader,
    Address(base): Address,
    RawBody(body): RawBody,
) -> ApiResult {
    let viewer = Viewer { visibility: reader.may_read()?, base: &base };
    let (content, receiver) = question(&body, state.decider.clock.now())?;
    let explained = explain::explain(&state, reader.app(), content, receiver).await?;
    let shown = explained.map(|explained| ApiReply::data(explained.shown(viewer)));
    shown.ok_or_else(|| ApiError::app_not_found(reader.app().org(), reader.app().app()))
}

/// Reads the message and its receiver: one user in `to`, or with `receiver` one member of the group in `to`. With
/// `pushMessage` it is an instant push.
fn question(body: &[u8], now: Timestamp) -> Result<(Content, UserId), ApiError> {
    let refused = |invalid: Invalid| ApiError::invalid(&invalid).of_message(None);
    let fields = Fields::parse(body).map_err(refused)?;
    if fields.value(InstantCall::FIELD).is_some() {
        let push = InstantCall::of(&fields, SemanticClass::System)?;
        return match &ids(&fields, "to", "user", 1, UserId::parse_as)?[..] {
            [one] => Ok((push.content(now)?, one.id.clone())),
            _ => Err(Invalid::new("to", "must name one user").into()),
        };
    }
    let Some(receiver) = fields.optional_text("receiver").map_err(refused)? else {
        let mut message = MessageCall::of(&fields)?;
        return match (message.to.pop(), message.to.is_empty()) {
            (Some(receiver), true) => Ok((message.content(now), receiver.id)),
            _ => Err(refused(Invalid::new("to", "must name one user"))),
        };
    };
    let receiver = UserId::parse_as("receiver", receiver).map_err(refused)?;
    let one_group = |fields: &Fields| ids(fields, "to", "group", 1, GroupId::parse_as);
    let mut message = MessageCall::addressed(MessageForm::Current, &fields, one_group)?;
    let group = message.to.pop().map(|group| group.id);
    let content = Content { group, ..message.content(now) };
    if content.from == receiver {
        return Err(refused(Invalid::new("receiver", "must not be the sender, who is never pushed")));
    }
    Ok((content, receiver))
}

async fn stored_trace(
    State(state): State<Arc<ExplainPush>>,
    reader: Reader,
    Address(base): Address,
    asked: TraceQuery,
) -> ApiResult {
    let viewer = Viewer { visibility: reader.may_read()?, base: &base };
    let TraceQuery { msg_id, user, group, request } = asked;
    let of_group = msg_id.is_of_group() || group.is_some();
    let erased = state.erasures.erased_at(reader.app(), &user).await?;
    let hidden = msg_id.accepted_at() <= hidden_until(&reader.config().app, erased);
    let message = match of_group {
        _ if hidden => None,
        true => state.group_messages.group_message(reader.app(), group.as_ref(), msg_id, &user).await?,
        false => state.messages.message(reader.app(), &user, msg_id).await?,
    };
    let message = message.ok_or_else(|| {
        let text = format!("{user} has no message {msg_id}; messages are kept for 7 days");
        ApiError::not_found(match (of_group, &group) {
            (true, None) => format!("{text}; before a message to a group is decided, it is found with group"),
            (true, Some(_)) | (false, _) => text,
        })
    })?;
    let target = [(MessageTarget::of(&message.content, &user), msg_id)];
    let recalled = state.recalls.recalled(reader.app(), &target).await?.into_iter().flatten().next();
    let receiver = Receiver { user, msg_id };
    let rebuilt = match request {
        true => rebuild(&state, reader.app(), receiver.clone(), &message).await?,
        false => None,
    };
    let config = rebuilt.as_ref().map_or(&**reader.config(), Rebuilt::config);
    Ok(ApiReply::data(trace::trace(config, &receiver, &message, viewer, rebuilt.as_ref(), recalled)))
}
