//! Messages for live connections: the receivers of a job share records of bounded size.

use serde::Serialize;
use shared::{
    decider::Decided,
    domain::{decision::Verdict, reason::Reason},
    ports::{
        connections::{DirectMessage, DirectReceiver, DirectRecord},
        queue::{DispatchJob, MAX_RECORD_BYTES, SeenConnections},
    },
};

/// Room for what stands around the receivers of a record.
const MARGIN: usize = 1024;

/// The messages to post for what was decided, and what is known then of the connections.
pub(crate) fn direct_messages(job: &DispatchJob, decided: &[Decided], seen: SeenConnections) -> Vec<DirectMessage> {
    let of = |falling: bool| {
        let live = decided.iter().filter(|one| !one.direct.is_empty() && falls_back(one) == falling);
        let receiver =
            |one: &Decided| DirectReceiver { receiver: one.receiver.clone(), connections: one.direct.clone() };
        packed(job, live.map(receiver), falling, seen)
    };
    [of(true), of(false)].concat()
}

/// Whether a push may follow if the receiver cannot be reached.
fn falls_back(decided: &Decided) -> bool {
    match decided.decision.verdict {
        Verdict::Push => true,
        Verdict::Skip { reason } => reason == Reason::UserOnline,
    }
}

fn packed(
    job: &DispatchJob,
    receivers: impl Iterator<Item = DirectReceiver>,
    falls_back: bool,
    seen: SeenConnections,
) -> Vec<DirectMessage> {
    let empty = DirectMessage {
        app: job.app.clone(),
        content: job.content.clone(),
        page: job.page.clone(),
        members: job.members,
        receivers: Vec::new(),
        seen,
        falls_back,
        attempts: 0,
    };
    let room = MAX_RECORD_BYTES.saturating_sub(size(&empty) + MARGIN);
    let mut messages: Vec<(DirectMessage, usize)> = Vec::new();
    for receiver in receivers {
        let bytes = size(&receiver);
        match messages.last_mut().filter(|(_, used)| used + bytes <= room) {
            Some((message, used)) => {
                message.receivers.push(receiver);
                *used += bytes;
            }
            None => messages.push((DirectMessage { receivers: vec![receiver], ..empty.clone() }, bytes)),
        }
    }
    messages.into_iter().map(|(message, _)| message).collect()
}

fn size(part: &impl Serialize) -> usize {
    // and the comma in front of it
    serde_json::to_vec(part).map_or(MAX_RECORD_BYTES, |json| json.len() + 1)
}

/// The records of these messages.
pub(crate) fn records(messages: &[DirectMessage]) -> Vec<DirectRecord> {
    messages.iter().cloned().map(Box::new).map(DirectRecord::Message).collect()
}
