use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{Router, routing};
use serde_json::Value;

use super::*;
use crate::aws_faults::FaultsClient;

/// An AWS that counts the calls that reach it, behind a proxy. Both end with the set.
async fn start() -> (String, Arc<AtomicU64>, JoinSet<()>) {
    let (calls, mut servers) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
    let count = calls.clone();
    let answer = move |body: String| async move { format!("{body}: {}", count.fetch_add(1, Ordering::SeqCst) + 1) };
    let listener = listen().await;
    let upstream = url(&listener);
    servers.spawn(async move {
        axum::serve(listener, Router::new().fallback(routing::any(answer))).await.unwrap();
    });
    let listener = listen().await;
    let proxy = url(&listener);
    servers.spawn(async move { serve(listener, &upstream).await.unwrap() });
    (proxy, calls, servers)
}

async fn listen() -> TcpListener {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

fn url(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

async fn call(proxy: &str) -> reqwest::Result<(u16, String)> {
    let http = plain_http(LONGEST_CALL).build().unwrap();
    let call = http.post(proxy).header("x-amz-target", "DynamoDB_20120810.PutItem").body("put");
    let answer = call.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[tokio::test]
async fn without_a_plan_every_call_passes() {
    let (proxy, calls, _servers) = start().await;
    assert_eq!(call(&proxy).await.unwrap(), (200, "put: 1".to_owned()));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_fault_does_to_the_caller_and_to_aws_what_it_says() {
    let (proxy, calls, _servers) = start().await;
    let client = FaultsClient::new(&proxy).unwrap();
    let plan = Plan { seed: 3, per_thousand: 1000 };
    client.begin(plan).await.unwrap();
    for number in 0..20 {
        let before = calls.load(Ordering::SeqCst);
        let answer = call(&proxy).await;
        let had_effect = calls.load(Ordering::SeqCst) > before;
        let fault = plan.fault("DynamoDB", number).unwrap();
        let kind = |body: &str| serde_json::from_str::<Value>(body).unwrap()["__type"].as_str().unwrap().to_owned();
        match fault {
            AwsFault::Throttled => {
                let (status, body) = answer.unwrap();
                assert_eq!((status, had_effect), (400, false));
                assert!(kind(&body).ends_with("#ProvisionedThroughputExceededException"));
            }
            AwsFault::Unavailable => assert_eq!((answer.unwrap().0, had_effect), (503, false)),
            AwsFault::Late(_) => assert_eq!((answer.unwrap().0, had_effect), (200, true)),
            AwsFault::AnswerLost => assert_eq!((answer.is_err(), had_effect), (true, true)),
            AwsFault::NeverArrived => assert_eq!((answer.is_err(), had_effect), (true, false)),
        }
    }
    let played = client.played().await.unwrap();
    assert_eq!(played.keys().collect::<Vec<_>>(), ["DynamoDB"]);
    assert_eq!((played["DynamoDB"].len(), played["DynamoDB"].values().sum::<u64>()), (5, 20));
    client.end().await.unwrap();
    assert_eq!(call(&proxy).await.unwrap().0, 200);
}

#[test]
fn faults_are_counted_by_the_service_that_was_called() {
    let named =
        ["DynamoDB_20120810.Query", "AmazonSQS.SendMessage", "TrentService.Decrypt", "secretsmanager.GetSecretValue"];
    assert_eq!(named.map(|target| counted_as(Some(target), "/")), ["DynamoDB", "SQS", "KMS", "Secrets Manager"]);
    assert_eq!(counted_as(None, "/2015-03-31/functions/push-fcm/invocations"), "Lambda");
    assert_eq!(counted_as(None, "/_aws/execute-api/a1/live/@connections/b2%3D"), "API Gateway");
    assert_eq!(counted_as(None, "/"), "another service");
}
