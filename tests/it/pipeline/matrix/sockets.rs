//! The handshake of a WebSocket against every kind of caller.

use std::time::Duration;

use curlew_tests::access::Rank;
use serde_json::json;

use super::world::World;
use crate::pipeline::socket::handshake;

#[tokio::test]
async fn a_connection_opens_to_users_only_and_a_refused_one_changes_nothing() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for caller in &world.callers {
        let expected = match caller.rank {
            Rank::User | Rank::OtherUser => 200,
            Rank::App | Rank::Support => 403,
            Rank::Nobody | Rank::OperatorKey | Rank::OperatorToken => 401,
        };
        let named = json!({"org": "acme", "app": "chat", "device_id": "phone"});
        let mut by_query = named.clone();
        by_query["token"] = json!(caller.token().unwrap_or_default());
        let by_header = caller.authorization.as_ref().map_or(json!({}), |value| json!({"authorization": value}));
        for (headers, query) in [(by_header, named), (json!({}), by_query)] {
            world.stack.clock.advance(Duration::from_secs(1));
            let before = world.state();
            let (status, body, _) = handshake(&world.stack, headers, query).await;
            if status != expected {
                wrong.push(format!("{}: {status} {body}", caller.name));
            }
            let canaries = world.canaries_in(&body.to_string());
            if expected != 200 && (before != world.state() || !canaries.is_empty()) {
                wrong.push(format!("{}: something changed, or was shown: {canaries:?}", caller.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
