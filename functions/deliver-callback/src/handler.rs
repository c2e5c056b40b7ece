//! The handler: takes queue records, and returns failed ids.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use shared::{
    lambda::{
        batch::{Batch, Unreadable, response},
        deadline::Deadline,
        metric::Metrics,
    },
    ports::callbacks::CallbackRecord,
};

use crate::deliver::{Deliver, QUEUE};

/// Sends the events of every record of the batch.
pub async fn handle(event: SqsEvent, deliver: &Deliver, deadline: Deadline, metrics: &Metrics) -> SqsBatchResponse {
    let ports = &deliver.ports;
    let unreadable = Unreadable { queue: QUEUE, returns: &*ports.returns, dead_letters: &*ports.dead_letters };
    let batch: Batch<CallbackRecord> = Batch::read(event, unreadable, deadline, metrics).await;
    let failed = deliver.run(batch.records, deadline, metrics).await;
    response(batch.failed.into_iter().chain(failed).collect())
}
