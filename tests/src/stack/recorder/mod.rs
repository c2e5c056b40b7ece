//! Records the [`History`] of a run on the deployed stack, for one app.
//!
//! Calls are recorded when they are made. The rest is collected at the end: what vendors got, traces, bindings, dead
//! letters, and what is left on queues. All clocks are those of one machine.

mod ending;
mod known;
mod vendors;

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    crypto::system::System,
    domain::{
        id::{AppKey, MessageId, UserId},
        time::Timestamp,
    },
    ports::clock::Clock,
};

use self::known::Known;
use super::{
    App, Call, FunctionProcess, Stack, StackError,
    api::{Answer as HttpAnswer, segment},
};
use crate::history::{Answer, Audience, CallId, Event, FaultScope, History, Request, Seen, Sending, What};

/// Records what happens to one app.
pub struct Recorder<'s> {
    stack: &'s Stack,
    app: &'s App,
    key: AppKey,
    events: Mutex<Vec<Event>>,
    calls: AtomicU64,
}

impl<'s> Recorder<'s> {
    /// Begins the record of an app.
    pub fn of(stack: &'s Stack, app: &'s App, key: AppKey) -> Self {
        Self { stack, app, key, events: Mutex::default(), calls: AtomicU64::new(1) }
    }

    /// Adds an event of this moment.
    pub fn note(&self, what: What) {
        self.note_at(System::default().now(), what);
    }

    fn note_at(&self, at: Timestamp, what: What) {
        self.events().push(Event { at, what });
    }

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- calls ----

    /// Makes a call and records it. `read` says what a success means. Returns the answer, if one came.
    async fn call(&self, request: Request, call: Call, read: impl Fn(&Value) -> Answer) -> Option<HttpAnswer> {
        let id = CallId(self.calls.fetch_add(1, Ordering::SeqCst));
        self.note(What::Asked { call: id, app: self.key.clone(), request });
        let answered = call.send().await.ok();
        let answer = match &answered {
            Some(answer) if answer.status < 300 => read(&answer.body),
            Some(answer) if answer.status < 500 => Answer::Refused { status: answer.status },
            Some(_) | None => Answer::Unknown,
        };
        self.note(What::Answered { call: id, answer });
        answered
    }

    /// Makes a call of which only the success counts. Returns whether it succeeded.
    pub async fn change(&self, request: Request, method: Method, path: &str, body: &Value) -> bool {
        let call = self.app.call(method, path).json(body);
        let answer = self.call(request, call, |_| Answer::Accepted).await;
        answer.is_some_and(|answer| answer.status < 300)
    }

    /// Sends a message to users. Returns the status, if an answer came.
    pub async fn send(&self, sending: &Sending, path: &str, body: &Value) -> Option<u16> {
        let mut call = self.app.call(Method::POST, path).json(body);
        if let Some(key) = &sending.key {
            call = call.idempotency_key(key);
        }
        let is_group = !matches!(sending.to, Audience::Users(_));
        let read = |body: &Value| Answer::Sent { ids: ids(body, is_group), pushed: Vec::new() };
        self.call(Request::Send(sending.clone()), call, read).await.map(|answer| answer.status)
    }

    /// Pulls every page of what waits. All pages are one call.
    pub async fn pull(&self, user: &UserId) -> Result<Vec<Seen>, StackError> {
        let id = CallId(self.calls.fetch_add(1, Ordering::SeqCst));
        self.note(What::Asked { call: id, app: self.key.clone(), request: Request::Pull { user: user.clone() } });
        let pulled = self.pages(user).await;
        let answer = match &pulled {
            Ok(messages) => Answer::Pulled { messages: messages.clone() },
            Err(_) => Answer::Unknown,
        };
        self.note(What::Answered { call: id, answer });
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

    /// Asks how many messages wait.
    pub async fn count(&self, user: &UserId) {
        let path = format!("/users/{}/offline_msg_count", segment(user.as_str()));
        let read = |body: &Value| {
            let counts = body["data"].as_object().into_iter().flat_map(|data| data.values());
            counts.filter_map(Value::as_u64).next().map_or(Answer::Accepted, |waiting| Answer::Counted { waiting })
        };
        self.call(Request::Count { user: user.clone() }, self.app.call(Method::GET, &path), read).await;
    }

    // ---- what the run does ----

    /// Kills processes as a crash would, and records it.
    pub fn kill(&self, processes: &[FunctionProcess]) -> Result<(), StackError> {
        for process in processes {
            self.note(What::Killed { function: process.function.clone() });
        }
        Ok(FunctionProcess::kill_all(processes)?)
    }

    /// Records that a fault begins.
    pub fn fault_begins(&self, scope: FaultScope) {
        self.note(What::FaultBegan { scope });
    }

    /// Records that a fault ends.
    pub fn fault_ends(&self, scope: FaultScope) {
        self.note(What::FaultEnded { scope });
    }

    // ---- the end ----

    /// Collects the rest, when the work is done, and returns the history.
    pub async fn finish(self) -> Result<History, StackError> {
        self.note(What::FaultsEnded);
        let known = Known::of(&self.events());
        self.collect_pushes(&known).await?;
        self.collect_decisions(&known).await?;
        self.collect_bindings(&known).await?;
        self.collect_queues().await?;
        let mut events = self.events.into_inner().unwrap_or_else(PoisonError::into_inner);
        events.sort_by_key(|event| (event.at, rank(&event.what)));
        Ok(History { events })
    }
}

/// Returns the place of an event among those of the same moment.
fn rank(what: &What) -> u8 {
    match what {
        What::Asked { .. } => 0,
        What::Answered { .. } => 2,
        _ => 1,
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

/// Reads a message that waits.
fn seen(message: &Value) -> Option<Seen> {
    let id = MessageId::parse(message["msg_id"].as_str()?).ok()?;
    Some(Seen { id, text: message["body"]["msg"].as_str()?.to_owned() })
}
