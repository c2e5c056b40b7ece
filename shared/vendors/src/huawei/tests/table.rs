use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{binding::DeviceToken, outcome::Outcome},
    testing::sample,
};

use crate::{
    huawei::{
        codes::{ALL_INVALID, CODES, HTTP_STATUSES, REASONS, TOKEN_CODES, TOKEN_STATUSES},
        judge::{Judged, judge, of_token_request},
    },
    reporting::Refusal,
    testing::{
        assert_nonsense_unregisters_nobody, assert_statuses, explained, failure, keys, meaning, reply, unregistered,
    },
    transport::Reply,
};

fn answer(http: u16, code: &str, msg: &str) -> Reply {
    reply(http, json!({"code": code, "msg": msg, "requestId": "r1"}).to_string())
}

fn tokens() -> Vec<DeviceToken> {
    ["a", "b", "c"].map(sample::token).to_vec()
}

fn outcomes(reply: &Reply) -> Vec<Outcome> {
    match judge(reply, &tokens()) {
        Ok(Judged::Each(outcomes)) => outcomes,
        judged => panic!("{judged:?}"),
    }
}

fn word(judged: Result<Judged, Refusal>) -> String {
    match judged {
        Ok(Judged::AllInvalid) => "all invalid".into(),
        Ok(Judged::Each(outcomes)) => format!("{outcomes:?}"),
        Err(refusal) => meaning(&Err(refusal)),
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("r1".into()) }
}

fn refused() -> Outcome {
    Outcome::Refused { code: "80100000".into() }
}

fn partial(msg: Value) -> Vec<Outcome> {
    outcomes(&answer(200, "80100000", &msg.to_string()))
}

#[test]
fn every_code_has_its_meaning() {
    let expected = [
        ("80100001", "rejected"),
        ("80100002", "rejected"),
        ("80100003", "rejected"),
        ("80100004", "rejected"),
        ("80100013", "rejected"),
        ("80100016", "rejected"),
        ("80100017", "limited 1"),
        ("80100018", "rejected"),
        ("80200001", "expired"),
        ("80200003", "expired"),
        ("80200005", "expired"),
        ("80300002", "credential or token"),
        (ALL_INVALID, "all invalid"),
        ("80300008", "rejected"),
        ("80300010", "rejected"),
        ("80300011", "rejected"),
        ("80300013", "rejected"),
        ("80600003", "unavailable"),
        ("81000001", "unavailable"),
        ("80000001", "unavailable"),
        ("80100022", "rejected"),
        ("80300029", "limited 1"),
        ("80300030", "rejected"),
        ("80300036", "credential"),
        ("80300037", "credential"),
        ("80100020", "rejected"),
        ("80300017", "rejected"),
        ("80300028", "rejected"),
        ("80300032", "rejected"),
        ("82000001", "rejected"),
        ("82000002", "rejected"),
        ("82000003", "rejected"),
        ("82000004", "rejected"),
        ("82000005", "rejected"),
        ("82000006", "rejected"),
        ("82000007", "rejected"),
        ("82000008", "rejected"),
        ("82000009", "rejected"),
        ("82000010", "rejected"),
        ("82000011", "rejected"),
        ("82000012", "rejected"),
        ("82000013", "rejected"),
    ];
    assert_eq!(keys(CODES), expected.map(|(code, _)| code));
    for (code, means) in expected {
        for http in [200, 400] {
            assert_eq!(word(judge(&answer(http, code, "no"), &tokens())), means, "{http} {code}");
        }
        assert_eq!(word(judge(&answer(503, code, "no"), &tokens())), "limited 1", "503 is flow control with any body");
    }
}

#[test]
fn success_accepts_every_token() {
    assert_eq!(outcomes(&answer(200, "80000000", "Success")), vec![accepted(); 3]);
    let without_id = reply(200, r#"{"code":"80000000","msg":"Success","requestId":""}"#);
    assert_eq!(outcomes(&without_id), vec![Outcome::Accepted { vendor_message_id: None }; 3]);
    let number = reply(200, r#"{"code":80000000,"requestId":"r1"}"#);
    assert_eq!(outcomes(&number), vec![accepted(); 3]);
}

#[test]
fn partial_success_unregisters_the_tokens_it_names() {
    let dead = Outcome::Unregistered { code: "80100000".into(), certain: true };
    let named = partial(json!({"success": 2, "failure": 1, "illegal_tokens": ["b"]}));
    assert_eq!(named, [accepted(), dead, accepted()]);
}

#[test]
fn partial_success_that_makes_no_sense_unregisters_nobody() {
    for msg in [
        json!({"success": 2, "failure": 1, "illegal_tokens": ["not ours"]}),
        json!({"success": 2, "failure": 1, "illegal_tokens": ["b", "c"]}),
        json!({"success": 9, "failure": 1, "illegal_tokens": ["b"]}),
        json!({"success": 3, "failure": 0, "illegal_tokens": ["b"]}),
        json!({"success": "2", "failure": "1", "illegal_tokens": ["b"]}),
        json!({"success": 2, "failure": 1, "illegal_tokens": "b"}),
        json!({"success": 2, "failure": 1, "illegal_tokens": [7]}),
        json!({"success": u64::MAX, "failure": 1, "illegal_tokens": ["b"]}),
        json!({"success": 2, "failure": 1}),
        json!(["b"]),
        json!("b"),
    ] {
        assert_eq!(partial(msg.clone()), vec![refused(); 3], "{msg}");
    }
    assert_eq!(outcomes(&answer(200, "80100000", "{\"success\":2,\"fail")), vec![refused(); 3]);
}

#[test]
fn every_http_status_has_its_meaning_where_the_body_says_nothing() {
    let expected = [
        (401, "expired"),
        (404, "credential"),
        (429, "limited 1"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "limited 1"),
        (504, "unavailable"),
    ];
    let others = [(200, "protocol"), (307, "protocol"), (400, "protocol"), (403, "protocol"), (599, "unavailable")];
    assert_statuses(HTTP_STATUSES, &expected, &others, |status| {
        word(judge(&reply(status, "<html></html>"), &tokens()))
    });
}

#[test]
fn a_code_that_the_status_contradicts_is_not_believed() {
    for code in ["80000000", "80100000", ALL_INVALID] {
        assert_eq!(word(judge(&answer(500, code, "x"), &tokens())), "unavailable", "{code}");
    }
    assert_eq!(word(judge(&answer(400, "80000000", "x"), &tokens())), "protocol");
}

#[test]
fn an_unknown_code_is_refused_with_its_name_unless_the_status_knows_better() {
    let unknown = |http| format!("{:?}", judge(&answer(http, "89999999", "new"), &tokens()));
    assert_eq!(unknown(200), r#"Err(Failed(Rejected { code: "89999999" }))"#);
    assert_eq!(unknown(500), r#"Err(Failed(Unavailable { code: "89999999", after: None }))"#);
}

#[test]
fn every_code_of_the_token_endpoint_has_its_meaning() {
    let expected = [
        ((1101, 12304), "credential"),
        ((1101, 20002), "credential"),
        ((1101, 20003), "credential"),
        ((1101, 20171), "credential"),
        ((1101, 20172), "credential"),
        ((1101, 20182), "credential"),
        ((1102, 20181), "credential"),
        ((1102, 20001), "credential"),
        ((1203, 12303), "credential"),
        ((1203, 500), "unavailable"),
    ];
    let of = |status, body: &str| failure(&of_token_request(&reply(status, body)));
    assert_eq!(keys(TOKEN_CODES), expected.map(|(code, _)| code));
    for ((error, sub_error), means) in expected {
        let body = json!({"error": error, "sub_error": sub_error, "error_description": "no"}).to_string();
        assert_eq!(of(400, &body), means, "{error}/{sub_error}");
        assert_eq!(of(503, &body), "limited 1", "{error}/{sub_error}");
    }
    assert_eq!(of(400, r#"{"error":1101,"sub_error":99999}"#), "rejected");
}

#[test]
fn every_http_status_of_the_token_endpoint_has_its_meaning() {
    let expected = [
        (403, "credential"),
        (404, "credential"),
        (405, "credential"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "limited 1"),
        (504, "unavailable"),
        (590, "unavailable"),
    ];
    let others = [(200, "protocol"), (400, "protocol"), (599, "unavailable")];
    assert_statuses(TOKEN_STATUSES, &expected, &others, |status| failure(&of_token_request(&reply(status, "<html>"))));
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    [CODES, REASONS].into_iter().for_each(explained);
    [HTTP_STATUSES, TOKEN_STATUSES].into_iter().for_each(explained);
    explained(TOKEN_CODES);
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| match judge(reply, &tokens()) {
        Err(_) => true,
        judged => judged == Ok(Judged::Each(vec![refused(); 3])),
    });
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        prop_assert!(judge(&reply(status, body.clone()), &tokens()).is_err());
        of_token_request(&reply(status, body));
    }

    #[test]
    fn failed_tokens_are_tokens_of_the_request(named in prop::collection::vec("[a-e]", 0..4), success in 0usize..4) {
        let msg = json!({"success": success, "failure": named.len(), "illegal_tokens": named});
        let judged = partial(msg);
        for token in unregistered(&tokens(), &judged) {
            prop_assert!(named.contains(&token));
        }
    }
}
