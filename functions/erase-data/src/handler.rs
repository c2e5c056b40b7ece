//! The handler: takes queue records, and returns failed ids.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use shared::{
    lambda::{
        batch::{Batch, Unreadable, response},
        deadline::Deadline,
        metric::Metrics,
    },
    ports::erase_queue::EraseRecord,
};

use crate::erase::{Erase, QUEUE};

/// Processes every record of the batch, one after the other.
pub async fn handle(event: SqsEvent, erase: &Erase, deadline: Deadline, metrics: &Metrics) -> SqsBatchResponse {
    let ports = &erase.ports;
    let unreadable = Unreadable { queue: QUEUE, returns: &*ports.returns, dead_letters: &*ports.dead_letters };
    let batch: Batch<EraseRecord> = Batch::read(event, unreadable, deadline, metrics).await;
    let mut failed = batch.failed;
    for record in batch.records {
        if !erase.run(&record.id, &record.job, deadline, metrics).await {
            failed.push(record.id);
        }
    }
    response(failed)
}
