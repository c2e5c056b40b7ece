//! Queue records in, failed ids out.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use futures::{StreamExt, stream};
use shared::{
    lambda::{
        batch::{Batch, response},
        metric::Metrics,
    },
    ports::queue::{DispatchRecord, ParkRecord},
};

use crate::dispatch::{Dispatch, QUEUE};

/// How many records are worked on at once.
const PARALLEL_RECORDS: usize = 10;

/// Decides for every record of the batch.
pub async fn handle(
    event: SqsEvent,
    dispatch: &Dispatch,
    park: &dyn ParkRecord,
    metrics: &Metrics,
) -> SqsBatchResponse {
    let batch: Batch<DispatchRecord> = Batch::read(event, QUEUE, park, metrics).await;
    let done: Vec<Option<String>> = stream::iter(batch.records)
        .map(|record| async move {
            let settled = match record.job {
                DispatchRecord::V1(mut job) => {
                    job.repeat |= record.redelivered;
                    dispatch.run(job, metrics).await
                }
                DispatchRecord::Group1(mut job) => {
                    job.repeat |= record.redelivered;
                    dispatch.run_group(job, metrics).await
                }
            };
            (!settled).then_some(record.id)
        })
        .buffer_unordered(PARALLEL_RECORDS)
        .collect()
        .await;
    response(batch.failed.into_iter().chain(done.into_iter().flatten()).collect())
}
