//! Bad input: it is refused in the reference API's envelope, with the right status and a text that names field and
//! rule.

mod access;
mod apps;
mod devices;
mod messages;
mod notifiers;
mod routes;

use curlew_tests::stack::{Answer, Call};
use reqwest::Method;
use serde_json::Value;

use crate::harness::Tenant;

/// Sends a call that must be refused. Returns status, `error` and `error_description`.
pub async fn refusal(call: Call) -> (u16, String, String) {
    let Answer { status, body, text } = call.send().await.unwrap();
    assert!((400..500).contains(&status), "{status}: {text}");
    let said = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {text}")).to_owned();
    assert!(body["timestamp"].is_i64() && body["duration"].is_u64(), "{text}");
    assert!(said("exception").ends_with("Exception"), "{text}");
    (status, said("error"), said("error_description"))
}

/// Checks that each body is refused with 400 and its text, or a text with that beginning.
pub async fn all_are_illegal(tenant: &Tenant<'_>, method: Method, path: &str, cases: &[(Value, &str)]) {
    for (body, text) in cases {
        let (status, error, said) = refusal(tenant.app.call(method.clone(), path).json(body)).await;
        assert_eq!((status, error.as_str()), (400, "illegal_argument"), "{text}: {said}");
        assert!(said.starts_with(text), "{said:?} does not begin like {text:?}");
    }
}

/// Returns a valid body with one field changed. `null` removes the field.
pub fn with(good: &Value, field: &str, value: Value) -> Value {
    let mut body = good.clone();
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body
}
