//! What comes of many tokens at once.

use shared::domain::outcome::CallError;

use super::*;
use crate::testing::{Server, object};

#[tokio::test]
async fn a_request_carries_a_thousand_tokens_or_ten_of_a_test() {
    let server = Server::start(|_| success());
    let mut call = HARMONY.call_of(1001);
    assert_eq!(HARMONY.push(&server, &call).await.outcomes, Ok(vec![accepted(); 1001]));
    let sizes = |server: &Server| HARMONY.requests(server).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(&server), [1000, 1]);

    let server = Server::start(|_| success());
    call.tokens.truncate(21);
    call.options = object(json!({"target_user_type": 1}));
    assert_eq!(HARMONY.push(&server, &call).await.outcomes, Ok(vec![accepted(); 21]));
    assert_eq!(sizes(&server), [10, 10, 1]);
}

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let failed = json!({"success": 1, "failure": 2, "illegalTokens": {"noRight": ["t2"], "noPushTypeRight": ["t3"]}});
    let server = Server::start(move |_| answer("80100000", &failed.to_string()));
    let report = HARMONY.push(&server, &HARMONY.call(&["t1", "t2", "t3"])).await;
    let suspect = Outcome::Unregistered { code: "noRight".into(), certain: false };
    assert_eq!(
        report.outcomes,
        Ok(vec![accepted(), suspect, Outcome::CredentialOrToken { code: "noPushTypeRight".into() }])
    );
}

const PENALTY: &str = "disableSendHuaweiMsgBecauseOfPenalty";

#[tokio::test]
async fn a_penalty_is_a_fault_of_the_credential_and_a_missing_right_may_be_one() {
    for (reason, outcomes) in [
        ("noPushTypeRight", Ok(vec![Outcome::CredentialOrToken { code: "noPushTypeRight".into() }; 21])),
        (PENALTY, Err(CallError::Credential { code: PENALTY.into() })),
    ] {
        let server = Server::start(move |seen| {
            let tokens = targets(seen);
            let failed = json!({"failure": tokens.len(), "illegalTokens": {reason: tokens}});
            answer("80300007", &failed.to_string())
        });
        let report = HARMONY.push(&server, &HARMONY.call_of(21)).await;
        assert_eq!(report.outcomes, outcomes);
        assert_eq!(server.seen().len(), 1, "there is nothing to find out by halves");
    }
}

#[tokio::test]
async fn words_that_unregister_many_tokens_are_asked_for_again_in_halves() {
    let server = Server::start(|seen| match targets(seen).len() {
        10 => success(),
        _ => answer("80300007", "All the tokens are invalid"),
    });
    let outcomes = HARMONY.push(&server, &HARMONY.call_of(21)).await.outcomes.unwrap();
    let suspect = Outcome::Unregistered { code: "80300007".into(), certain: false };
    assert_eq!(outcomes, [vec![accepted(); 10], vec![suspect; 11]].concat());
    assert_eq!(server.seen().len(), 3);
}
