//! Recalls: takes messages back that wait, or that were pushed.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        id::{GroupId, MessageId, UserId},
        invalid::Invalid,
        recall::{MAX_RECALLED, MessageTarget, RECALL_TIME},
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
    ports::{error::StoreError, queue::RecallJob},
};

use crate::handler::IngestMessage;

/// A message to recall.
struct Recall {
    /// the id, as the caller sent it
    msg_id: String,
    /// the receiver, as the caller sent it
    to: String,
    chat_type: String,
    /// who recalls it
    from: String,
    /// whether it may be older than [`RECALL_TIME`]
    force: bool,
    /// `None` for a chat room, whose messages are not stored
    target: Option<MessageTarget>,
}

/// Why a message is not recalled, in Easemob's words.
enum Refused {
    NotFound,
    TooLate,
}

impl Refused {
    const fn text(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found msg",
            Self::TooLate => "exceed recall time limit",
        }
    }
}

impl Recall {
    fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name: &str| match fields.optional_text(name)? {
            None | Some("") => Err(Invalid::verbatim(name, format!("param {name} can't be empty"))),
            Some(text) => Ok(text.to_owned()),
        };
        let (msg_id, to, chat_type) = (text("msg_id")?, text("to")?, text("chat_type")?);
        let force = fields.optional_flag("force")?;
        let force = force.ok_or_else(|| Invalid::verbatim("force", "param force can't be empty"))?;
        let from = fields.optional_text("from")?.filter(|from| !from.is_empty()).unwrap_or("admin").to_owned();
        let no_target = |_| Invalid::verbatim("to", "can't find msg to");
        let target = match chat_type.as_str() {
            "chat" => Some(MessageTarget::User(UserId::parse(&to).map_err(no_target)?)),
            "groupchat" => Some(MessageTarget::Group(GroupId::parse(&to).map_err(no_target)?)),
            "chatroom" => None,
            _ => return Err(Invalid::new("chat_type", "must be one of: chat, groupchat, chatroom")),
        };
        Ok(Self { msg_id, to, chat_type, from, force, target })
    }

    fn answer(&self, recalled: &str) -> Value {
        json!({
            "msg_id": self.msg_id, "recalled": recalled, "chattype": self.chat_type, "from": self.from, "to": self.to,
        })
    }
}

impl IngestMessage {
    /// Recalls a message: it waits for nobody any more, and its notifications are revoked. A repeat does the same again.
    async fn recall(&self, caller: &Caller, recall: &Recall) -> Result<Result<(), Refused>, StoreError> {
        let now = self.clock.now();
        let app = &caller.config.app;
        let known = MessageId::parse(&recall.msg_id).ok().filter(|id| app.created_at <= id.accepted_at());
        let (Some(msg_id), Some(to)) = (known, &recall.target) else { return Ok(Err(Refused::NotFound)) };
        if !recall.force && now.since(msg_id.accepted_at()) > RECALL_TIME {
            return Ok(Err(Refused::TooLate));
        }
        if !self.recalls.recall(&app.key, to, msg_id, now).await? {
            return Ok(Err(Refused::NotFound));
        }
        let job = RecallJob { app: app.key.clone(), to: to.clone(), msg_id, after: None, looks: 0, attempts: 0 };
        self.recalls_queue.queue_recall(&job, Duration::ZERO).await?;
        Ok(Ok(()))
    }
}

/// Recalls a message (`POST /{org}/{app}/messages/msg_recall`).
pub async fn recall_one(State(state): State<Arc<IngestMessage>>, caller: Caller, RawBody(body): RawBody) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body).map_err(refused)?;
    let recall = Recall::read(&fields).map_err(refused)?;
    match state.recall(&caller, &recall).await? {
        Ok(()) => Ok(ApiReply::data(recall.answer("yes"))),
        Err(refused) => Err(ApiError::forbidden(refused.text()).of_recall()),
    }
}

/// Recalls several messages (`POST /{org}/{app}/messages/recall`). One that cannot be recalled affects no other.
pub async fn recall_several(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body).map_err(refused)?;
    let mut recalls = Vec::new();
    for (place, message) in fields.list("msgs", 1, MAX_RECALLED).map_err(refused)?.iter().enumerate() {
        let within = format!("msgs[{place}]");
        let object = message.as_object().cloned().unwrap_or_else(Map::new);
        recalls.push(Recall::read(&Fields::of(object)).map_err(|invalid| refused(invalid.within(&within)))?);
    }
    let mut answers = Vec::with_capacity(recalls.len());
    for recall in &recalls {
        let recalled = state.recall(&caller, recall).await?.map_or_else(|refused| refused.text(), |()| "yes");
        answers.push(recall.answer(recalled));
    }
    Ok(ApiReply::data(answers))
}

fn refused(invalid: Invalid) -> ApiError {
    ApiError::invalid(&invalid).of_recall()
}
