//! The queues.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use serde::Serialize;

use super::{Sdk, Service};
use crate::{
    domain::vendor::Vendor,
    ports::{
        error::StoreError,
        queue::{
            DeadLetterRecord, DispatchJob, DispatchRecord, GroupJob, MAX_RECORD_BYTES, PushJob, PushRecord,
            QueueDispatch, QueuePush, READS, ReturnRecord, delay_seconds,
        },
    },
};

/// The most entries of one batch. Source: Amazon SQS, "quotas".
const BATCH_ENTRIES: usize = 10;
/// The most bytes of one batch. SQS takes 1 MiB in all; a smaller request fails alone.
const BATCH_BYTES: usize = MAX_RECORD_BYTES;
/// How often entries that the queue refused are sent again.
const FAILED_TRIES: u32 = 4;

/// SQS, for any number of queues.
pub type Sqs = Arc<Service<Client>>;

/// An SQS client, made with its first use.
pub fn client(sdk: &Sdk) -> Sqs {
    Arc::new(Service::new(sdk, Client::new))
}

/// One queue.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Sqs,
    url: String,
}

impl SqsQueue {
    /// The queue of this URL.
    pub fn new(client: &Sqs, url: String) -> Self {
        Self { client: client.clone(), url }
    }

    async fn send_all(&self, records: &[impl Serialize], delay: Duration) -> Result<(), StoreError> {
        let seconds = i32::try_from(delay_seconds(delay)).unwrap_or(0);
        let bodies: Vec<String> = records
            .iter()
            .map(|record| serde_json::to_string(record).map_err(|error| StoreError::Corrupt(error.to_string())))
            .collect::<Result<_, _>>()?;
        for batch in batches(bodies) {
            self.send_batch(batch, seconds).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, bodies: Vec<String>, delay_seconds: i32) -> Result<(), StoreError> {
        let mut entries: Vec<SendMessageBatchRequestEntry> = bodies
            .into_iter()
            .enumerate()
            .map(|(index, body)| {
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(body)
                    .delay_seconds(delay_seconds)
                    .build()
                    .map_err(StoreError::unavailable)
            })
            .collect::<Result<_, _>>()?;
        for attempt in 0..FAILED_TRIES {
            let output = self
                .client
                .get()
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.clone()))
                .send()
                .await
                .map_err(queue_error)?;
            let failed: Vec<&str> = output.failed().iter().map(|entry| entry.id()).collect();
            if failed.is_empty() {
                return Ok(());
            }
            entries.retain(|entry| failed.contains(&entry.id()));
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Err(StoreError::Throttled)
    }

    /// Sends a record as it is, with an attribute: its name, type and value.
    async fn send_raw(
        &self,
        body: &str,
        (name, kind, value): (&str, &str, &str),
        delay: Duration,
    ) -> Result<(), StoreError> {
        let attribute = MessageAttributeValue::builder()
            .data_type(kind)
            .string_value(value)
            .build()
            .map_err(StoreError::unavailable)?;
        self.client
            .get()
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_attributes(name, attribute)
            .delay_seconds(i32::try_from(delay_seconds(delay)).unwrap_or(0))
            .send()
            .await
            .map_err(queue_error)?;
        Ok(())
    }
}

#[async_trait]
impl QueueDispatch for SqsQueue {
    async fn queue_dispatch(&self, jobs: &[DispatchJob], delay: Duration) -> Result<(), StoreError> {
        self.send_all(&DispatchRecord::of(jobs), delay).await
    }

    async fn queue_groups(&self, jobs: &[GroupJob], delay: Duration) -> Result<(), StoreError> {
        let records: Vec<DispatchRecord> = jobs.iter().cloned().map(Box::new).map(DispatchRecord::Group1).collect();
        self.send_all(&records, delay).await
    }
}

#[async_trait]
impl DeadLetterRecord for SqsQueue {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), StoreError> {
        self.send_raw(body, ("reason", "String", reason), Duration::ZERO).await
    }
}

#[async_trait]
impl ReturnRecord for SqsQueue {
    async fn return_record(&self, body: &str, reads: u32, delay: Duration) -> Result<(), StoreError> {
        self.send_raw(body, (READS, "Number", &reads.to_string()), delay).await
    }
}

/// The vendors' queues that a function may send to.
#[derive(Debug, Clone)]
pub struct PushQueues(HashMap<Vendor, SqsQueue>);

impl PushQueues {
    /// One queue a vendor.
    pub fn new(client: &Sqs, urls: impl IntoIterator<Item = (Vendor, String)>) -> Self {
        Self(urls.into_iter().map(|(vendor, url)| (vendor, SqsQueue::new(client, url))).collect())
    }
}

#[async_trait]
impl QueuePush for PushQueues {
    async fn queue_push(&self, vendor: Vendor, jobs: &[PushJob], delay: Duration) -> Result<(), StoreError> {
        let queue = self.0.get(&vendor).ok_or_else(|| StoreError::Corrupt(format!("no queue for {vendor}")))?;
        let records: Vec<PushRecord> = jobs.iter().cloned().map(PushRecord::V1).collect();
        queue.send_all(&records, delay).await
    }
}

/// Splits bodies into batches that a queue takes: none lost, none twice, order kept.
fn batches(bodies: Vec<String>) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for body in bodies {
        let fits = bytes + body.len() <= BATCH_BYTES;
        match batches.last_mut().filter(|batch| fits && batch.len() < BATCH_ENTRIES) {
            Some(batch) => {
                bytes += body.len();
                batch.push(body);
            }
            None => {
                bytes = body.len();
                batches.push(vec![body]);
            }
        }
    }
    batches
}

fn queue_error<E>(error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("ThrottlingException" | "RequestThrottled" | "OverLimit") => StoreError::Throttled,
        _ => StoreError::unavailable(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_lose_nothing_and_stay_within_the_limits(sizes in proptest::collection::vec(0usize..100_000, 0..60)) {
            let bodies: Vec<String> = sizes.iter().map(|size| "x".repeat(*size)).collect();
            let split = batches(bodies.clone());
            for batch in &split {
                let bytes: usize = batch.iter().map(String::len).sum();
                prop_assert!(!batch.is_empty() && batch.len() <= BATCH_ENTRIES && bytes <= BATCH_BYTES);
            }
            prop_assert_eq!(split.concat(), bodies);
        }
    }
}
