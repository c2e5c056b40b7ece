//! Writes of many rows without a transaction.

use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Table, UNPROCESSED_TRIES, item::Item, store_error};
use crate::ports::error::StoreError;

/// Maximum rows of one batch write. Source: DynamoDB API reference, "BatchWriteItem".
pub(super) const BATCH_ROWS: usize = 25;
/// Maximum parallel requests of one call.
pub(super) const PARALLEL_WRITES: usize = 8;

/// Function that is called before a write and fails if the write must not happen any more.
pub(super) type MayGoOn<'a> = dyn Fn() -> Result<(), StoreError> + Sync + 'a;

impl Table {
    /// Deletes the rows with these keys, if they exist.
    pub(super) async fn delete_all(&self, keys: Vec<Item>) -> Result<(), StoreError> {
        let requests: Vec<WriteRequest> = keys.into_iter().map(delete_request).collect::<Result<_, StoreError>>()?;
        self.write_all(&requests).await
    }

    /// Makes any number of writes, in batches. They may end in any order.
    pub(super) async fn write_all(&self, requests: &[WriteRequest]) -> Result<(), StoreError> {
        let batches: Vec<Vec<WriteRequest>> = requests.chunks(BATCH_ROWS).map(<[WriteRequest]>::to_vec).collect();
        let written = stream::iter(batches).map(|batch| self.write_batch(batch, &|| Ok(())));
        written.buffer_unordered(PARALLEL_WRITES).try_collect().await
    }

    /// Makes at most [`BATCH_ROWS`] writes. Calls `may_go_on` before each request.
    pub(super) async fn write_batch(
        &self,
        mut left: Vec<WriteRequest>,
        may_go_on: &MayGoOn<'_>,
    ) -> Result<(), StoreError> {
        for attempt in 0..UNPROCESSED_TRIES {
            may_go_on()?;
            let output =
                self.client.batch_write_item().request_items(&self.name, left).send().await.map_err(store_error)?;
            left = output.unprocessed_items.unwrap_or_default().remove(&self.name).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Err(StoreError::Throttled)
    }
}

/// Returns the write of a row, also over an existing one.
pub(super) fn put_request(item: Item) -> Result<WriteRequest, StoreError> {
    let put = PutRequest::builder().set_item(Some(item)).build().map_err(StoreError::unavailable)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// Returns the deletion of a row, if it exists.
pub(super) fn delete_request(key: Item) -> Result<WriteRequest, StoreError> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(StoreError::unavailable)?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
