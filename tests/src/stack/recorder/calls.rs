//! Calls of the HTTP API, recorded with what their answers say.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::id::{MessageId, UserId};

use super::{
    super::{
        Call, StackError,
        api::{Answer as HttpAnswer, segment},
    },
    Recorder,
};
use crate::history::{Answer, Audience, Request, Seen, Sending};

impl Recorder<'_> {
    /// Makes a call and records it. `read` says what a success means. Returns the answer, if one came.
    async fn call(&self, request: Request, call: Call, read: impl Fn(&Value) -> Answer) -> Option<HttpAnswer> {
        let id = self.begin(request);
        let answered = call.send().await.ok();
        let answer = match &answered {
            Some(answer) if answer.status < 300 => read(&answer.body),
            Some(answer) if answer.status < 500 => Answer::Refused { status: answer.status },
            Some(_) | None => Answer::Unknown,
        };
        self.end(id, answer);
        answered
    }

    /// Makes a call of which only the success counts. Returns the status, if an answer came.
    pub async fn change(&self, request: Request, method: Method, path: &str, body: &Value) -> Option<u16> {
        let call = self.app.call(method, path).json(body);
        self.call(request, call, |_| Answer::Accepted).await.map(|answer| answer.status)
    }

    /// Sends a message or an instant push. Returns the answer, if one came.
    pub async fn send(&self, sending: &Sending, path: &str, body: &Value) -> Option<HttpAnswer> {
        let mut call = self.app.call(Method::POST, path).json(body);
        if let Some(key) = &sending.key {
            call = call.idempotency_key(key);
        }
        let is_group = !matches!(sending.to, Audience::Users(_));
        let read = |body: &Value| Answer::Sent { ids: ids(body, is_group), pushed: Vec::new() };
        self.call(Request::Send(sending.clone()), call, read).await
    }

    /// Pulls every page of what waits. All pages are one call.
    pub async fn pull(&self, user: &UserId) -> Result<Vec<Seen>, StackError> {
        let id = self.begin(Request::Pull { user: user.clone() });
        let pulled = self.pages(user).await;
        let answer = match &pulled {
            Ok(messages) => Answer::Pulled { messages: messages.clone() },
            Err(_) => Answer::Unknown,
        };
        self.end(id, answer);
        pulled
    }

    async fn pages(&self, user: &UserId) -> Result<Vec<Seen>, StackError> {
        let (mut messages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let after = cursor.map_or_else(String::new, |cursor| format!("&cursor={}", segment(&cursor)));
            let path = format!("/users/{}/offline_messages?limit=100{after}", segment(user.as_str()));
            let page = self.app.call(Method::GET, &path).send().await?.success()?;
            messages.extend(page["data"].as_array().into_iter().flatten().filter_map(seen));
            cursor = page["cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(messages);
            }
        }
    }

    /// Acknowledges messages by their ids.
    pub async fn ack(&self, user: &UserId, messages: Vec<MessageId>) {
        let path = format!("/users/{}/offline_messages/ack", segment(user.as_str()));
        let body = json!({"msg_ids": messages});
        let request = Request::Ack { user: user.clone(), messages, connection: None };
        self.change(request, Method::POST, &path, &body).await;
    }

    /// Asks how many messages wait. Returns the status, if an answer came.
    pub async fn count(&self, user: &UserId) -> Option<u16> {
        let path = format!("/users/{}/offline_msg_count", segment(user.as_str()));
        let read = |body: &Value| {
            let counts = body["data"].as_object().into_iter().flat_map(|data| data.values());
            counts.filter_map(Value::as_u64).next().map_or(Answer::Accepted, |waiting| Answer::Counted { waiting })
        };
        self.call(Request::Count { user: user.clone() }, self.app.call(Method::GET, &path), read)
            .await
            .map(|answer| answer.status)
    }
}

/// Reads the ids of an answer: by user, or one for a group.
fn ids(body: &Value, is_group: bool) -> Vec<(Option<UserId>, MessageId)> {
    let entries = body["data"].as_object().into_iter().flatten();
    let id = |(name, id): (&String, &Value)| {
        let user = if is_group { None } else { Some(UserId::parse(name).ok()?) };
        Some((user, MessageId::parse(id.as_str()?).ok()?))
    };
    entries.filter_map(id).collect()
}

/// Reads a message as a client sees it.
pub(super) fn seen(message: &Value) -> Option<Seen> {
    let id = MessageId::parse(message["msg_id"].as_str()?).ok()?;
    Some(Seen { id, text: message["body"]["msg"].as_str()?.to_owned() })
}
