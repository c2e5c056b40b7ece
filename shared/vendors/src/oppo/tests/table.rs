use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{binding::DeviceToken, outcome::Outcome, time::Timestamp},
    testing::sample,
};

use crate::{
    oppo::{
        auth::issued,
        codes::{CODES, HTTP_STATUSES},
        judge::{Judge, of_token_request},
        registration_id::{belongs, well_formed},
        rules::Region,
    },
    testing::{assert_nonsense_unregisters_nobody, explained, failure, keys, meaning, reply},
    transport::Reply,
};

const JUDGE: Judge = Judge { region: Region::China, deduplicated: true, quota_lasts: Duration::from_secs(25_200) };
const A: &str = "CN_8fa0618f178145d8c2a44091a1326411";
const B: &str = "OPPO_CN_8fa0618f178145d8c2a44091a1326412";
const C: &str = "8fa0618f178145d8c2a44091a1326413";

/// Every row of the vendor's table: what it means for the token of a message for it alone, and of an element.
const MEANINGS: &[(i64, &str, &str)] = &[
    (-1, "unavailable", "later"),
    (-2, "limited 1", "later 1"),
    (11, "expired", "refused"),
    (12, "rejected", "refused"),
    (13, "limited 1", "later 1"),
    (14, "credential", "refused"),
    (15, "credential", "refused"),
    (16, "credential", "refused"),
    (17, "credential", "refused"),
    (18, "credential", "refused"),
    (19, "unavailable", "later"),
    (20, "rejected", "refused"),
    (21, "rejected", "refused"),
    (22, "rejected", "refused"),
    (23, "rejected", "refused"),
    (24, "rejected", "refused"),
    (25, "rejected", "refused"),
    (26, "credential", "refused"),
    (27, "credential", "refused"),
    (28, "credential", "refused"),
    (29, "expired", "refused"),
    (30, "credential", "refused"),
    (31, "rejected", "refused"),
    (32, "accepted", "accepted"),
    (33, "quota 25200", "quota 25200"),
    (34, "rejected", "refused"),
    (40, "rejected", "refused"),
    (41, "rejected", "refused"),
    (51, "rejected", "refused"),
    (54, "rejected", "refused"),
    (55, "limited 1", "later 1"),
    (59, "rejected", "refused"),
    (67, "rejected", "refused"),
    (10_000, "dead", "dead"),
    (10_001, "dead", "dead"),
    (10_002, "rejected", "refused"),
    (10_003, "rejected", "refused"),
    (10_004, "rejected", "refused"),
    (10_005, "rejected", "refused"),
];

fn coded(code: i64) -> Reply {
    reply(200, json!({"code": code, "message": "no", "data": {}}).to_string())
}

fn single(reply: &Reply, token: &str) -> String {
    meaning(&JUDGE.single(reply, &sample::token(token)))
}

fn tokens() -> Vec<DeviceToken> {
    [A, B, C].map(sample::token).to_vec()
}

/// What is said of each token of a batch.
fn batch(judge: Judge, data: Value) -> Vec<String> {
    let reply = reply(200, json!({"code": 0, "message": "success", "data": data}).to_string());
    match judge.batch(&reply, &tokens()) {
        Ok(said) => said.iter().map(word).collect(),
        Err(refusal) => vec![meaning(&Err(refusal))],
    }
}

fn word(said: &Option<Outcome>) -> String {
    match said {
        None => "open".into(),
        Some(Outcome::Transient { after, .. }) => {
            format!("later{}", after.map(|after| format!(" {}", after.as_secs())).unwrap_or_default())
        }
        Some(Outcome::QuotaUsedUp { resets_after, .. }) => format!("quota {}", resets_after.as_secs()),
        Some(Outcome::Refused { .. }) => "refused".into(),
        Some(outcome) => meaning(&Ok(outcome.clone())),
    }
}

fn taken(token: &str) -> Value {
    json!({"registrationId": token, "messageId": "m1"})
}

fn failed(token: &str, code: impl Into<Value>) -> Value {
    json!({"registrationId": token, "messageId": "m1", "errorCode": code.into(), "errorMessage": "no"})
}

#[test]
fn every_code_has_its_meaning_for_a_token_and_for_an_element() {
    assert_eq!(keys(CODES), MEANINGS.iter().map(|(code, _, _)| *code).collect::<Vec<_>>());
    for (code, alone, in_batch) in MEANINGS {
        assert_eq!(single(&coded(*code), A), *alone, "{code}");
        let said = batch(JUDGE, json!([taken(A), failed(B, *code), taken(C)]));
        assert_eq!(said, ["accepted", in_batch, "accepted"], "{code}");
    }
}

#[test]
fn a_code_for_a_whole_batch_unregisters_no_token() {
    for (code, alone, _) in MEANINGS {
        let expected = match *alone {
            "dead" => "rejected",
            "accepted" => "ambiguous",
            other => other,
        };
        for data in [json!({}), Value::Null, json!([]), json!([taken(A), failed(B, 10_000)])] {
            let reply = reply(200, json!({"code": code, "message": "no", "data": data}).to_string());
            let judged = JUDGE.batch(&reply, &tokens()).map(|_| Outcome::Refused { code: "elements".into() });
            assert_eq!(meaning(&judged), expected, "{code}");
        }
    }
}

#[test]
fn an_unknown_code_is_refused_with_its_name() {
    for code in [-3, 1, 99, 10_006, 20_000, 80_300_007] {
        let judged = JUDGE.single(&coded(code), &sample::token(A));
        assert_eq!(format!("{judged:?}"), format!("Err(Failed(Rejected {{ code: \"{code}\" }}))"));
    }
    let said = batch(JUDGE, json!([failed(A, 10_006), taken(B), taken(C)]));
    assert_eq!(said, ["refused", "accepted", "accepted"]);
}

#[test]
fn numbers_may_come_as_strings() {
    let taken_alone = reply(200, r#"{"code":"0","data":{"messageId":"m1"}}"#);
    let accepted = Outcome::Accepted { vendor_message_id: Some("m1".into()) };
    assert_eq!(JUDGE.single(&taken_alone, &sample::token(A)), Ok(accepted));
    assert_eq!(single(&reply(200, r#"{"code":"10000","data":null}"#), A), "dead");
    let said = batch(JUDGE, json!([failed(A, "10000"), failed(B, "0"), failed(C, 0)]));
    assert_eq!(said, ["dead", "accepted", "accepted"]);
}

#[test]
fn without_an_id_of_ours_a_duplicate_is_refused() {
    let judge = Judge { deduplicated: false, ..JUDGE };
    assert_eq!(meaning(&judge.single(&coded(32), &sample::token(A))), "rejected");
    assert_eq!(batch(judge, json!([failed(A, 32), taken(B), taken(C)]))[0], "refused");
}

#[test]
fn an_invalid_argument_speaks_against_a_malformed_token_only() {
    assert_eq!(single(&coded(41), "phone"), "suspect");
    assert_eq!(single(&coded(41), A), "rejected");
}

#[test]
fn a_token_of_another_region_is_a_suspect() {
    let abroad = Judge { region: Region::Abroad, ..JUDGE };
    let of = |judge: Judge, token: &str| meaning(&judge.single(&coded(10_000), &sample::token(token)));
    let indian = "IN_8fa0618f178145d8c2a44091a1326411";
    assert_eq!([of(JUDGE, A), of(JUDGE, B), of(JUDGE, C), of(JUDGE, indian)], ["dead", "dead", "dead", "suspect"]);
    assert_eq!([of(abroad, A), of(abroad, C), of(abroad, indian)], ["suspect", "suspect", "dead"]);
}

#[test]
fn registration_ids_have_a_shape() {
    let formed = |token: &str| well_formed(&sample::token(token));
    let digits = "8fa0618f178145d8c2a44091a1326411";
    for prefix in ["", "CN_", "EUEX_", "OPPO_CN_", "realme_IN_", "OnePlus123_EUEX_"] {
        assert!(formed(&format!("{prefix}{digits}")), "{prefix}");
    }
    assert!(formed(&digits[..24]) && formed(&digits.to_ascii_uppercase()));
    for prefix in ["_", "cn_", "CHN_", "O_CN_", "OPPO_", "OnePlus1234_CN_", "A_OPPO_CN_", "OP-PO_CN_"] {
        assert!(!formed(&format!("{prefix}{digits}")), "{prefix}");
    }
    assert!(!formed(&digits[1..]) && !formed("phone") && !formed(&format!("CN_{}", &digits[..24])));
    assert!(belongs(&sample::token("phone"), Region::China) && !belongs(&sample::token("phone"), Region::Abroad));
}

#[test]
fn elements_are_matched_by_token_and_not_by_place() {
    let said = batch(JUDGE, json!([failed(C, 10_000), taken(A), taken("not ours"), taken(B)]));
    assert_eq!(said, ["accepted", "accepted", "dead"]);
}

#[test]
fn what_an_answer_contradicts_or_leaves_out_stays_open() {
    assert_eq!(batch(JUDGE, json!([taken(A)])), ["accepted", "open", "open"]);
    assert_eq!(batch(JUDGE, json!([taken(A), taken(B), failed(B, 10_000)])), ["accepted", "open", "open"]);
    assert_eq!(batch(JUDGE, json!([taken(A), failed(B, 10_000), failed(B, 10_000)])), ["accepted", "dead", "open"]);
    assert_eq!(batch(JUDGE, json!([taken(A), failed(B, json!([10_000])), {}])), ["accepted", "open", "open"]);
    for data in [
        json!([]),
        json!({}),
        Value::Null,
        json!("10000"),
        json!([7, "x"]),
        json!([taken(A), 7]),
        json!([{"registrationId": 7, "errorCode": 10_000}]),
        json!([failed("not ours", 10_000)]),
        json!({"10000": [A, B, C]}),
    ] {
        assert_eq!(batch(JUDGE, data.clone()), ["protocol"], "{data}");
    }
}

#[test]
fn every_http_status_has_its_meaning_where_the_body_says_nothing() {
    assert_eq!(keys(HTTP_STATUSES), [429, 503]);
    let expected = [
        (200, "protocol"),
        (302, "protocol"),
        (400, "protocol"),
        (404, "protocol"),
        (413, "protocol"),
        (429, "limited 1"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
    ];
    for (status, means) in expected {
        assert_eq!(single(&reply(status, "<html></html>"), A), means, "{status}");
        assert_eq!(failure(&of_token_request(&reply(status, "<html></html>"))), means, "{status}");
        let judged = JUDGE.batch(&reply(status, "<html></html>"), &tokens());
        assert_eq!(meaning(&judged.map(|_| Outcome::Refused { code: String::new() })), means, "{status}");
    }
}

#[test]
fn a_status_that_contradicts_the_code_unregisters_nobody() {
    let of = |status, code: i64| single(&reply(status, json!({"code": code}).to_string()), A);
    assert_eq!([of(500, 0), of(500, 11), of(502, 10_000)], ["unavailable"; 3]);
    assert_eq!(
        [of(400, 0), of(400, 10_000), of(400, 55), of(401, 11)],
        ["protocol", "rejected", "limited 1", "expired"]
    );
    let failing = reply(400, json!({"code": 0, "data": [failed(A, 10_000)]}).to_string());
    assert!(JUDGE.batch(&failing, &tokens()).is_err());
}

#[test]
fn a_refused_token_request_means_what_its_code_says() {
    for (code, alone, _) in MEANINGS {
        let expected = match *alone {
            "expired" => "credential",
            "dead" | "accepted" => "rejected",
            other if other.starts_with("quota") => "quota 3600",
            other => other,
        };
        let error = of_token_request(&coded(*code));
        assert_eq!(failure(&error), expected, "{code}");
        assert_eq!(error.code(), format!("access token: {code}"));
    }
    assert_eq!(failure(&of_token_request(&coded(0))), "protocol");
}

#[test]
fn a_token_lives_a_day_from_the_time_it_was_made() {
    let now = Timestamp::from_millis(1_767_225_600_000);
    let lives = |data: Value| {
        let issued = issued(&reply(200, json!({"code": 0, "data": data}).to_string()), now)?;
        Some(issued.lives.as_secs())
    };
    let made = |at: Value| lives(json!({"auth_token": "t", "create_time": at}));
    assert_eq!(made(json!(1_767_225_600_000_i64)), Some(86_400));
    assert_eq!(made(json!("1767222000000")), Some(82_800));
    assert_eq!(made(json!(1_767_229_200_000_i64)), Some(86_400), "their clock is ahead");
    assert_eq!(made(json!(1_511_160_600_000_i64)), Some(600), "a time that makes no sense");
    assert_eq!(made(json!("soon")), Some(86_400));
    assert_eq!(lives(json!({"auth_token": "t"})), Some(86_400));
    for data in [json!({}), Value::Null, json!([]), json!({"auth_token": ""}), json!({"auth_token": 7}), json!("t")] {
        assert_eq!(lives(data.clone()), None, "{data}");
    }
    assert!(issued(&coded(16), now).is_none());
    let elsewhere = reply(500, json!({"code": 0, "data": {"auth_token": "t"}}).to_string());
    assert!(issued(&elsewhere, now).is_none());
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    explained(CODES);
    explained(HTTP_STATUSES);
}

#[test]
fn nonsense_unregisters_no_token() {
    let harmless =
        |reply: &Reply| JUDGE.single(reply, &sample::token(A)).is_err() && JUDGE.batch(reply, &tokens()).is_err();
    assert_nonsense_unregisters_nobody(harmless);
    for body in [r#"{"code":[10000]}"#, r#"{"code":10000.5}"#, r#"{"code":1e99,"data":{}}"#] {
        for status in [200, 400, 404, 500] {
            assert!(harmless(&reply(status, body)), "{status} {body}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        let reply = reply(status, body);
        prop_assert!(JUDGE.single(&reply, &sample::token(A)).is_err());
        prop_assert!(JUDGE.batch(&reply, &tokens()).is_err());
        of_token_request(&reply);
    }

    #[test]
    fn only_tokens_that_the_answer_names_are_unregistered(
        named in prop::collection::vec((0usize..4, prop::sample::select(vec![0, 67, 10_000])), 0..8)
    ) {
        let names = [A, B, C, "not ours"];
        let data: Vec<Value> = named.iter().map(|(at, code)| failed(names[*at], *code)).collect();
        for (at, said) in batch(JUDGE, json!(data)).iter().enumerate() {
            if said == "dead" {
                let mut codes = named.iter().filter(|(place, _)| *place == at).map(|(_, code)| *code);
                prop_assert!(codes.clone().count() > 0 && codes.all(|code| code == 10_000));
            }
        }
    }
}
