//! Two users side by side: a user token reaches nothing of another user, whatever its calls name.

use std::time::Duration;

use curlew_tests::access::Rank;
use serde_json::{Value, json};
use shared::ports::clock::Clock;

use super::{names::Names, world::World};

/// Returns what Bob makes of Ann's message, or of none.
async fn asks(world: &World, message: &str) -> Vec<(u16, String)> {
    let bob = world.callers.iter().find(|caller| caller.rank == Rank::OtherUser).unwrap().token().unwrap();
    let calls = [
        ("GET", format!("users/bob/offline_msg_status/{message}"), json!({})),
        ("POST", "users/bob/push/clicked".to_owned(), json!({"msg_id": message, "device_id": "phone"})),
        ("POST", "users/bob/offline_messages/ack".to_owned(), json!({"msg_ids": [message]})),
    ];
    let mut answers = Vec::new();
    for (method, rest, body) in calls {
        world.stack.clock.advance(Duration::from_secs(1));
        let (status, mut answer) = world.stack.call(method, &world.app.path(&rest), bob, &body).await;
        for field in ["timestamp", "duration", "uri", "path"] {
            answer.as_object_mut().unwrap().remove(field);
        }
        answers.push((status, answer.to_string().replace(message, "MESSAGE")));
    }
    answers
}

async fn waiting_of_ann(world: &World) -> Value {
    let path = world.app.path("users/ann/offline_msg_count");
    world.stack.ok("GET", &path, &world.app.token, json!({})).await["data"].clone()
}

#[tokio::test]
async fn another_users_message_is_as_unknown_as_one_that_does_not_exist() {
    let world = World::start().await;
    let before = waiting_of_ann(&world).await;
    let of_ann = asks(&world, &world.names.message).await;
    let of_nobody = asks(&world, &Names::unknown(&world.stack, &world.app).message).await;
    assert_eq!(of_ann, of_nobody);
    assert_eq!(waiting_of_ann(&world).await, before, "Bob acknowledged what is Ann's");
}

#[tokio::test]
async fn presence_that_one_user_reports_of_another_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let bob = world.callers.iter().find(|caller| caller.rank == Rank::OtherUser).unwrap().token().unwrap();
    world.stack.clock.advance(Duration::from_secs(1));
    let before = world.state();
    let event = json!({
        "user": "ann", "device_id": "phone", "session": "s", "status": "online", "ts": world.stack.clock.now(),
    });
    let body = json!({"events": [event]});
    let (status, answer) = world.stack.call("POST", &world.app.path("presence/events"), bob, &body).await;
    assert_eq!((status, &answer["data"][0]["reason"]), (200, &json!("user must be the token's own user")));
    assert!(before == world.state(), "Bob's report of Ann changed something");
}
