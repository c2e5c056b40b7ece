use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{attempt::RetryReason, binding::DeviceToken, outcome::Outcome, time::Timestamp},
    testing::sample,
};

use crate::{
    meizu::{
        codes::{CODES, HTTP_STATUSES, TOKEN_CODES, UNREADABLE},
        judge::{Judged, judge},
    },
    reporting::Refusal,
    testing::{assert_nonsense_unregisters_nobody, assert_statuses, explained, keys, meaning, reply, unregistered},
    transport::Reply,
};

/// 2026-01-01T08:00:00 in China: sixteen hours before its next day.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn answer(http: u16, code: &str, value: Value) -> Reply {
    reply(http, json!({"code": code, "message": "no", "value": value, "msgId": "m1", "redirect": ""}).to_string())
}

fn tokens(names: &[&str]) -> Vec<DeviceToken> {
    names.iter().map(|name| sample::token(name)).collect()
}

fn judged(reply: &Reply, names: &[&str]) -> Result<Judged, Refusal> {
    judge(reply, &tokens(names).iter().collect::<Vec<_>>(), NOW)
}

fn outcomes(value: Value) -> Vec<Outcome> {
    match judged(&answer(200, "200", value), &["a", "b", "c"]) {
        Ok(Judged::Each(outcomes)) => outcomes,
        judged => panic!("{judged:?}"),
    }
}

fn word(judged: Result<Judged, Refusal>) -> String {
    match judged {
        Ok(Judged::Each(outcomes)) if outcomes.len() == 1 => meaning(&Ok(outcomes[0].clone())),
        Ok(judged) => format!("{judged:?}"),
        Err(refusal) => meaning(&Err(refusal)),
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("m1".into()) }
}

#[test]
fn every_code_has_its_meaning() {
    let expected = [
        ("300", "unavailable"),
        ("500", "unavailable"),
        ("1001", "unavailable"),
        ("1003", "unavailable"),
        ("1005", "rejected"),
        ("1006", "credential"),
        ("110000", "credential"),
        ("110001", "credential"),
        ("110002", "suspect"),
        ("110003", "suspect"),
        ("110004", "rejected"),
        ("110009", "credential"),
        ("110010", "limited 1"),
        ("110019", "quota 57600"),
        ("110031", "credential"),
        ("110032", "rejected"),
        ("110033", "credential"),
        ("110051", "quota 57600"),
        ("110053", "rejected"),
        ("-1", "rejected"),
    ];
    assert_eq!(keys(CODES), expected.map(|(code, _)| code));
    for (code, means) in expected {
        assert_eq!(word(judged(&answer(200, code, json!("")), &["a"])), means, "{code}");
        let number: i64 = code.parse().unwrap();
        assert_eq!(word(judged(&reply(200, json!({"code": number}).to_string()), &["a"])), means, "{code} as a number");
        let several = if means == "suspect" { "Unclear" } else { means };
        assert_eq!(word(judged(&answer(200, code, json!("")), &["a", "b"])), several, "{code}");
    }
}

#[test]
fn every_code_of_a_token_has_its_meaning() {
    let refused = |code: &str| Outcome::Refused { code: code.into() };
    let unavailable =
        |code: &str| Outcome::Transient { retry_reason: RetryReason::Unavailable, code: code.into(), after: None };
    let limited = Outcome::Transient {
        retry_reason: RetryReason::Throttled,
        code: "518".into(),
        after: Some(Duration::from_secs(1)),
    };
    let dead = |code: &str| Outcome::Unregistered { code: code.into(), certain: true };
    let expected = [
        ("201", refused("201")),
        ("501", unavailable("501")),
        ("513", unavailable("513")),
        ("518", limited),
        ("519", unavailable("519")),
        ("520", refused("520")),
        ("110002", dead("110002")),
        ("110003", dead("110003")),
        ("110005", refused("110005")),
        ("110010", refused("110010")),
        ("110011", refused("110011")),
    ];
    assert_eq!(keys(TOKEN_CODES), expected.iter().map(|(code, _)| *code).collect::<Vec<_>>());
    for (code, outcome) in expected {
        assert_eq!(outcomes(json!({code: ["b"]})), [accepted(), outcome, accepted()], "{code}");
    }
    assert_eq!(outcomes(json!({"999": ["b"]})), [accepted(), refused("999"), accepted()], "a code that is new");
}

#[test]
fn every_http_status_has_its_meaning_where_the_body_says_nothing() {
    let expected = [
        (400, "rejected"),
        (401, "rejected"),
        (403, "rejected"),
        (404, "rejected"),
        (405, "rejected"),
        (413, "rejected"),
        (429, "limited 1"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
    ];
    let others = [(200, "protocol"), (204, "protocol"), (302, "protocol"), (499, "rejected"), (599, "unavailable")];
    assert_statuses(HTTP_STATUSES, &expected, &others, |status| word(judged(&reply(status, "<html>"), &["a"])));
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    [CODES, TOKEN_CODES].into_iter().for_each(explained);
    explained(HTTP_STATUSES);
}

#[test]
fn success_accepts_every_token_however_nothing_is_written() {
    for value in [json!({}), json!(""), json!([]), Value::Null, json!({"110002": []})] {
        assert_eq!(outcomes(value.clone()), vec![accepted(); 3], "{value}");
    }
    for body in [r#"{"code":"200"}"#, r#"{"code":200,"value":{}}"#, r#"{"code":"200","msgId":""}"#] {
        let judged = judged(&reply(200, body), &["a"]).unwrap();
        assert_eq!(judged, Judged::Each(vec![Outcome::Accepted { vendor_message_id: None }]), "{body}");
    }
}

#[test]
fn a_list_of_failed_tokens_that_makes_no_sense_unregisters_nobody() {
    for value in [
        json!({"110002": ["not ours"]}),
        json!({"110002": ["b", "not ours"]}),
        json!({"110002": ["b"], "519": ["b"]}),
        json!({"110002": "b"}),
        json!({"110002": [7]}),
        json!({"110002": [["b"]]}),
        json!({"b": "110002"}),
        json!({"110002": null}),
        json!([{"110002": ["b"]}]),
        json!("110002"),
        json!(110_002),
        json!(true),
    ] {
        assert_eq!(outcomes(value.clone()), vec![Outcome::Refused { code: UNREADABLE.into() }; 3], "{value}");
    }
    let dead = Outcome::Unregistered { code: "110002".into(), certain: true };
    assert_eq!(outcomes(json!({"110002": ["b", "b"]})), [accepted(), dead, accepted()], "said twice is said once");
}

#[test]
fn another_status_than_200_lets_a_code_unregister_and_accept_nothing() {
    for (status, means) in [(400, "rejected"), (404, "rejected"), (500, "unavailable"), (503, "unavailable")] {
        for (code, value) in [("110002", json!("")), ("110003", json!("")), ("200", json!({"110002": ["a"]}))] {
            assert_eq!(word(judged(&answer(status, code, value), &["a"])), means, "{status} {code}");
        }
    }
    assert_eq!(word(judged(&answer(403, "1006", json!("")), &["a"])), "credential");
    assert_eq!(word(judged(&answer(500, "1006", json!("")), &["a"])), "unavailable");
}

#[test]
fn an_unknown_code_is_refused_with_its_name() {
    let unknown = format!("{:?}", judged(&answer(200, "110099", json!("")), &["a"]));
    assert_eq!(unknown, r#"Err(Failed(Rejected { code: "110099" }))"#);
}

#[test]
fn a_hint_beats_the_advice() {
    let mut limited = answer(200, "110019", json!(""));
    limited.retry_after = Some(Duration::from_secs(7));
    assert_eq!(word(judged(&limited, &["a"])), "quota 7");
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| judged(reply, &["a"]).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        prop_assert!(judged(&reply(status, body), &["a"]).is_err());
    }

    #[test]
    fn half_of_an_answer_unregisters_no_token(kept in 0usize..200) {
        let mut whole = answer(200, "200", json!({"110002": ["a"]}));
        prop_assume!(kept < whole.body.len());
        whole.body.truncate(kept);
        prop_assert_eq!(word(judged(&whole, &["a"])), "protocol");
    }

    #[test]
    fn failed_tokens_are_tokens_of_the_request(dead in prop::collection::vec("[a-e]", 0..4), late in prop::collection::vec("[a-e]", 0..4)) {
        let judged = outcomes(json!({"110002": dead, "519": late}));
        for token in unregistered(&tokens(&["a", "b", "c"]), &judged) {
            prop_assert!(dead.contains(&token) && !late.contains(&token));
        }
    }
}
