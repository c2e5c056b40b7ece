//! Connections to the WebSocket API, with a test client of the protocol.

use curlew_tests::stack::SocketError;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::reason::Reason;

use crate::harness::{Live, Phone, Tenant, World, canary, until};

/// Waits until the phone shows this many notifications.
async fn shows(tenant: &Tenant<'_>, phone: &Phone, notifications: usize) {
    let shown = async || (tenant.shown(phone).await.len() == notifications).then_some(());
    until(&format!("{notifications} notifications"), shown).await;
}

fn ids(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["msg_id"].as_str().unwrap()).collect()
}

// ---- messages ----

#[tokio::test]
async fn who_is_connected_gets_a_message_and_no_push() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut live = tenant.connect(&phone).await;
    live.ping().await;
    assert!(tenant.app.is_online("ann").await.unwrap());

    let text = canary::secret();
    let id = tenant.send_to("ann", json!({"body": {"msg": text}})).await;
    let came = live.receives(&[&id]).await;
    assert_eq!(came.last().unwrap()["body"]["msg"], json!(text), "as it was sent");
    live.acknowledge(&[&id]).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::MessageDelivered);
    assert_eq!(tenant.sends(&phone).await.len(), 0);

    live.close().await;
    until("the end of the presence", async || (!tenant.app.is_online("ann").await.unwrap()).then_some(())).await;
    tenant.send_to("ann", json!({})).await;
    shows(&tenant, &phone, 1).await;
}

#[tokio::test]
async fn a_phone_that_is_lost_without_a_close_frame_is_pushed_to_after_the_missing_ack() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    // The connection stays open, but nobody reads it or answers.
    let mut lost = tenant.connect(&phone).await;
    lost.ping().await;
    let id = tenant.send_to("ann", json!({})).await;
    shows(&tenant, &phone, 1).await;
    lost.receives(&[&id]).await;
}

#[tokio::test]
async fn a_phone_that_left_its_network_is_pushed() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut gone = tenant.connect(&phone).await;
    gone.ping().await;
    drop(gone);
    tenant.send_to("ann", json!({})).await;
    shows(&tenant, &phone, 1).await;
}

// ---- what waits ----

#[tokio::test]
async fn who_comes_back_gets_what_was_missed_oldest_first_and_only_that() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut missed = Vec::new();
    for _ in 0..3 {
        missed.push(tenant.send_to("ann", json!({})).await);
    }
    shows(&tenant, &phone, 3).await;
    let missed: Vec<&str> = missed.iter().map(String::as_str).collect();

    let mut first = tenant.connect(&phone).await;
    assert_eq!(ids(&first.receives(&missed).await), missed);
    first.acknowledge(&missed[..1]).await;
    first.close().await;

    // Acknowledged messages do not come again. The others do.
    let mut second = tenant.connect(&phone).await;
    assert_eq!(ids(&second.receives(&missed[1..]).await), missed[1..]);
}

#[tokio::test]
async fn who_reconnects_and_says_since_when_misses_nothing() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let group = json!({"groupid": "birds", "members": ["ann", "bob"]});
    tenant.app.call(Method::POST, "/chatgroups").json(&group).send().await.unwrap().success().unwrap();
    let of_group = send_to_birds(&tenant).await;
    let own = tenant.send_to("ann", json!({})).await;
    shows(&tenant, &phone, 2).await;

    let mut first = tenant.connect(&phone).await;
    assert_eq!(ids(&first.receives(&[&of_group, &own]).await), [&of_group, &own]);
    drop(first);
    let mut again = tenant.connect_with(&phone, &[("since", &own)]).await;
    again.receives(&[&own]).await;
    let later = send_to_birds(&tenant).await;
    again.receives(&[&later]).await;
}

/// Sends a message to the group. Returns its id.
async fn send_to_birds(tenant: &Tenant<'_>) -> String {
    let message = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": canary::secret()}});
    let answer = tenant.app.call(Method::POST, "/messages/chatgroups").json(&message).send().await.unwrap();
    answer.success().unwrap()["data"]["birds"].as_str().unwrap().to_owned()
}

// ---- the end of a connection ----

#[tokio::test]
async fn a_newer_connection_of_the_device_ends_the_older() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let other = tenant.phone("huawei", "ann").await;
    let mut bystander = tenant.connect(&other).await;
    let mut older = tenant.connect(&phone).await;
    older.ping().await;
    let mut newer = tenant.connect(&phone).await;

    assert_eq!(older.next_of("kicked").await["reason"], "superseded");
    older.closed().await;
    let id = tenant.send_to("ann", json!({})).await;
    newer.receives(&[&id]).await;
    bystander.receives(&[&id]).await;
    newer.acknowledge(&[&id]).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::MessageDelivered);
    assert_eq!(tenant.sends(&phone).await.len() + tenant.sends(&other).await.len(), 0);
}

#[tokio::test]
async fn of_two_connections_of_a_device_at_once_one_stays() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let token = tenant.app.user_token("ann").await.unwrap();
    canary::note(&token);
    let device = [("device_id", phone.device.as_str()), ("token", token.as_str())];
    let tried = futures::future::join(tenant.open(&device, None), tenant.open(&device, None)).await;
    let mut open = Vec::new();
    for one in [tried.0, tried.1] {
        match one {
            Ok(socket) => open.push(Live::from(socket)),
            Err(SocketError::Refused(status)) => assert_eq!(status, 409, "the other is newer"),
            Err(error) => panic!("no answer to the upgrade: {error}"),
        }
    }
    assert!(!open.is_empty(), "both were refused");
    // Each connection is still open, or got the reason for its end.
    let mut living = Vec::new();
    let id = tenant.send_to("ann", json!({})).await;
    for mut live in open {
        if live.receives_or_ends(&id).await {
            living.push(live);
        }
    }
    assert_eq!(living.len(), 1);
    living[0].acknowledge(&[&id]).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::MessageDelivered);
}

#[tokio::test]
async fn a_kicked_phone_is_told_so_and_gets_no_push() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut live = tenant.connect(&phone).await;
    tenant.report_in("the app's server", &phone, "kicked").await;
    assert_eq!(live.next_of("kicked").await["reason"], "kicked");
    live.closed().await;
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::DeviceKicked);
    assert_eq!(tenant.sends(&phone).await.len(), 0);
}

// ---- who may connect ----

#[tokio::test]
async fn an_upgrade_without_a_good_token_is_refused() {
    let world = World::side_by_side().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let token = tenant.app.user_token("ann").await.unwrap();
    let foreign = other.app.user_token("ann").await.unwrap();
    let expired = short_lived(&tenant, "ann").await;
    let usable = async |token: &str| {
        tenant.app.anonymous_call(Method::GET, "/users/ann/push/binding").bearer(token).send().await.unwrap().status
            == 200
    };
    until("the end of the token", async || (!usable(&expired).await).then_some(())).await;
    for secret in [&token, &foreign, &expired] {
        canary::note(secret);
    }
    let refused = async |query: &[(&str, &str)], bearer: Option<&str>| match tenant.open(query, bearer).await {
        Err(SocketError::Refused(status)) => status,
        other => panic!("not refused: {:?}", other.map(drop)),
    };
    let device = ("device_id", "phone");
    assert_eq!(refused(&[device], None).await, 401);
    assert_eq!(refused(&[device, ("token", "nonsense")], None).await, 401);
    assert_eq!(refused(&[device, ("token", &foreign)], None).await, 401);
    assert_eq!(refused(&[device, ("token", &expired)], None).await, 401);
    assert_eq!(refused(&[device], Some(&tenant.app.token)).await, 403);
    assert_eq!(refused(&[("token", &token)], None).await, 400);
    assert_eq!(refused(&[device, ("token", &token), ("since", "never")], None).await, 400);
    assert!(!tenant.app.is_online("ann").await.unwrap_or(false));

    for (query, bearer) in [(vec![device, ("token", token.as_str())], None), (vec![device], Some(token.as_str()))] {
        tenant.open(&query, bearer).await.unwrap();
    }
}

/// Returns a user token that expires within a second.
async fn short_lived(tenant: &Tenant<'_>, user: &str) -> String {
    let body = json!({"grant_type": "inherit", "username": user, "autoCreateUser": true, "ttl": 1});
    let answer = tenant.app.call(Method::POST, "/token").json(&body).send().await.unwrap().success().unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

// ---- bad input ----

#[tokio::test]
async fn a_frame_that_is_no_request_harms_nobody() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut live = tenant.connect(&phone).await;
    let bad = [
        "no json",
        "null",
        "[]",
        r#""ping""#,
        "{}",
        r#"{"action":null}"#,
        r#"{"action":"dance"}"#,
        r#"{"action":["ack"]}"#,
        r#"{"action":"ack"}"#,
        r#"{"action":"ack","msg_ids":"all"}"#,
        r#"{"action":"ack","msg_ids":[1]}"#,
        r#"{"action":"ack","msg_ids":["nobody's"]}"#,
        r#"{"action":"ack","up_to":7}"#,
        r#"{"action":"ack","up_to":"never"}"#,
    ];
    for text in bad {
        live.send_text(text).await;
        let answer = live.next_of("error").await;
        assert!(answer["message"].as_str().is_some_and(|says| !says.is_empty()), "{text}: {answer}");
    }
    // The API's internal routes. Whether they answer is not documented.
    for route in ["$connect", "$disconnect", "$default"] {
        live.send(&json!({"action": route})).await;
    }
    live.ping().await;
    assert!(tenant.app.is_online("ann").await.unwrap(), "still connected");
    let id = tenant.send_to("ann", json!({})).await;
    live.receives(&[&id]).await;
}

#[tokio::test]
async fn a_binary_or_oversized_frame_ends_that_connection_alone() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (phone, other) = (tenant.phone("fcm", "ann").await, tenant.phone("fcm", "bob").await);
    let mut bystander = tenant.connect(&other).await;
    let mut live = tenant.connect(&phone).await;
    live.send_bytes(b"\x00").await;
    assert_eq!(live.closed().await, Some(1003));
    let mut live = tenant.connect(&phone).await;
    live.send_text(&"x".repeat(32 * 1024 + 1)).await;
    assert_eq!(live.closed().await, Some(1009));
    until("the end of the presence", async || (!tenant.app.is_online("ann").await.unwrap()).then_some(())).await;
    let id = tenant.send_to("bob", json!({})).await;
    bystander.receives(&[&id]).await;
}

#[tokio::test]
async fn ten_thousand_pings_cost_nobody_anything() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (phone, other) = (tenant.phone("fcm", "ann").await, tenant.phone("fcm", "bob").await);
    let mut bystander = tenant.connect(&other).await;
    let mut live = tenant.connect(&phone).await;
    for _ in 0..100 {
        for _ in 0..100 {
            live.send(&json!({"action": "ping"})).await;
        }
        for _ in 0..100 {
            live.next_of("pong").await;
        }
    }
    let id = tenant.send_to("bob", json!({})).await;
    bystander.receives(&[&id]).await;
}
