//! A user who acknowledges one message and leaves the others.

use curlew_tests::history::Request;
use serde_json::json;

use super::{sockets::user, story::Who, world::World};

impl World {
    /// Asks what waits for a user. Acknowledges one of the messages, or all up to it.
    pub async fn ack_one(&self, who: Who, place: u8, up_to: bool) {
        let mut ids = self.waiting(who).await;
        if ids.is_empty() {
            return;
        }
        let picked = ids.swap_remove(usize::from(place) % ids.len());
        let (request, body) = if up_to {
            let request = Request::AckUpTo { user: user(who), message: picked, connection: None };
            (request, json!({"up_to": picked}))
        } else {
            let request = Request::Ack { user: user(who), messages: vec![picked], connection: None };
            (request, json!({"msg_ids": [picked]}))
        };
        self.acknowledge(who, request, body).await;
    }
}
