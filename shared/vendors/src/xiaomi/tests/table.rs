use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{binding::DeviceToken, outcome::Outcome, time::Timestamp},
    testing::sample,
};

use crate::{
    reporting::Refusal,
    testing::{
        assert_nonsense_unregisters_nobody, assert_statuses, explained, failure, keys, meaning, reply, unregistered,
    },
    transport::Reply,
    xiaomi::{
        codes::{BODY_TOO_LONG, CODES, HTTP_STATUSES, ILLEGAL_DEVICE, SEND_FAILED},
        judge::{Judged, judge, none_taken},
    },
};

/// 2026-01-15 23:59:30 in China.
const NOW: Timestamp = Timestamp::from_millis(1_768_492_770_000);

fn error(status: u16, code: Value) -> Reply {
    reply(status, json!({"result": "error", "reason": "no", "trace_id": "Xlm1", "code": code}).to_string())
}

fn success(data: Value) -> Reply {
    reply(200, json!({"result": "ok", "trace_id": "Xcm1", "code": 0, "data": data, "info": "sent"}).to_string())
}

fn tokens() -> Vec<DeviceToken> {
    ["a+/=", "b", "c"].map(sample::token).to_vec()
}

fn outcomes(reply: &Reply) -> Vec<Outcome> {
    match judge(reply, &tokens(), NOW) {
        Ok(Judged::Each(outcomes)) => outcomes,
        judged => panic!("{judged:?}"),
    }
}

fn word(judged: Result<Judged, Refusal>) -> String {
    match judged {
        Ok(Judged::NoneTaken(_)) => "none taken".into(),
        Ok(Judged::Each(outcomes)) => format!("{outcomes:?}"),
        Err(refusal) => meaning(&Err(refusal)),
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("slm1".into()) }
}

fn dead() -> Outcome {
    Outcome::Unregistered { code: "bad_regids".into(), certain: true }
}

fn refused() -> Outcome {
    Outcome::Refused { code: "bad_regids".into() }
}

#[test]
fn every_code_has_its_meaning() {
    let expected = [
        (-1, "protocol"),
        (1, "unavailable"),
        (100, "rejected"),
        (10001, "unavailable"),
        (10002, "unavailable"),
        (10003, "unavailable"),
        (10004, "credential"),
        (10005, "credential"),
        (10006, "credential"),
        (10007, "rejected"),
        (10008, "rejected"),
        (10009, "unavailable"),
        (10010, "unavailable"),
        (10011, "unavailable"),
        (10012, "rejected"),
        (10013, "credential"),
        (10014, "credential"),
        (10016, "rejected"),
        (10017, "rejected"),
        (BODY_TOO_LONG, "none taken"),
        (10020, "rejected"),
        (10021, "rejected"),
        (10022, "limited"),
        (10023, "limited"),
        (10024, "limited"),
        (10025, "rejected"),
        (10026, "credential"),
        (10027, "limited"),
        (10028, "limited"),
        (ILLEGAL_DEVICE, "none taken"),
        (10030, "limited"),
        (10031, "credential"),
        (10032, "credential"),
        (10033, "credential"),
        (10034, "quota 30"),
        (10035, "rejected"),
        (10036, "credential"),
        (10037, "unavailable"),
        (10038, "credential"),
        (10039, "limited"),
        (20209, "rejected"),
        (20215, "unavailable"),
        (20216, "unavailable"),
        (SEND_FAILED, "none taken"),
        (20315, "unavailable"),
        (20607, "unavailable"),
        (21301, "credential"),
        (21302, "credential"),
        (21303, "credential"),
        (21305, "rejected"),
        (22000, "credential"),
        (22001, "credential"),
        (22002, "credential"),
        (22003, "credential"),
        (22004, "credential"),
        (22005, "credential"),
        (22006, "credential"),
        (22007, "credential"),
        (22008, "credential"),
        (22020, "credential"),
        (22021, "credential"),
        (22022, "credential"),
        (22100, "rejected"),
        (22101, "limited"),
        (22102, "protocol"),
        (22103, "rejected"),
        (26003, "unavailable"),
        (26004, "limited"),
        (26005, "limited"),
        (26006, "rejected"),
        (27001, "rejected"),
        (65003, "rejected"),
        (65006, "rejected"),
        (65007, "rejected"),
        (65008, "rejected"),
        (65009, "rejected"),
        (65010, "rejected"),
        (65011, "rejected"),
        (65012, "rejected"),
        (65013, "rejected"),
        (65014, "rejected"),
        (65015, "rejected"),
        (65016, "rejected"),
        (65017, "rejected"),
        (65028, "rejected"),
        (65029, "unavailable"),
        (65030, "rejected"),
        (65035, "rejected"),
        (65036, "rejected"),
        (65037, "rejected"),
        (65038, "rejected"),
        (65040, "unavailable"),
        (65041, "rejected"),
        (66108, "credential or token"),
        (200_001, "quota 30"),
        (200_002, "limited 1"),
    ];
    assert_eq!(keys(CODES), expected.map(|(code, _)| code));
    for (code, means) in expected {
        for status in [200, 400] {
            assert_eq!(word(judge(&error(status, json!(code)), &tokens(), NOW)), means, "{status} {code}");
        }
        let text = error(200, json!(code.to_string()));
        assert_eq!(word(judge(&text, &tokens(), NOW)), means, "{code} as text");
    }
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    explained(CODES);
    explained(HTTP_STATUSES);
}

#[test]
fn a_request_of_which_nothing_was_taken_unregisters_at_most_a_single_token_and_with_a_doubt() {
    let of = |code, tokens| match none_taken(code, tokens) {
        Ok(outcomes) => format!("{outcomes:?}"),
        Err(error) => failure(&error),
    };
    for code in [SEND_FAILED, ILLEGAL_DEVICE] {
        let ambiguous_refusal = vec![Outcome::Unregistered { code: code.to_string(), certain: false }];
        assert_eq!(none_taken(code, 1), Ok(ambiguous_refusal));
        assert_eq!(of(code, 2), "rejected");
    }
    assert_eq!((of(BODY_TOO_LONG, 1), of(BODY_TOO_LONG, 2)), ("rejected".into(), "rejected".into()));
}

#[test]
fn success_accepts_every_token() {
    for bad in [Value::Null, json!(""), json!(",")] {
        let data = json!({"id": "slm1", "day_quota": "500000", "day_acked": "1203", "bad_regids": bad});
        assert_eq!(outcomes(&success(data)), vec![accepted(); 3]);
    }
    for sparse in [r#"{"code":0}"#, r#"{"code":"0","data":{"id":""}}"#, r#"{"code":0,"data":[]}"#] {
        assert_eq!(outcomes(&reply(200, sparse)), vec![Outcome::Accepted { vendor_message_id: None }; 3]);
    }
}

#[test]
fn a_success_unregisters_the_tokens_it_names_in_either_spelling() {
    for (name, listed) in [("bad_regids", "b,a+/="), ("bad_regIds", " a+/= , b,")] {
        let data = json!({"id": "slm1", name: listed});
        assert_eq!(outcomes(&success(data)), [dead(), dead(), accepted()]);
    }
}

#[test]
fn a_success_that_makes_no_sense_unregisters_nobody() {
    for bad in [json!("not ours"), json!("b,not ours"), json!("b;c"), json!(["b"]), json!(7), json!({"b": 1})] {
        let data = json!({"id": "slm1", "bad_regids": bad});
        assert_eq!(outcomes(&success(data.clone())), vec![refused(); 3], "{data}");
    }
    let contradiction = reply(200, r#"{"result":"error","code":0,"data":{"bad_regids":"b"}}"#);
    assert_eq!(word(judge(&contradiction, &tokens(), NOW)), "protocol");
}

#[test]
fn every_http_status_has_its_meaning_where_the_body_says_nothing() {
    let expected = [
        (401, "credential"),
        (403, "credential"),
        (429, "limited"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
    ];
    let others = [(200, "protocol"), (307, "protocol"), (400, "rejected"), (404, "rejected"), (599, "unavailable")];
    assert_statuses(HTTP_STATUSES, &expected, &others, |status| {
        word(judge(&reply(status, "<html></html>"), &tokens(), NOW))
    });
}

#[test]
fn a_code_that_the_status_contradicts_is_not_believed() {
    for code in [0, SEND_FAILED, ILLEGAL_DEVICE, BODY_TOO_LONG] {
        assert_eq!(word(judge(&error(500, json!(code)), &tokens(), NOW)), "unavailable", "{code}");
    }
    let refused = reply(400, r#"{"result":"ok","code":0,"data":{"bad_regids":"b"}}"#);
    assert_eq!(word(judge(&refused, &tokens(), NOW)), "rejected");
}

#[test]
fn an_unknown_code_is_refused_with_its_name_unless_the_status_knows_better() {
    let unknown = |status| format!("{:?}", judge(&error(status, json!(65042)), &tokens(), NOW));
    assert_eq!(unknown(200), r#"Err(Failed(Rejected { code: "65042" }))"#);
    assert_eq!(unknown(500), r#"Err(Failed(Unavailable { code: "65042", after: None }))"#);
}

#[test]
fn a_used_up_quota_lasts_until_the_next_day_whatever_a_header_says() {
    let mut told = error(200, json!(200_001));
    told.retry_after = Some(Duration::from_secs(1));
    assert_eq!(word(judge(&told, &tokens(), NOW)), "quota 30");
    let mut frequent = error(200, json!(200_002));
    frequent.retry_after = Some(Duration::from_secs(7));
    assert_eq!(word(judge(&frequent, &tokens(), NOW)), "limited 7");
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| judge(reply, &tokens(), NOW).is_err());
    for code in ["", "zero", "0.5", "1e3", "99999999999999999999"] {
        assert_eq!(word(judge(&error(200, json!(code)), &tokens(), NOW)), "protocol", "{code}");
    }
    assert_eq!(word(judge(&error(200, json!(0.0)), &tokens(), NOW)), "protocol");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        prop_assert!(judge(&reply(status, body), &tokens(), NOW).is_err());
    }

    #[test]
    fn failed_tokens_are_tokens_of_the_request(named in prop::collection::vec("[a-e]", 0..4)) {
        let judged = outcomes(&success(json!({"bad_regids": named.join(",")})));
        for token in unregistered(&tokens(), &judged) {
            prop_assert!(named.contains(&token));
        }
    }
}
