//! The SQS queues.

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
    crypto::encoding::sha256_hex,
    domain::{id::AppKey, vendor::Vendor},
    ports::{
        callbacks::{CallbackRecord, QueueCallbacks},
        connections::{DirectRecord, QueueDirect},
        erase_queue::{EraseRecord, QueueErase},
        error::StoreError,
        queue::{
            DeadLetterRecord, DispatchJob, DispatchRecord, GroupJob, MAX_RECORD_BYTES, NotQueued, PushJob, PushRecord,
            QueueDispatch, QueueEnds, QueuePush, QueueRecalls, QueueRevocations, QueueTask, READS, RecallJob,
            RecordJob, RequestRevocation, ReturnRecord, RevokeJob, RevokeRequest, TaskJob, delay_seconds,
        },
    },
};

/// Maximum entries of one batch. Source: Amazon SQS, "quotas".
const BATCH_ENTRIES: usize = 10;
/// Maximum bytes of one batch. SQS takes 1 MiB in all; if a smaller request fails, fewer records fail with it.
const BATCH_BYTES: usize = MAX_RECORD_BYTES;
/// Maximum characters of a message group's id. Source: Amazon SQS, "SendMessageBatchRequestEntry".
const MAX_GROUP_ID: usize = 128;
/// Maximum tries of entries that the queue refuses.
const FAILED_TRIES: u32 = 4;

/// SQS client for any number of queues.
pub type Sqs = Arc<Service<Client>>;

/// Returns an SQS client, made at its first use.
pub fn client(sdk: &Sdk) -> Sqs {
    Arc::new(Service::new(sdk, Client::new))
}

/// Queue with its client.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Sqs,
    url: String,
}

impl SqsQueue {
    /// Returns the queue with this URL.
    pub fn new(client: &Sqs, url: String) -> Self {
        Self { client: client.clone(), url }
    }

    async fn send_all<R: Serialize>(
        &self,
        records: &[R],
        app: impl Fn(&R) -> Option<&AppKey>,
        delay: Duration,
    ) -> Result<(), StoreError> {
        for batch in batches(outgoing(records, app)?) {
            if !self.send_batch(&batch, delay).await?.is_empty() {
                return Err(StoreError::Throttled);
            }
        }
        Ok(())
    }

    /// Sends records independently: a record that the queue refuses does not stop the others. Stops after a failed
    /// request, because the next one would take its time and fail too.
    async fn send_each<R: Serialize>(
        &self,
        records: &[R],
        app: impl Fn(&R) -> Option<&AppKey>,
        delay: Duration,
    ) -> Result<(), NotQueued> {
        let outgoing =
            outgoing(records, app).map_err(|error| NotQueued { places: (0..records.len()).collect(), error })?;
        let (mut first, mut left) = (0, Vec::new());
        for batch in batches(outgoing) {
            let next = first + batch.len();
            match self.send_batch(&batch, delay).await {
                Ok(refused) => left.extend(refused.into_iter().map(|place| first + place)),
                Err(NotQueued { places, error }) => {
                    left.extend(places.into_iter().map(|place| first + place).chain(next..records.len()));
                    return Err(NotQueued { places: left, error });
                }
            }
            first = next;
        }
        if left.is_empty() { Ok(()) } else { Err(NotQueued { places: left, error: StoreError::Throttled }) }
    }

    /// Sends a batch. Returns the indices of the records that the queue still refuses after [`FAILED_TRIES`]. Fails if
    /// a request fails.
    async fn send_batch(&self, batch: &[Outgoing], delay: Duration) -> Result<Vec<usize>, NotQueued> {
        let seconds = i32::try_from(delay_seconds(delay)).unwrap_or(0);
        let mut places: Vec<usize> = (0..batch.len()).collect();
        for attempt in 0..FAILED_TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
            }
            places = match self.send_entries(batch, &places, seconds).await {
                Ok(refused) if refused.is_empty() => return Ok(refused),
                Ok(refused) => refused,
                Err(error) => return Err(NotQueued { places, error }),
            };
        }
        Ok(places)
    }

    /// Sends the records at these indices of a batch. Returns the indices of those that the queue refused.
    async fn send_entries(
        &self,
        batch: &[Outgoing],
        places: &[usize],
        delay_seconds: i32,
    ) -> Result<Vec<usize>, StoreError> {
        let entries = places.iter().map(|place| batch[*place].entry(*place, delay_seconds));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let request = self.client.get().send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let output = request.send().await.map_err(queue_error)?;
        let refused = |place: &&usize| output.failed().iter().any(|entry| entry.id() == place.to_string());
        Ok(places.iter().filter(refused).copied().collect())
    }

    /// Sends a record's text unchanged, with one attribute: its name, type and value.
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
        self.send_all(&DispatchRecord::of(jobs), DispatchRecord::app, delay).await
    }

    async fn queue_groups(&self, jobs: &[GroupJob], delay: Duration) -> Result<(), StoreError> {
        let records: Vec<DispatchRecord> = jobs.iter().cloned().map(Box::new).map(DispatchRecord::Group1).collect();
        self.send_all(&records, DispatchRecord::app, delay).await
    }
}

#[async_trait]
impl QueueTask for SqsQueue {
    async fn queue_task(&self, job: &TaskJob, delay: Duration) -> Result<(), StoreError> {
        self.send_all(&[DispatchRecord::Task1(job.clone())], DispatchRecord::app, delay).await
    }
}

#[async_trait]
impl RequestRevocation for SqsQueue {
    async fn request_revocation(&self, request: &RevokeRequest, delay: Duration) -> Result<(), StoreError> {
        let records = [DispatchRecord::Revoke1(Box::new(request.clone()))];
        self.send_all(&records, DispatchRecord::app, delay).await
    }
}

#[async_trait]
impl QueueRecalls for SqsQueue {
    async fn queue_recall(&self, job: &RecallJob, delay: Duration) -> Result<(), StoreError> {
        self.send_all(&[DispatchRecord::Recall1(Box::new(job.clone()))], DispatchRecord::app, delay).await
    }
}

#[async_trait]
impl QueueDirect for SqsQueue {
    async fn queue_direct(&self, records: &[DirectRecord], delay: Duration) -> Result<(), NotQueued> {
        self.send_each(records, |record| Some(record.app()), delay).await
    }
}

#[async_trait]
impl QueueErase for SqsQueue {
    async fn queue_erase(&self, record: &EraseRecord, delay: Duration) -> Result<(), StoreError> {
        self.send_all(std::slice::from_ref(record), |record| Some(record.app()), delay).await
    }
}

#[async_trait]
impl QueueCallbacks for SqsQueue {
    async fn queue_callbacks(&self, records: &[CallbackRecord], delay: Duration) -> Result<(), StoreError> {
        self.send_all(records, |record| Some(record.app()), delay).await
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

/// The vendors' queues to which a function may send.
#[derive(Debug, Clone)]
pub struct PushQueues(HashMap<Vendor, SqsQueue>);

impl PushQueues {
    /// Returns the queues, one for each vendor.
    pub fn new(client: &Sqs, urls: impl IntoIterator<Item = (Vendor, String)>) -> Self {
        Self(urls.into_iter().map(|(vendor, url)| (vendor, SqsQueue::new(client, url))).collect())
    }
}

impl PushQueues {
    async fn send(&self, vendor: Vendor, records: &[PushRecord], delay: Duration) -> Result<(), StoreError> {
        let queue = self.0.get(&vendor).ok_or_else(|| StoreError::Corrupt(format!("no queue for {vendor}")))?;
        queue.send_all(records, |record| Some(record.app()), delay).await
    }
}

#[async_trait]
impl QueuePush for PushQueues {
    async fn queue_push(&self, vendor: Vendor, jobs: &[PushJob], delay: Duration) -> Result<(), StoreError> {
        let records: Vec<PushRecord> = jobs.iter().cloned().map(PushRecord::V1).collect();
        self.send(vendor, &records, delay).await
    }
}

#[async_trait]
impl QueueRevocations for PushQueues {
    async fn queue_revocations(&self, vendor: Vendor, jobs: &[RevokeJob], delay: Duration) -> Result<(), StoreError> {
        let records: Vec<PushRecord> = jobs.iter().cloned().map(PushRecord::Revoke1).collect();
        self.send(vendor, &records, delay).await
    }
}

#[async_trait]
impl QueueEnds for PushQueues {
    async fn queue_ends(&self, vendor: Vendor, jobs: &[RecordJob], delay: Duration) -> Result<(), StoreError> {
        let records: Vec<PushRecord> = jobs.iter().cloned().map(PushRecord::Record1).collect();
        self.send(vendor, &records, delay).await
    }
}

/// Record to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outgoing {
    body: String,
    group: Option<String>,
}

impl Outgoing {
    fn entry(&self, place: usize, delay_seconds: i32) -> Result<SendMessageBatchRequestEntry, StoreError> {
        SendMessageBatchRequestEntry::builder()
            .id(place.to_string())
            .message_body(&self.body)
            .set_message_group_id(self.group.clone())
            .delay_seconds(delay_seconds)
            .build()
            .map_err(StoreError::unavailable)
    }
}

/// Serializes the records for a queue.
fn outgoing<R: Serialize>(records: &[R], app: impl Fn(&R) -> Option<&AppKey>) -> Result<Vec<Outgoing>, StoreError> {
    let written = |record| {
        let body = serde_json::to_string(record).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Outgoing { body, group: app(record).map(message_group) })
    };
    records.iter().map(written).collect()
}

/// Returns the message group of an app. SQS does not let a group with many messages delay other groups. An app key that
/// is longer than a group id may be is hashed. Source: Amazon SQS, "fair queues".
fn message_group(app: &AppKey) -> String {
    let key = app.to_string();
    if key.len() <= MAX_GROUP_ID { key } else { sha256_hex(key.as_bytes()) }
}

/// Splits records into batches of the size that a queue takes. Keeps every record once, in order.
fn batches(records: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        let size = record.body.len();
        let fits = bytes + size <= BATCH_BYTES;
        match batches.last_mut().filter(|batch| fits && batch.len() < BATCH_ENTRIES) {
            Some(batch) => {
                bytes += size;
                batch.push(record);
            }
            None => {
                bytes = size;
                batches.push(vec![record]);
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
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_lose_nothing_and_stay_within_the_limits(sizes in proptest::collection::vec(0usize..100_000, 0..60)) {
            let records: Vec<Outgoing> =
                sizes.iter().map(|size| Outgoing { body: "x".repeat(*size), group: None }).collect();
            let split = batches(records.clone());
            for batch in &split {
                let bytes: usize = batch.iter().map(|record| record.body.len()).sum();
                prop_assert!(!batch.is_empty() && batch.len() <= BATCH_ENTRIES && bytes <= BATCH_BYTES);
            }
            prop_assert_eq!(split.concat(), records);
        }

        #[test]
        fn every_app_is_a_message_group_of_its_own_that_sqs_takes(
            keys in proptest::collection::hash_set(("[a-z0-9_-]{1,64}", "[a-z0-9_-]{1,64}"), 1..20),
        ) {
            let longest = ("o".repeat(64), "a".repeat(64));
            let keys = keys.into_iter().chain([longest]);
            let apps: HashSet<AppKey> = keys.filter_map(|(org, app)| AppKey::new(&org, &app).ok()).collect();
            let groups: HashSet<String> = apps.iter().map(message_group).collect();
            prop_assert_eq!(groups.len(), apps.len());
            // SQS allows ASCII letters, digits and punctuation. Source: Amazon SQS, "SendMessageBatchRequestEntry".
            prop_assert!(groups.iter().all(|group| group.len() <= 128 && group.bytes().all(|byte| byte.is_ascii_graphic())));
        }
    }

    #[test]
    fn an_entry_carries_its_group_and_its_delay() {
        let record = Outgoing { body: "{}".into(), group: Some("acme#chat".into()) };
        let entry = record.entry(7, 30).unwrap();
        assert_eq!((entry.id(), entry.message_body(), entry.delay_seconds()), ("7", "{}", Some(30)));
        assert_eq!(entry.message_group_id(), Some("acme#chat"));
    }
}
