//! The queues' adapter with an SQS that refuses records or fails.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use curlew_tests::tables::local_sdk;
use serde_json::{Value, json};
use shared::{
    aws::sqs::{self, SqsQueue},
    domain::{connection::EndReason, id::SessionId},
    ports::{
        connections::{Connection, DirectRecord, QueueDirect},
        error::StoreError,
        queue::NotQueued,
    },
    testing::sample,
};

/// A queue that accepts records, with exceptions.
#[derive(Default)]
struct Queue {
    /// the device whose record it refuses
    refuses: Option<&'static str>,
    /// the device whose record fails its whole request
    fails_with: Option<&'static str>,
    /// how many records each request had
    requests: Vec<usize>,
}

impl Queue {
    fn answer(&mut self, request: &Value) -> (StatusCode, String) {
        let entries = request["Entries"].as_array().unwrap();
        self.requests.push(entries.len());
        let is_of = |entry: &Value, device: Option<&str>| {
            let record: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
            device.is_some_and(|device| record["connection"]["device_id"] == device)
        };
        if entries.iter().any(|entry| is_of(entry, self.fails_with)) {
            let body = json!({"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "planned"});
            return (StatusCode::BAD_REQUEST, body.to_string());
        }
        let (refused, taken): (Vec<&Value>, Vec<&Value>) = entries.iter().partition(|entry| is_of(entry, self.refuses));
        let failed = refused.iter().map(|entry| json!({"Id": entry["Id"], "Code": "x", "SenderFault": true}));
        let taken = taken.iter().map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"}));
        let body = json!({"Failed": failed.collect::<Vec<_>>(), "Successful": taken.collect::<Vec<_>>()});
        (StatusCode::OK, body.to_string())
    }
}

async fn serve(State(queue): State<Arc<Mutex<Queue>>>, body: Bytes) -> (StatusCode, String) {
    queue.lock().unwrap().answer(&serde_json::from_slice(&body).unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the queue answers while a test waits for it")]
async fn served(queue: &Arc<Mutex<Queue>>) -> SocketAddr {
    let router = Router::new().route("/", post(serve)).with_state(queue.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Queues twenty-five records of the devices d0 to d24, in three requests. Returns the result, and the records of each
/// request.
async fn queued(queue: Queue) -> (Result<(), NotQueued>, Vec<usize>) {
    let queue = Arc::new(Mutex::new(queue));
    let endpoint = format!("http://{}", served(&queue).await);
    let direct = SqsQueue::new(&sqs::client(&local_sdk(&endpoint)), format!("{endpoint}/direct"));
    let record = |number: usize| {
        let (app, user) = (sample::app_key("acme#chat"), sample::user("ann"));
        let (id, device_id) = (SessionId::parse("s1").unwrap(), sample::device(&format!("d{number}")));
        Connection { id, app, user, device_id }.end(EndReason::Kicked)
    };
    let records: Vec<DirectRecord> = (0..25).map(record).collect();
    let result = direct.queue_direct(&records, Duration::ZERO).await;
    let requests = queue.lock().unwrap().requests.clone();
    (result, requests)
}

#[tokio::test]
async fn a_record_that_the_queue_refuses_keeps_no_other_back() {
    let (result, requests) = queued(Queue { refuses: Some("d3"), ..Queue::default() }).await;
    let NotQueued { places, error } = result.unwrap_err();
    assert_eq!((places, requests), (vec![3], vec![10, 1, 1, 1, 10, 5]));
    assert!(matches!(error, StoreError::Throttled));
    let (result, requests) = queued(Queue::default()).await;
    assert_eq!((result.is_ok(), requests), (true, vec![10, 10, 5]));
}

#[tokio::test]
async fn after_a_request_that_fails_no_other_is_made() {
    for (device, left, requests) in [("d3", 0, vec![10]), ("d12", 10, vec![10, 10]), ("d24", 20, vec![10, 10, 5])] {
        let (result, made) = queued(Queue { fails_with: Some(device), ..Queue::default() }).await;
        let NotQueued { places, error } = result.unwrap_err();
        assert_eq!((places, made), ((left..25).collect(), requests), "{device}");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    // Earlier refusals are still reported.
    let (result, requests) = queued(Queue { refuses: Some("d3"), fails_with: Some("d12"), ..Queue::default() }).await;
    let expected: Vec<usize> = [3].into_iter().chain(10..25).collect();
    assert_eq!((result.unwrap_err().places, requests), (expected, vec![10, 1, 1, 1, 10]));
}
