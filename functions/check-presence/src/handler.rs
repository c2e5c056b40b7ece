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

use crate::dispatch::Dispatch;

/// How many records are worked on at once.
const PARALLEL_RECORDS: usize = 10;
/// The queue's name in logs and metrics.
const QUEUE: &str = "dispatch";

/// Decides for every record of the batch.
pub async fn handle(event: SqsEvent, dispatch: &Dispatch, park: &dyn ParkRecord) -> SqsBatchResponse {
    let metrics = Metrics::default();
    let batch: Batch<DispatchRecord> = Batch::read(event, QUEUE, park, &metrics).await;
    let (dispatch, counted) = (&dispatch, &metrics);
    let done: Vec<Option<String>> = stream::iter(batch.records)
        .map(|record| async move {
            let DispatchRecord::V1(mut job) = record.job;
            job.repeat |= record.redelivered;
            (!dispatch.run(job, counted).await).then_some(record.id)
        })
        .buffer_unordered(PARALLEL_RECORDS)
        .collect()
        .await;
    metrics.flush(dispatch.ports.clock.now(), &mut std::io::stdout().lock());
    response(batch.failed.into_iter().chain(done.into_iter().flatten()).collect())
}
