use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    fcm::{
        codes::{API_STATUSES, FCM_CODES, HTTP_STATUSES, INVALID_TOKEN, TOKEN_CODES, TOKEN_STATUSES},
        judge::{judge, of_token_request},
    },
    testing::{assert_nonsense_unregisters_nobody, assert_statuses, explained, failure, keys, meaning, reply},
    transport::Reply,
};

fn api_error(http: u16, status: &str, details: Value) -> Reply {
    let error = json!({"code": http, "message": "no", "status": status, "details": details});
    reply(http, json!({"error": error}).to_string())
}

fn fcm_detail(code: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
}

fn token_violation() -> Value {
    let violations = json!([{"field": "message.token", "description": "Invalid registration token"}]);
    json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
}

#[test]
fn every_code_has_its_meaning() {
    let expected = [
        (404, "UNREGISTERED", "dead"),
        (400, INVALID_TOKEN, "dead"),
        (403, "SENDER_ID_MISMATCH", "suspect"),
        (400, "INVALID_ARGUMENT", "rejected"),
        (429, "QUOTA_EXCEEDED", "limited 60"),
        (503, "UNAVAILABLE", "unavailable"),
        (500, "INTERNAL", "unavailable"),
        (401, "THIRD_PARTY_AUTH_ERROR", "credential or token"),
        (401, "APNS_AUTH_ERROR", "credential or token"),
        (500, "UNSPECIFIED_ERROR", "rejected"),
        (404, "NotRegistered", "dead"),
        (400, "InvalidRegistration", "dead"),
        (403, "MismatchSenderId", "suspect"),
        (400, "MessageTooBig", "rejected"),
        (400, "InvalidTtl", "rejected"),
        (400, "InvalidDataKey", "rejected"),
        (400, "InvalidPackageName", "rejected"),
        (429, "DeviceMessageRateExceeded", "limited 60"),
        (429, "TopicsMessageRateExceeded", "limited 60"),
    ];
    assert_eq!(keys(FCM_CODES), expected.map(|(_, code, _)| code));
    for (http, code, means) in expected {
        let details = match code {
            INVALID_TOKEN => json!([token_violation(), fcm_detail("INVALID_ARGUMENT")]),
            code => json!([fcm_detail(code)]),
        };
        assert_eq!(meaning(&judge(&api_error(http, "ANY", details))), means, "{code}");
    }
}

#[test]
fn every_api_status_has_its_meaning_where_fcm_says_nothing() {
    let expected = [
        (401, "UNAUTHENTICATED", "expired"),
        (403, "PERMISSION_DENIED", "credential or token"),
        (404, "NOT_FOUND", "credential or token"),
        (400, INVALID_TOKEN, "dead"),
        (400, "INVALID_ARGUMENT", "rejected"),
        (400, "FAILED_PRECONDITION", "rejected"),
        (429, "RESOURCE_EXHAUSTED", "limited 60"),
        (500, "INTERNAL", "unavailable"),
        (503, "UNAVAILABLE", "unavailable"),
    ];
    assert_eq!(keys(API_STATUSES), expected.map(|(_, code, _)| code));
    for (http, status, means) in expected {
        let (status, details) = match status {
            INVALID_TOKEN => ("INVALID_ARGUMENT", json!([token_violation()])),
            status => (status, json!([])),
        };
        assert_eq!(meaning(&judge(&api_error(http, status, details))), means, "{status}");
    }
}

#[test]
fn every_http_status_has_its_meaning_where_the_body_says_nothing() {
    let expected = [
        (401, "expired"),
        (408, "unavailable"),
        (413, "rejected"),
        (429, "limited 60"),
        (500, "unavailable"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
    ];
    let others = [(200, "protocol"), (307, "protocol"), (403, "protocol"), (404, "protocol"), (599, "unavailable")];
    assert_statuses(HTTP_STATUSES, &expected, &others, |status| meaning(&judge(&reply(status, "<html></html>"))));
}

#[test]
fn every_code_of_the_token_endpoint_has_its_meaning() {
    let of = |status, body: &str| failure(&of_token_request(&reply(status, body)));
    for row in TOKEN_CODES {
        let body = json!({"error": row.key, "error_description": "Invalid JWT Signature."}).to_string();
        assert_eq!(of(400, &body), "credential", "{}", row.key);
        assert_eq!(of(429, &body), "unavailable", "{}", row.key);
    }
    assert_eq!(of(401, r#"{"error":"invalid_client"}"#), "credential");
    assert_eq!(of(400, r#"{"error":"something_new"}"#), "rejected");
    assert_eq!(of(503, ""), "unavailable");
    assert_eq!(of(404, "<html>"), "protocol");
    assert_eq!(of(200, r#"{"access_token":7}"#), "protocol");
}

#[test]
fn every_row_has_a_meaning_and_a_source() {
    [FCM_CODES, API_STATUSES, TOKEN_CODES].into_iter().for_each(explained);
    [HTTP_STATUSES, TOKEN_STATUSES].into_iter().for_each(explained);
}

#[test]
fn the_message_alone_may_blame_the_token() {
    let message = "The registration token is not a valid FCM registration token";
    let body = json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}).to_string();
    assert_eq!(meaning(&judge(&reply(400, body))), "dead");
}

#[test]
fn an_unknown_code_is_refused_with_its_name_unless_the_status_knows_better() {
    let unknown = |http| format!("{:?}", judge(&api_error(http, "NOT_FOUND", json!([fcm_detail("BRAND_NEW")]))));
    assert_eq!(unknown(404), r#"Err(Failed(Rejected { code: "BRAND_NEW" }))"#);
    assert_eq!(unknown(503), r#"Err(Failed(Unavailable { code: "BRAND_NEW", after: None }))"#);
}

#[test]
fn an_unregistering_code_under_a_status_that_contradicts_it_unregisters_nothing() {
    for (http, means) in [(200, "protocol"), (500, "unavailable"), (503, "unavailable")] {
        let judged = judge(&api_error(http, "NOT_FOUND", json!([fcm_detail("UNREGISTERED")])));
        assert_eq!(meaning(&judged), means, "{http}");
    }
}

#[test]
fn nonsense_unregisters_no_token() {
    assert_nonsense_unregisters_nobody(|reply| judge(reply).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_unregister_a_token(status in 100u16..600, body: Vec<u8>) {
        let judged = judge(&reply(status, body.clone()));
        prop_assert!(!matches!(meaning(&judged).as_str(), "dead" | "suspect"));
        of_token_request(&reply(status, body));
    }

    #[test]
    fn half_of_an_answer_unregisters_no_token(kept in 0usize..300) {
        let mut whole = api_error(404, "NOT_FOUND", json!([fcm_detail("UNREGISTERED")]));
        prop_assume!(kept < whole.body.len());
        whole.body.truncate(kept);
        prop_assert_eq!(meaning(&judge(&whole)), "protocol");
    }
}
