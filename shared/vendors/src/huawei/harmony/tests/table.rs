use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
    },
    testing::sample,
};

use crate::{
    huawei::{
        codes::{ALL_INVALID, PARTIAL, REASONS},
        harmony::judge::judge,
        judge::Judged,
    },
    reporting::Refusal,
    testing::{assert_nonsense_unregisters_nobody, keys, meaning, reply, unregistered},
};

fn tokens() -> Vec<DeviceToken> {
    ["a", "b", "c"].map(sample::token).to_vec()
}

fn judged(code: &str, msg: &str) -> Result<Judged, Refusal> {
    let body = json!({"code": code, "msg": msg, "requestId": "r1"}).to_string();
    judge(&reply(200, body), &tokens())
}

fn outcomes(code: &str, msg: Value) -> Vec<Outcome> {
    match judged(code, &msg.to_string()) {
        Ok(Judged::Each(outcomes)) => outcomes,
        judged => panic!("{judged:?}"),
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("r1".into()) }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

fn dead(reason: &str, certain: bool) -> Outcome {
    Outcome::Unregistered { code: reason.into(), certain }
}

fn credential_or_token(reason: &str) -> Outcome {
    Outcome::CredentialOrToken { code: reason.into() }
}

#[test]
fn every_reason_has_its_meaning() {
    let expected = [
        ("tokenFormatError", "dead"),
        ("tokenPlatformNotSupport", "dead"),
        ("noRight", "suspect"),
        ("noPushTypeRight", "credential or token"),
        ("noRightToSendThisLiveNotificationEvent", "credential or token"),
        ("notSupportPlayVoice", "credential or token"),
        ("disableSendHuaweiMsgBecauseOfPenalty", "credential"),
        ("appinfoError", "credential or token"),
        ("atomicUnableSendUnsubscribedMsg", "refused"),
        ("countryNotSupport", "refused"),
        ("differentImgVerifyPolicy", "refused"),
    ];
    assert_eq!(keys(REASONS), expected.map(|(reason, _)| reason));
    assert!(REASONS.iter().all(|row| row.source.starts_with("https://")));
    for (reason, means) in expected.into_iter().chain([("newReason", "refused")]) {
        let alone = |means| match means {
            "dead" => dead(reason, true),
            "suspect" => dead(reason, false),
            "credential or token" => credential_or_token(reason),
            _ => refused(reason),
        };
        let one = json!({"success": 2, "failure": 1, "illegalTokens": {reason: ["b"]}});
        assert_eq!(outcomes(PARTIAL, one), [accepted(), alone(means), accepted()], "{reason}");

        let all = json!({"failure": 3, "illegalTokens": {reason: ["a", "b", "c"]}}).to_string();
        let expected = match means {
            "credential" => Err(CallError::Credential { code: reason.into() }.into()),
            means => Ok(Judged::Each(vec![alone(means); 3])),
        };
        assert_eq!(judged(ALL_INVALID, &all), expected, "{reason}");
    }
}

#[test]
fn tokens_that_failed_for_different_reasons_each_have_their_own() {
    let msg =
        json!({"failure": 3, "illegalTokens": {" noRight ": ["a"], "noPushTypeRight": ["b"], "appinfoError": ["c"]}});
    assert_eq!(
        outcomes(ALL_INVALID, msg),
        [dead("noRight", false), credential_or_token("noPushTypeRight"), credential_or_token("appinfoError")]
    );
    let msg = json!({"failure": 3, "illegalTokens": {"noPushTypeRight": ["b", "c"], "appinfoError": ["a"]}});
    let missing = credential_or_token("noPushTypeRight");
    assert_eq!(outcomes(ALL_INVALID, msg), [credential_or_token("appinfoError"), missing.clone(), missing]);
}

#[test]
fn words_unregister_all_tokens_and_a_document_only_those_that_it_names() {
    assert_eq!(judged(ALL_INVALID, "All the tokens are invalid"), Ok(Judged::AllInvalid));
    assert_eq!(judged(ALL_INVALID, ""), Ok(Judged::AllInvalid));
    for msg in [json!({}), json!({"failure": 3}), json!({"failure": 3, "illegalTokens": ["a", "b", "c"]})] {
        assert_eq!(outcomes(ALL_INVALID, msg), vec![refused(ALL_INVALID); 3]);
    }
}

#[test]
fn an_answer_that_makes_no_sense_unregisters_nobody() {
    for msg in [
        json!({"success": 2, "failure": 1, "illegalTokens": {"noRight": ["not ours"]}}),
        json!({"success": 2, "failure": 1, "illegalTokens": {"noRight": ["b", "c"]}}),
        json!({"success": 1, "failure": 2, "illegalTokens": {"noRight": ["b", "b"]}}),
        json!({"success": 1, "failure": 2, "illegalTokens": {"noRight": ["b"], "tokenFormatError": ["b"]}}),
        json!({"success": 9, "failure": 1, "illegalTokens": {"noRight": ["b"]}}),
        json!({"failure": 1, "illegalTokens": {"noRight": ["b"]}}),
        json!({"success": u64::MAX, "failure": 1, "illegalTokens": {"noRight": ["b"]}}),
        json!({"success": 2, "failure": 1, "illegalTokens": {"noRight": "b"}}),
        json!({"success": 2, "failure": 1, "illegal_tokens": ["b"]}),
        json!("b"),
    ] {
        for code in [PARTIAL, ALL_INVALID] {
            assert_eq!(outcomes(code, msg.clone()), vec![refused(code); 3], "{msg}");
        }
    }
    assert_eq!(judged(PARTIAL, "{\"success\":2,\"fail"), Ok(Judged::Each(vec![refused(PARTIAL); 3])));
}

#[test]
fn refusals_of_a_whole_request_are_those_of_android() {
    let word = |code| meaning(&judged(code, "no").map(|_| accepted()));
    for (code, means) in [
        ("80000000", "accepted"),
        ("80100022", "rejected"),
        ("80200005", "expired"),
        ("80300029", "limited 1"),
        ("80300036", "credential"),
        ("80300037", "credential"),
    ] {
        assert_eq!(word(code), means, "{code}");
    }
    let overload = judge(&reply(503, r#"{"code":"80300007","msg":"no"}"#), &tokens());
    assert_eq!(meaning(&overload.map(|_| accepted())), "limited 1");
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| match judge(reply, &tokens()) {
        Err(_) => true,
        judged => judged == Ok(Judged::Each(vec![refused(PARTIAL); 3])),
    });
}

proptest! {
    #[test]
    fn failed_tokens_are_tokens_that_the_answer_names(
        named in prop::collection::vec("[a-e]", 0..4), success in 0usize..4, all in any::<bool>(),
    ) {
        let msg = json!({"success": success, "failure": named.len(), "illegalTokens": {"noRight": named}});
        let judged = outcomes(if all { ALL_INVALID } else { PARTIAL }, msg);
        for token in unregistered(&tokens(), &judged) {
            prop_assert!(named.contains(&token));
        }
    }
}
