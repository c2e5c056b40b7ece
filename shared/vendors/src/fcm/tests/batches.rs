//! What comes of several tokens.

use std::time::Duration;

use shared::domain::{attempt::RetryReason, outcome::Outcome};

use super::{FCM, accepted, refused, taken, target};
use crate::testing::Say;

#[tokio::test]
async fn every_token_is_sent_to_once_and_its_outcome_stands_in_its_place() {
    let server = FCM.server(taken);
    let tokens: Vec<String> = (0..200).map(|number| format!("t{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let report = FCM.push(&server, &FCM.call(&tokens)).await;
    assert_eq!(report.outcomes, Ok(tokens.iter().map(|token| accepted(token)).collect()));
    let mut sent: Vec<String> = FCM.sends(&server).iter().map(target).collect();
    sent.sort();
    let mut tokens = tokens.clone();
    tokens.sort_unstable();
    assert_eq!(sent, tokens);
}

#[tokio::test]
async fn one_tokens_failure_is_its_own() {
    let server = FCM.server(|seen| match target(seen).as_str() {
        "gone" => refused(404, "NOT_FOUND", Some("UNREGISTERED")),
        "busy" => refused(503, "UNAVAILABLE", Some("UNAVAILABLE")).with("retry-after", "9"),
        "odd" => Say::text(200, "<html>"),
        _ => taken(seen),
    });
    let report = FCM.push(&server, &FCM.call(&["good", "gone", "busy", "odd"])).await;
    let after = Some(Duration::from_secs(9));
    assert_eq!(
        report.outcomes,
        Ok(vec![
            accepted("good"),
            Outcome::Unregistered { code: "UNREGISTERED".into(), certain: true },
            Outcome::Transient { retry_reason: RetryReason::Unavailable, code: "UNAVAILABLE".into(), after },
            Outcome::Transient { retry_reason: RetryReason::Unclear, code: "HTTP 200".into(), after: None },
        ])
    );
}
