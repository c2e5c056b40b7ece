//! The handler: takes a handshake, a frame, the end of a connection, or queue records.

use aws_lambda_events::event::sqs::SqsEvent;
use futures::{StreamExt, stream};
use shared::{
    domain::id::SessionId,
    lambda::{
        batch::{Batch, Record, Unreadable, response},
        deadline::Deadline,
        error::ApiError,
        metric::Metrics,
    },
    ports::connections::DirectRecord,
};

use crate::{
    event::{Event, EventType, Output, SocketAnswer, SocketEvent},
    hold::HoldConnection,
};

/// The queue's name in logs and metrics.
const QUEUE: &str = "direct";
/// Records processed at the same time.
const PARALLEL_RECORDS: usize = 10;

/// Handles one event.
pub async fn handle(event: Event, hold: &HoldConnection, deadline: Deadline, metrics: &Metrics) -> Output {
    let output = match event.socket {
        Some(socket) => Output::Socket(socket_event(&socket, hold, deadline).await),
        None => {
            let mut records = SqsEvent::default();
            records.records = event.records;
            Output::Batch(batch(records, hold, deadline, metrics).await)
        }
    };
    hold.tell(deadline, metrics).await;
    output
}

async fn socket_event(event: &SocketEvent, hold: &HoldConnection, deadline: Deadline) -> SocketAnswer {
    let Ok(id) = SessionId::parse(&event.request_context.connection_id) else {
        return SocketAnswer { status_code: 400, body: None };
    };
    match event.request_context.event_type {
        EventType::Connect => match hold.connect(event, id, deadline).await {
            Ok(()) => SocketAnswer { status_code: 200, body: None },
            Err(error) => refused(&error, hold),
        },
        EventType::Message => SocketAnswer { status_code: 200, body: Some(hold.receive(event, &id, deadline).await) },
        EventType::Disconnect => {
            let noted = deadline.wait(hold.disconnect(&id)).await;
            let reason = match noted {
                Some(Ok(())) => return SocketAnswer { status_code: 200, body: None },
                Some(Err(error)) => error.chain(),
                None => "no time was left".to_owned(),
            };
            tracing::warn!(connection.id = %id, error = reason, "a disconnect cannot be stored");
            SocketAnswer { status_code: 503, body: None }
        }
    }
}

fn refused(error: &ApiError, hold: &HoldConnection) -> SocketAnswer {
    let status_code = error.status().as_u16();
    tracing::info!(status = status_code, "a connection is refused");
    SocketAnswer { status_code, body: Some(error.body(hold.ports.clock.now(), 0).to_string()) }
}

async fn batch(
    event: SqsEvent,
    hold: &HoldConnection,
    deadline: Deadline,
    metrics: &Metrics,
) -> aws_lambda_events::event::sqs::SqsBatchResponse {
    let ports = &hold.ports;
    let unreadable = Unreadable { queue: QUEUE, returns: &*ports.returns, dead_letters: &*ports.dead_letters };
    let batch: Batch<DirectRecord> = Batch::read(event, unreadable, deadline, metrics).await;
    let done: Vec<(String, bool)> = stream::iter(batch.records)
        .map(|Record { id, job, .. }| async move {
            let settled = match job {
                DirectRecord::Message(message) => hold.post_message(*message, deadline, metrics).await,
                DirectRecord::Page(page) => hold.post_page(page, deadline, metrics).await,
                DirectRecord::End(end) => hold.end(end, deadline, metrics).await,
            };
            (id, settled)
        })
        .buffer_unordered(PARALLEL_RECORDS)
        .collect()
        .await;
    let failed = done.into_iter().filter_map(|(id, settled)| (!settled).then_some(id));
    response(batch.failed.into_iter().chain(failed).collect())
}
