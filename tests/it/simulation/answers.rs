//! Reads the API's answers as a history tells them.

use std::collections::BTreeSet;

use curlew_tests::history::{Answer, Audience, Request, Sending};
use serde_json::Value;
use shared::domain::id::{MessageId, UserId};

/// Returns what an answer says to a call. `None` is no answer.
pub fn read(request: &Request, answered: Option<&(u16, Value)>) -> Answer {
    let Some((status, body)) = answered else {
        return Answer::Unknown;
    };
    match *status {
        500.. => Answer::Unknown,
        // A call with the same key still runs: the first one decides.
        409 => Answer::Unknown,
        400..500 => Answer::Refused { status: *status },
        _ => success(request, &body["data"]),
    }
}

fn success(request: &Request, data: &Value) -> Answer {
    match request {
        Request::Send(sending) => sent(sending, data),
        Request::Count { user } => Answer::Counted { waiting: data[user.as_str()].as_u64().unwrap_or_default() },
        Request::Presence(_) if data[0]["result"] != "applied" => Answer::Stale,
        _ => Answer::Accepted,
    }
}

/// Returns the ids of an answer to a message, or to a push. Only a push answers a list.
fn sent(sending: &Sending, data: &Value) -> Answer {
    let id = |value: &Value| value.as_str().and_then(|id| MessageId::parse(id).ok());
    if sending.to == Audience::Everyone {
        // The answer names the task. Its receivers' messages have another id.
        return Answer::Sent { ids: Vec::new(), pushed: Vec::new() };
    }
    let Some(list) = data.as_array() else {
        let of_name = |(name, value): (&String, &Value)| {
            let user = UserId::parse(name).ok().filter(|_| matches!(sending.to, Audience::Users(_)));
            id(value).map(|id| (user, id))
        };
        let ids = data.as_object().into_iter().flatten().filter_map(of_name).collect();
        return Answer::Sent { ids, pushed: Vec::new() };
    };
    let Audience::Users(users) = &sending.to else {
        return Answer::Accepted;
    };
    let ids: BTreeSet<MessageId> = list.iter().filter_map(|one| id(&one["msg_id"])).collect();
    let took = list.iter().any(|one| one["pushStatus"] == "SUCCESS");
    Answer::Sent {
        ids: ids.into_iter().map(|id| (users.first().cloned(), id)).collect(),
        pushed: users.iter().filter(|_| took).cloned().collect(),
    }
}
