//! Checks that the deletion of a group ends although others delete and recreate the group without end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use curlew_tests::tables::local_sdk;
use serde_json::{Value, json};
use shared::{
    aws::dynamo::{self, GroupsTable},
    domain::id::GroupId,
    ports::{error::StoreError, groups::ManageGroups},
    testing::sample,
};

/// Maximum requests of a deletion that never succeeds.
const MAX_REQUESTS: usize = 25;

/// Serves a table whose group is always a different one when it is to be deleted.
async fn serve(State(requests): State<Arc<AtomicUsize>>, headers: HeaderMap) -> (StatusCode, String) {
    requests.fetch_add(1, Ordering::SeqCst);
    let answer = |body: Value| (StatusCode::OK, body.to_string());
    match headers["x-amz-target"].to_str().unwrap() {
        "DynamoDB_20120810.GetItem" => answer(json!({"Item": {
            "pk": {"S": "group#acme#chat#g"}, "sk": {"S": "meta"}, "name": {"S": ""}, "members": {"N": "0"}, "created_at": {"N": "1"},
        }})),
        "DynamoDB_20120810.UpdateItem" => {
            (StatusCode::BAD_REQUEST, json!({"__type": "ConditionalCheckFailedException"}).to_string())
        }
        other => panic!("unexpected {other}"),
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the table answers while the test waits for it")]
async fn a_group_that_begins_anew_without_end_is_a_conflict_for_who_deletes_it() {
    let requests = Arc::new(AtomicUsize::new(0));
    let router = Router::new().route("/", post(serve)).with_state(requests.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let table = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let groups = GroupsTable::new(&dynamo::client(&local_sdk(&endpoint)), "groups".into());
    let deleted = groups.delete_group(&sample::app_key("acme#chat"), &GroupId::parse("g").unwrap()).await;
    assert!(matches!(deleted, Err(StoreError::Conflict)), "{deleted:?}");
    let sent = requests.load(Ordering::SeqCst);
    assert!((6..=MAX_REQUESTS).contains(&sent), "{sent} requests");
    table.abort();
}
