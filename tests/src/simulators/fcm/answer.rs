//! Google's error documents.
//!
//! Codes: <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.

use serde_json::{Value, json};

use crate::simulators::engine::Answer;

const FCM_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const QUOTA_FAILURE: &str = "type.googleapis.com/google.rpc.QuotaFailure";

/// FCM's code, HTTP status, canonical status, message, and whether the answer has a `FcmError` detail.
const CODES: &[(&str, u16, &str, &str, bool)] = &[
    ("UNREGISTERED", 404, "NOT_FOUND", "Requested entity was not found.", true),
    ("SENDER_ID_MISMATCH", 403, "PERMISSION_DENIED", "SenderId mismatch", true),
    ("QUOTA_EXCEEDED", 429, "RESOURCE_EXHAUSTED", "Quota exceeded for the sending rate.", true),
    ("UNAVAILABLE", 503, "UNAVAILABLE", "The service is currently unavailable.", true),
    ("INTERNAL", 500, "INTERNAL", "Internal error encountered.", true),
    ("THIRD_PARTY_AUTH_ERROR", 401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", true),
    ("UNSPECIFIED_ERROR", 500, "UNKNOWN", "No more information is available about this error.", true),
    ("RESOURCE_EXHAUSTED", 429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", false),
    ("UNAUTHENTICATED", 401, "UNAUTHENTICATED", UNAUTHENTICATED, false),
    ("PERMISSION_DENIED", 403, "PERMISSION_DENIED", "The caller does not have permission", false),
    ("NOT_FOUND", 404, "NOT_FOUND", "Requested entity was not found.", false),
    ("FAILED_PRECONDITION", 400, "FAILED_PRECONDITION", "Precondition check failed.", false),
];

pub const UNAUTHENTICATED: &str = "Request had invalid authentication credentials.";

pub fn error(status: u16, canonical: &str, message: &str, details: Vec<Value>) -> Answer {
    let mut error = json!({"code": status, "message": message, "status": canonical});
    if !details.is_empty() {
        error["details"] = Value::Array(details);
    }
    let answer = Answer::json(status, &json!({ "error": error }));
    if status == 401 {
        answer.with_header("www-authenticate", "Bearer realm=\"https://accounts.google.com/\"")
    } else {
        answer
    }
}

/// Returns the answer for a code. A code outside the table becomes a server error with that code.
pub fn coded(code: &str) -> Answer {
    if code == "INVALID_ARGUMENT" {
        return bad_token("message.token");
    }
    let unknown = (code, 500, "UNKNOWN", "Unknown error.", true);
    let (code, status, canonical, message, detailed) = *CODES.iter().find(|row| row.0 == code).unwrap_or(&unknown);
    let mut details = Vec::new();
    if detailed {
        details.push(fcm_error(code));
    }
    if code == "QUOTA_EXCEEDED" {
        let violation = json!({"subject": "project", "description": "Message rate exceeded"});
        details.push(json!({"@type": QUOTA_FAILURE, "violations": [violation]}));
    }
    error(status, canonical, message, details)
}

pub fn unauthenticated(message: &str) -> Answer {
    error(401, "UNAUTHENTICATED", message, Vec::new())
}

pub fn bad_token(field: &str) -> Answer {
    let message = "The registration token is not a valid FCM registration token";
    let details = vec![
        fcm_error("INVALID_ARGUMENT"),
        field_violation(&[(field.to_owned(), "Invalid registration token".to_owned())]),
    ];
    error(400, "INVALID_ARGUMENT", message, details)
}

/// Returns the answer to a message that is well-formed and cannot be sent.
pub fn bad_message(field: &str, message: &str) -> Answer {
    let details = vec![fcm_error("INVALID_ARGUMENT"), field_violation(&[(field.to_owned(), message.to_owned())])];
    error(400, "INVALID_ARGUMENT", message, details)
}

/// Returns the answer to a body that is no message. FCM never sees it, so the answer has no FCM detail.
pub fn bad_json(violations: &[(String, String)]) -> Answer {
    let messages: Vec<&str> = violations.iter().map(|(_, description)| description.as_str()).collect();
    error(400, "INVALID_ARGUMENT", &messages.join("\n"), vec![field_violation(violations)])
}

/// Returns an OAuth error: <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>.
pub fn oauth(error: &str, description: &str) -> Answer {
    let status = if error == "invalid_client" { 401 } else { 400 };
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

fn fcm_error(code: &str) -> Value {
    json!({"@type": FCM_ERROR, "errorCode": code})
}

fn field_violation(violations: &[(String, String)]) -> Value {
    let violations: Vec<Value> =
        violations.iter().map(|(field, description)| json!({"field": field, "description": description})).collect();
    json!({"@type": BAD_REQUEST, "fieldViolations": violations})
}
