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
    vivo::{
        codes::{CODES, HTTP_STATUSES, STATUSES},
        judge::{Reading, judge, judge_list, of_token_request, saved},
    },
};

const READING: Reading = Reading { quota_hour: 0, operation_hour: 7, remove_inactive: true };
/// 2026-01-01T00:00:00Z, eight in the morning in China: a day ends in 16 hours, and seven o'clock is in 23.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn answer(http: u16, result: Value) -> Reply {
    reply(http, json!({"result": result, "desc": "no", "taskId": "7"}).to_string())
}

fn one(reply: &Reply) -> Result<Outcome, Refusal> {
    judge(reply, &sample::token("a"), &READING, NOW)
}

fn tokens() -> Vec<DeviceToken> {
    ["a", "b", "c"].map(sample::token).to_vec()
}

fn list(reply: &Reply) -> Result<Vec<Outcome>, Refusal> {
    judge_list(reply, &tokens(), "7", &READING, NOW)
}

fn partial(more: Value) -> Vec<Outcome> {
    let mut body = json!({"result": 0, "desc": "请求成功", "requestId": "1"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    list(&reply(200, body.to_string())).unwrap()
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("7".into()) }
}

fn dead(status: u8, certain: bool) -> Outcome {
    Outcome::Unregistered { code: format!("invalid user {status}"), certain }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

#[test]
fn every_code_has_its_meaning() {
    let expected = [
        ("10000", "expired"),
        ("10040", "unavailable"),
        ("10043", "credential"),
        ("10045", "credential"),
        ("10050", "rejected"),
        ("10054", "rejected"),
        ("10055", "rejected"),
        ("10056", "rejected"),
        ("10057", "rejected"),
        ("10058", "rejected"),
        ("10059", "rejected"),
        ("10060", "rejected"),
        ("10061", "rejected"),
        ("10062", "rejected"),
        ("10063", "rejected"),
        ("10064", "rejected"),
        ("10065", "rejected"),
        ("10066", "rejected"),
        ("10067", "rejected"),
        ("10068", "rejected"),
        ("10069", "rejected"),
        ("10070", "quota 57600"),
        ("10071", "quota 82800"),
        ("10072", "limited 1"),
        ("10073", "quota 57600"),
        ("10085", "rejected"),
        ("10093", "limited 1"),
        ("10094", "credential"),
        ("10096", "rejected"),
        ("10097", "rejected"),
        ("10104", "rejected"),
        ("10150", "rejected"),
        ("10151", "rejected"),
        ("10153", "rejected"),
        ("10154", "rejected"),
        ("10200", "credential"),
        ("10201", "credential"),
        ("10202", "credential"),
        ("10203", "credential"),
        ("10204", "credential"),
        ("10205", "credential"),
        ("10206", "credential"),
        ("10207", "credential"),
        ("10250", "limited 3600"),
        ("10252", "quota 57600"),
        ("10254", "quota 57600"),
        ("10301", "rejected"),
        ("10302", "suspect"),
        ("10305", "rejected"),
        ("10306", "rejected"),
        ("10307", "rejected"),
        ("10352", "rejected"),
        ("10353", "rejected"),
        ("10471", "rejected"),
        ("10473", "rejected"),
        ("10601", "rejected"),
        ("10609", "rejected"),
        ("10614", "rejected"),
        ("10616", "rejected"),
        ("11000", "rejected"),
    ];
    assert_eq!(keys(CODES), expected.map(|(code, _)| code));
    for (code, means) in expected {
        let number: u64 = code.parse().unwrap();
        for result in [json!(number), json!(code)] {
            assert_eq!(meaning(&one(&answer(200, result.clone()))), means, "{code}");
            // no code calls the token unregistereds of a list, or those of a message that is only saved
            let of_request = if means == "suspect" { "rejected" } else { means };
            assert_eq!(meaning(&list(&answer(200, result.clone())).map(|_| accepted())), of_request, "{code}");
            assert_eq!(meaning(&saved(&answer(200, result.clone()), &READING, NOW).map(|_| accepted())), of_request);
            let of_token = if means == "expired" { "credential" } else { of_request };
            assert_eq!(failure(&of_token_request(&answer(200, result), &READING, NOW)), of_token, "{code}");
        }
    }
}

#[test]
fn the_hours_of_quotas_are_configured() {
    let reading = Reading { quota_hour: 10, operation_hour: 9, ..READING };
    let met = |result: u64| meaning(&judge(&answer(200, json!(result)), &sample::token("a"), &reading, NOW));
    assert_eq!((met(10070), met(10071)), ("quota 7200".into(), "quota 3600".into()));
    let hint = Reply { retry_after: Some(Duration::from_secs(9)), ..answer(200, json!(10073)) };
    assert_eq!(meaning(&one(&hint)), "quota 9", "vivo's own word counts for more");
}

#[test]
fn every_state_of_a_phone_has_its_meaning() {
    let expected =
        [("1", dead(1, false)), ("2", dead(2, true)), ("3", dead(3, false)), ("4", refused("invalid user 4"))];
    assert_eq!(keys(STATUSES), ["1", "2", "3", "4"]);
    for (status, outcome) in expected.into_iter().chain([("9", refused("invalid user 9"))]) {
        let number: u64 = status.parse().unwrap();
        for status in [json!(status), json!(number)] {
            for user in [json!({"status": status, "userid": "a"}), json!({"status": status})] {
                let body = json!({"result": 10302, "desc": "regId不合法", "invalidUser": user});
                assert_eq!(one(&reply(200, body.to_string())), Ok(outcome.clone()), "{body}");
            }
            let named = partial(json!({"invalidUsers": [{"status": status, "userid": "b"}]}));
            assert_eq!(named, [accepted(), outcome.clone(), accepted()]);
        }
    }
    let kept = Reading { remove_inactive: false, ..READING };
    assert_eq!(stored_outcome(&kept, 3), refused("invalid user 3"));
    assert_eq!(stored_outcome(&kept, 2), dead(2, true));
}

fn stored_outcome(reading: &Reading, status: u8) -> Outcome {
    let body = json!({"result": 10302, "invalidUser": {"status": status, "userid": "a"}});
    judge(&reply(200, body.to_string()), &sample::token("a"), reading, NOW).unwrap()
}

#[test]
fn a_bad_token_that_is_not_the_one_of_the_request_unregisters_nobody() {
    for user in [
        json!({"status": 2, "userid": "b"}),
        json!({"status": 2, "userid": ["a"]}),
        json!({"status": {}, "userid": "a"}),
        json!({"userid": "a"}),
        json!("a"),
        json!([]),
    ] {
        let body = json!({"result": 10302, "invalidUser": user}).to_string();
        assert_eq!(one(&reply(200, body.clone())), Ok(refused("10302")), "{body}");
        assert_eq!(meaning(&one(&reply(500, body))), "unavailable", "a status that contradicts it");
    }
}

#[test]
fn success_accepts_and_names_the_task() {
    assert_eq!(one(&answer(200, json!(0))), Ok(accepted()));
    assert_eq!(one(&reply(200, r#"{"result":"0","taskId":7}"#)), Ok(accepted()));
    assert_eq!(one(&reply(200, r#"{"result":0}"#)), Ok(Outcome::Accepted { vendor_message_id: None }));
    assert_eq!(saved(&answer(200, json!(0)), &READING, NOW), Ok("7".into()));
    assert_eq!(meaning(&saved(&reply(200, r#"{"result":0}"#), &READING, NOW).map(|_| accepted())), "protocol");
}

#[test]
fn a_list_without_names_was_taken_whole() {
    for more in [
        json!({}),
        json!({"invalidUsers": null}),
        json!({"invalidUsers": []}),
        json!({"invalidUsers": [], "data": [{"status": 2, "userid": "a"}]}),
        json!({"data": {}}),
        json!({"data": "nothing"}),
    ] {
        assert_eq!(partial(more.clone()), vec![accepted(); 3], "{more}");
    }
    let other_name = json!({"data": [{"status": 2, "userid": "a"}]});
    assert_eq!(partial(other_name), [dead(2, true), accepted(), accepted()]);
}

#[test]
fn a_list_that_makes_no_sense_unregisters_nobody() {
    for users in [
        json!([{"status": 2, "userid": "not ours"}]),
        json!([{"status": 2, "userid": "a"}, {"status": 4, "userid": "a"}]),
        json!([{"status": 2, "userid": "a"}, {"status": 2}]),
        json!([{"status": [], "userid": "a"}]),
        json!([{"userid": "a"}]),
        json!(["a"]),
        json!({"a": 2}),
        json!("a"),
        json!(7),
    ] {
        assert_eq!(partial(json!({"invalidUsers": users})), vec![refused("invalidUsers"); 3], "{users}");
    }
    let twice = json!([{"status": 2, "userid": "a"}, {"status": 2, "userid": "a"}]);
    assert_eq!(partial(json!({"invalidUsers": twice})), [dead(2, true), accepted(), accepted()]);
}

#[test]
fn every_http_status_has_its_meaning_where_the_body_says_nothing() {
    let expected = [
        (400, "rejected"),
        (401, "credential"),
        (403, "credential"),
        (429, "limited 1"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
    ];
    let others = [(200, "protocol"), (302, "protocol"), (404, "protocol"), (599, "unavailable")];
    assert_statuses(HTTP_STATUSES, &expected, &others, |status| {
        meaning(&one(&reply(status, "Internet server error!")))
    });
    let of_token = |status| failure(&of_token_request(&reply(status, "<html>"), &READING, NOW));
    assert_statuses(HTTP_STATUSES, &expected, &others, of_token);
}

#[test]
fn a_success_that_the_status_contradicts_is_not_believed() {
    for (status, means) in [(400, "rejected"), (500, "unavailable"), (302, "protocol")] {
        assert_eq!(meaning(&one(&answer(status, json!(0)))), means, "{status}");
        assert_eq!(meaning(&list(&answer(status, json!(0))).map(|_| accepted())), means, "{status}");
    }
}

#[test]
fn an_unknown_code_is_refused_with_its_name_unless_the_status_knows_better() {
    let unknown = |http| format!("{:?}", one(&answer(http, json!(30001))));
    assert_eq!(unknown(200), r#"Err(Failed(Rejected { code: "30001" }))"#);
    assert_eq!(unknown(500), r#"Err(Failed(Unavailable { code: "30001", after: None }))"#);
    let token = of_token_request(&answer(200, json!(30001)), &READING, NOW);
    assert_eq!(token.code(), "access token: 30001");
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    [CODES, STATUSES].into_iter().for_each(explained);
    explained(HTTP_STATUSES);
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| {
        one(reply).is_err() && list(reply).is_err() && saved(reply, &READING, NOW).is_err()
    });
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        let reply = reply(status, body);
        prop_assert!(one(&reply).is_err() && list(&reply).is_err());
        of_token_request(&reply, &READING, NOW);
    }

    #[test]
    fn half_of_an_answer_unregisters_no_token(kept in 0usize..70) {
        let mut whole = reply(200, r#"{"result":10302,"desc":"x","invalidUser":{"status":2,"userid":"a"}}"#);
        prop_assume!(kept < whole.body.len());
        whole.body.truncate(kept);
        prop_assert_eq!(meaning(&one(&whole)), "protocol");
    }

    #[test]
    fn failed_tokens_are_tokens_of_the_request(named in prop::collection::vec(("[a-e]", 0u8..6), 0..4)) {
        let users: Vec<Value> = named.iter().map(|(user, status)| json!({"userid": user, "status": status})).collect();
        let judged = partial(json!({"invalidUsers": users}));
        for token in unregistered(&tokens(), &judged) {
            prop_assert!(named.iter().any(|(user, _)| *user == token));
        }
    }
}
