//! Writes of presence that meet a newer row.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use curlew_tests::tables::local_sdk;
use serde_json::{Value, json};
use shared::{
    aws::dynamo::{self, UsersTable},
    domain::{id::SessionId, time::Timestamp},
    ports::users::LogOutDevice,
    testing::sample,
};

/// The number of writes of a row.
type Puts = Arc<Mutex<usize>>;

/// Returns the row of a phone that is connected in this session.
fn row(session: &str, since: u32, ending: &[&str]) -> Value {
    let ending: Vec<Value> = ending.iter().map(|id| json!({"S": id})).collect();
    json!({
        "state": {"S": "online"}, "link": {"S": "live"}, "session": {"S": session}, "session_since": {"N": since.to_string()},
        "at": {"N": since.to_string()}, "lease_until": {"N": "9000"}, "retired": {"L": ending}, "ending": {"L": ending},
    })
}

/// Serves a table in which a login comes between the read of a row and its write.
async fn serve(State(puts): State<Puts>, headers: HeaderMap, _: Bytes) -> (StatusCode, String) {
    match headers["x-amz-target"].to_str().unwrap() {
        "DynamoDB_20120810.GetItem" => (StatusCode::OK, json!({"Item": row("before", 1000, &[])}).to_string()),
        "DynamoDB_20120810.PutItem" => {
            *puts.lock().unwrap() += 1;
            let found = row("after", 2000, &["before"]);
            let body = json!({"__type": "ConditionalCheckFailedException", "Item": found});
            (StatusCode::BAD_REQUEST, body.to_string())
        }
        other => panic!("unexpected {other}"),
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the table answers while the test waits for it")]
async fn a_login_that_overtakes_a_logout_stays_and_the_connection_before_it_ends() {
    let puts = Puts::default();
    let router = Router::new().route("/", post(serve)).with_state(puts.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let users = UsersTable::new(&dynamo::client(&local_sdk(&endpoint)), "users".into());
    let (app, ann, phone) = (sample::app_key("acme#chat"), sample::user("ann"), sample::device("phone"));
    let ended = users.log_out(&app, &ann, &phone, Timestamp::from_millis(3000)).await.unwrap();
    assert_eq!(ended, [SessionId::parse("before").unwrap()]);
    assert_eq!(*puts.lock().unwrap(), 1);
}
