mod batches;
mod client;
mod merged;
mod revoke;
mod rules;
mod table;
mod template;
mod trouble;
mod vectors;

use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Say, Seen, TestedVendor};

static XIAOMI: TestedVendor = TestedVendor {
    vendor: Vendor::Xiaomi,
    record,
    token_endpoint: None,
    token: |number| format!("t+/{number}=="),
    targets,
    taken: |_| taken(),
    accepted: |_| accepted(),
};

/// An app's record.
fn record() -> Value {
    json!({"app_secret": "3kq9v7bTq0m1uY2w5x8z0A==", "package_names": ["com.example.im"]})
}

/// The fields of a form, in their order.
fn fields(body: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// A field of a request.
fn field(seen: &Seen, name: &str) -> Option<String> {
    fields(seen.text()).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The tokens of a request.
fn targets(seen: &Seen) -> Vec<String> {
    field(seen, "registration_id").unwrap().split(',').map(str::to_owned).collect()
}

fn taken() -> Say {
    taken_but("")
}

fn taken_but(bad: &str) -> Say {
    let mut data = json!({"id": "slm1", "day_quota": "500000", "day_acked": "1203"});
    if !bad.is_empty() {
        data["bad_regids"] = json!(bad);
    }
    Say::json(200, json!({"result": "ok", "trace_id": "Xcm1", "code": 0, "data": data, "description": "成功"}))
}

fn error(code: i64) -> Say {
    Say::json(200, json!({"result": "error", "reason": "no", "trace_id": "Xlm1", "code": code}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("slm1".into()) }
}
