use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{binding::DeviceToken, outcome::Outcome},
    testing::sample,
};

use super::{accepted, dead, failed};
use crate::{
    honor::{
        codes::{CODES, SUCCESS, TOKEN_CODES, TOKEN_STATUSES},
        judge::{Judged, judge, of_token_request},
        rules::Corrections,
    },
    reporting::Refusal,
    testing::{assert_nonsense_unregisters_nobody, explained, failure, keys, meaning, reply, unregistered},
    transport::Reply,
};

fn tokens() -> Vec<DeviceToken> {
    ["a", "b", "c"].map(sample::token).to_vec()
}

fn said(reply: &Reply) -> Result<Judged, Refusal> {
    judge(reply, &tokens(), &Corrections::new())
}

fn coded(http: u16, code: impl Into<Value>) -> Result<Judged, Refusal> {
    said(&reply(http, json!({"code": code.into(), "message": "no"}).to_string()))
}

fn outcomes(reply: &Reply) -> Vec<Outcome> {
    match said(reply) {
        Ok(Judged::Each(outcomes)) => outcomes,
        judged => panic!("{judged:?}"),
    }
}

fn of_data(data: Value) -> Vec<Outcome> {
    outcomes(&reply(200, json!({"code": 200, "message": "success", "data": data}).to_string()))
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

fn unclear() -> Vec<Outcome> {
    vec![refused("unclear result"); 3]
}

fn word(judged: Result<Judged, Refusal>) -> String {
    match judged {
        Ok(Judged::TooMany { .. }) => "too many".into(),
        Ok(Judged::Each(outcomes)) if outcomes.iter().all(|one| meaning(&Ok(one.clone())) == "suspect") => {
            "suspects".into()
        }
        Ok(Judged::Each(outcomes)) => format!("{outcomes:?}"),
        Err(refusal) => meaning(&Err(refusal)),
    }
}

// ----- codes -----

#[test]
fn every_code_has_its_meaning() {
    let expected = [
        ("400", "rejected"),
        ("401", "expired"),
        ("403", "expired"),
        ("404", "rejected"),
        ("413", "rejected"),
        ("429", "limited 1"),
        ("500", "unavailable"),
        ("502", "unavailable"),
        ("503", "limited 1"),
        ("504", "unavailable"),
        ("80100001", "rejected"),
        ("80100003", "rejected"),
        ("80100004", "rejected"),
        ("80200001", "expired"),
        ("80200003", "expired"),
        ("80300002", "credential or token"),
        ("80300007", "suspects"),
        ("80300008", "rejected"),
        ("80300010", "too many"),
        ("81000001", "unavailable"),
    ];
    let mut listed: Vec<&str> = CODES.iter().map(|row| row.key).collect();
    listed.sort_unstable_by_key(|code| (code.len(), *code));
    assert_eq!(listed, expected.map(|(code, _)| code));
    for (code, means) in expected {
        for http in [200, 400] {
            assert_eq!(word(coded(http, code)), means, "{http} {code}");
            assert_eq!(word(coded(http, code.parse::<u64>().unwrap())), means, "{http} {code} as a number");
        }
    }
    let one = [sample::token("a")];
    let alone = reply(200, r#"{"code":80300010}"#);
    assert_eq!(word(judge(&alone, &one, &Corrections::new())), "rejected", "one token is never too many");
}

#[test]
fn every_status_has_its_meaning_where_the_body_says_nothing() {
    for row in CODES.iter().filter(|row| row.key.len() == 3) {
        let status = row.key.parse().unwrap();
        assert_eq!(word(said(&reply(status, "<html></html>"))), word(coded(200, row.key)), "{status}");
    }
    for (status, means) in [(200, "protocol"), (307, "protocol"), (418, "protocol"), (599, "unavailable")] {
        assert_eq!(word(said(&reply(status, "<html></html>"))), means, "{status}");
    }
}

#[test]
fn a_code_that_the_status_contradicts_is_not_believed() {
    let data = json!({"sendResult": true, "expireTokens": ["a"]});
    for code in SUCCESS.iter().chain(&["80100000", "80300007"]) {
        let body = json!({"code": code, "data": data}).to_string();
        assert_eq!(word(said(&reply(500, body))), "unavailable", "{code}");
    }
    let body = json!({"code": 200, "data": data}).to_string();
    assert_eq!(word(said(&reply(400, body.clone()))), "rejected");
    assert_eq!(word(said(&reply(403, body))), "expired");
}

#[test]
fn an_unknown_code_is_refused_with_its_name_unless_the_status_knows_better() {
    let unknown = |http| format!("{:?}", coded(http, 89_999_999));
    assert_eq!(unknown(200), r#"Err(Failed(Rejected { code: "89999999" }))"#);
    assert_eq!(unknown(500), r#"Err(Failed(Unavailable { code: "89999999", after: None }))"#);
    assert_eq!(word(coded(200, "x".repeat(65))), "protocol", "no code is so long");
}

#[test]
fn a_complaint_of_too_many_tokens_is_understood_in_words() {
    let complaint = |code: u32, words: &str| word(said(&reply(400, json!({"code": code, "msg": words}).to_string())));
    assert_eq!(complaint(400, "the number of Tokens EXCEEDS 100"), "too many");
    assert_eq!(complaint(400, "too many tokens"), "too many");
    assert_eq!(complaint(400, "token must be set"), "rejected");
    assert_eq!(complaint(400, "ttl exceeds 15 days"), "rejected");
    assert_eq!(complaint(403, "the access token exceeded its life"), "expired");
}

#[test]
fn every_code_of_the_token_endpoint_has_its_meaning() {
    let expected = [
        ("invalid_client", "credential"),
        ("unauthorized_client", "credential"),
        ("unsupported_grant_type", "credential"),
        ("invalid_request", "credential"),
    ];
    let of = |status, body: &str| failure(&of_token_request(&reply(status, body)));
    assert_eq!(keys(TOKEN_CODES), expected.map(|(code, _)| code));
    for (error, means) in expected {
        let body = json!({"error": error, "error_description": "no"}).to_string();
        for status in [400, 401] {
            assert_eq!(of(status, &body), means, "{error}");
        }
        assert_eq!((of(429, &body), of(503, &body)), ("limited 60".into(), "unavailable 60".into()));
    }
    assert_eq!(of(400, r#"{"error":"new_error"}"#), "rejected");
    for (status, means) in [(200, "protocol"), (401, "protocol"), (429, "limited 60"), (500, "unavailable 60")] {
        assert_eq!(of(status, "<html>"), means, "{status}");
    }
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    [CODES, TOKEN_CODES].into_iter().for_each(explained);
    explained(TOKEN_STATUSES);
}

// ----- tokens -----

#[test]
fn a_success_accepts_every_token_that_it_does_not_name() {
    for code in SUCCESS {
        let data = json!({"sendResult": true, "requestId": "r1", "failTokens": null});
        let body = json!({"code": code, "message": "success", "data": data, "msgCode": 7}).to_string();
        assert_eq!(outcomes(&reply(200, body)), vec![accepted(); 3], "{code}");
    }
    let named =
        of_data(json!({"sendResult": true, "requestId": "r1", "failTokens": ["a", "b"], "expireTokens": ["b"]}));
    assert_eq!(named, [failed(), dead(true), accepted()], "expired beats failed");
    let without_id = of_data(json!({"sendResult": true, "requestId": ""}));
    assert_eq!(without_id, vec![Outcome::Accepted { vendor_message_id: None }; 3]);
}

#[test]
fn an_answer_that_accepts_nobody_makes_suspects_only() {
    for sent in [true, false] {
        let all = of_data(json!({"sendResult": sent, "expireTokens": ["a", "b", "c"]}));
        assert_eq!(all, vec![dead(false); 3]);
    }
    let mixed = of_data(json!({"sendResult": true, "expireTokens": ["a", "b"], "failTokens": ["c"]}));
    assert_eq!(mixed, [dead(false), dead(false), failed()]);
    let not_sent = of_data(json!({"sendResult": false, "expireTokens": ["a"]}));
    assert_eq!(not_sent, [dead(false), refused("sendResult false"), refused("sendResult false")]);
}

#[test]
fn nothing_sent_and_nothing_said_is_refused() {
    let empty = of_data(json!({"sendResult": false, "failTokens": [], "expireTokens": []}));
    assert_eq!(empty, vec![refused("sendResult false"); 3]);
}

#[test]
fn an_answer_that_makes_no_sense_unregisters_nobody() {
    for data in [
        Value::Null,
        json!([]),
        json!("sendResult"),
        json!({}),
        json!({"expireTokens": ["a"]}),
        json!({"sendResult": "true", "expireTokens": ["a"]}),
        json!({"sendResult": true, "expireTokens": ["not ours"]}),
        json!({"sendResult": true, "expireTokens": ["a"], "failTokens": ["not ours"]}),
        json!({"sendResult": true, "expireTokens": "a"}),
        json!({"sendResult": true, "expireTokens": [7]}),
        json!({"sendResult": true, "expireTokens": {"a": 1}}),
    ] {
        assert_eq!(of_data(data.clone()), unclear(), "{data}");
    }
    assert_eq!(outcomes(&reply(200, r#"{"code":200,"message":"success"}"#)), unclear());
}

#[test]
fn partial_success_in_huaweis_way_makes_suspects_only() {
    let partial = |message: Value, data: Value| {
        outcomes(&reply(200, json!({"code": "80100000", "msg": message.to_string(), "data": data}).to_string()))
    };
    let suspect = |code: &str| Outcome::Unregistered { code: code.into(), certain: false };
    let taken = Outcome::Accepted { vendor_message_id: None };
    let named = partial(json!({"success": 2, "failure": 1, "illegal_tokens": ["b"]}), Value::Null);
    assert_eq!(named, [taken.clone(), suspect("expireTokens"), taken]);
    let lists = partial(json!("some failed"), json!({"requestId": "r1", "expireTokens": ["a"], "failTokens": ["c"]}));
    assert_eq!(lists, [suspect("expireTokens"), accepted(), failed()]);
    for (message, data) in [
        (json!("some failed"), Value::Null),
        (json!({"success": 9, "failure": 1, "illegal_tokens": ["b"]}), Value::Null),
        (json!({"success": 2, "failure": 1, "illegal_tokens": []}), Value::Null),
        (json!({"success": 2, "failure": 1, "illegal_tokens": ["not ours"]}), Value::Null),
        (json!({"success": 3, "failure": 0, "illegal_tokens": []}), json!([7])),
        (json!({"success": usize::MAX, "failure": 1, "illegal_tokens": ["a"]}), Value::Null),
    ] {
        assert_eq!(partial(message.clone(), data), unclear(), "{message}");
    }
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| match said(reply) {
        Err(_) => true,
        judged => judged == Ok(Judged::Each(unclear())),
    });
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        prop_assert!(said(&reply(status, body.clone())).is_err());
        of_token_request(&reply(status, body));
    }

    #[test]
    fn unregistered_tokens_are_tokens_that_the_answer_names(
        expired in prop::collection::vec("[a-e]", 0..4), failed in prop::collection::vec("[a-e]", 0..4), sent: bool
    ) {
        let judged = of_data(json!({"sendResult": sent, "expireTokens": expired, "failTokens": failed}));
        for token in unregistered(&tokens(), &judged) {
            prop_assert!(expired.contains(&token));
        }
    }
}
