//! Records of every queue. Two versions of the code share a queue, so a record may be of a version that nobody knows.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use shared::ports::{
    callbacks::CallbackRecord,
    connections::DirectRecord,
    credential_watch::WatchSlice,
    erase_queue::EraseRecord,
    queue::{DispatchRecord, PushRecord},
};

use crate::promises;

/// Each reader of a queue reads the same bytes.
pub(super) fn check(bytes: &[u8]) {
    record::<DispatchRecord>(bytes);
    record::<PushRecord>(bytes);
    record::<DirectRecord>(bytes);
    record::<CallbackRecord>(bytes);
    record::<EraseRecord>(bytes);
    record::<WatchSlice>(bytes);
}

fn record<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<T>(bytes) {
        promises::survives(&record);
    }
}
