mod batches;
mod client;
mod merged;
mod rules;
mod table;
mod trouble;
mod vectors;

use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Say, Seen, TestedVendor, TokenEndpoint};

const AUTH: &str = "/oppo/server/v1/auth";
const UNICAST: &str = "/oppo/server/v1/message/notification/unicast";
const BATCH: &str = "/oppo/server/v1/message/notification/unicast_batch";

static OPPO: TestedVendor = TestedVendor {
    vendor: Vendor::Oppo,
    record,
    token_endpoint: Some(TokenEndpoint {
        path: AUTH,
        issue: |token| json!({"code": 0, "message": "success", "data": {"auth_token": token}}),
        used: |seen| field(seen, "auth_token"),
    }),
    token: id,
    targets,
    taken,
    accepted: |_| alone(),
};

/// An app's record.
fn record() -> Value {
    json!({"app_key": "k1a2b3c4d5e6f708", "master_secret": "m9s8e7c6r5e4t3xx"})
}

/// A registration id.
fn id(number: usize) -> String {
    format!("OPPO_CN_{number:032x}")
}

/// OPPO's id of the message to this target.
fn message_id(target: &str) -> String {
    format!("m-{}", &target[target.len().saturating_sub(8)..])
}

/// A field of a form body.
fn field(seen: &Seen, name: &str) -> Option<String> {
    let text = seen.text().split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned())
}

/// The messages of a send.
fn messages(seen: &Seen) -> Vec<Value> {
    match field(seen, "message") {
        Some(message) => vec![serde_json::from_str(&message).unwrap()],
        None => serde_json::from_str(&field(seen, "messages").unwrap()).unwrap(),
    }
}

/// The registration ids of a send.
fn targets(seen: &Seen) -> Vec<String> {
    messages(seen).iter().map(|message| message["target_value"].as_str().unwrap().to_owned()).collect()
}

fn coded(code: i64) -> Say {
    Say::json(200, json!({"code": code, "message": "told", "data": {}}))
}

/// Success, with an element for each target for which `code` gives a number: 0, or its fault.
fn elements(seen: &Seen, code: impl Fn(&str) -> Option<i64>) -> Say {
    let element = |target: String| match code(&target)? {
        0 => Some(json!({"messageId": message_id(&target), "registrationId": target})),
        code => Some(json!({"messageId": "", "registrationId": target, "errorCode": code, "errorMessage": "told"})),
    };
    let data: Vec<Value> = targets(seen).into_iter().filter_map(element).collect();
    Say::json(200, json!({"code": 0, "message": "success", "data": data}))
}

/// Whatever it is, taken.
fn taken(seen: &Seen) -> Say {
    match seen.path.as_str() {
        UNICAST => Say::json(200, json!({"code": 0, "message": "", "data": {"messageId": "m1"}})),
        _ => elements(seen, |_| Some(0)),
    }
}

/// The outcome of a token that was taken alone.
fn alone() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("m1".into()) }
}
