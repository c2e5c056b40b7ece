//! The handler: takes queue records, and returns failed ids.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use shared::{
    lambda::{
        batch::{Batch, Record, Unreadable, response},
        deadline::Deadline,
        metric::Metrics,
    },
    ports::queue::DispatchRecord,
};

use crate::dispatch::{Dispatch, QUEUE};

/// Decides for every record of the batch.
pub async fn handle(event: SqsEvent, dispatch: &Dispatch, deadline: Deadline, metrics: &Metrics) -> SqsBatchResponse {
    let ports = &dispatch.ports;
    let unreadable = Unreadable { queue: QUEUE, returns: &*ports.returns, dead_letters: &*ports.dead_letters };
    let batch: Batch<DispatchRecord> = Batch::read(event, unreadable, deadline, metrics).await;
    let (ids, records): (Vec<String>, Vec<DispatchRecord>) = batch.records.into_iter().map(marked).unzip();
    let settled = dispatch.run(records, deadline, metrics).await;
    ports.callbacks.flush(deadline, Some(metrics)).await;
    futures::join!(ports.statistics.flush_if_due(deadline), ports.task_counts.flush(deadline));
    let failed = ids.into_iter().zip(settled).filter_map(|(id, settled)| (!settled).then_some(id));
    response(batch.failed.into_iter().chain(failed).collect())
}

/// Returns a record with its id. A redelivered record is marked as a repeat, because it may have been processed in
/// part.
fn marked(record: Record<DispatchRecord>) -> (String, DispatchRecord) {
    let mut marked = record.job;
    match &mut marked {
        DispatchRecord::V1 { jobs } => jobs.iter_mut().for_each(|job| job.repeat |= record.redelivered),
        DispatchRecord::Group1(job) => job.repeat |= record.redelivered,
        // A task says itself what was done.
        DispatchRecord::Task1(_) => {}
        // A second revocation changes nothing.
        DispatchRecord::Revoke1(_) | DispatchRecord::Recall1(_) => {}
    }
    (record.id, marked)
}
