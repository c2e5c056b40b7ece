//! Pushes that are stored for broadcasts.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::domain::{id::StoredPushId, time::Timestamp};

/// Time for which a push is stored.
pub const STORED_PUSH_RETENTION: Duration = Duration::from_secs(30 * 86_400);
/// Maximum pushes that an app stores on a day, in UTC.
pub const MAX_STORED_PUSHES: u32 = 100;

/// A push that waits for its broadcasts.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPush {
    /// its id
    pub id: StoredPushId,
    /// the `pushMessage` as the app sent it, checked
    pub message: Map<String, Value>,
}

impl StoredPush {
    /// Returns when its row may go.
    pub fn expires_at(&self) -> Timestamp {
        self.id.created_at().plus(STORED_PUSH_RETENTION)
    }

    /// Returns whether an app that was created then has this push, and may use it.
    pub fn is_of(&self, app_created_at: Timestamp, now: Timestamp) -> bool {
        self.id.created_at() >= app_created_at && now < self.expires_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_of_the_app_that_stored_it_and_for_thirty_days() {
        let now = Timestamp::from_millis(1_768_467_600_000);
        let (next, gone) = (now.plus(Duration::from_millis(1)), now.plus(STORED_PUSH_RETENTION));
        let push = StoredPush { id: StoredPushId::new(now, 7), message: Map::new() };
        assert!(push.is_of(now, gone.minus(Duration::from_millis(1))));
        assert!(!push.is_of(next, now) && !push.is_of(now, gone));
    }
}
