//! Queue records in, failed ids out.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use shared::{
    lambda::{
        batch::{Batch, Record, response},
        metric::Metrics,
    },
    ports::queue::{DeadLetterRecord, DispatchRecord},
};

use crate::dispatch::{Dispatch, QUEUE};

/// Decides for every record of the batch.
pub async fn handle(
    event: SqsEvent,
    dispatch: &Dispatch,
    dead_letters: &dyn DeadLetterRecord,
    metrics: &Metrics,
) -> SqsBatchResponse {
    let batch: Batch<DispatchRecord> = Batch::read(event, QUEUE, dead_letters, metrics).await;
    let (ids, records): (Vec<String>, Vec<DispatchRecord>) = batch.records.into_iter().map(marked).unzip();
    let settled = dispatch.run(records, metrics).await;
    let failed = ids.into_iter().zip(settled).filter_map(|(id, settled)| (!settled).then_some(id));
    response(batch.failed.into_iter().chain(failed).collect())
}

/// A record with its id; one that was given before may be done in part.
fn marked(record: Record<DispatchRecord>) -> (String, DispatchRecord) {
    let mut marked = record.job;
    match &mut marked {
        DispatchRecord::V1 { jobs } => jobs.iter_mut().for_each(|job| job.repeat |= record.redelivered),
        DispatchRecord::Group1(job) => job.repeat |= record.redelivered,
    }
    (record.id, marked)
}
