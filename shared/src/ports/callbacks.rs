//! Callbacks: the records of the queue `callback`, the rows of events that wait or could not be delivered, and the
//! health of apps' servers.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::domain::{
    callback::{endpoint::Endpoint, event::CallbackEvent},
    id::AppKey,
    time::Timestamp,
};

/// Maximum events of a record. A record of that many is below 64 KiB, which SQS bills as one request.
pub const RECORD_EVENTS: usize = 100;
/// Maximum bytes of the events of a record.
const RECORD_BYTES: usize = 60 * 1024;

/// A record of the queue `callback`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum CallbackRecord {
    /// tell an app's server about events
    #[serde(rename = "1")]
    V1(CallbackEvents),
}

/// Events of one app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallbackEvents {
    /// the app
    pub app: AppKey,
    /// 1 to [`RECORD_EVENTS`] events
    pub events: Vec<CallbackEvent>,
}

impl CallbackRecord {
    /// Returns the app of the record.
    pub fn app(&self) -> &AppKey {
        let Self::V1(events) = self;
        &events.app
    }

    /// Packs events of one app into records, because each record costs.
    pub fn of(app: &AppKey, events: Vec<CallbackEvent>) -> Vec<Self> {
        let mut records: Vec<(Vec<CallbackEvent>, usize)> = Vec::new();
        for event in events {
            let bytes = serde_json::to_vec(&event).map_or(RECORD_BYTES, |json| json.len());
            let fits = |(packed, before): &&mut (Vec<CallbackEvent>, usize)| {
                packed.len() < RECORD_EVENTS && before.saturating_add(bytes) <= RECORD_BYTES
            };
            match records.last_mut().filter(fits) {
                Some((packed, before)) => {
                    packed.push(event);
                    *before += bytes;
                }
                None => records.push((vec![event], bytes)),
            }
        }
        records.into_iter().map(|(events, _)| Self::V1(CallbackEvents { app: app.clone(), events })).collect()
    }
}

/// Puts records on the queue `callback`.
#[async_trait]
pub trait QueueCallbacks: Send + Sync {
    /// Queues all records. After an error some may be queued.
    async fn queue_callbacks(&self, records: &[CallbackRecord], delay: Duration) -> Result<(), StoreError>;
}

/// Tells an app's server about an event.
#[async_trait]
pub trait PostCallback: Send + Sync {
    /// Sends one request, and returns the answer. The URL is judged again, and so is every address that its name
    /// stands for. The request and its answer have bounds, and a redirect is an answer like any other.
    async fn post_callback(&self, call: &CallbackCall) -> Result<CallbackAnswer, CallbackFailure>;
}

/// A request to an app's server.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackCall {
    /// where it goes
    pub url: String,
    /// its headers
    pub headers: Vec<(&'static str, String)>,
    /// its body
    pub body: Vec<u8>,
}

/// The answer of an app's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackAnswer {
    /// its HTTP status
    pub status: u16,
    /// how long the server wants to be left alone
    pub retry_after: Option<Duration>,
}

/// Why there is no answer. The texts hold no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFailure {
    /// the URL, or an address that its name stands for, is not allowed
    #[error("the address is not allowed")]
    Refused,
    /// no answer came in time
    #[error("no answer in time")]
    Timeout,
    /// the connection could not be made, or broke
    #[error("no connection")]
    Unreachable,
}

/// Reads and stores the health of an app's server.
#[async_trait]
pub trait TrackEndpoint: Send + Sync {
    /// Returns the health of the app's server. It is the default if nothing is stored.
    async fn endpoint(&self, app: &AppKey, now: Timestamp) -> Result<Endpoint, StoreError>;

    /// Stores the health. Fails with [`StoreError::Conflict`] if the stored version is not `endpoint.version`.
    async fn change_endpoint(&self, app: &AppKey, endpoint: &Endpoint, now: Timestamp) -> Result<(), StoreError>;
}

/// An event in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCallback {
    /// its `webhook-id`
    pub id: String,
    /// when it is sent again; `None` if only the app can have it sent again
    pub due: Option<Timestamp>,
    /// the event
    pub event: CallbackEvent,
}

/// Stores events that wait for a later try, or that could not be delivered.
#[async_trait]
pub trait StoreCallbacks: Send + Sync {
    /// Lists the app among those with stored events. It must come before the events are stored.
    async fn list_waiting(&self, app: &AppKey, now: Timestamp) -> Result<(), StoreError>;

    /// Stores events. Each is removed some days after its due time.
    async fn store_callbacks(
        &self,
        app: &AppKey,
        callbacks: &[StoredCallback],
        now: Timestamp,
    ) -> Result<(), StoreError>;
}

/// An app with stored events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingApp {
    /// the app
    pub app: AppKey,
    /// when it was last listed
    pub listed_at: Timestamp,
}

/// Reads due events.
#[async_trait]
pub trait TakeCallbacks: Send + Sync {
    /// Returns the apps with stored events.
    async fn waiting_apps(&self, now: Timestamp) -> Result<Vec<WaitingApp>, StoreError>;

    /// Returns up to about `most` events of the app that are due, the earliest first in each shard.
    async fn due_callbacks(&self, app: &AppKey, now: Timestamp, most: usize)
    -> Result<Vec<StoredCallback>, StoreError>;

    /// Returns whether the app has events that will be due.
    async fn has_waiting(&self, app: &AppKey) -> Result<bool, StoreError>;

    /// Takes an app from the list, unless it was listed again since.
    async fn unlist_waiting(&self, app: &WaitingApp) -> Result<(), StoreError>;
}

/// Removes stored events that were queued.
#[async_trait]
pub trait RemoveCallbacks: Send + Sync {
    /// Removes these events, if they are still stored.
    async fn remove_callbacks(&self, app: &AppKey, callbacks: &[StoredCallback]) -> Result<(), StoreError>;
}

/// Lists stored events of an app.
#[async_trait]
pub trait ListCallbacks: Send + Sync {
    /// Returns stored events, due or not, up to about `most`, and whether there are more.
    async fn stored_callbacks(
        &self,
        app: &AppKey,
        now: Timestamp,
        most: usize,
    ) -> Result<(Vec<StoredCallback>, bool), StoreError>;
}

/// Removes what is stored about the callbacks of a deleted app.
#[async_trait]
pub trait EraseCallbacks: Send + Sync {
    /// Removes up to about `most` events, and then the health of the app's server. Returns `true` if more may be left.
    async fn erase_callbacks(&self, app: &AppKey, most: usize) -> Result<bool, StoreError>;
}

/// Switches a callback off whose server wants no more.
#[async_trait]
pub trait SwitchOffCallback: Send + Sync {
    /// Notes that the setting of `set_at` is off. A setting that was written since stays on. Does nothing if the app is
    /// gone.
    async fn switch_off_callback(&self, app: &AppKey, set_at: Timestamp, at: Timestamp) -> Result<(), StoreError>;
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use super::*;
    use crate::{
        domain::{
            callback::event::{Happening, Suppressed},
            id::MessageId,
            reason::Reason,
        },
        testing::sample,
    };

    fn event(number: u128, user: &str) -> CallbackEvent {
        let at = Timestamp::from_millis(1);
        let msg_id = MessageId::new(at, number);
        let one = Suppressed { user: sample::user(user), msg_id, group: None, reason: Reason::NoPushBinding };
        CallbackEvent::new(at, Happening::Suppressed(one))
    }

    #[test]
    fn events_are_packed_in_order_and_within_what_sqs_bills_as_one_request() {
        let app = sample::app_key("acme#chat");
        let all: Vec<CallbackEvent> = (0..250).map(|number| event(number, &"u".repeat(64))).collect();
        let records = CallbackRecord::of(&app, all.clone());
        assert_eq!(records.len(), 3);
        let packed = records.iter().flat_map(|CallbackRecord::V1(events)| events.events.clone());
        assert_eq!(packed.collect::<Vec<_>>(), all);
        assert!(records.iter().all(|record| serde_json::to_vec(record).unwrap().len() < 64 * 1024));
        assert!(CallbackRecord::of(&app, Vec::new()).is_empty());
    }
}
