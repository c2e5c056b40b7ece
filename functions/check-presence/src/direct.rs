//! Messages for live connections. The receivers of a job share records of limited size.

use shared::{
    decider::Decided,
    domain::{decision::Verdict, reason::Reason},
    ports::{
        connections::{DirectMessage, DirectReceiver, DirectRecord},
        queue::{DispatchJob, MAX_RECORD_BYTES, SeenConnections},
    },
};

use crate::recheck_context::{RecheckContext, size};

/// Bytes for the rest of a record around its receivers.
const MARGIN: usize = 1024;

/// Returns the messages to post for these decisions, with what is then known about the connections.
pub(crate) fn direct_messages(
    job: &DispatchJob,
    decided: &[Decided],
    seen: SeenConnections,
    recheck_context: &RecheckContext,
) -> Vec<DirectMessage> {
    // The record of a post does not say that every vendor failed, so a decision after it would ask them again.
    let falls_back = |one: &Decided| may_push(one) && recheck_context.is_open(&one.receiver.user) && !job.vendor_failed;
    let of = |falling: bool| {
        let live = decided.iter().filter(|one| !one.direct.is_empty() && falls_back(one) == falling);
        let receiver =
            |one: &Decided| DirectReceiver { receiver: one.receiver.clone(), connections: one.direct.clone() };
        packed(job, live.map(receiver), falling, seen, recheck_context)
    };
    [of(true), of(false)].concat()
}

/// Returns whether a push can follow if the receiver cannot be reached.
fn may_push(decided: &Decided) -> bool {
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
    recheck_context: &RecheckContext,
) -> Vec<DirectMessage> {
    let empty = DirectMessage {
        app: job.app.clone(),
        content: job.content.clone(),
        page: job.page.clone(),
        members: job.members,
        receivers: Vec::new(),
        seen,
        waited: None,
        pushed: Vec::new(),
        falls_back,
        attempts: 0,
    };
    let room = MAX_RECORD_BYTES.saturating_sub(size(&empty) + recheck_context.head_bytes() + MARGIN);
    let mut messages: Vec<(DirectMessage, usize)> = Vec::new();
    for receiver in receivers {
        let bytes = size(&receiver) + recheck_context.bytes(&receiver.receiver.user);
        match messages.last_mut().filter(|(_, used)| used + bytes <= room) {
            Some((message, used)) => {
                message.receivers.push(receiver);
                *used += bytes;
            }
            None => messages.push((DirectMessage { receivers: vec![receiver], ..empty.clone() }, bytes)),
        }
    }
    let with_carried = |message: DirectMessage| {
        let (waited, pushed) = recheck_context.of_users(message.receivers.iter().map(|one| &one.receiver.user));
        DirectMessage { waited, pushed, ..message }
    };
    messages.into_iter().map(|(message, _)| with_carried(message)).collect()
}

/// Returns the records of these messages.
pub(crate) fn records(messages: &[DirectMessage]) -> Vec<DirectRecord> {
    messages.iter().cloned().map(Box::new).map(DirectRecord::Message).collect()
}
